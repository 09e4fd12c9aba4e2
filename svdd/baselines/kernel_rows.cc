#include "svdd/baselines/kernel_rows.h"

#include <algorithm>

namespace svdd {

using engine::Array;

KernelRows::KernelRows(const datasets::Samples& samples, const DistanceProduct& distances, float gamma,
                       int64_t most_bytes, int64_t rows_at_once, engine::Backend& backend)
    : samples_(samples),
      distances_(distances),
      gamma_(gamma),
      backend_(backend),
      all_(distances.left(samples, 0, samples.count())),
      capacity_(std::clamp(most_bytes / static_cast<int64_t>(sizeof(float)) / samples.count(),
                           rows_at_once + 2, std::max(rows_at_once + 2, samples.count()))),
      rows_at_once_(rows_at_once),
      slot_of_(static_cast<size_t>(samples.count()), -1) {}

std::span<const float> KernelRows::row(int64_t i) {
  if (!ready(i)) compute({&i, 1});
  Slot& slot = slots_[static_cast<size_t>(slot_of_[static_cast<size_t>(i)])];
  slot.last_use = ++clock_;
  return slot.values;
}

void KernelRows::expect(std::span<const int64_t> rows) {
  std::vector<int64_t> missing;
  for (const int64_t i : rows)
    if (!ready(i) && static_cast<int64_t>(missing.size()) < rows_at_once_) missing.push_back(i);
  if (!missing.empty()) compute(missing);
}

KernelRows::Slot& KernelRows::free_slot() {
  if (static_cast<int64_t>(slots_.size()) < capacity_) return slots_.emplace_back();
  Slot& oldest = *std::min_element(slots_.begin(), slots_.end(),
                                   [](const Slot& a, const Slot& b) { return a.last_use < b.last_use; });
  slot_of_[static_cast<size_t>(oldest.row)] = -1;
  return oldest;
}

void KernelRows::compute(std::span<const int64_t> rows) {
  Array k = distances_.negated_squares(all_, distances_.right(samples_, rows));
  backend_.unary(engine::Unary::exp, gamma_, k, k);
  const std::vector<float> columns = k.to_floats();  // (points, rows)
  const size_t width = rows.size(), n = slot_of_.size();
  for (size_t r = 0; r < width; ++r) {
    Slot& slot = free_slot();
    slot.row = rows[r];
    slot.last_use = ++clock_;
    slot.values.resize(n);
    for (size_t i = 0; i < n; ++i) slot.values[i] = columns[i * width + r];
    slot_of_[static_cast<size_t>(rows[r])] = static_cast<int32_t>(&slot - slots_.data());
  }
  computed_ += static_cast<int64_t>(width);
}

}  // namespace svdd
