// Windows of equal length from an accelerometer that sampled as it pleased.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace datasets {

inline constexpr int64_t window_samples = 400;  // 4 s at 100 Hz

struct Recording {                           // one trial
  std::vector<int64_t> microseconds;         // of each sample, never falling
  std::vector<std::array<int32_t, 3>> axes;  // x, y, z in units of g/1024
};

// The recording at 100 Hz, in m/s²: values at 0, 10, 20 … ms after the first sample, up to the last, each on
// the straight line between the samples around it. Empty for an empty recording.
std::vector<std::array<float, 3>> resampled(const Recording& recording);

// Windows of 3 x window_samples values (x first, then y, z), one after the other. A daily activity is cut
// from its beginning, without overlap, and what does not fill a window is dropped; a fall gives one window,
// centred on the largest |a|, or as near to it as the recording allows. Nothing where the signal is shorter
// than a window.
std::vector<float> activity_windows(const std::vector<std::array<float, 3>>& signal);
std::vector<float> fall_window(const std::vector<std::array<float, 3>>& signal);

}  // namespace datasets
