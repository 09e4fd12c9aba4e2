// How a correlation of a few samples is laid into registers.
//
// A few samples lie in C order (kernels.h), and neighbouring positions of an output plane fill the lanes. With stride 1
// each tap of neighbouring positions is a run of neighbouring numbers of x; with stride s that holds within a phase, the
// numbers whose row and column leave the same rests mod s. Where a phase is as wide as the output, a register may reach over
// the ends of rows; elsewhere it holds a part of one row. Taps that fall outside the image are left out lane by lane.
//
// Masks cost what they are to save where they are no part of an instruction (AVX2, and the portable kernels). There, with
// stride 1, x is copied between rows and columns of zeros and each register holds a part of one row: a tap of zeros adds
// nothing, so the bits are the same, unless the sum comes to a zero, whose sign it may have changed, or to a NaN, which a
// weight that is not finite makes of it. What comes to either is computed again, lane by lane.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/backends/cpu/kernels.h"

namespace engine::cpu {

class FewGeometry {
 public:
  FewGeometry(const Correlation& job, int64_t width);  // numbers in a register
  bool is_of(const Correlation& job) const;

  // Floats of x cut into phases, or between zeros, and cutting a batch (samples × channels planes in C order) into that much memory; the
  // kernels get what cut() returns. What lies before and behind the planes is read and left out.
  int64_t cut_size(int64_t planes) const { return before_ + planes * phases_ + behind_; }
  const float* cut(const float* x, int64_t planes, float* memory) const;

  // The job's part that this knows.
  void describe(FewCorrelation& job) const;

 private:
  Correlation of_;
  bool between_zeros_;
  int64_t zero_rows_ = 0, zero_columns_ = 0;  // above the image, and left of it
  int64_t phase_rows_, phase_columns_, phases_, before_, behind_;
  std::vector<int64_t> tap_at_;
  std::vector<FewVector> vectors_;
  std::vector<uint16_t> inside_;
};

}  // namespace engine::cpu
