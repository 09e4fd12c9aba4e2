#include "datasets/defect_folder.h"

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "datasets/hold_out.h"
#include "datasets/image_file.h"
#include "datasets/image_folder.h"
#include "datasets/table_classes.h"
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

// At most so many; 0: all.
void append_images(const fs::path& folder, int32_t label, int64_t most, Split& split,
                   ImageFindings& findings) {
  std::vector<std::string> names;
  Samples images = ImageReader(folder, split.shape, &findings)
                       .next(most > 0 ? most : std::numeric_limits<int64_t>::max(), &names);
  split.files.insert(split.files.end(), names.begin(), names.end());
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
  const std::string kinds = findings.kinds_not_read();
  if (damaged > findings.sound)
    throw std::runtime_error(
        "of the " + std::to_string(damaged + findings.sound) + " images in " + in_quotes(data.name) +
        " more than half " +
        (kinds.empty() ? "are damaged (" + std::to_string(damaged) : "could not be read (" + kinds) +
        "); the first of them: " + findings.damaged.front());
}

// Where images lie, and of which class they are.
struct Layout {
  struct Part {
    fs::path folder;
    std::string of_class;
  };
  std::vector<Part> train, test;  // or, without halves, all in `train`
  bool halves = false;
  std::string normal;  // the class that is; empty: none reads so
};

// The visible subfolders, each a class: those of a half, or those in which images are.
std::vector<Layout::Part> class_folders(const fs::path& folder, bool of_half) {
  std::vector<Layout::Part> parts;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return parts;
  for (const std::string& name : subfolders(folder))
    if (of_half || holds_images_below(folder / name)) parts.push_back({folder / name, name});
  return parts;
}

// MVTec's own word counts before all others. Throws where there are several.
std::string normal_of(const std::vector<Layout::Part>& parts, const fs::path& folder) {
  std::vector<std::string> found;
  for (const Layout::Part& part : parts) {
    if (part.of_class == "good") return part.of_class;
    if (reads_normal(part.of_class)) found.push_back(part.of_class);
  }
  if (found.size() > 1)
    throw std::runtime_error(in_quotes(folder) + " holds " + in_quotes(found) +
                             ", which all read as normal: put their images into one folder");
  return found.empty() ? "" : found[0];
}

Layout layout_of(const fs::path& folder) {
  Layout layout;
  const fs::path train = folder / "train", test = folder / "test";
  std::error_code error;
  const bool has_train = fs::is_directory(train, error);
  layout.halves = has_train && holds_images_below(train);
  if (has_train && !layout.halves && !fs::is_directory(train / "good", error) &&
      fs::is_directory(test, error))
    throw std::runtime_error(in_quotes(train) + " holds no images, so there is nothing to train on");
  if (!layout.halves) {
    layout.train = class_folders(folder, false);
    layout.normal = normal_of(layout.train, folder);
    return layout;
  }
  layout.test = class_folders(test, true);
  if (holds_images(train)) {
    layout.normal = normal_of(layout.test, test);
    if (layout.normal.empty()) layout.normal = "good";
    layout.train = {{train, layout.normal}};
  } else {
    layout.train = class_folders(train, true);
    layout.normal = normal_of(layout.train, train);
  }
  return layout;
}

bool has_normal_class(const fs::path& folder) {
  if (holds_images(folder)) return false;
  const Layout layout = layout_of(folder);
  return !layout.normal.empty() && (layout.halves || layout.train.size() > 1);
}

// Where all images lie in one folder, as unpacked archives have it: that folder, if it has a normal class beside others.
fs::path where_classes_are(const fs::path& folder, int level = 0) {
  constexpr int most = 8;
  if (level == most || holds_images(folder)) return folder;
  const std::vector<Layout::Part> parts = class_folders(folder, false);
  if (parts.size() != 1) return folder;
  const std::string& name = parts[0].of_class;
  if (name == "train" || name == "test" || name == "good" || reads_normal(name)) return folder;
  const fs::path below = where_classes_are(parts[0].folder, level + 1);
  return below != parts[0].folder || has_normal_class(below) ? below : folder;
}

// The normal class first, the others by name.
std::vector<std::string> classes_of(const Layout& layout) {
  std::set<std::string> names;
  for (const auto* half : {&layout.train, &layout.test})
    for (const Layout::Part& part : *half) names.insert(part.of_class);
  std::vector<std::string> classes;
  if (!layout.normal.empty()) classes.push_back(layout.normal);
  for (const std::string& name : names)
    if (name != layout.normal) classes.push_back(name);
  return classes;
}

fs::path normal_folder(const Layout& layout, const fs::path& folder) {
  for (const Layout::Part& part : layout.train)
    if (part.of_class == layout.normal || layout.normal.empty()) return part.folder;
  return folder;
}

// Of images without halves: of the normal ones a share is for the test, and all others; of classes none of which reads as
// normal, a share of all.
void draw_test_half(Dataset& data, const LoadOptions& options) {
  const double share = options.test_fraction.value_or(0.4);  // as of tables
  data.test_was_held_out = true;
  std::vector<int64_t> normal, others;
  for (int64_t i = 0; i < data.train.count(); ++i)
    (data.default_normal.empty() || data.train.labels[static_cast<size_t>(i)] == 0 ? normal : others)
        .push_back(i);
  const Split all = std::move(data.train);
  Halves halves = hold_out_test(all.subset(normal), share, options.split_seed);
  data.train = std::move(halves.train);
  data.test = std::move(halves.test);
  const Split anomalous = all.subset(others);
  data.test.labels.insert(data.test.labels.end(), anomalous.labels.begin(), anomalous.labels.end());
  data.test.values.insert(data.test.values.end(), anomalous.values.begin(), anomalous.values.end());
  data.test.files.insert(data.test.files.end(), anomalous.files.begin(), anomalous.files.end());
}

}  // namespace

bool is_defect_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder / "train" / "good", error)) return true;
  if (fs::is_directory(folder / "train", error) && holds_images_below(folder / "train")) return true;
  return !holds_images(folder) && !class_folders(folder, false).empty();
}

fs::path normal_images_of(const fs::path& folder) {
  if (!is_defect_folder(folder)) return folder;
  const fs::path inner = where_classes_are(folder);
  return normal_folder(layout_of(inner), inner);
}

Dataset load_defect_folder(const fs::path& given, const LoadOptions& options) {
  const fs::path folder = where_classes_are(given);
  const Layout layout = layout_of(folder);
  if (layout.train.empty()) images_in(folder / "train" / "good");  // says what is missing there
  Dataset data{given.string(), classes_of(layout), {}, {}, {}};
  if (!layout.normal.empty()) data.default_normal = {0};
  data.train.shape = data.test.shape = shape_for(options, normal_folder(layout, folder));
  ImageFindings findings;
  // What the test half is drawn from is read whole.
  const bool is_drawn = !layout.halves && data.classes() > 1;
  const auto append_half = [&](const std::vector<Layout::Part>& parts, int64_t most, Split& split) {
    for (size_t k = 0; k < data.class_names.size(); ++k)
      for (const Layout::Part& part : parts)
        if (part.of_class == data.class_names[k]) {
          if (!holds_images_below(part.folder))
            throw std::runtime_error("no images in " + in_quotes(part.folder) +
                                     ": put those of its class there, or take the folder away");
          append_images(part.folder, static_cast<int32_t>(k), most, split, findings);
        }
  };
  append_half(layout.train, is_drawn ? 0 : options.most_of_class, data.train);
  append_half(layout.test, 0, data.test);
  finish(data, findings);
  if (folder != given)
    data.notes.push_back("the classes are the folders in " + in_quotes(folder) + ", where all images of " +
                         in_quotes(given) + " lie");
  if (is_drawn) draw_test_half(data, options);
  return data;
}

Dataset load_image_folder(const fs::path& folder, const LoadOptions& options) {
  Dataset data{folder.string(), {"normal", "anomaly"}, {}, {}, {0}};
  data.train.shape = data.test.shape = shape_for(options, folder);
  ImageFindings findings;
  append_images(folder, 0, options.most_of_class, data.train, findings);
  finish(data, findings);
  return data;
}

}  // namespace datasets
