// Image files as samples of one shape, whatever their own size and colours.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "datasets/samples.h"

namespace datasets {

// What a person should know of the files of one or several folders: what was passed over, and what looks odd.
struct ImageFindings {
  // How many files were passed over, by what they are: ".tif", "broken link", "hidden image", "subfolder", "other".
  std::map<std::string, int64_t> passed_over = {};
  std::vector<std::string> damaged = {};  // a sentence for each that could not be read, as read_image has it
  // How many of those are of a kind that is not read, by that kind (ImageKindNotRead); the others are damaged.
  std::map<std::string, int64_t> of_kinds = {};
  int64_t sound = 0;     // images that were read
  int64_t coloured = 0;  // of those, that had colour and were brought to grey
  // Images of more than 8 bits whose values stay below an eighth of their range, and what the first of them reach.
  int64_t dark = 0, dark_largest = 0, dark_maximum = 0;
  std::string first_dark = {};
  int64_t with_more_pages = 0;  // files whose first page was read, and others follow
  std::string first_with_more_pages = {};

  // A sentence for each kind of finding, as few as there are. Damaged files are named where `name_damaged`: the
  // first three of them.
  std::vector<std::string> notes(bool name_damaged = true) const;
  // "3 CMYK TIFF, 1 damaged"; empty where all that could not be read are damaged.
  std::string kinds_not_read() const;
};

// The images of a folder, or, where none lies right inside, those of its subfolders down to eight levels, hidden ones left
// out; as sorted paths. An image is what its first bytes
// say, whatever its name (but a camera's raw file, which begins as a TIFF does, is none); what is named like one that is read
// here (.png, .jpg, .jpeg, .jpe, .jfif, .bmp, .pgm, .ppm, .pnm, and .tif, .tiff or .webp where the build reads these, in
// capitals or small letters) and is none counts too, for it is damaged. Hidden files are left out.
// `findings`, unless null, is told what was passed over. Throws std::runtime_error when the folder is missing,
// unreadable or holds no image.
std::vector<std::filesystem::path> images_in(const std::filesystem::path& folder,
                                             ImageFindings* findings = nullptr);

// Whether there is at least one right inside; false where the folder cannot be read. And whether images_in finds one.
bool holds_images(const std::filesystem::path& folder);
bool holds_images_below(const std::filesystem::path& folder);

// Reads one image file, or all of a folder, some at a time: a folder may hold more than memory does.
class ImageReader {
 public:
  // As load_images below, and throws as it does but for what it says of single files.
  ImageReader(const std::filesystem::path& path, const std::vector<int64_t>& shape,
              ImageFindings* findings = nullptr);

  // The next sound images, in order, at most so many (1 and more); none at the end. `names`, unless null, is given
  // their paths beside those that it has. Throws as load_images does.
  Samples next(int64_t most, std::vector<std::string>* names = nullptr);

 private:
  void append(const std::filesystem::path& file, Samples& samples);

  std::filesystem::path path_;
  std::vector<int64_t> shape_;
  ImageFindings own_;
  ImageFindings* findings_;  // null: damage is an error
  bool is_folder_;
  std::vector<std::filesystem::path> files_;
  size_t at_ = 0;
  bool any_sound_ = false;
  std::string first_error_;
};

// One image file, or all of a folder, as samples of `shape` {1 or 3, height, width} with values in [0, 1]:
// converted between grey and RGB (Image::plane) and resampled (resample) where need be. `names`, unless null,
// receives the files' paths in the order of the samples. Damaged files of a folder are passed over where `findings`
// are there to be told, and else an error. Throws std::invalid_argument for another shape, and where read_image and
// images_in throw; std::runtime_error where no image of the folder is sound; engine::Stopped where asked to.
Samples load_images(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                    std::vector<std::string>* names = nullptr, ImageFindings* findings = nullptr);

}  // namespace datasets
