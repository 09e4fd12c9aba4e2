// How ten digits are written: the pen's way, as points in a box of one by one (x to the right, y downwards).
#pragma once
#include <vector>

namespace datasets {

struct PenPoint {
  float x, y;
  bool corner = false;  // the pen turns sharply here; elsewhere it passes on a smooth curve
};

using PenStroke = std::vector<PenPoint>;  // from pen down to pen up, at least two points
using Glyph = std::vector<PenStroke>;     // one way to write a digit

// The usual ways to write `digit` (0 … 9).
const std::vector<Glyph>& glyphs_of(int digit);

}  // namespace datasets
