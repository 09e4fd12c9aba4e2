// Rows of the Gaussian kernel matrix K(i, j) = exp(−γ·‖x_i − x_j‖²), computed when asked for and kept while
// memory lasts; the row that has not been used for longest makes room. What is kept changes the time, never a
// number.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "svdd/baselines/distance_product.h"
#include "svdd/baselines/one_class_smo.h"

namespace svdd {

class KernelRows final : public KernelSource {
 public:
  // Keeps at most `most_bytes` of rows, but never fewer than `rows_at_once` + 2 rows. The samples, of shape
  // {features}, must outlive this.
  KernelRows(const datasets::Samples& samples, const DistanceProduct& distances, float gamma,
             int64_t most_bytes, int64_t rows_at_once, engine::Backend& backend);

  int64_t points() const override { return samples_.count(); }
  bool ready(int64_t i) const override { return slot_of_[static_cast<size_t>(i)] >= 0; }
  std::span<const float> row(int64_t i) override;
  void expect(std::span<const int64_t> rows) override;

  int64_t computed() const {
    return computed_;
  }  // rows so far, those that were forgotten and made again included
  int64_t capacity() const { return capacity_; }  // in rows

 private:
  struct Slot {
    int64_t row = -1;
    uint64_t last_use = 0;
    std::vector<float> values;
  };
  void compute(std::span<const int64_t> rows);
  Slot& free_slot();

  const datasets::Samples& samples_;
  const DistanceProduct& distances_;
  float gamma_;
  engine::Backend& backend_;
  engine::Array all_;  // the left factor: every point
  int64_t capacity_, rows_at_once_, computed_ = 0;
  uint64_t clock_ = 0;
  std::vector<Slot> slots_;
  std::vector<int32_t> slot_of_;  // of each row; −1: not kept
};

}  // namespace svdd
