// The data of a run: loaded by name or path, split one against the rest.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "tools/options/options.h"

namespace tools {

struct Task {
  std::string source;  // the folder in which the data were found, or "built in"
  std::vector<std::string> class_names;
  std::vector<int> normal;  // as asked for, or the data's own default
  datasets::OneVsRest split;
  // Set aside from the training data where the method's protocol does so (multi-sphere), else empty.
  datasets::Samples validation = {};
  std::vector<int32_t> validation_classes = {};
  std::vector<std::string> notes = {};     // of the data (datasets/dataset.h), and what was guessed of them
  std::vector<std::string> warnings = {};  // of the training data: what will spoil a run
  // Set aside from the normal training data to calibrate (svdd::Detector::calibrate), and at which rate of false alarms.
  datasets::Samples calibration = {};
  double false_alarm_rate = 0;
  int64_t left_out = 0;  // training samples that the protocol of multi-sphere drops: they fill no batch
  // What --normal takes for each class: its number, or what it is called where that is another number.
  std::vector<std::string> class_words = {};
  std::optional<datasets::TableForm> table = {};  // of a table: what the model is to remember

  std::string test_class_list() const;  // "ok (20), bad (4)": what the test set holds
  nlohmann::json normal_words() const;  // of the normal classes, numbers as numbers: "normal" of results.json
};

// What a model that is to be tested on the data asks of them.
struct TestOfModel {
  std::optional<datasets::TableForm> form = {};  // the table it was trained on
  bool normal_of_model = false;                  // the normal classes are the model's: nobody named others
  bool whole = false;               // nothing of the data was trained on: all of a table is for the test
  std::vector<int64_t> shape = {};  // of the samples that it sees
};

// As --data, --data-dir, --normal, --limit and so on ask. Folders of images are brought to the shape that the
// model, the network, or the network of the same data sees. A class is named as it is called (then, if that is no number,
// in any case), or by its number. Throws UsageError for a class that is named twice or not in the data, where --normal is
// missing and the data have no default, and where a model's normal classes are of other labels than the table's;
// std::exception where the data cannot be read, or are not what the model sees, or have no labels to test it against.
Task load_task(const TrainOptions& options, const std::optional<TestOfModel>& test = {});

}  // namespace tools
