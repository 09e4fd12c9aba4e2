#include "datasets/mobifall_windows.h"

#include <algorithm>

#include "engine/stopping.h"

namespace datasets {
namespace {

constexpr int64_t step_us = 10'000;        // 100 Hz
constexpr double unit = 9.80665 / 1024.0;  // m/s² of one step of the sensor

void append_window(const std::vector<std::array<float, 3>>& signal, int64_t begin,
                   std::vector<float>& windows) {
  for (size_t axis = 0; axis < 3; ++axis)
    for (int64_t i = begin; i < begin + window_samples; ++i)
      windows.push_back(signal[static_cast<size_t>(i)][axis]);
}

}  // namespace

std::vector<std::array<float, 3>> resampled(const Recording& recording) {
  const std::vector<int64_t>& t = recording.microseconds;
  std::vector<std::array<float, 3>> signal;
  if (t.empty()) return signal;
  size_t j = 0;  // the last sample at or before the moment
  for (int64_t moment = t.front(); moment <= t.back(); moment += step_us) {
    engine::check_stop();
    while (j + 1 < t.size() && t[j + 1] <= moment) ++j;
    const size_t next = std::min(j + 1, t.size() - 1);
    const double way =
        next == j ? 0 : static_cast<double>(moment - t[j]) / static_cast<double>(t[next] - t[j]);
    std::array<float, 3> value;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double from = recording.axes[j][axis], to = recording.axes[next][axis];
      value[axis] = static_cast<float>((from + way * (to - from)) * unit);
    }
    signal.push_back(value);
  }
  return signal;
}

std::vector<float> activity_windows(const std::vector<std::array<float, 3>>& signal) {
  std::vector<float> windows;
  const auto length = static_cast<int64_t>(signal.size());
  for (int64_t begin = 0; begin + window_samples <= length; begin += window_samples)
    append_window(signal, begin, windows);
  return windows;
}

std::vector<float> fall_window(const std::vector<std::array<float, 3>>& signal) {
  std::vector<float> window;
  const auto length = static_cast<int64_t>(signal.size());
  if (length < window_samples) return window;
  int64_t peak = 0;
  double largest = -1;
  for (int64_t i = 0; i < length; ++i) {
    const auto& a = signal[static_cast<size_t>(i)];
    const double x = a[0], y = a[1], z = a[2], squared = x * x + y * y + z * z;
    if (squared > largest) largest = squared, peak = i;
  }
  append_window(signal, std::clamp<int64_t>(peak - window_samples / 2, 0, length - window_samples), window);
  return window;
}

}  // namespace datasets
