// What `svdd cluster` is given: rows of numbers, whatever the format.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

namespace tools {

struct RowInput {
  std::vector<float> values;  // count x features
  int64_t count = 0, features = 0;
  std::vector<int32_t> classes;  // one per row where the file names them, else empty
};

// - a table (datasets/table.h): .csv, where a column named label, class, … holds the classes, and .npz with X
//   and, where there are classes, y;
// - .npy of any numbers: the first axis counts rows, the others are one row;
// - IDX images, plain or .gz: bytes / 255.
// Throws std::runtime_error or std::invalid_argument naming the file when it is none of these, damaged or
// empty, or holds a number that is not finite.
RowInput read_rows(const std::filesystem::path& path);

}  // namespace tools
