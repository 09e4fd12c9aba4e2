#include "tools/report/map_overlay.h"

#include <algorithm>

#include "tools/report/image_grid.h"

namespace tools {
namespace {

// Three channels each, behind what is there: the image itself, and the image in grey with a map over it.
void append_image(std::vector<float>& pictures, const datasets::Samples& image) {
  const auto channels = static_cast<size_t>(image.shape[0]);
  const size_t pixels = image.values.size() / channels;
  for (size_t c = 0; c < 3; ++c) {
    const float* plane = image.sample(0) + (channels == 3 ? c : 0) * pixels;
    pictures.insert(pictures.end(), plane, plane + pixels);
  }
}
void append_overlay(std::vector<float>& pictures, const datasets::Samples& image,
                    const std::vector<float>& map) {
  const auto channels = static_cast<size_t>(image.shape[0]), pixels = map.size();
  const float* x = image.sample(0);
  const float highest = std::max(1e-30f, *std::max_element(map.begin(), map.end()));
  constexpr float orange[3] = {0.90f, 0.38f, 0.0f};  // told from grey by the colour-blind, too
  const size_t begin = pictures.size();
  pictures.resize(begin + 3 * pixels);
  for (size_t p = 0; p < pixels; ++p) {
    float grey = 0;
    for (size_t c = 0; c < channels; ++c) grey += x[c * pixels + p] / static_cast<float>(channels);
    const float share = std::clamp(map[p] / highest, 0.0f, 1.0f), cover = 0.85f * share;
    for (size_t c = 0; c < 3; ++c) pictures[begin + c * pixels + p] = (1 - cover) * grey + cover * orange[c];
  }
}

}  // namespace

int64_t pictures_of_each(const std::vector<MappedImage>& images) {
  return std::all_of(images.begin(), images.end(), [](const MappedImage& m) { return !m.gradient.empty(); })
             ? 3
             : 2;
}

std::string maps_png(const std::vector<MappedImage>& images, int64_t enlarge) {
  const int64_t of_each = pictures_of_each(images);
  std::vector<float> pictures;
  for (const MappedImage& one : images) {
    append_image(pictures, one.image);
    append_overlay(pictures, one.image, one.map);
    if (of_each == 3) append_overlay(pictures, one.image, one.gradient);
  }
  ImageGrid grid;
  grid.images = pictures, grid.n = of_each * static_cast<int64_t>(images.size()), grid.channels = 3;
  if (!images.empty()) grid.height = images[0].image.shape[1], grid.width = images[0].image.shape[2];
  grid.columns = of_each, grid.enlarge = enlarge;
  return png_of_grid(grid);
}

}  // namespace tools
