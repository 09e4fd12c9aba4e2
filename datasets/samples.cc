#include "datasets/samples.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/stopping.h"

namespace datasets {

int64_t sample_size(const std::vector<int64_t>& shape) {
  if (shape.empty()) throw std::invalid_argument("a sample's shape is empty: expected at least one extent");
  int64_t size = 1;
  for (const int64_t extent : shape) {
    if (extent < 1)
      throw std::invalid_argument("sample shape " + shape_text(shape) + ": every extent must be 1 or more");
    if (size > std::numeric_limits<int64_t>::max() / extent)
      throw std::invalid_argument("sample shape " + shape_text(shape) +
                                  " has more values than can be counted");
    size *= extent;
  }
  return size;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t extent : shape) text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

void check_finite(const std::vector<float>& values, int64_t size, std::string_view what, int64_t first) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % (1 << 22) == 0) engine::check_stop();
    if (std::isfinite(values[i])) continue;
    const char* found = std::isnan(values[i]) ? "NaN" : "an infinite number";
    throw std::invalid_argument(std::string(what) + ": row " +
                                std::to_string(first + static_cast<int64_t>(i) / size) +
                                " (counted from 0) holds " + found + " in column " +
                                std::to_string(static_cast<int64_t>(i) % size + 1) +
                                " (counted from 1); every value must be finite: remove or fill in that row");
  }
}

void Samples::check(std::string_view what, int64_t first) const {
  const int64_t per_sample = size(), total = static_cast<int64_t>(values.size());
  if (total % per_sample != 0)
    throw std::invalid_argument(std::string(what) + ": " + std::to_string(total) +
                                " values are not a whole number of samples of shape " + shape_text(shape));
  check_finite(values, per_sample, what, first);
}

}  // namespace datasets
