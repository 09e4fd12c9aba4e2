// What `svdd cluster` is given: rows of numbers, whatever the format.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tools {

struct RowInput {
  std::vector<float> values;  // count x features
  int64_t count = 0, features = 0;
  std::vector<int32_t> classes;         // one per row where the file names them, else empty
  std::vector<std::string> notes = {};  // what was guessed or changed, a sentence each
};

struct RowOptions {
  std::string label_column = {};    // of a table; empty: as its name tells
  std::optional<bool> header = {};  // of a CSV table; nothing: as it looks
  // Numbers are subtracted from columns that floats would blur (datasets/column_offsets.h). Not for cosine distances,
  // which they would change.
  bool centre = false;
};

// By what the file holds (datasets/file_kind.h):
// - a table (datasets/table.h): .csv, where a column named label, class, … holds the classes, and .npz with X
//   and, where there are classes, y;
// - .npy of any numbers: the first axis counts rows, the others are one row;
// - IDX images, plain or .gz: bytes / 255.
// Throws std::runtime_error or std::invalid_argument naming the file when it is none of these, damaged or
// empty, or holds a number that is not finite.
RowInput read_rows(const std::filesystem::path& path, const RowOptions& options = {});

}  // namespace tools
