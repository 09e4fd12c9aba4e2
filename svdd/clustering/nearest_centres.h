// The nearest of a few centres, for each of many rows.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>
#include "svdd/clustering/machine.h"

#include "svdd/clustering/block_products.h"
#include "svdd/clustering/centred_points.h"
#include "svdd/clustering/nearest_candidates.h"

namespace svdd {

// The rows and what products need of them; several searches may share them.
class CentredRows {
 public:
  // Rows that have passed check_rows and must outlive it.
  CentredRows(std::span<const float> rows, int64_t d, engine::ThreadPool& pool);

  int64_t count() const { return points_.count(); }
  int64_t width() const { return points_.features(); }
  const float* row(int64_t i) const { return rows_.data() + i * width(); }
  const CentredPoints& centred() const { return centred_; }

 private:
  std::span<const float> rows_;
  Points points_;
  CentredPoints centred_;
};

// The same as blocks ready for products on the host.
class RowBlocks {
 public:
  // `rows` must outlive it.
  RowBlocks(const CentredRows& rows, const Machine& on);

  static constexpr int64_t height = 192;
  const CentredRows& rows() const { return rows_; }
  const engine::Array& block(int64_t b) const { return blocks_[static_cast<size_t>(b)]; }

 private:
  const CentredRows& rows_;
  std::unique_ptr<engine::Backend> backend_;
  std::vector<engine::Array> blocks_;  // zeros past the last row
};

// ‖x − c‖² in double, by PartialSums.
double squared_distance(const float* x, const double* centre, int64_t d);

class NearestCentres {
 public:
  // `blocks` must outlive it.
  NearestCentres(const RowBlocks& blocks, int64_t centres, const Machine& on);

  // labels[i] = argmin_k squared_distance(row i, centre k), of equals the lowest; `centres` are as many as
  // said, times d. Returns whether any label is another than before.
  bool assign(std::span<const double> centres, std::vector<int32_t>& labels);

 private:
  int32_t nearest_of_some(int64_t i, const float* y, float margin, float least) const;

  const RowBlocks& blocks_;
  const CentredRows& rows_;
  int64_t count_;
  BlockProducts products_;
  std::span<const double> centres_;
  std::vector<float> scaled_, upper_, lower_;
};

// The same on a device, in whose memory the rows stay. Several threads may share it.
class NearestCentresOnDevice {
 public:
  // `rows` must outlive it.
  NearestCentresOnDevice(const CentredRows& rows, int64_t centres, const Device& device);

  bool assign(std::span<const double> centres, std::vector<int32_t>& labels);

 private:
  const CentredRows& rows_;
  int64_t height_;  // rows of a block
  std::mutex lock_;
  NearestCandidates search_;
  NearestCandidates::Targets centres_;
  std::vector<NearestCandidates::Rows> blocks_;
};

}  // namespace svdd
