// The nearest of a few centres, for each of many rows.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/backends/cpu/cpu.h"
#include "svdd/clustering/block_products.h"
#include "svdd/clustering/centred_points.h"

namespace svdd {

// The rows as blocks ready for products; several searches may share them.
class RowBlocks {
 public:
  // Rows that have passed check_rows and must outlive it.
  RowBlocks(std::span<const float> rows, int64_t d, const engine::CpuOptions& on);

  static constexpr int64_t height = 192;
  int64_t count() const { return points_.count(); }
  int64_t width() const { return points_.features(); }
  const float* row(int64_t i) const { return rows_.data() + i * width(); }
  const engine::Array& block(int64_t b) const { return blocks_[static_cast<size_t>(b)]; }
  const CentredPoints& centred() const { return centred_; }

 private:
  std::span<const float> rows_;
  Points points_;
  CentredPoints centred_;
  std::unique_ptr<engine::Backend> backend_;
  std::vector<engine::Array> blocks_;  // centred rows, zeros past the last
};

// ‖x − c‖² in double, by PartialSums.
double squared_distance(const float* x, const double* centre, int64_t d);

class NearestCentres {
 public:
  // `rows` must outlive it.
  NearestCentres(const RowBlocks& rows, int64_t centres, const engine::CpuOptions& on);

  // labels[i] = argmin_k squared_distance(row i, centre k), of equals the lowest; `centres` are as many as
  // said, times d. Returns whether any label is another than before.
  bool assign(std::span<const double> centres, std::vector<int32_t>& labels);

 private:
  int32_t nearest_of_some(int64_t i, const float* y, float margin, float least) const;

  const RowBlocks& rows_;
  int64_t count_;
  BlockProducts products_;
  std::span<const double> centres_;
  std::vector<float> scaled_, upper_, lower_;
};

}  // namespace svdd
