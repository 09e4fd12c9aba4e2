#include "datasets/image_folder.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "datasets/image_file.h"
#include "datasets/resampling.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

bool is_image_name(const fs::path& path) {
  constexpr std::array<std::string_view, 7> endings = {".png", ".jpg", ".jpeg", ".bmp",
                                                       ".pgm", ".ppm", ".pnm"};
  std::string ending = path.extension().string();
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return path.filename().string().front() != '.' &&
         std::find(endings.begin(), endings.end(), ending) != endings.end();
}

}  // namespace

std::vector<fs::path> images_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> images;
  bool has_subfolder = false;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code unknown;  // a link to nothing is no image
    if (entries->is_directory(unknown)) has_subfolder = true;
    if (entries->is_regular_file(unknown) && is_image_name(entries->path()))
      images.push_back(entries->path());
  }
  if (error) throw std::runtime_error("cannot read the folder " + in_quotes(folder) + ": " + error.message());
  if (images.empty())
    throw std::runtime_error("no images in " + in_quotes(folder) +
                             ": expected files ending in .png, .jpg, .jpeg, .bmp, .pgm, .ppm or .pnm" +
                             (has_subfolder ? " (there are subfolders: name one of them)" : ""));
  std::sort(images.begin(), images.end());
  return images;
}

bool holds_images(const fs::path& folder) {
  std::error_code error, unknown;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(unknown) && is_image_name(entry->path())) return true;
  return false;
}

Samples load_images(const fs::path& path, const std::vector<int64_t>& shape,
                    std::vector<std::string>* names) {
  if (shape.size() != 3 || (shape[0] != 1 && shape[0] != 3))
    throw std::invalid_argument("images cannot be read as samples of shape " + shape_text(shape) +
                                ": expected channels x height x width with 1 or 3 channels");
  const size_t size = static_cast<size_t>(sample_size(shape));
  std::error_code error;
  const std::vector<fs::path> files =
      fs::is_directory(path, error) ? images_in(path) : std::vector<fs::path>{path};

  Samples samples{shape, {}};
  samples.values.reserve(files.size() * size);
  if (names) names->clear();
  for (const fs::path& file : files) {
    engine::check_stop();
    const Image image = read_image(file);
    for (int64_t c = 0; c < shape[0]; ++c) {
      const std::vector<float> plane =
          resample(image.plane(c, shape[0]), image.height, image.width, shape[1], shape[2]);
      samples.values.insert(samples.values.end(), plane.begin(), plane.end());
    }
    if (names) names->push_back(file.string());
  }
  return samples;
}

}  // namespace datasets
