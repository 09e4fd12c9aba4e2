// Image files as samples of one shape, whatever their own size and colours.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/samples.h"

namespace datasets {

// The images of a folder (not of its subfolders), sorted by name, as sorted paths: names ending in .png,
// .jpg, .jpeg, .bmp, .pgm, .ppm or .pnm in capitals or small letters, hidden files left out. Throws
// std::runtime_error when the folder is missing, unreadable or holds no image.
std::vector<std::filesystem::path> images_in(const std::filesystem::path& folder);

// Whether there is at least one; false where the folder cannot be read.
bool holds_images(const std::filesystem::path& folder);

// One image file, or all of a folder, as samples of `shape` {1 or 3, height, width} with values in [0, 1]:
// converted between grey and RGB (Image::plane) and resampled (resample) where need be. `names`, unless null,
// receives the files' paths in the order of the samples. Throws std::invalid_argument for another shape, and
// where read_image and images_in throw.
Samples load_images(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                    std::vector<std::string>* names = nullptr);

}  // namespace datasets
