#include "svdd/clustering/nearest_candidates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace svdd {
namespace {

using engine::Array, engine::DType, engine::Layout;

}  // namespace

NearestCandidates::NearestCandidates(const CentredPoints& centred, const Device& device, int64_t rows,
                                     int64_t points)
    : centred_(centred),
      device_(*device.backend),
      rows_(rows),
      points_(points),
      error_(2 * device_.dense_error(centred.width()) + 16 * 0x1p-24),
      x_(device_, {rows, points}, Layout::samples, DType::f32),
      limit_(device_, {rows}, Layout::samples, DType::f32),
      count_(limit_.zeros_like()),
      list_(device_, {rows, device.listed}, Layout::samples, DType::f32) {}

NearestCandidates::Targets NearestCandidates::targets() const {
  const Array numbers(device_, {points_}, Layout::plain, DType::f32);
  return {{device_, {points_, centred_.width()}, Layout::plain, DType::f32}, numbers, numbers.zeros_like()};
}

void NearestCandidates::assign(const std::vector<float>& z, Targets& to) const {
  const int64_t d = centred_.width(), count = static_cast<int64_t>(z.size()) / d;
  std::vector<float> norm(static_cast<size_t>(points_), HUGE_VALF), slack(norm.size());
  for (int64_t k = 0; k < count; ++k) {
    const float* row = z.data() + k * d;
    const double n = sum_of_squares(d, [row](int64_t j) { return static_cast<double>(row[j]); });
    norm[static_cast<size_t>(k)] = static_cast<float>(n * (1 - error_));
    slack[static_cast<size_t>(k)] = static_cast<float>(2.001 * error_ * n);
  }
  if (count == points_) {
    to.z.assign(z);
  } else {
    std::vector<float> block = z;
    block.resize(static_cast<size_t>(points_ * d));
    to.z.assign(block);
  }
  to.norm.assign(norm);
  to.slack.assign(slack);
}

NearestCandidates::Rows NearestCandidates::rows(int64_t first, const std::vector<float>& z) const {
  return finished(first, Array::from(device_, {rows_, centred_.width()}, Layout::samples, DType::f32, z));
}

NearestCandidates::Rows NearestCandidates::rows(int64_t first, const Targets& same) const {
  std::vector<float> each(static_cast<size_t>(rows_));
  for (size_t r = 0; r < each.size(); ++r) each[r] = static_cast<float>(r);
  Array z(device_, {rows_, centred_.width()}, Layout::samples, DType::f32);
  device_.take(same.z, Array::from(device_, {rows_}, Layout::samples, DType::f32, each), z);
  return finished(first, std::move(z));
}

NearestCandidates::Rows NearestCandidates::finished(int64_t first, Array z) const {
  device_.unary(engine::Unary::scale, -2, z, z);
  const int64_t count = std::min(rows_, centred_.points().count() - first);
  std::vector<float> margin(static_cast<size_t>(rows_));
  for (int64_t r = 0; r < count; ++r)
    margin[static_cast<size_t>(r)] =
        static_cast<float>(2.001 * error_ * centred_.squared_norm(first + r)) + 0x1p-96f;
  return {std::move(z), Array::from(device_, {rows_}, Layout::samples, DType::f32, margin), count};
}

void NearestCandidates::begin() { device_.fill(limit_, HUGE_VALF); }

void NearestCandidates::search(const Rows& rows, const Targets& points, bool others) {
  const auto list_into = [&](Array& list) {
    device_.nearest_candidates(x_, points.slack, rows.margin, others, limit_, count_, list);
  };
  device_.dense(rows.z, points.z, &points.norm, x_);
  list_into(list_);
  counts_ = count_.to_floats();
  const auto most = static_cast<uint64_t>(*std::max_element(counts_.begin(), counts_.begin() + rows.count));
  listed_ = list_.shape()[1];
  if (most > static_cast<uint64_t>(listed_)) {
    listed_ = std::min(static_cast<int64_t>(std::bit_ceil(most)), points_);
    Array all(device_, {rows_, listed_}, Layout::samples, DType::f32);
    list_into(all);
    lists_ = all.to_floats();
  } else {
    lists_ = list_.to_floats();
  }
}

std::span<const float> NearestCandidates::of(int64_t r) const {
  return {lists_.data() + r * listed_, static_cast<size_t>(counts_[static_cast<size_t>(r)])};
}

}  // namespace svdd
