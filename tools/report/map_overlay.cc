#include "tools/report/map_overlay.h"

#include <algorithm>

#include "tools/report/image_grid.h"

namespace tools {
namespace {

// Image and overlay, three channels each, behind what is there.
void append_pair(std::vector<float>& pictures, const MappedImage& mapped) {
  const auto channels = static_cast<size_t>(mapped.image.shape[0]), pixels = mapped.map.size();
  const float* x = mapped.image.sample(0);
  const float highest = std::max(1e-30f, *std::max_element(mapped.map.begin(), mapped.map.end()));
  constexpr float orange[3] = {0.90f, 0.38f, 0.0f};  // told from grey by the colour-blind, too
  const size_t begin = pictures.size();
  pictures.resize(begin + 6 * pixels);
  float* plain = pictures.data() + begin;
  float* covered = plain + 3 * pixels;
  for (size_t p = 0; p < pixels; ++p) {
    float grey = 0;
    for (size_t c = 0; c < channels; ++c) grey += x[c * pixels + p] / static_cast<float>(channels);
    const float share = std::clamp(mapped.map[p] / highest, 0.0f, 1.0f), cover = 0.85f * share;
    for (size_t c = 0; c < 3; ++c) {
      plain[c * pixels + p] = x[(channels == 3 ? c : 0) * pixels + p];
      covered[c * pixels + p] = (1 - cover) * grey + cover * orange[c];
    }
  }
}

}  // namespace

std::string maps_png(const std::vector<MappedImage>& images, int64_t enlarge) {
  std::vector<float> pictures;
  for (const MappedImage& one : images) append_pair(pictures, one);
  ImageGrid grid;
  grid.images = pictures, grid.n = 2 * static_cast<int64_t>(images.size()), grid.channels = 3;
  if (!images.empty()) grid.height = images[0].image.shape[1], grid.width = images[0].image.shape[2];
  grid.columns = 2, grid.enlarge = enlarge;
  return png_of_grid(grid);
}

}  // namespace tools
