#include "datasets/image_folder.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "datasets/image_file.h"
#include "datasets/resampling.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

std::string small_ending_of(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return ending;
}

bool is_read_here(const std::string& ending) {
  constexpr std::array<std::string_view, 9> endings = {".png", ".jpg", ".jpeg", ".jpe", ".jfif",
                                                       ".bmp", ".pgm", ".ppm",  ".pnm"};
  if (ending == ".tif" || ending == ".tiff") return SVDD_HAVE_TIFF;
  if (ending == ".webp") return SVDD_HAVE_WEBP;
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

// What cameras write: TIFF by their first bytes, and a thumbnail is all that a reader of TIFF finds in them.
bool is_raw(const std::string& ending) {
  constexpr std::array<std::string_view, 8> endings = {".dng", ".raw", ".cr2", ".nef",
                                                       ".arw", ".nrw", ".pef", ".srw"};
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

// Of pictures in formats that are not read, or not by every build.
bool is_foreign_image(const std::string& ending) {
  if (is_raw(ending)) return true;
  constexpr std::array<std::string_view, 21> endings = {
      ".tif", ".tiff", ".webp", ".gif", ".heic", ".heif", ".avif", ".jp2", ".jxl", ".psd", ".svg",
      ".tga", ".ico",  ".pbm",  ".pam", ".pfm",  ".exr",  ".hdr",  ".dcm", ".jxr", ".apng"};
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

std::string head_of(const fs::path& path) {
  constexpr size_t enough = 64;
  return engine::beginning_of(path, enough);
}

enum class Entry { image, passed_over, silent };

// What one entry of a folder is; `kind`: what it is passed over as.
Entry look_at(const fs::directory_entry& entry, std::string& kind) {
  std::error_code error;
  const std::string name = entry.path().filename().string();
  const bool hidden = name.front() == '.';
  if (entry.is_directory(error)) {
    kind = "subfolder";
    return hidden ? Entry::silent : Entry::passed_over;
  }
  if (!entry.is_regular_file(error)) {
    kind = entry.is_symlink(error) ? "broken link" : "other";
    return hidden ? Entry::silent : Entry::passed_over;
  }
  const std::string ending = small_ending_of(entry.path());
  const bool is_image = image_format(head_of(entry.path())) != ImageFormat::none && !is_raw(ending);
  if (hidden) {  // systems leave many a hidden file behind; a hidden image is somebody's
    kind = "hidden image";
    return is_image ? Entry::passed_over : Entry::silent;
  }
  if (is_image || is_read_here(ending)) return Entry::image;
  kind = is_foreign_image(ending) ? ending : "other";
  return Entry::passed_over;
}

// What would have this build read some of them: "; .tif: install … and build svdd again". Empty where there is nothing.
std::string how_to_read_more(const std::map<std::string, int64_t>& passed_over) {
  std::string text;
  for (const auto& found : passed_over)
    if (const std::string how = how_to_read(found.first); !how.empty() && text.find(how) == std::string::npos)
      text += "; " + found.first + ": " + how;
  return text;
}

std::string counted(int64_t count, const std::string& one) {
  return std::to_string(count) + ' ' + one + (count == 1 ? "" : "s");
}

// "5 .tif, 3 .webp, 1 broken link, 2 others", what there is most of first.
std::string list_of(const std::map<std::string, int64_t>& kinds) {
  std::vector<std::pair<std::string, int64_t>> sorted;
  int64_t others = 0;
  for (const auto& [kind, count] : kinds)
    if (kind == "other")
      others = count;
    else
      sorted.emplace_back(kind, count);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr size_t most = 6;
  for (; sorted.size() > most; sorted.pop_back()) others += sorted.back().second;
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const auto& [kind, count] : sorted)
    add(kind.front() == '.' ? std::to_string(count) + ' ' + kind : counted(count, kind));
  if (others > 0) add(std::to_string(others) + (others == 1 ? " that is no image" : " that are no images"));
  return text;
}

void note_dark(const Image& image, const fs::path& path, ImageFindings& findings) {
  if (image.maximum <= 255) return;
  const int64_t largest = image.largest_value();
  if (largest >= image.maximum / 8) return;
  if (findings.dark++ > 0) return;
  findings.first_dark = path.string();
  findings.dark_largest = largest, findings.dark_maximum = image.maximum;
}

void append_sample(const Image& image, const std::vector<int64_t>& shape, Samples& samples) {
  for (int64_t c = 0; c < shape[0]; ++c) {
    const std::vector<float> plane =
        resample(image.plane(c, shape[0]), image.height, image.width, shape[1], shape[2]);
    samples.values.insert(samples.values.end(), plane.begin(), plane.end());
  }
}

}  // namespace

std::string ImageFindings::kinds_not_read() const {
  std::string text;
  auto others = static_cast<int64_t>(damaged.size());
  for (const auto& [kind, count] : of_kinds) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + kind;
    others -= count;
  }
  return text.empty() || others == 0 ? text : text + ", " + std::to_string(others) + " damaged";
}

std::vector<std::string> ImageFindings::notes(bool name_damaged) const {
  std::vector<std::string> sentences;
  int64_t files = 0;
  for (const auto& [kind, count] : passed_over) files += count;
  if (files > 0)
    sentences.push_back(counted(files, "file") + " passed over: " + list_of(passed_over) + " (" +
                        readable_image_formats("and") + " are read" + how_to_read_more(passed_over) + ")");
  if (!damaged.empty() && name_damaged) {
    std::string names;
    constexpr size_t most = 3;
    for (size_t i = 0; i < damaged.size() && i < most; ++i) names += (i == 0 ? "" : "; ") + damaged[i];
    if (damaged.size() > most) names += "; and " + std::to_string(damaged.size() - most) + " more";
    const auto count = static_cast<int64_t>(damaged.size());
    const std::string kinds = kinds_not_read();
    sentences.push_back(kinds.empty() ? counted(count, "damaged file") + " passed over: " + names
                                      : counted(count, "file") + " passed over that could not be read (" +
                                            kinds + "): " + names);
  }
  if (coloured > 0)
    sentences.push_back("colour is left out: " + std::to_string(coloured) + " of " + counted(sound, "image") +
                        (coloured == 1 ? " has" : " have") + " some, and grey is asked for");
  if (dark > 0)
    sentences.push_back(counted(dark, "image") + (dark == 1 ? " stays" : " stay") + " dark: the values of " +
                        in_quotes(first_dark) + " reach " + std::to_string(dark_largest) + " of " +
                        std::to_string(dark_maximum) + ", and " + std::to_string(dark_maximum) +
                        " is white; scale them up if that is not meant");
  if (with_more_pages > 0)
    sentences.push_back("the first page is read, and no other, of " + counted(with_more_pages, "image") +
                        " with several: " + in_quotes(first_with_more_pages) +
                        (with_more_pages > 1 ? " and others" : "") +
                        "; save each page by itself if all are meant");
  return sentences;
}

namespace {

constexpr int most_levels = 8;  // of folders in folders; links among them may lead round in a circle

// Adds the images right inside, or else those below; what is passed over is counted.
void find_images(const fs::path& folder, int level, std::vector<fs::path>& images,
                 std::map<std::string, int64_t>& passed_over) {
  std::error_code error;
  const size_t there = images.size();
  std::vector<fs::path> subfolders;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    engine::check_stop();
    std::string kind;
    const Entry entry = look_at(*entries, kind);
    if (entry == Entry::image) images.push_back(entries->path());
    if (entry == Entry::passed_over && kind == "subfolder")
      subfolders.push_back(entries->path());
    else if (entry == Entry::passed_over)
      ++passed_over[kind];
  }
  if (error) throw std::runtime_error("cannot read the folder " + in_quotes(folder) + ": " + error.message());
  if (images.size() > there && !subfolders.empty())
    passed_over["subfolder"] += static_cast<int64_t>(subfolders.size());
  else if (images.size() == there && level < most_levels)
    for (const fs::path& subfolder : subfolders) find_images(subfolder, level + 1, images, passed_over);
}

}  // namespace

std::vector<fs::path> images_in(const fs::path& folder, ImageFindings* findings) {
  std::vector<fs::path> images;
  std::map<std::string, int64_t> passed_over;
  find_images(folder, 1, images, passed_over);
  if (images.empty())
    throw std::runtime_error(
        "no images in " + in_quotes(folder) + " or below: expected " + readable_image_formats() + " files" +
        (passed_over.empty() ? "" : ", found " + list_of(passed_over)) + how_to_read_more(passed_over));
  if (findings)
    for (const auto& [kind, count] : passed_over) findings->passed_over[kind] += count;
  std::sort(images.begin(), images.end());
  return images;
}

bool holds_images(const fs::path& folder) {
  std::error_code error;
  std::string kind;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (look_at(*entry, kind) == Entry::image) return true;
  return false;
}

bool holds_images_below(const fs::path& folder) {
  try {
    std::vector<fs::path> images;
    std::map<std::string, int64_t> passed_over;
    find_images(folder, 1, images, passed_over);
    return !images.empty();
  } catch (const engine::Stopped&) {
    throw;
  } catch (const std::runtime_error&) {
    return false;
  }
}

ImageReader::ImageReader(const fs::path& path, const std::vector<int64_t>& shape, ImageFindings* findings)
    : path_(path), shape_(shape), findings_(findings) {
  if (shape.size() != 3 || (shape[0] != 1 && shape[0] != 3))
    throw std::invalid_argument("images cannot be read as samples of shape " + shape_text(shape) +
                                ": expected channels x height x width with 1 or 3 channels");
  sample_size(shape);  // which refuses more
  std::error_code error;
  is_folder_ = fs::is_directory(path, error);
  if (is_folder_)
    files_ = images_in(path, findings_ ? findings_ : &own_);
  else
    files_ = {path};
}

void ImageReader::append(const fs::path& file, Samples& samples) {
  ImageFindings& found = findings_ ? *findings_ : own_;
  const Image image = read_image(file);
  append_sample(image, shape_, samples);
  note_dark(image, file, found);
  if (image.more_pages && found.with_more_pages++ == 0) found.first_with_more_pages = file.string();
  if (shape_[0] == 1 && image.has_colour()) ++found.coloured;
  ++found.sound;
}

Samples ImageReader::next(int64_t most, std::vector<std::string>* names) {
  Samples samples{shape_, {}};
  const auto some = std::min(static_cast<size_t>(most), files_.size() - at_);
  samples.values.reserve(some * static_cast<size_t>(samples.size()));
  for (int64_t count = 0; at_ < files_.size() && count < most; ++at_) {
    engine::check_stop();
    try {
      append(files_[at_], samples);
    } catch (const engine::Stopped&) {
      throw;
    } catch (const std::runtime_error& damage) {
      if (!is_folder_ || !findings_) throw;
      findings_->damaged.emplace_back(damage.what());
      if (const auto* foreign = dynamic_cast<const ImageKindNotRead*>(&damage))
        ++findings_->of_kinds[foreign->kind];
      if (first_error_.empty()) first_error_ = damage.what();
      continue;
    }
    ++count;
    any_sound_ = true;
    if (names) names->push_back(files_[at_].string());
  }
  if (at_ == files_.size() && !any_sound_)
    throw std::runtime_error("no image in " + in_quotes(path_) +
                             " is sound; the first of them: " + first_error_);
  return samples;
}

Samples load_images(const fs::path& path, const std::vector<int64_t>& shape, std::vector<std::string>* names,
                    ImageFindings* findings) {
  if (names) names->clear();
  return ImageReader(path, shape, findings).next(std::numeric_limits<int64_t>::max(), names);
}

}  // namespace datasets
