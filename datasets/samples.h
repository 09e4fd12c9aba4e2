// Samples as the methods see them: equally shaped blocks of floats, one after the other.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace datasets {

// Values in one sample of this shape, the product of its extents. Throws std::invalid_argument when the shape
// is empty, an extent is below 1, or the product leaves int64.
int64_t sample_size(const std::vector<int64_t>& shape);

// "1x28x28".
std::string shape_text(const std::vector<int64_t>& shape);

// Throws std::invalid_argument when one of the values is NaN or infinite; the message names the data (`what`,
// e.g. "training data"), the first bad row (`size` values each; the first of these values are row `first`), counted from 0 as
// all results count, and the value's column in it, counted from 1 as columns are named where they have no names.
void check_finite(const std::vector<float>& values, int64_t size, std::string_view what, int64_t first = 0);

struct Samples {
  std::vector<int64_t>
      shape;  // of one sample: {channels, height, width} of an image, {features} of a table row
  std::vector<float> values;  // count x size, C order; images in [0, 1]

  int64_t size() const { return sample_size(shape); }  // values per sample
  int64_t count() const { return values.empty() ? 0 : static_cast<int64_t>(values.size()) / size(); }
  const float* sample(int64_t i) const { return values.data() + i * size(); }  // 0 <= i < count()
  float* sample(int64_t i) { return values.data() + i * size(); }

  // Throws std::invalid_argument when the values are no whole number of samples, and where check_finite does.
  void check(std::string_view what, int64_t first = 0) const;
};

}  // namespace datasets
