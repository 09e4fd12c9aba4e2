// Labelled colour images in fixed records, the form of CIFAR-10's binary version: a byte with the class, then
// one plane of bytes for each channel, rows from the top.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "datasets/dataset.h"

namespace datasets {

// Appends all records of the file to `split`, whose shape says how large they are. Throws std::runtime_error
// when the file is missing, empty, no whole number of records long, or a class is not below `classes`;
// `split` then holds what it held before.
void append_byte_records(const std::filesystem::path& path, int64_t classes, Split& split);

}  // namespace datasets
