// What `svdd score` and `explain` are given: whatever format it has, samples of the shape that the model was trained on.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/samples.h"
#include "datasets/table_form.h"

namespace tools {

struct ScoreInput {
  datasets::Samples samples;
  std::vector<std::string> names;         // the files' paths; empty for the rows of an array
  std::vector<int64_t> rows = {};         // their numbers in the file, counted from 0; empty: as they come
  std::vector<std::string> notes = {};    // what was guessed or passed over, a sentence each
  std::vector<std::string> damaged = {};  // files of a folder that could not be read, a sentence each
};

// How tables are to be read.
struct ScoreTable {
  std::optional<datasets::TableForm> form = {};  // the table that the model was trained on
  std::string label_column = {};  // left out; empty: as the model knows it, or as its name tells
  std::optional<bool> header = {};
};

// By what the file holds (datasets/file_kind.h):
// - an image file or a folder of them (datasets/image_folder.h): brought to the model's size and colours; damaged
//   files of a folder are passed over;
// - a .npy file, or the array "X", "x" or "images" of a .npz file, or else the only one of the model's shape: (N, C, H, W),
//   or (N, H, W) for one channel. uint8 is divided by 255, floating point taken as it is, other integers are refused.
//   Rows of a table, (N, D), may hold any numbers, and NaN where the model fills in what is missing;
// - a .csv table (datasets/table.h), in the order of the model's columns, the one with labels, if any, left out, and rows
//   with missing values where the model drops such;
// - IDX images, plain or .gz: divided by 255.
// Throws std::runtime_error or std::invalid_argument naming the file when it is none of these, damaged,
// empty, of another shape, or holds a number that is not finite.
ScoreInput read_score_input(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                            const ScoreTable& table = {});

// The same some at a time: .npy files and folders of images are never in memory as a whole.
class ScoreReader {
 public:
  virtual ~ScoreReader() = default;
  // The next samples in their order, with their names or rows (a table's; others come as they stand in the file), and what has
  // come to be said since; nothing after the last. A part may hold notes alone. Throws as read_score_input does, what it finds at the end (images that are all damaged) then.
  virtual std::optional<ScoreInput> next() = 0;
};
// Parts of so many numbers, or of one sample; other kinds of files than those come as one part.
std::unique_ptr<ScoreReader> open_score_input(const std::filesystem::path& path,
                                              const std::vector<int64_t>& shape, const ScoreTable& table,
                                              int64_t numbers_at_once);

}  // namespace tools
