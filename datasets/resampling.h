// Images brought to another size.
#pragma once
#include <cstdint>
#include <vector>

namespace datasets {

// height x width values to new_height x new_width, in C order, by the triangle filter: bilinear interpolation
// where the image grows, a weighted mean over all covered pixels where it shrinks, so that nothing aliases.
// With s = width / new_width, column i of the result is  Σ_j w_j x_j / Σ_j w_j,  w_j = max(0, 1 - |j + 1/2 -
// (i + 1/2) s| / max(1, s)), j in rising order over the columns there are; rows likewise, after the columns.
// Sums in double; a constant image stays as it is. An unchanged size changes nothing.
std::vector<float> resample(const std::vector<float>& plane, int64_t height, int64_t width,
                            int64_t new_height, int64_t new_width);

}  // namespace datasets
