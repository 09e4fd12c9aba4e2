#include "datasets/defect_folder.h"

#include <algorithm>
#include <stdexcept>

#include "datasets/image_file.h"
#include "datasets/image_folder.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

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
  std::string why;
  for (const fs::path& file : images_in(folder)) try {
      const Image first = read_image(file);
      return {first.channels < 3 ? 1 : 3, first.height, first.width};
    } catch (const engine::Stopped&) {
      throw;
    } catch (const std::runtime_error& damage) {  // the first sound one decides
      if (why.empty()) why = damage.what();
    }
  throw std::runtime_error("no image in " + in_quotes(folder) + " is sound; the first of them: " + why);
}

void append_images(const fs::path& folder, int32_t label, Split& split, ImageFindings& findings) {
  Samples images = load_images(folder, split.shape, nullptr, &findings);
  split.labels.insert(split.labels.end(), static_cast<size_t>(images.count()), label);
  if (split.values.empty())
    split.values = std::move(images.values);
  else
    split.values.insert(split.values.end(), images.values.begin(), images.values.end());
}

// Says what was read. A few damaged files are named, and the others taken; a folder of which most is damaged is no data.
void finish(Dataset& data, const ImageFindings& findings) {
  data.notes = findings.notes();
  data.notes.insert(data.notes.begin(), std::to_string(findings.sound) +
                                            (findings.sound == 1 ? " image" : " images") + " brought to " +
                                            shape_text(data.train.shape) +
                                            (data.train.shape[0] == 1 ? " (grey)" : " (RGB)"));
  const auto damaged = static_cast<int64_t>(findings.damaged.size());
  if (damaged > findings.sound)
    throw std::runtime_error("of the " + std::to_string(damaged + findings.sound) + " images in " +
                             in_quotes(data.name) + " more than half are damaged (" +
                             std::to_string(damaged) + "); the first of them: " + findings.damaged.front());
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
  ImageFindings findings;
  const auto append_half = [&](const char* half, const std::vector<std::string>& names, Split& split) {
    for (size_t k = 0; k < data.class_names.size(); ++k)
      if (std::binary_search(names.begin(), names.end(), data.class_names[k]))
        append_images(folder / half / data.class_names[k], static_cast<int32_t>(k), split, findings);
  };
  append_half("train", train, data.train);
  append_half("test", test, data.test);
  finish(data, findings);
  return data;
}

Dataset load_image_folder(const fs::path& folder, const LoadOptions& options) {
  Dataset data{folder.string(), {"normal", "anomaly"}, {}, {}, {0}};
  data.train.shape = data.test.shape = shape_for(options, folder);
  ImageFindings findings;
  append_images(folder, 0, data.train, findings);
  finish(data, findings);
  return data;
}

}  // namespace datasets
