// Pixels as arrays of numbers hold them, brought to what images are here: bytes, or floats from 0 to 1.
//
//   uint8                                as they are
//   whole numbers, all from 0 to 255     bytes in a wider type, as they are
//   floats, all from 0 to 1              as they are
//
// All else is refused: what stands for black and white is not known, and a guess would make scores of nonsense.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/files/nd_array.h"

namespace datasets {

struct Pixels {
  std::vector<uint8_t> bytes = {};
  std::vector<float> values = {};  // in the place of bytes
};

// Throws std::runtime_error that begins with `source` and says which values it found.
Pixels pixels_of(const engine::NdArray& array, const std::string& source);

}  // namespace datasets
