#include "engine/backends/cpu/few_samples.h"

#include <algorithm>

namespace engine::cpu {

namespace {

int64_t rest_of(int64_t a, int64_t s) { return (a % s + s) % s; }

}  // namespace

FewGeometry::FewGeometry(const Correlation& job, int64_t width)
    : of_(job),
      between_zeros_(job.stride == 1 && width < 16 && job.columns > width / 2),
      phase_rows_((job.x.h + job.stride - 1) / job.stride),
      phase_columns_((job.x.w + job.stride - 1) / job.stride) {
  const int64_t s = job.stride;
  if (between_zeros_) {
    zero_rows_ = std::max<int64_t>(0, -job.top);
    zero_columns_ = std::max<int64_t>(0, -job.left);
    phase_rows_ = zero_rows_ + std::max(job.x.h, job.rows + job.top + job.kernel_rows - 1);
    phase_columns_ = zero_columns_ + std::max(job.x.w, job.columns + job.left + job.kernel_columns - 1);
  }
  phases_ = s * s * phase_rows_ * phase_columns_;
  for (int64_t k = 0; k < job.kernel_rows; ++k)
    for (int64_t l = 0; l < job.kernel_columns; ++l) {
      const int64_t down = zero_rows_ + job.top + k, across = zero_columns_ + job.left + l,
                    r = rest_of(down, s), q = rest_of(across, s);
      tap_at_.push_back(((r * s + q) * phase_rows_ + (down - r) / s) * phase_columns_ + (across - q) / s);
    }

  const bool over_rows = !between_zeros_ && phase_columns_ == job.columns;
  const int64_t rows = over_rows ? 1 : job.rows, in_row = over_rows ? job.rows * job.columns : job.columns;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < in_row; j += width)
      vectors_.push_back({i * phase_columns_ + j, i * job.columns + j, std::min(width, in_row - j)});

  std::vector<uint32_t> row_inside(static_cast<size_t>(job.kernel_rows)),
      column_inside(static_cast<size_t>(job.kernel_columns));
  for (const FewVector& v : vectors_) {
    std::fill(row_inside.begin(), row_inside.end(), 0u);
    std::fill(column_inside.begin(), column_inside.end(), 0u);
    for (int64_t lane = 0; lane < width; ++lane) {
      // A lane past the last output is as the last: nobody reads it.
      const int64_t position = v.position + std::min(lane, v.count - 1);
      const int64_t down = position / job.columns * s + job.top,
                    across = position % job.columns * s + job.left;
      for (int64_t k = 0; k < job.kernel_rows; ++k)
        if (down + k >= 0 && down + k < job.x.h) row_inside[static_cast<size_t>(k)] |= 1u << lane;
      for (int64_t l = 0; l < job.kernel_columns; ++l)
        if (across + l >= 0 && across + l < job.x.w) column_inside[static_cast<size_t>(l)] |= 1u << lane;
    }
    for (const uint32_t r : row_inside)
      for (const uint32_t c : column_inside) inside_.push_back(static_cast<uint16_t>(r & c));
  }

  before_ = behind_ = 0;
  for (const int64_t at : tap_at_) {
    before_ = std::max(before_, -at);
    for (const FewVector& v : vectors_) behind_ = std::max(behind_, v.x + at + width - phases_);
  }
}

bool FewGeometry::is_of(const Correlation& job) const {
  return of_.x.h == job.x.h && of_.x.w == job.x.w && of_.kernel_rows == job.kernel_rows &&
         of_.kernel_columns == job.kernel_columns && of_.stride == job.stride && of_.top == job.top &&
         of_.left == job.left && of_.rows == job.rows && of_.columns == job.columns;
}

const float* FewGeometry::cut(const float* x, int64_t planes, float* memory) const {
  float* const to = memory + before_;
  const int64_t s = of_.stride, height = of_.x.h, width = of_.x.w;
  if (between_zeros_) {
    float* p = to;
    const int64_t right = phase_columns_ - zero_columns_ - width, below = phase_rows_ - zero_rows_ - height;
    for (int64_t plane = 0; plane < planes; ++plane) {
      p = std::fill_n(p, zero_rows_ * phase_columns_ + zero_columns_, 0.0f);
      for (int64_t i = 1; i < height; ++i, x += width)
        p = std::fill_n(std::copy_n(x, width, p), right + zero_columns_, 0.0f);
      p = std::fill_n(std::copy_n(x, width, p), right + below * phase_columns_, 0.0f);
      x += width;
    }
    return to;
  }
  if (s == 1) {
    std::copy_n(x, planes * phases_, to);
    return to;
  }
  for (int64_t plane = 0; plane < planes; ++plane)
    for (int64_t i = 0; i < height; ++i)
      for (int64_t j = 0; j < width; ++j)
        to[plane * phases_ + (((i % s) * s + j % s) * phase_rows_ + i / s) * phase_columns_ + j / s] =
            x[(plane * height + i) * width + j];
  return to;
}

void FewGeometry::describe(FewCorrelation& job) const {
  job.x_plane = phases_;
  job.taps = static_cast<int64_t>(tap_at_.size());
  job.taps_in_row = of_.kernel_columns;
  job.tap_at = tap_at_.data();
  job.vectors = vectors_.data();
  job.vector_count = static_cast<int64_t>(vectors_.size());
  job.inside = inside_.data();
  job.between_zeros = between_zeros_;
}

}  // namespace engine::cpu
