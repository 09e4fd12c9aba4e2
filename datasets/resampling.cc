#include "datasets/resampling.h"

#include <algorithm>
#include <cmath>

#include "engine/floating_point_mode.h"

namespace datasets {
namespace {

struct Window {
  int64_t first = 0;
  std::vector<double> weights;  // of entries first, first + 1, …; their sum is 1
};

std::vector<Window> triangle_windows(int64_t size, int64_t new_size) {
  const double scale = static_cast<double>(size) / static_cast<double>(new_size),
               reach = std::max(1.0, scale);
  std::vector<Window> windows(static_cast<size_t>(new_size));
  for (int64_t i = 0; i < new_size; ++i) {
    Window& window = windows[static_cast<size_t>(i)];
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    window.first = std::max<int64_t>(0, static_cast<int64_t>(std::floor(centre - reach)));
    const int64_t end = std::min(size, static_cast<int64_t>(std::ceil(centre + reach)));
    double sum = 0;
    for (int64_t j = window.first; j < end; ++j) {
      window.weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(j) + 0.5 - centre) / reach));
      sum += window.weights.back();
    }
    for (double& weight : window.weights) weight /= sum;
  }
  return windows;
}

// Resamples `lines` lines of `size` entries, `step` apart, into lines of as many entries as there are
// windows. Lines are `line_step` apart in the source and in the result `new_line_step`.
struct Lines {
  int64_t lines, line_step, step;
};

void resample_lines(const float* from, Lines source, const std::vector<Window>& windows, float* to,
                    Lines result) {
  for (int64_t line = 0; line < source.lines; ++line)
    for (size_t i = 0; i < windows.size(); ++i) {
      const float* entry = from + line * source.line_step + windows[i].first * source.step;
      double sum = 0;
      for (const double weight : windows[i].weights) {
        sum += weight * *entry;
        entry += source.step;
      }
      to[line * result.line_step + static_cast<int64_t>(i) * result.step] = static_cast<float>(sum);
    }
}

}  // namespace

std::vector<float> resample(const std::vector<float>& plane, int64_t height, int64_t width,
                            int64_t new_height, int64_t new_width) {
  const engine::IeeeMode ieee;
  if (height == new_height && width == new_width) return plane;
  std::vector<float> narrowed(static_cast<size_t>(height * new_width));
  resample_lines(plane.data(), {height, width, 1}, triangle_windows(width, new_width), narrowed.data(),
                 {height, new_width, 1});
  std::vector<float> result(static_cast<size_t>(new_height * new_width));
  resample_lines(narrowed.data(), {new_width, 1, new_width}, triangle_windows(height, new_height),
                 result.data(), {new_width, 1, new_width});
  return result;
}

}  // namespace datasets
