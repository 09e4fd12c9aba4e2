#include "svdd/clustering/nearest_centres.h"

#include <algorithm>
#include <limits>

#include "engine/stopping.h"
#include "svdd/clustering/work_sharing.h"

namespace svdd {
namespace {

// As many rows as make block² products with all centres, in whole groups of sixteen.
int64_t rows_at_once(int64_t n, int64_t centres, int64_t block) {
  const int64_t most = std::max<int64_t>(1, block * block / centres / product_lanes) * product_lanes;
  return std::min(most, (n + product_lanes - 1) / product_lanes * product_lanes);
}

}  // namespace

CentredRows::CentredRows(std::span<const float> rows, int64_t d, engine::ThreadPool& pool)
    : rows_(rows), points_(rows, d, Distance::euclidean), centred_(points_, pool) {}

RowBlocks::RowBlocks(const CentredRows& rows, const Machine& on) : rows_(rows), backend_(on.host()) {
  const int64_t d = rows.width(), n = rows.count();
  std::vector<float> numbers(static_cast<size_t>(height * d));
  for (int64_t first = 0; first < n; first += height) {
    engine::check_stop();
    rows.centred().write(first, std::min(height, n - first), height, numbers.data());
    blocks_.push_back(
        engine::Array::from(*backend_, {height, d}, engine::Layout::samples, engine::DType::f32, numbers));
  }
}

double squared_distance(const float* x, const double* centre, int64_t d) {
  return sum_of_squares(d, [=](int64_t k) { return static_cast<double>(x[k]) - centre[k]; });
}

NearestCentres::NearestCentres(const RowBlocks& blocks, int64_t centres, const Machine& on)
    : blocks_(blocks),
      rows_(blocks.rows()),
      count_(centres),
      products_(on, RowBlocks::height, centres, rows_.width()),
      scaled_(static_cast<size_t>(centres * rows_.width())),
      upper_(static_cast<size_t>(centres)),
      lower_(static_cast<size_t>(centres)) {}

// With y the float product of row z_i and centre c_k, both centred and scaled, and ε = relative_error():
//   ‖c_k‖²·(1 ∓ ε) − 2y ∓ ε·‖z_i‖²  bound  squared_distance/unit² − ‖z_i‖²  from below and above.
// Centres whose lower bound exceeds the least upper bound are out; where only one is left it is the nearest.
// A product that overflows, of centres far outside, rules nothing out: comparisons with NaN are false.
bool NearestCentres::assign(std::span<const double> centres, std::vector<int32_t>& labels) {
  const int64_t d = rows_.width(), n = rows_.count();
  const CentredPoints& centred = rows_.centred();
  const double error = centred.relative_error();
  centres_ = centres;
  for (int64_t k = 0; k < count_; ++k) {
    float* to = scaled_.data() + k * d;
    centred.write(centres.data() + k * d, to);
    const double norm = sum_of_squares(d, [to](int64_t j) { return static_cast<double>(to[j]); });
    upper_[static_cast<size_t>(k)] = static_cast<float>(norm * (1 + error));
    lower_[static_cast<size_t>(k)] = static_cast<float>(norm * (1 - error));
  }
  products_.set_right(scaled_.data());

  bool changed = false;
  for (int64_t block = 0; block * RowBlocks::height < n; ++block) {
    engine::check_stop();
    products_.multiply_with(blocks_.block(block));
    const int64_t end = std::min(n, (block + 1) * RowBlocks::height);
    for (int64_t first = block * RowBlocks::height; first < end; first += product_lanes) {
      const float* y = products_.group(first % RowBlocks::height / product_lanes);
      float least[product_lanes], margin[product_lanes] = {};
      int32_t possible[product_lanes] = {}, nearest[product_lanes] = {};
      std::fill_n(least, product_lanes, std::numeric_limits<float>::infinity());
      for (int64_t l = 0; l < product_lanes && first + l < end; ++l)
        margin[l] = static_cast<float>(2.001 * error * centred.squared_norm(first + l)) + 0x1p-96f;
      for (int64_t k = 0; k < count_; ++k)
        for (int64_t l = 0; l < product_lanes; ++l) {
          const float bound = upper_[static_cast<size_t>(k)] - 2 * y[k * product_lanes + l];
          least[l] = bound < least[l] ? bound : least[l];
        }
      for (int64_t k = 0; k < count_; ++k)
        for (int64_t l = 0; l < product_lanes; ++l) {
          const bool out =
              lower_[static_cast<size_t>(k)] - 2 * y[k * product_lanes + l] > least[l] + margin[l];
          nearest[l] = out ? nearest[l] : static_cast<int32_t>(k);
          possible[l] += !out;
        }
      for (int64_t l = 0; l < product_lanes && first + l < end; ++l) {
        int32_t& label = labels[static_cast<size_t>(first + l)];
        const int32_t found =
            possible[l] == 1 ? nearest[l] : nearest_of_some(first + l, y + l, margin[l], least[l]);
        changed |= found != label;
        label = found;
      }
    }
  }
  return changed;
}

int32_t NearestCentres::nearest_of_some(int64_t i, const float* y, float margin, float least) const {
  int32_t nearest = 0;
  double smallest = std::numeric_limits<double>::infinity();
  for (int64_t k = 0; k < count_; ++k) {
    if (lower_[static_cast<size_t>(k)] - 2 * y[k * product_lanes] > least + margin) continue;
    const double squared = squared_distance(rows_.row(i), centres_.data() + k * rows_.width(), rows_.width());
    if (squared < smallest) nearest = static_cast<int32_t>(k), smallest = squared;
  }
  return nearest;
}

NearestCentresOnDevice::NearestCentresOnDevice(const CentredRows& rows, int64_t centres, const Device& device)
    : rows_(rows),
      height_(rows_at_once(rows.count(), centres, device.block)),
      search_(rows.centred(), device, height_, centres),
      centres_(search_.targets()) {
  const int64_t n = rows.count();
  std::vector<float> z(static_cast<size_t>(height_ * rows.width()));
  for (int64_t first = 0; first < n; first += height_) {
    rows.centred().write(first, std::min(height_, n - first), height_, z.data());
    blocks_.push_back(search_.rows(first, z));
  }
}

bool NearestCentresOnDevice::assign(std::span<const double> centres, std::vector<int32_t>& labels) {
  const int64_t d = rows_.width();
  std::vector<float> z(centres.size());
  for (size_t at = 0; at < z.size(); at += static_cast<size_t>(d))
    rows_.centred().write(centres.data() + at, z.data() + at);

  bool changed = false;
  const std::lock_guard hold(lock_);
  search_.assign(z, centres_);
  for (int64_t b = 0; b < static_cast<int64_t>(blocks_.size()); ++b) {
    engine::check_stop();
    const NearestCandidates::Rows& block = blocks_[static_cast<size_t>(b)];
    search_.begin();
    search_.search(block, centres_, false);
    for (int64_t r = 0; r < block.count; ++r) {
      const int64_t i = b * height_ + r;
      const std::span<const float> candidates = search_.of(r);
      auto nearest = static_cast<int32_t>(candidates.front());
      if (candidates.size() > 1) {
        double smallest = std::numeric_limits<double>::infinity();
        for (const float k : candidates) {
          const auto at = static_cast<int64_t>(k);
          const double squared = squared_distance(rows_.row(i), centres.data() + at * d, d);
          if (squared < smallest) nearest = static_cast<int32_t>(at), smallest = squared;
        }
      }
      int32_t& label = labels[static_cast<size_t>(i)];
      changed |= nearest != label;
      label = nearest;
    }
  }
  return changed;
}

}  // namespace svdd
