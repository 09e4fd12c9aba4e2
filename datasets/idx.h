// IDX, the format of MNIST and its successors (http://yann.lecun.com/exdb/mnist): a big-endian header, then
// bytes.
//
//   images  0x00000803, count, rows, columns, then count x rows x columns bytes
//   labels  0x00000801, count, then count bytes
//
// The third byte names the type of the numbers: 08 bytes, 09 signed ones, 0B 16 bits, 0C 32 bits, 0D float, 0E double.
// Others than bytes are taken as pixel_values.h says.
//
// Any image size and any number of classes (up to 256) is read. A name ending in .gz is unpacked on the way.
// Sizes in a header are never believed before they are compared with the file. Every error is one line that
// names the file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace datasets {

struct IdxImages {
  int64_t count = 0, rows = 0, columns = 0;
  std::vector<uint8_t> bytes;      // count x rows x columns
  std::vector<float> values = {};  // in their place, from 0 to 1, where the file holds floats
};

// These throw std::runtime_error for a file that is missing, empty, unreadable, truncated, of another kind,
// longer than its header says, too large to be true, or badly packed.
IdxImages read_idx_images(const std::filesystem::path& path);
std::vector<int32_t> read_idx_labels(const std::filesystem::path& path);

// Written whole or not at all; never packed. Throw std::invalid_argument where counts do not match or a label
// is outside 0 … 255, std::runtime_error where the file cannot be written.
void write_idx_images(const std::filesystem::path& path, const IdxImages& images);
void write_idx_labels(const std::filesystem::path& path, const std::vector<int32_t>& labels);

// The four official names, in the order train images, train labels, test images, test labels; each file may
// also carry the ending .gz.
const std::vector<std::string>& idx_file_names();

// The four, and as unpackers and mirrors spell them: train-images.idx3-ubyte and so on.
const std::vector<std::string>& idx_entries();

// Whether at least one of these lies in `folder`, plain or as .gz: enough to tell that a data set is meant
// here.
bool is_idx_folder(const std::filesystem::path& folder);

// Reads the four files (plain preferred to .gz) into images of shape {1, rows, columns}; the classes are 0 …
// the largest label, named by their numbers, and the data set by `folder`. Throws as above, and where the
// numbers of images and labels, or the image sizes of the two halves, differ.
Dataset load_idx_folder(const std::filesystem::path& folder);

// EMNIST (Cohen et al. 2017): emnist-letters-train-images-idx3-ubyte, -train-labels-idx1-ubyte, -test-images-... and
// -test-labels-..., each also with .gz or a dot for the dash, and emnist-letters-mapping.txt, which names the classes. Its
// images lie on their side, so rows and columns change places.
//
// A folder that holds the training images of one of its sets or more, or the file of a set's training images.
bool is_emnist(const std::filesystem::path& path);
// Throws as load_idx_folder does, and for a folder of several sets.
Dataset load_emnist(const std::filesystem::path& path);

// Writes the four files, for a data set of one-channel images; makes the folder where it is missing.
void write_idx_folder(const std::filesystem::path& folder, const Dataset& data);

}  // namespace datasets
