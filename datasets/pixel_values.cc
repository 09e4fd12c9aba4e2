#include "datasets/pixel_values.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {

using engine::NdArray;

Pixels pixels_of(const NdArray& array, const std::string& source) {
  Pixels pixels;
  if (array.dtype == NdArray::DType::u1) {
    pixels.bytes = array.as<uint8_t>();
    return pixels;
  }
  constexpr size_t at_once = size_t{1} << 18;
  const auto size = static_cast<size_t>(array.size());
  double least = 0, most = 0;
  bool whole = true;
  for (size_t first = 0; first < size; first += at_once) {
    engine::check_stop();
    for (const double value : array.as<double>(first, std::min(at_once, size - first))) {
      if (!std::isfinite(value))
        throw std::runtime_error(source +
                                 " holds NaN or infinity; pixels are numbers from 0 to 1, or 0 to 255");
      least = std::min(least, value), most = std::max(most, value);
      whole = whole && value == std::floor(value);
    }
  }
  const bool floats = array.dtype == NdArray::DType::f4 || array.dtype == NdArray::DType::f8;
  if (floats && least >= 0 && most <= 1) {
    pixels.values = array.as<float>();
    return pixels;
  }
  if (!whole || least < 0 || most > 255)
    throw std::runtime_error(
        source + " holds " + NdArray::name(array.dtype) + " values from " + engine::number_text(least) +
        " to " + engine::number_text(most) + "; expected whole numbers from 0 to 255, or floats from 0 to 1" +
        (array.dtype == NdArray::DType::i1 ? ": bytes that were stored as signed?" : ""));
  pixels.bytes.reserve(size);
  for (size_t first = 0; first < size; first += at_once)
    for (const double value : array.as<double>(first, std::min(at_once, size - first)))
      pixels.bytes.push_back(static_cast<uint8_t>(value));
  return pixels;
}

}  // namespace datasets
