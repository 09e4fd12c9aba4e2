#include "datasets/image_archive.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "datasets/file_kind.h"
#include "datasets/hold_out.h"
#include "datasets/pixel_values.h"
#include "datasets/resampling.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npz.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;
using engine::NdArray;
using engine::Npz;

constexpr double usual_share_of_test = 0.4;  // as of tables

struct ImageShape {
  int64_t count = 0, channels = 0, height = 0, width = 0;
  bool channels_last = false;
};

// Nothing for what is no array of images.
std::optional<ImageShape> image_shape(const Npz& archive, const std::string& name) {
  std::vector<int64_t> s;
  try {
    s = archive.shape(name);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  if (s.size() < 3 || s.size() > 4 || *std::min_element(s.begin(), s.end()) < 1) return std::nullopt;
  if (s.size() == 3) return ImageShape{s[0], 1, s[1], s[2], true};
  if (s[3] == 1 || s[3] == 3) return ImageShape{s[0], s[3], s[1], s[2], true};
  if (s[1] == 1 || s[1] == 3) return ImageShape{s[0], s[1], s[2], s[3], false};
  return std::nullopt;
}

bool name_holds(const std::string& name, const char* part) {
  return in_small_letters(name).find(part) != std::string::npos;
}

// The one array whose name holds `part`; empty where there is none, or there are some. An empty `part` holds in all.
std::string images_named(const Npz& archive, const char* part) {
  std::string found;
  for (const std::string& name : archive.names()) {
    if (!name_holds(name, part) || !image_shape(archive, name)) continue;
    if (!found.empty()) return "";
    found = name;
  }
  return found;
}

struct UnfitLabels : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool is_named_label(const std::string& name) {
  return name.find("label") != std::string::npos || name == "y" || name.starts_with("y_");
}

std::string array_text(const Npz& archive, const std::string& name) {
  return in_quotes(name) + " " + NdArray::text(archive.shape(name));
}

// Labels for so many images, of the half whose name holds `part`. What is named like labels and does not fit is an error: passed
// over, anomalies would be taken for normal.
std::string labels_named(const Npz& archive, const char* part, const std::string& images, int64_t count) {
  std::string found;
  for (const std::string& name : archive.names()) {
    if (!name_holds(name, part) || name == images) continue;
    try {
      const std::vector<int64_t> shape = archive.shape(name);
      if (shape.size() > 2 || shape.empty() || shape[0] != count || (shape.size() == 2 && shape[1] != 1)) {
        if (is_named_label(name))
          throw UnfitLabels("the array " + array_text(archive, name) +
                            " should hold one label for each of the " + std::to_string(count) + " images");
        continue;
      }
    } catch (const UnfitLabels&) {
      throw;
    } catch (const std::runtime_error& error) {
      if (is_named_label(name))
        throw UnfitLabels("the array " + in_quotes(name) +
                          ", which is named like labels, cannot be read: " + error.what());
      continue;
    }
    if (!found.empty()) return "";
    found = name;
  }
  return found;
}

std::vector<int32_t> labels_in(const NdArray& array, const std::string& source) {
  std::vector<int32_t> labels;
  constexpr int64_t most_classes = 1000;
  std::vector<int64_t> numbers;
  try {
    numbers = array.as<int64_t>();
  } catch (const std::exception& error) {  // it knows not which array it is
    throw std::runtime_error(source + ", taken for the labels: " + error.what());
  }
  for (const int64_t label : numbers) {
    if (label < 0 || label >= most_classes)
      throw std::runtime_error(source + " holds the label " + std::to_string(label) + "; expected 0 to " +
                               std::to_string(most_classes - 1));
    labels.push_back(static_cast<int32_t>(label));
  }
  return labels;
}

// (N, H, W, C) made (N, C, H, W).
template <class T>
void put_channels_first(std::vector<T>& values, const ImageShape& shape) {
  if (!shape.channels_last || shape.channels == 1) return;
  const auto c = static_cast<size_t>(shape.channels),
             pixels = static_cast<size_t>(shape.height * shape.width);
  std::vector<T> image(c * pixels);
  for (size_t at = 0; at < values.size(); at += image.size()) {
    for (size_t p = 0; p < pixels; ++p)
      for (size_t k = 0; k < c; ++k) image[k * pixels + p] = values[at + p * c + k];
    std::copy(image.begin(), image.end(), values.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

// Brought to `wanted` {channels, height, width}, as images of files are (image_file.h).
void bring_to(std::vector<int64_t> wanted, Split& split) {
  if (wanted.empty() || wanted == split.shape) return;
  const int64_t channels = split.shape[0], height = split.shape[1], width = split.shape[2];
  const auto pixels = static_cast<size_t>(height * width);
  std::vector<float> brought;
  brought.reserve(static_cast<size_t>(split.count() * sample_size(wanted)));
  for (int64_t i = 0; i < split.count(); ++i) {
    engine::check_stop();
    const std::vector<float> image = split.select({i}).values;
    for (int64_t k = 0; k < wanted[0]; ++k) {
      std::vector<float> plane(pixels);
      for (size_t p = 0; p < pixels; ++p)
        plane[p] = channels == 1 ? image[p]
                   : wanted[0] == 3
                       ? image[static_cast<size_t>(k) * pixels + p]
                       : 0.299f * image[p] + 0.587f * image[pixels + p] + 0.114f * image[2 * pixels + p];
      const std::vector<float> sized = resample(plane, height, width, wanted[1], wanted[2]);
      brought.insert(brought.end(), sized.begin(), sized.end());
    }
  }
  split.bytes.clear();
  split.values = std::move(brought);
  split.shape = std::move(wanted);
}

Split half_of(Npz& images, const std::string& name, Npz& labels, const std::string& labels_name,
              const fs::path& path, const fs::path& labels_path) {
  const ImageShape shape = image_shape(images, name).value();
  images.unpack({name});
  Pixels pixels = pixels_of(images.at(name), in_quotes(path) + ", array " + in_quotes(name));
  put_channels_first(pixels.bytes, shape);
  put_channels_first(pixels.values, shape);
  Split split{{shape.channels, shape.height, shape.width}, std::move(pixels.bytes), {}};
  split.values = std::move(pixels.values);
  split.labels.assign(static_cast<size_t>(shape.count), 0);
  if (!labels_name.empty()) {
    labels.unpack({labels_name});
    split.labels =
        labels_in(labels.at(labels_name), in_quotes(labels_path) + ", array " + in_quotes(labels_name));
    if (split.count() != shape.count)
      throw std::runtime_error(in_quotes(labels_path) + " holds " + std::to_string(split.count()) +
                               " labels for " + std::to_string(shape.count) + " images of " +
                               in_quotes(path));
  }
  return split;
}

void number_classes(Dataset& data) {
  int32_t last = 1;
  for (const Split* half : {&data.train, &data.test})
    for (const int32_t label : half->labels) last = std::max(last, label);
  for (int32_t k = 0; k <= last; ++k) data.class_names.push_back(std::to_string(k));
}

// Of the training half what is wanted; all at the size that is asked for.
void choose_and_bring(Dataset& data, const LoadOptions& options) {
  if (options.most_of_class > 0) data.train = data.train.first_of_class(options.most_of_class);
  bring_to(options.image_shape, data.train);
  if (!data.test.shape.empty()) bring_to(options.image_shape, data.test);
}

// "kmnist" of the folder's four files, "k49"; empty where they are not there.
std::string kmnist_prefix(const fs::path& folder) {
  std::error_code error;
  for (const char* prefix : {"kmnist", "k49"})
    if (fs::is_regular_file(folder / (std::string(prefix) + "-train-imgs.npz"), error)) return prefix;
  return "";
}

// An archive is read as a whole to be looked into, and whoever picks settings, reads and reports asks the same of it.
struct Asked {
  std::string path;
  uintmax_t size = 0;
  fs::file_time_type written = {};
  bool operator==(const Asked&) const = default;
};

ImageSurvey look_into(const fs::path& path) {
  try {
    const Npz archive = Npz::open(path);
    for (const char* rows : {"X", "x"})  // of a table, whatever lies beside it
      if (archive.contains(rows) && archive.shape(rows).size() == 2) return {};
    for (const char* part : {"train", ""})
      if (const std::string name = images_named(archive, part); !name.empty()) {
        const ImageShape shape = image_shape(archive, name).value();
        return {shape.count, shape.count, shape.height, shape.width, shape.channels == 3};
      }
  } catch (const engine::Stopped&) {
    throw;
  } catch (const std::runtime_error&) {  // whoever reads it says so
  }
  return {};
}

}  // namespace

bool is_kmnist_folder(const fs::path& folder) { return !kmnist_prefix(folder).empty(); }

ImageSurvey survey_archive(const fs::path& path) {
  if (file_kind(path) != FileKind::npz) return {};
  std::error_code error;
  const Asked asked{path.string(), fs::file_size(path, error), fs::last_write_time(path, error)};
  if (error) return {};
  // The answer that was given last, and of what.
  static std::mutex one_at_a_time;
  static Asked last;
  static ImageSurvey found;
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  if (!(last == asked)) {
    found = look_into(path);
    last = asked;
  }
  return found;
}

bool is_image_archive(const fs::path& path) { return survey_archive(path).images > 0; }

Dataset load_image_archive(const fs::path& path, const LoadOptions& options) {
  Npz archive = Npz::open(path);
  Dataset data;
  data.name = path.string();
  const std::string train = images_named(archive, "train"), test = images_named(archive, "test");
  const bool halves = !train.empty() && !test.empty();
  const std::string whole = halves ? train : !train.empty() ? train : images_named(archive, "");
  if (whole.empty()) throw std::runtime_error(in_quotes(path) + " holds no array of images (N, H, W)");
  const auto labels_for = [&](const std::string& images, const char* part) {
    return labels_named(archive, part, images, image_shape(archive, images)->count);
  };
  const std::string labels = labels_for(whole, !train.empty() ? "train" : "");
  std::vector<std::string> taken{whole, labels};
  data.notes.push_back(
      "the array " + array_text(archive, whole) + " is taken for the " +
      (halves ? "training images" : "images") +
      (labels.empty() ? ", without labels" : ", " + in_quotes(labels) + " for their labels"));
  data.train = half_of(archive, whole, archive, labels, path, path);
  if (halves) {
    const std::string of_test = labels_for(test, "test");
    if (labels.empty() != of_test.empty() || of_test.empty())
      throw std::runtime_error(in_quotes(path) + ": no array holds the labels of " +
                               array_text(archive, labels.empty() ? train : test));
    data.test = half_of(archive, test, archive, of_test, path, path);
    data.notes.push_back("the array " + array_text(archive, test) + " is taken for the test images, " +
                         in_quotes(of_test) + " for their labels");
    const auto size_of = [&](const std::string& images) {
      const ImageShape s = image_shape(archive, images).value();
      return std::vector<int64_t>{s.channels, s.height, s.width};
    };
    if (const auto of_training = size_of(train), of_tests = size_of(test); of_training != of_tests)
      data.notes.push_back("the test images are " + shape_text(of_tests) + ", the training images " +
                           shape_text(of_training) + ": all are brought to " +
                           shape_text(options.image_shape.empty() ? of_training : options.image_shape));
    taken.insert(taken.end(), {test, of_test});
  } else if (!labels.empty()) {
    Halves drawn =
        hold_out_test(data.train, options.test_fraction.value_or(usual_share_of_test), options.split_seed);
    data.train = std::move(drawn.train), data.test = std::move(drawn.test);
    data.test_was_held_out = true;
  }
  if (labels.empty()) data.class_names = {"normal", "anomaly"}, data.default_normal = {0};
  if (data.class_names.empty()) number_classes(data);
  choose_and_bring(data, options);
  if (data.test.shape.empty()) data.test.shape = data.train.shape;
  std::vector<std::string> others;
  for (const std::string& name : archive.names())
    if (std::find(taken.begin(), taken.end(), name) == taken.end()) others.push_back(name);
  if (!others.empty())
    data.notes.push_back((others.size() == 1 ? "the array " : "the arrays ") + in_quotes(others) +
                         (others.size() == 1 ? " is" : " are") + " passed over");
  return data;
}

Dataset load_kmnist_folder(const fs::path& folder, const LoadOptions& options) {
  const std::string prefix = kmnist_prefix(folder);
  Dataset data;
  data.name = folder.string();
  for (const auto& [half, word] : {std::pair{&data.train, "train"}, {&data.test, "test"}}) {
    const fs::path images = folder / (prefix + "-" + word + "-imgs.npz"),
                   labels = folder / (prefix + "-" + word + "-labels.npz");
    Npz of_images = Npz::open(images), of_labels = Npz::open(labels);
    const std::string name = images_named(of_images, "");
    if (name.empty())
      throw std::runtime_error(in_quotes(images) + " holds no array of images (N, H, W), or several");
    const std::string labels_name = labels_named(of_labels, "", "", image_shape(of_images, name)->count);
    if (labels_name.empty())
      throw std::runtime_error(in_quotes(labels) + " holds no array of " +
                               std::to_string(image_shape(of_images, name)->count) + " labels, as many as " +
                               in_quotes(images) + " has images");
    *half = half_of(of_images, name, of_labels, labels_name, images, labels);
  }
  number_classes(data);
  choose_and_bring(data, options);
  return data;
}

}  // namespace datasets
