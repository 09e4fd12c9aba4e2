// What a data set cannot know of itself, and whoever loads it may say.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/table_form.h"

namespace datasets {

struct LoadOptions {
  std::filesystem::path data_dir = {};  // the first place to look for known sets; empty: none
  // Image folders: what every image is brought to, {1 or 3, height, width}, the input of the network. Empty:
  // as the first training image is.
  std::vector<int64_t> image_shape = {};
  // Images of one's own: above 0, whoever asks wants no more training samples than so many, whichever classes they are of. The first so
  // many of each class are enough then: others need not be read, or brought to that shape.
  int64_t most_of_class = 0;
  // Tables: the column with the classes, by its name, or by its number: 1 is the first, -1 the last; "none": there is
  // none. Empty: as its name tells (table_columns.h). Of an .npz: the array's name.
  std::string label_column = {};
  std::optional<bool> header =
      {};  // CSV tables: whether the first line names the columns; nothing: as it looks
  // Tables: the columns that are features, and those that are left out, each by its name or number (table_columns.h); what
  // is done with missing values. Not of a table that is read for a model, whose form says all that.
  std::vector<std::string> columns = {}, drop = {};
  Missing missing = Missing::refuse;
  // Tables: a second file, whose rows are the test half; all of the first are for training. Empty: none.
  std::filesystem::path test_data = {};
  // Tables: the one that a model was trained on, whose columns, classes and offsets these are to be.
  std::optional<TableForm> form = {};
  // Tables: every row is of the test half, nothing is held out.
  bool all_for_test = false;
  // Sets that come whole: the share of rows (of a table) or subjects (of the MobiFall recording) held out for
  // the test. Nothing: as published, or 0.4 for a table and a third of the subjects.
  std::optional<double> test_fraction = {};
  uint64_t split_seed = 0;  // of that choice; apart from a run's seed, so that runs share their test data
};

}  // namespace datasets
