#include "datasets/defect_folder.h"

#include <algorithm>
#include <stdexcept>

#include "datasets/image_file.h"
#include "datasets/image_folder.h"
#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

// Names of the visible subfolders, sorted.
std::vector<std::string> subfolders(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    std::error_code unknown;
    if (entries->is_directory(unknown) && name.front() != '.') names.push_back(name);
  }
  if (error) throw std::runtime_error("cannot read the folder " + in_quotes(folder) + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<int64_t> shape_for(const LoadOptions& options, const fs::path& folder) {
  if (!options.image_shape.empty()) return options.image_shape;
  const Image first = read_image(images_in(folder).front());
  return {first.channels < 3 ? 1 : 3, first.height, first.width};
}

void append_images(const fs::path& folder, int32_t label, Split& split) {
  Samples images = load_images(folder, split.shape);
  split.labels.insert(split.labels.end(), static_cast<size_t>(images.count()), label);
  if (split.values.empty())
    split.values = std::move(images.values);
  else
    split.values.insert(split.values.end(), images.values.begin(), images.values.end());
}

}  // namespace

bool is_defect_folder(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder / "train" / "good", error);
}

Dataset load_defect_folder(const fs::path& folder, const LoadOptions& options) {
  Dataset data{folder.string(), {"good"}, {}, {}, {0}};
  data.train.shape = data.test.shape = shape_for(options, folder / "train" / "good");
  std::error_code error;
  const bool has_test = fs::is_directory(folder / "test", error);
  const std::vector<std::string> train = subfolders(folder / "train"),
                                 test = has_test ? subfolders(folder / "test") : std::vector<std::string>{};
  std::vector<std::string> defects;
  std::set_union(train.begin(), train.end(), test.begin(), test.end(), std::back_inserter(defects));
  for (const std::string& name : defects)
    if (name != "good") data.class_names.push_back(name);
  const auto append_half = [&](const char* half, const std::vector<std::string>& names, Split& split) {
    for (size_t k = 0; k < data.class_names.size(); ++k)
      if (std::binary_search(names.begin(), names.end(), data.class_names[k]))
        append_images(folder / half / data.class_names[k], static_cast<int32_t>(k), split);
  };
  append_half("train", train, data.train);
  append_half("test", test, data.test);
  return data;
}

Dataset load_image_folder(const fs::path& folder, const LoadOptions& options) {
  Dataset data{folder.string(), {"normal", "anomaly"}, {}, {}, {0}};
  data.train.shape = data.test.shape = shape_for(options, folder);
  append_images(folder, 0, data.train);
  return data;
}

}  // namespace datasets
