// Images beside the maps of their scores (svdd/evaluation/attribution.h).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/samples.h"

namespace tools {

struct MappedImage {
  datasets::Samples image;           // one, of 1 or 3 channels, values in [0, 1]
  std::vector<float> map;            // height x width; what is positive raises the score
  std::vector<float> gradient = {};  // a second map, or empty
};

// A sheet (image_grid.h) with a row for each image, all of one shape: the image, and beside it the image in grey, on which
// orange covers a pixel as much as the pixel raises the score, beside the one that raises it most; and so once more by the
// gradient, where every image has one. `enlarge` as in ImageGrid.
int64_t pictures_of_each(const std::vector<MappedImage>& images);  // in a row: 2 or 3
std::string maps_png(const std::vector<MappedImage>& images, int64_t enlarge = 0);

}  // namespace tools
