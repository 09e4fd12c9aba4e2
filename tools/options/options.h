// The options of `svdd train`: one table that serves the command line, --config files, config.json and
// --help.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/table_form.h"
#include "svdd/methods/method.h"
#include "tools/arguments.h"
#include "tools/options/backend_options.h"

namespace tools {

struct TrainOptions {
  std::string method = "deep-svdd", data, data_dir, out, label_column;
  // Where a --config file names the data, not the command line: that file, and the absolute path that a run recorded
  // there, if it did; and whether that is read since `data` is not there.
  std::string data_named_by = {}, recorded_data = {};
  bool reads_recorded_data = false;
  std::string found_data =
      {};  // where `data` was found in a data folder (datasets::find_own); empty: not there
  // Of a table: a second file, whose rows are the test half, and its place that a run recorded; the features, and columns
  // that are none; what is done with missing values ("refuse", "median", "drop"; empty: refuse).
  std::string test_data = {}, recorded_test_data = {}, missing = {};
  std::vector<std::string> columns = {}, drop = {};
  // Classes, each by its number or as it is called (task.h).
  std::vector<std::string> normal;     // empty until the data are known, where they name a default
  std::vector<std::string> anomalous;  // empty: all that are not normal
  std::optional<bool> header = {};     // whether a table's first line is one; nothing: as it looks
  int64_t limit = 0;                   // 0: all training samples
  // What the images of a folder are brought to, {channels, height, width} once the options are resolved (before that the
  // channels may be missing); empty: as the network sees them, or no folder of images.
  std::vector<int64_t> image_size = {};
  svdd::recipes::DataTraits traits = {};  // of the data to read, at that size (set_published)
  // The share of the normal training samples that is held out to calibrate; nothing: 0.2 of data of one's own where there
  // are enough, else none. The rate of false alarms that they set the threshold at; nothing: the contamination.
  std::optional<double> calibration = {}, false_alarm_rate = {};
  std::optional<uint64_t> split_seed = {};   // of what is held out for the test and to calibrate; nothing: 0
  std::optional<double> test_fraction = {};  // of data that come whole; nothing: the data's own choice
  svdd::Settings settings;                   // of the method
  BackendOptions backend;
  double checkpoint_seconds = 30;  // between checkpoints; 0: one after every epoch
  std::string trace = {};          // "3" or "autoencoder:3": the epoch that is traced; empty: none
  bool auc_per_epoch = false;      // of the test set, to look at: it changes no bit of the run
  bool no_map = false;             // nor maps of single images: the report without what takes long to draw
  bool quiet = false;

  // For whoever repeats a run: what it read counts, wherever it is repeated, and not what is called so here.
  void prefer_recorded_data();
  const std::string& data_to_read() const {
    return reads_recorded_data ? recorded_data : found_data.empty() ? data : found_data;
  }
  // As the data are: where they are read from the place that was recorded, so is this.
  const std::string& test_data_to_read() const;
  const svdd::Method& method_row() const { return svdd::method_named(method); }
};

// Gives the settings of `options.method` their published values for `options.data`.
void set_published(TrainOptions& options, svdd::Recipe recipe = {});

// The options of a run: those of its data, its method, its machine and its folder; their names are without "--", and a
// key in config.json has '_' for '-'. The rows refer to `options`, which must outlive them.
std::vector<svdd::Option> train_options(TrainOptions& options);

// Every option that there is, in the order of --help, with the first of the methods that have it at its published value.
struct TrainOption : svdd::Option {
  std::vector<std::string> methods = {};  // that have it; empty: all
};
const std::vector<TrainOption>& every_train_option();

// Whether a method has the option of this name; UsageError where no method has.
bool method_takes(const std::string& method, const std::string& option);

// What --columns and --drop say, and --missing, of commands that have no TrainOptions. Empty: nothing, refuse. UsageError,
// naming the option, for what is none.
std::vector<std::string> columns_named(const std::string& text, const std::string& option);
datasets::Missing missing_rule(const std::string& text, const std::string& option);

// What stood on the command line, by option name: one text for each time it was given.
using GivenOptions = std::map<std::string, std::vector<std::string>>;

struct ResolvedOptions {
  TrainOptions options;
  std::vector<std::string> from_command_line,
      from_config;  // names; the rest has the recipe's published values

  std::vector<std::string> overridden;  // "--epochs 3 changed nothing: ...", of what was given again

  bool names(const std::string& option) const;  // whether either gives it
};

// The published settings of the recipe asked for, over them the --config file (an empty path: none), over
// that the command line, where a list adds up and of anything else the last counts. Throws UsageError for a
// file that is missing, no JSON object, holds an unknown key, the same option twice, or a value of the wrong
// type; for an option of another method, or a value that is out of range; and where --data or --out is
// missing.
// `typed` is how they were spelled, which messages repeat.
ResolvedOptions resolve_train_options(const GivenOptions& given, const std::filesystem::path& config = {},
                                      const Spellings& typed = {});

// The key under which config.json records, beside the options, where one's own data lay.
inline constexpr const char *recorded_data_key = "data_path", *recorded_test_data_key = "test_data_path",
                            *recorded_data_dir_key = "data_dir_path";

// Every option, by its key: the contents of config.json, but for those three.
nlohmann::ordered_json to_json(const TrainOptions& options);

// Those of them that decide on the results: without the machine, the folders and what is shown or kept.
nlohmann::ordered_json decisive(nlohmann::ordered_json config);

// "epochs 20, but this one has 30": the first decisive option that differs between a run's config.json and
// what is asked for; empty where none does. What an earlier version did not know is at its published value.
std::string difference(const nlohmann::json& config, const TrainOptions& wanted);

}  // namespace tools
