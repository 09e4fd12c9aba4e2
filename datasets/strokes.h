// The built-in *stroke digits*: handwriting from a formula, so that the first run needs no download.
//
// Each image is drawn on its own: one of the usual ways to write its digit (stroke_glyphs.h), its points
// moved at random, bent, scaled, slanted and turned, then drawn with a pen of random width. Everything comes
// from engine::RandomStream and IEEE arithmetic, so a seed gives the same bytes on every machine.
#pragma once
#include <cstdint>

#include "datasets/dataset.h"

namespace datasets {

inline constexpr int64_t stroke_image_side = 28;  // pixels, one channel

// Ten classes, digits 0 … 9; sample i of either half shows the digit i mod 10. An image depends on the seed,
// its half, its digit and its place among that digit's images only: asking for more images leaves the first
// ones as they are. Throws std::invalid_argument when a number per class is below 1 or above 1 000 000.
Dataset load_strokes(int64_t train_per_class = 1000, int64_t test_per_class = 200, uint64_t seed = 0);

}  // namespace datasets
