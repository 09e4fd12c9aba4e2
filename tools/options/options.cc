#include "tools/options/options.h"

#include <algorithm>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "datasets/catalog.h"
#include "datasets/csv.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/methods/deep_options.h"
#include "svdd/methods/option_json.h"
#include "svdd/networks/networks.h"
#include "tools/arguments.h"
#include "tools/commands/network.h"
#include "tools/usage_error.h"

namespace tools {

using nlohmann::ordered_json;

namespace {

using engine::in_quotes;
using nlohmann::json;
using svdd::BadValue, svdd::Option;
using Kind = Option::Kind;
namespace option = svdd::option;

constexpr uint64_t most_config_bytes = uint64_t{1} << 20;

// ---- kinds of rows that methods have not

// Classes or columns by their names or numbers, with commas between them; "none" is the empty list. A name with a comma
// stands in double quotes. Numbers are numbers in config.json.
std::vector<std::string> listed_words(const std::string& text, const std::string& expected) {
  std::vector<std::string> words;
  if (text == "none") return words;
  for (size_t begin = 0; begin <= text.size();) {
    std::string word;
    size_t end = std::min(text.find(',', begin), text.size());
    if (begin < text.size() && text[begin] == '"') {
      const size_t close = text.find('"', begin + 1);
      if (close == std::string::npos) throw BadValue::of(text, expected);
      word = text.substr(begin + 1, close - begin - 1);
      end = close + 1;
      if (end < text.size() && text[end] != ',') throw BadValue::of(text, expected);
    } else {
      word = datasets::trimmed_name(text.substr(begin, end - begin));
    }
    if (word.empty()) throw BadValue::of(text, expected);
    words.push_back(word);
    begin = end + 1;
  }
  return words;
}

Option class_row(option::Words words, std::vector<std::string>& target) {
  Option o = option::row(std::move(words), Kind::words);
  o.set = [&target](const std::string& text) {
    target = listed_words(text,
                          "the names or numbers of classes with commas between them, such as 3,0,1, or none");
  };
  o.get = [&target] { return target; };
  return o;
}

// Without a value while it is empty.
Option columns_row(option::Words words, std::vector<std::string>& target) {
  Option o = option::row(std::move(words), Kind::words);
  o.set = [&target](const std::string& text) {
    target = listed_words(text,
                          "the names or numbers of columns with commas between them, such as age,bmi or 1,3");
  };
  o.get = [&target]() -> Option::Value {
    if (target.empty()) return {};
    return target;
  };
  return o;
}

// "refuse" leaves it without a value.
Option missing_row(option::Words words, std::string& target) {
  Option o = option::row(std::move(words), Kind::text);
  o.choices = {"refuse", "median", "drop"};
  o.set = [&target](const std::string& text) {
    if (text != "refuse" && text != "median" && text != "drop")
      throw BadValue::of(text, "refuse, median or drop");
    target = text == "refuse" ? "" : text;
  };
  o.get = [&target]() -> Option::Value {
    if (target.empty()) return {};
    return target;
  };
  return o;
}

// Without a value while it has none.
Option optional_row(option::Words words, const option::Range& range, std::optional<double>& target) {
  Option o = option::row(std::move(words), Kind::real);
  o.set = [&range, &target](const std::string& text) { target = option::number_in(text, range); };
  o.get = [&target]() -> Option::Value {
    if (!target) return {};
    return *target;
  };
  return o;
}

// Without a value while it has none.
Option seed_row(option::Words words, std::optional<uint64_t>& target) {
  Option o = option::row(std::move(words), Kind::whole);
  o.set = [&target](const std::string& text) {
    target = option::number_in<uint64_t>(text, "a whole number from 0 on");
  };
  o.get = [&target]() -> Option::Value {
    if (!target) return {};
    return *target;
  };
  return o;
}

// "auto" leaves it without a value.
Option yes_no_row(option::Words words, std::optional<bool>& target) {
  Option o = option::row(std::move(words), Kind::text);
  o.set = [&target](const std::string& text) {
    if (text == "auto") return target.reset();
    if (text != "yes" && text != "no") throw BadValue::of(text, "yes, no or auto");
    target = text == "yes";
  };
  o.get = [&target]() -> Option::Value {
    if (!target) return {};
    return std::string(*target ? "yes" : "no");
  };
  return o;
}

// Of one sample, where the network says; else empty.
std::vector<int64_t> input_of(const std::string& network) {
  try {
    return svdd::network_info(network).input;
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

// "64", "48x64", or with the channels "1x48x64".
Option image_size_row(option::Words words, std::vector<int64_t>& target) {
  Option o = option::row(std::move(words), Kind::text);
  o.set = [&target](const std::string& text) {
    constexpr int64_t least = 4, most = 1024;
    const std::string expected =
        "a side such as 64, HEIGHTxWIDTH such as 48x64, or 1x48x64 for grey and 3x48x64 for colour; sides "
        "from 4 to "
        "1024";
    std::vector<int64_t> sides;
    for (size_t begin = 0; begin <= text.size();) try {
        const size_t end = std::min(text.find('x', begin), text.size());
        sides.push_back(option::number_in<int64_t>(text.substr(begin, end - begin), expected));
        begin = end + 1;
      } catch (const BadValue&) {
        throw BadValue::of(text, expected);
      }
    if (sides.size() == 1) sides.push_back(sides[0]);
    const bool has_channels = sides.size() == 3;
    if (sides.size() > 3 || (has_channels && sides[0] != 1 && sides[0] != 3))
      throw BadValue::of(text, expected);
    for (size_t k = has_channels ? 1 : 0; k < sides.size(); ++k)
      if (sides[k] < least || sides[k] > most) throw BadValue::of(text, expected);
    target = sides;
  };
  o.get = [&target]() -> Option::Value {
    if (target.empty()) return {};
    return datasets::shape_text(target);
  };
  return o;
}

Option method_row(std::string& target) {
  Option o = option::text({"method", "NAME", "Method", svdd::method_names()}, target);
  o.set = [&target](const std::string& text) {
    if (!svdd::find_method(text)) throw BadValue::of(text, "one of " + svdd::method_names());
    target = text;
  };
  for (const svdd::Method& method : svdd::methods()) o.choices.push_back(method.name);
  return o;
}

// A text without a value while it is empty.
Option text_row(option::Words words, std::string& target) {
  Option o = option::text(std::move(words), target);
  o.get = [&target]() -> Option::Value {
    if (target.empty()) return {};
    return target;
  };
  return o;
}

std::vector<Option> data_rows(TrainOptions& o) {
  const std::string group = "Data";
  std::vector<Option> rows{
      text_row({"data", "NAME|PATH", group,
                "strokes (built in), mnist, fashion-mnist, cifar10, gtsrb,\nmobifall, pima, speech; or a "
                "path, also "
                "below a data folder: "
                "a .csv, .tsv (also .gz), .npz or .npy table;\na folder of images (train/good, test/good, "
                "test/DEFECT),\nof IDX files or of CIFAR-10 batches"},
               o.data),
      text_row({"data-dir", "DIR", group, "where data lies; else $SVDD_DATA, ./data, the user's cache"},
               o.data_dir),
      class_row({"normal", "A,B,...", group,
                 "the normal class or classes, by name or number; all others are\nanomalies. Data labelled "
                 "normal and anomalous need none"},
                o.normal),
      class_row({"anomalous", "A,B,...", group, "test against these classes only; none: against all others"},
                o.anomalous),
      text_row({"label-column", "NAME|N|none", group,
                "of a table: the column with the classes; else one named label,\nclass, target, outcome, "
                "outlier, is_anomaly, ...; none: there is none"},
               o.label_column),
      yes_no_row(
          {"header", "auto|yes|no", group, "of a .csv table: whether the first line names the columns"},
          o.header),
      image_size_row({"image-size", "N|HxW", group,
                      "of a folder of images: what they are brought to (3x64x64: in colour);\nelse 64 or 32, "
                      "as they come, and "
                      "grey where none has colour"},
                     o.image_size),
      columns_row({"columns", "A,B,...", group,
                   "of a table: the columns that are features, by name or by number\nfrom 1; else all but "
                   "the label's"},
                  o.columns),
      columns_row({"drop", "A,B,...", group, "of a table: columns that are left out, likewise"}, o.drop),
      missing_row({"missing", "refuse|median|drop", group,
                   "values that a table misses: refuse such a table (the default),\nfill in the median of "
                   "the column's "
                   "normal training rows, or drop\nthe row; the model keeps it, and scores new rows alike"},
                  o.missing),
      text_row({"test-data", "FILE", group,
                "of a table: a second table with the test rows; all of the first\nare for training, normal "
                "where it has "
                "no labels"},
               o.test_data),
      optional_row({"test-fraction", "X", group,
                    "of data that come whole (tables; MobiFall's recording, by\nsubjects): the share "
                    "held out for the test, the same rows\nwhatever the seed"},
                   option::share, o.test_fraction),
      seed_row({"split-seed", "S", group, "another number, other rows held out; whatever the run's own seed"},
               o.split_seed),
      option::real_or(
          {"calibration", "auto|X", group,
           "share of the normal training samples that is not trained on:\nthreshold and p-values go by "
           "them; auto: 0.2 of data of one's own,\nfrom 50 samples on, none of published data"},
          "auto", option::share, o.calibration),
      optional_row({"false-alarm-rate", "A", group,
                    "with calibration: the threshold is where so many normal samples\nare called anomalous; "
                    "else as many as the contamination"},
                   option::open_share, o.false_alarm_rate),
      option::whole({"limit", "N", group, "only the first N training samples; 0: all"}, int64_t{0}, o.limit)};
  return rows;
}

std::vector<Option> machine_rows(TrainOptions& o) {
  const std::string group = "Machine";
  return {
      text_row({"device", "NAME", group, "cpu, cuda, or reference: the plain loops, slow; all the same bits"},
               o.backend.device),
      text_row({"simd", "NAME", group, "auto, avx512, avx2 or portable: all the same bits"}, o.backend.simd),
      text_row({"blas", "NAME", group, "builtin, or openblas: for comparison, other bits"}, o.backend.blas),
      option::flag(
          {"tf32", "", group, "cuda only: multiply in TF32, operands of 10 bits;\nfaster, other bits"},
          o.backend.tf32),
      option::whole({"threads", "T", group, "any number gives the same bits; 0: all there are"}, int64_t{0},
                    o.backend.threads)};
}

std::vector<Option> run_rows(TrainOptions& o) {
  const std::string group = "Run";
  std::vector<Option> rows{text_row(
      {"out", "DIR", group, "folder to write; new, empty, or of an earlier run,\nwhose files are replaced"},
      o.out)};
  if (o.method_row().has_network)
    rows.push_back(option::real({"checkpoint-seconds", "T", group,
                                 "between the checkpoints that --resume goes on from;\n0: one after every "
                                 "epoch"},
                                option::not_negative, o.checkpoint_seconds));
  if (o.method_row().has_network)
    rows.push_back(
        text_row({"trace", "[PHASE:]EPOCH", group,
                  "note a fingerprint of every operation's output and gradient in\nthe steps of this epoch "
                  "(from 0), in trace.csv, for svdd verify"},
                 o.trace));
  if (o.method_row().has_network)
    rows.push_back(option::flag({"auc-per-epoch", "", group,
                                 "score the test set after every epoch, in history.csv, to see how much\na "
                                 "choice by it would flatter; "
                                 "the last epoch counts all the same"},
                                o.auc_per_epoch));
  rows.push_back(
      option::flag({"no-map", "", group,
                    "a report without the map of the samples and maps of images, which\ntake some seconds"},
                   o.no_map));
  rows.push_back(option::flag({"quiet", "", group, "no progress on standard error"}, o.quiet));
  return rows;
}

// The rows of every method, each with the methods that have it; they refer to options that live for ever.
std::vector<TrainOption> union_of_options() {
  static std::vector<std::unique_ptr<TrainOptions>> of_each_method;
  std::vector<TrainOption> all;
  for (const svdd::Method& method : svdd::methods()) {
    TrainOptions& options = *of_each_method.emplace_back(std::make_unique<TrainOptions>());
    options.method = method.name, options.data = "mnist";
    set_published(options);
    options.data.clear();
    for (Option& row : train_options(options)) {
      const auto same =
          std::find_if(all.begin(), all.end(), [&](const auto& o) { return o.name == row.name; });
      if (same == all.end()) {
        all.push_back({std::move(row), {method.name}});
        continue;
      }
      same->methods.push_back(method.name);
      if (same->help.find(row.help) == std::string::npos) same->help += ";\n" + row.help;
    }
  }
  for (TrainOption& row : all)
    if (row.methods.size() == svdd::methods().size()) row.methods.clear();
  // Groups in the order in which the first method has them, and in each its own order.
  std::vector<std::string> groups;
  for (const TrainOption& row : all)
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.push_back(row.group);
  std::stable_sort(all.begin(), all.end(), [&](const TrainOption& a, const TrainOption& b) {
    return std::find(groups.begin(), groups.end(), a.group) <
           std::find(groups.begin(), groups.end(), b.group);
  });
  return all;
}

// ---- config files

// As svdd::text_of_json; a value of another kind is a mistake of the configuration.
std::string text_of(const json& value, Kind kind, const std::string& where) {
  try {
    return svdd::text_of_json(value, kind, where);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

const TrainOption* find_row(const std::string& name) {
  const std::vector<TrainOption>& all = every_train_option();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const TrainOption& o) { return o.name == name; });
  return found == all.end() ? nullptr : &*found;
}

struct Value {
  std::string text, where;
};
using Values = std::map<std::string, Value>;  // by option name

struct RecordedData {
  std::string data, test_data, data_dir;
};

Values read_config(const std::filesystem::path& path, RecordedData& recorded) {
  const std::string file = "the configuration " + in_quotes(path);
  json config;
  try {
    config =
        engine::read_json_object(path, "write options there, such as {\"epochs\": 150}", most_config_bytes);
  } catch (const std::runtime_error& error) {
    throw UsageError("the --config file cannot be used: " + std::string(error.what()));
  }

  Values values;
  for (const auto& [key, value] : config.items()) {
    const std::string where = file + ": " + in_quotes(key), name = option_name(key);
    if (value.is_null()) continue;  // as if it were not there
    std::string* const place = key == recorded_data_key        ? &recorded.data
                               : key == recorded_test_data_key ? &recorded.test_data
                               : key == recorded_data_dir_key  ? &recorded.data_dir
                                                               : nullptr;
    if (place) {
      *place = text_of(value, Kind::text, where);
      continue;
    }
    const TrainOption* row = find_row(name);
    if (!row) {
      std::vector<std::string> keys;
      for (const TrainOption& option : every_train_option()) keys.push_back(option.name);
      throw UsageError(where + " is no option of svdd train" + did_you_mean(name, keys));
    }
    if (!values.emplace(name, Value{text_of(value, row->kind, where), where}).second)
      throw UsageError(where + " gives an option that another key gives too");
  }
  return values;
}

std::vector<std::string> names_of(const Values& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return names;
}

bool knows(const std::string& method, const TrainOption& row) {
  return row.methods.empty() ||
         std::find(row.methods.begin(), row.methods.end(), method) != row.methods.end();
}

void refuse_other_methods(const TrainOption& row, const std::string& method, const std::string& where) {
  if (knows(method, row)) return;
  std::string list;
  for (const std::string& name : row.methods) list += (list.empty() ? "" : ", ") + name;
  const std::string of_pretraining = "ae-" + row.name;
  const TrainOption* const other = find_row(of_pretraining);
  const bool pretrains = other && knows(method, *other);
  throw UsageError(where + " is an option of " + list + "; the method " + method +
                   (pretrains ? " has --" + of_pretraining : " has none such"));
}

// A file's text stands in the place of its name, so that config.json needs nothing else.
void apply(const Option& row, const Value& value) {
  try {
    row.set(row.may_be_file && !value.text.empty() ? network_in(value.text, value.where) : value.text);
  } catch (const BadValue& bad) {
    throw UsageError(value.where + ' ' + bad.what() + did_you_mean(value.text, row.choices));
  }
}

// Whether a recorded place can be what a path names, seen from another folder: "/home/me/data/t.csv" and "../data/t.csv".
bool ends_with(const std::filesystem::path& recorded, const std::filesystem::path& named) {
  const std::filesystem::path path = named.lexically_normal();
  std::vector<std::string> all, end;
  for (const auto& part : recorded) all.push_back(part.string());
  for (const auto& part : path)
    if (part != "..") end.push_back(part.string());
  if (!end.empty() && end.back().empty()) end.pop_back();  // a closing slash
  return end.size() <= all.size() && std::equal(end.rbegin(), end.rend(), all.rbegin());
}

// What the images of a folder are brought to: as the network sees them, as asked for, or as they come. `as_before`: as version
// 0.1 had it where nothing says so, which brought all to the published networks' size.
void settle_image_size(TrainOptions& options, bool as_before) {
  const bool folder = options.traits.survey.looked_at > 0;
  std::vector<int64_t>& size = options.image_size;
  if (!size.empty() && !folder &&
      (datasets::known_dataset(options.data) || engine::file_exists(options.data_to_read())))
    throw UsageError("--image-size is for folders of images, and " + in_quotes(options.data) +
                     (options.traits.own ? " is none" : " comes at a size of its own"));
  if (!folder) return;
  const svdd::DeepOptions* const deep = options.settings.deep();
  const std::vector<int64_t> network = deep ? input_of(deep->network) : std::vector<int64_t>{};
  if (as_before && !deep) {
    std::error_code error;
    const bool defects = std::filesystem::is_directory(options.data_to_read() + "/train/good", error);
    size = defects || options.traits.survey.coloured ? std::vector<int64_t>{3, 32, 32}
                                                     : std::vector<int64_t>{1, 28, 28};
  } else if (!network.empty()) {
    if (!size.empty() &&
        (size.size() == 3 ? size != network : !std::equal(size.begin(), size.end(), network.end() - 2)))
      throw UsageError("--image-size is " + datasets::shape_text(size) + ", but the network sees " +
                       datasets::shape_text(network) +
                       ": leave one of the two out, or write a network without an input line");
    size = network;
  } else if (!as_before) {
    size = svdd::recipes::image_shape_of(options.traits);
  }
}

void require(bool there, const std::string& what) {
  if (!there) throw UsageError(what);
}

}  // namespace

void TrainOptions::prefer_recorded_data() {
  if (!recorded_data.empty() && engine::file_exists(recorded_data) && !datasets::known_dataset(data) &&
      data_named_by != "" && ends_with(recorded_data, data))
    reads_recorded_data = true;
}

const std::string& TrainOptions::test_data_to_read() const {
  const bool is_recorded = !recorded_test_data.empty() && engine::file_exists(recorded_test_data) &&
                           ends_with(recorded_test_data, test_data);
  return is_recorded && (reads_recorded_data || !engine::file_exists(test_data)) ? recorded_test_data
                                                                                 : test_data;
}

void set_published(TrainOptions& options, svdd::Recipe recipe) {
  options.traits = svdd::recipes::traits_of(options.data_to_read(), options.image_size);
  options.settings = options.method_row().published(options.traits, recipe);
}

std::vector<Option> train_options(TrainOptions& options) {
  std::vector<Option> rows = data_rows(options);
  rows.push_back(method_row(options.method));
  for (std::vector<Option>& more :
       std::vector<std::vector<Option>>{options.settings.options(), machine_rows(options), run_rows(options)})
    for (Option& row : more) rows.push_back(std::move(row));
  return rows;
}

std::vector<std::string> columns_named(const std::string& text, const std::string& option) {
  std::vector<std::string> columns;
  try {
    if (!text.empty()) columns_row({}, columns).set(text);
  } catch (const BadValue& bad) {
    throw UsageError(option + ' ' + bad.what());
  }
  return columns;
}

datasets::Missing missing_rule(const std::string& text, const std::string& option) {
  std::string rule;
  try {
    if (!text.empty()) missing_row({}, rule).set(text);
  } catch (const BadValue& bad) {
    throw UsageError(option + ' ' + bad.what());
  }
  return rule == "median" ? datasets::Missing::median
         : rule == "drop" ? datasets::Missing::drop
                          : datasets::Missing::refuse;
}

const std::vector<TrainOption>& every_train_option() {
  static const std::vector<TrainOption> all = union_of_options();
  return all;
}

bool method_takes(const std::string& method, const std::string& option) {
  const TrainOption* row = find_row(option);
  if (!row) throw UsageError("--" + option + " is no option of svdd train");
  return knows(method, *row);
}

bool ResolvedOptions::names(const std::string& option) const {
  const auto holds = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), option) != names.end();
  };
  return holds(from_command_line) || holds(from_config);
}

ResolvedOptions resolve_train_options(const GivenOptions& given, const std::filesystem::path& config,
                                      const Spellings& typed) {
  ResolvedOptions resolved;
  TrainOptions& options = resolved.options;

  RecordedData recorded;
  const Values from_file = config.empty() ? Values{} : read_config(config, recorded);
  const std::string& recorded_data = recorded.data;
  Values from_line;
  for (const auto& [name, texts] : given) {
    const TrainOption* row = find_row(name);
    if (!row) throw UsageError("--" + name + " is no option of svdd train");
    if (texts.empty()) continue;
    std::string text = texts.back();
    if (row->kind == Kind::list || row->kind == Kind::words)
      for (auto earlier = texts.rbegin() + 1; earlier != texts.rend(); ++earlier)
        text = *earlier + ',' + text;
    else if (const auto other =
                 std::find_if(texts.begin(), texts.end(), [&](const auto& t) { return t != text; });
             other != texts.end())
      resolved.overridden.push_back("--" + name + ' ' + in_quotes(*other) + " changed nothing: --" + name +
                                    ' ' + in_quotes(text) + " stands after it");
    const auto spelling = typed.find(name);
    from_line[name] = {text, spelling == typed.end() ? "--" + name : spelling->second};
  }

  Values values = from_line;  // insert() keeps what is there: the command line wins
  values.insert(from_file.begin(), from_file.end());
  // The size in a configuration goes with the network there; another one that says what it sees brings its own.
  if (const auto network = from_line.find("network");
      network != from_line.end() && !network->second.text.empty() && !from_line.contains("image-size") &&
      !input_of(network_in(network->second.text, network->second.where)).empty())
    values.erase("image-size");
  const auto value_of = [&](const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  };
  // These decide on the settings of all others.
  if (const Value* data = value_of("data")) apply(data_rows(options).front(), *data);
  if (const Value* method = value_of("method")) apply(method_row(options.method), *method);
  if (from_file.contains("data") && !from_line.contains("data")) {
    options.data_named_by = config.string();
    options.recorded_data = recorded_data;
    options.reads_recorded_data = !recorded_data.empty() && !datasets::known_dataset(options.data) &&
                                  !engine::file_exists(options.data) && engine::file_exists(recorded_data) &&
                                  ends_with(recorded_data, options.data);
  }
  // A folder that is not seen from here is looked for where the run saw it.
  const auto settle_data_dir = [&] {
    if (from_file.contains("data-dir") && !from_line.contains("data-dir") &&
        !engine::is_folder(options.data_dir) && engine::is_folder(recorded.data_dir) &&
        ends_with(recorded.data_dir, options.data_dir))
      options.data_dir = recorded.data_dir;
  };
  if (const Value* data_dir = value_of("data-dir"))
    for (const Option& row : data_rows(options))
      if (row.name == "data-dir") apply(row, *data_dir);
  settle_data_dir();
  // Found as the run found it, they need no record.
  const std::string found = datasets::find_own(options.data, options.data_dir).value_or("").string();
  if (options.reads_recorded_data && !found.empty() && engine::same_file(found, recorded_data))
    options.reads_recorded_data = false;
  if (!options.reads_recorded_data) options.found_data = found;
  if (const Value* size = value_of("image-size"))
    for (const Option& row : data_rows(options))
      if (row.name == "image-size") apply(row, *size);
  set_published(options);
  if (const Value* recipe = value_of("recipe"); recipe && method_takes(options.method, "recipe"))
    for (const Option& row : options.settings.options())
      if (row.name == "recipe") {
        apply(row, *recipe);
        options.settings = options.method_row().published(options.traits, options.settings.deep()->recipe);
        break;
      }
  std::vector<Option> rows = train_options(options);
  // In the table's order, so that of several mistakes the same one is told.
  for (const TrainOption& known : every_train_option()) {
    const Value* const value = value_of(known.name);
    if (!value) continue;
    refuse_other_methods(known, options.method, value->where);
    apply(*std::find_if(rows.begin(), rows.end(), [&](const Option& o) { return o.name == known.name; }),
          *value);
  }

  if (from_file.contains("test-data") && !from_line.contains("test-data"))
    options.recorded_test_data = recorded.test_data;
  settle_data_dir();

  // A run's own configuration says all; those of version 0.1 calibrated nothing, and chose no size.
  if (from_file.contains("out") && !value_of("calibration")) options.calibration = 0;
  settle_image_size(options, from_file.contains("out") && !value_of("image-size"));

  require(!options.data.empty(), "--data is missing: name the data, for instance --data strokes");
  require(!options.out.empty(),
          "--out is missing: name the folder for the results, for instance --out runs/first");
  resolved.from_command_line = names_of(from_line);
  for (const std::string& name : names_of(from_file))
    if (!from_line.contains(name)) resolved.from_config.push_back(name);
  return resolved;
}

nlohmann::ordered_json to_json(const TrainOptions& options) {
  TrainOptions copy = options;
  nlohmann::ordered_json config;
  for (const Option& row : train_options(copy)) {
    std::string key = row.name;
    std::replace(key.begin(), key.end(), '-', '_');
    if (json value = svdd::json_of(row); !value.is_null()) config[key] = std::move(value);
  }
  return config;
}

ordered_json decisive(ordered_json config) {
  for (const char* key : {"device", "simd", "threads", "out", "quiet", "data_dir", "checkpoint_seconds",
                          "trace", "auc_per_epoch", "no_map"})
    config.erase(key);
  // Newer than version 0.1, whose checkpoints compare every option: at its published value it decides nothing.
  if (config.value("allow_bias", true) == false) config.erase("allow_bias");
  if (config.value("radius_from", "") == "batch") config.erase("radius_from");
  if (config.contains("image_size") && config.contains("network") && !input_of(config["network"]).empty())
    config.erase("image_size");  // it is the network's
  const json calibration = config.value("calibration", ordered_json());
  if (calibration == 0.0 || (calibration == "auto" && datasets::known_dataset(config.value("data", ""))))
    config.erase("calibration");
  return config;
}

namespace {

// Of two texts: the first line in which they differ, where they have several.
std::string network_difference(const std::string& theirs, const std::string& ours) {
  std::istringstream their_lines(theirs), our_lines(ours);
  std::string their_line, our_line;
  int64_t number = 0;
  do {
    ++number;
    if (!std::getline(their_lines, their_line)) their_line.clear();
    if (!std::getline(our_lines, our_line)) our_line.clear();
  } while (their_line == our_line && (their_lines || our_lines));
  const bool several = theirs.find('\n') != std::string::npos || ours.find('\n') != std::string::npos;
  return "network " + (several ? "line " + std::to_string(number) + ' ' : "") + in_quotes(their_line) +
         ", but this one has " + in_quotes(our_line);
}

}  // namespace

std::string difference(const json& config, const TrainOptions& wanted) {
  TrainOptions published;
  published.data = wanted.data, published.method = wanted.method;
  published.settings = wanted.method_row().published(
      wanted.traits, wanted.settings.deep() ? wanted.settings.deep()->recipe : svdd::Recipe{});
  const ordered_json unsaid = to_json(published), asked = decisive(to_json(wanted));
  const auto found_of = [&](const std::string& key) {
    return config.contains(key) ? json(config[key]) : json(unsaid.value(key, ordered_json()));
  };
  // Sizes follow from the network, so it comes first.
  if (const json found = found_of("network"), here = asked.value("network", json());
      found != here && found.is_string() && here.is_string())
    return network_difference(found.get<std::string>(), here.get<std::string>());
  for (const auto& [key, value] : asked.items()) {
    const json found = found_of(key), here = value;
    if (found != here)
      return key + " " + engine::JsonEntry::shown(found) + ", but this one has " +
             engine::JsonEntry::shown(here);
  }
  return "";
}

}  // namespace tools
