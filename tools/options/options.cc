#include "tools/options/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "datasets/catalog.h"
#include "datasets/csv.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "tools/arguments.h"
#include "tools/commands/network.h"
#include "tools/options/published_settings.h"
#include "tools/usage_error.h"

namespace tools {

using nlohmann::ordered_json;

namespace {

using engine::in_quotes;
using nlohmann::json;
using Kind = TrainOption::Kind;

constexpr uint64_t most_config_bytes = uint64_t{1} << 20;

[[noreturn]] void refuse(const std::string& where, const std::string& found, const std::string& expected) {
  throw UsageError(where + " is " + in_quotes(found) + "; expected " + expected);
}

template <class Number>
Number parse_number(const std::string& text, const std::string& where, const std::string& expected) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) refuse(where, text, expected);
  return value;
}

// ---- the kinds of rows

struct Words {  // what a row says of itself
  std::string name, placeholder, group, help;
};

TrainOption text_row(Words words, std::string& target) {
  return {words.name,
          {},
          words.placeholder,
          words.group,
          words.help,
          Kind::text,
          [&target](const std::string& text, const std::string& where) {
            if (text.empty()) throw UsageError(where + " is empty");
            if (!engine::is_utf8(text))
              throw UsageError(
                  where + " is " + in_quotes(text) +
                  ", which is no UTF-8, and config.json can hold nothing else; give it another name");
            target = text;
          },
          [&target] { return json(target); }};
}

// A file's text stands in the place of its name, so that config.json needs nothing else.
TrainOption network_row(Words words, std::string& target) {
  TrainOption row = text_row(std::move(words), target);
  row.set = [read = row.set, &target](const std::string& text, const std::string& where) {
    read(text, where);
    target = network_in(text, where);
  };
  return row;
}

// One of some words; `later` are those that a later version knows.
template <class Value>
TrainOption choice_row(Words words, std::vector<std::pair<std::string, Value>> choices,
                       std::vector<std::string> later, Value& target) {
  const auto set = [choices, later, &target](const std::string& text, const std::string& where) {
    std::vector<std::string> names;
    std::string list;
    for (const auto& [name, value] : choices) {
      if (text == name) return void(target = value);
      names.push_back(name);
      list += (list.empty() ? "" : ", ") + name;
    }
    if (std::find(later.begin(), later.end(), text) != later.end())
      throw UsageError(where + ": " + in_quotes(text) + " is not in this version; it has " + list);
    refuse(where, text, (choices.size() > 1 ? "one of " : "") + list + did_you_mean(text, names));
  };
  const auto get = [choices, &target] {
    for (const auto& [name, value] : choices)
      if (value == target) return json(name);
    return json();
  };
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::text, set, get};
}

template <class Integer>
TrainOption whole_row(Words words, Integer least, Integer& target) {
  const std::string expected = "a whole number from " + std::to_string(least) + " on";
  const auto set = [least, expected, &target](const std::string& text, const std::string& where) {
    const Integer value = parse_number<Integer>(text, where, expected);
    if (value < least) refuse(where, text, expected);
    target = value;
  };
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::whole, set, [&target] {
            return json(target);
          }};
}

struct Range {
  bool (*holds)(double);
  std::string words;
};

// `target`: a double, or one that may be missing.
template <class Real>
auto set_real(Range range, Real& target) {
  return [range, &target](const std::string& text, const std::string& where) {
    const double value = parse_number<double>(text, where, range.words);
    if (!range.holds(value)) refuse(where, text, range.words);
    target = value;
  };
}

TrainOption real_row(Words words, Range range, double& target) {
  const auto set = set_real(range, target);
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::real, set, [&target] {
            return json(target);
          }};
}

// Left out of config.json while it has no value.
TrainOption optional_real_row(Words words, Range range, std::optional<double>& target) {
  const auto set = set_real(range, target);
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::real, set, [&target] {
            return target ? json(*target) : json("");
          }};
}

TrainOption flag_row(Words words, bool& target) {
  const auto set = [&target](const std::string& text, const std::string& where) {
    if (text == "true" || text == "True") return void(target = true);
    if (text == "false" || text == "False") return void(target = false);
    refuse(where, text, "true or false");
  };
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::flag, set, [&target] {
            return json(target);
          }};
}

// A positive number, or "auto", which is kept as 0.
TrainOption gamma_row(Words words, double& target) {
  const auto set = [&target](const std::string& text, const std::string& where) {
    if (text == "auto") return void(target = 0);
    const std::string expected = "auto or a number above 0";
    const double value = parse_number<double>(text, where, expected);
    if (!(value > 0) || !std::isfinite(value)) refuse(where, text, expected);
    target = value;
  };
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::text_or_real, set, [&target] {
            return target == 0 ? json("auto") : json(target);
          }};
}

// A share in (0, 1], or "none", which is kept as 0.
TrainOption share_row(Words words, double& target) {
  const auto set = [&target](const std::string& text, const std::string& where) {
    if (text == "none") return void(target = 0);
    const std::string expected = "none or a number in (0, 1]";
    const double value = parse_number<double>(text, where, expected);
    if (!(value > 0 && value <= 1)) refuse(where, text, expected);
    target = value;
  };
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::text_or_real, set, [&target] {
            return target == 0 ? json("none") : json(target);
          }};
}

// Whole numbers from 0 on with commas between them; "none" is the empty list, where `may_be_empty`.
template <class Integer>
TrainOption list_row(Words words, bool ascending, bool may_be_empty, std::vector<Integer>& target) {
  const std::string expected = std::string(ascending ? "ascending " : "") +
                               "whole numbers from 0 on with commas between them, such as " +
                               (ascending ? "50,100" : "3,0,1") + (may_be_empty ? ", or none" : "");
  const auto set = [=, &target](const std::string& text, const std::string& where) {
    std::vector<Integer> values;
    if (!(may_be_empty && text == "none")) {
      for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find(',', begin), text.size());
        Integer value{};
        const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, value);
        if (error != std::errc() || stop != text.data() + end || value < 0) refuse(where, text, expected);
        if (ascending && !values.empty() && value <= values.back()) refuse(where, text, expected);
        values.push_back(value);
        begin = end + 1;
      }
    }
    target = std::move(values);
  };
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::list, set, [&target] {
            return json(target);
          }};
}

// Classes by their names or numbers, with commas between them; "none" is the empty list. A name with a comma stands in
// double quotes. Numbers are numbers in config.json.
std::vector<std::string> class_words(const std::string& text, const std::string& where) {
  const std::string expected =
      "the names or numbers of classes with commas between them, such as 3,0,1, or none";
  std::vector<std::string> words;
  if (text == "none") return words;
  for (size_t begin = 0; begin <= text.size();) {
    std::string word;
    size_t end = std::min(text.find(',', begin), text.size());
    if (begin < text.size() && text[begin] == '"') {
      const size_t close = text.find('"', begin + 1);
      if (close == std::string::npos) refuse(where, text, expected);
      word = text.substr(begin + 1, close - begin - 1);
      end = close + 1;
      if (end < text.size() && text[end] != ',') refuse(where, text, expected);
    } else {
      word = datasets::trimmed_name(text.substr(begin, end - begin));
    }
    if (word.empty()) refuse(where, text, expected);
    words.push_back(word);
    begin = end + 1;
  }
  return words;
}

TrainOption class_row(Words words, std::vector<std::string>& target) {
  const auto set = [&target](const std::string& text, const std::string& where) {
    target = class_words(text, where);
  };
  const auto get = [&target] {
    json list = json::array();
    for (const std::string& word : target) {
      int number = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      const bool is_number =
          error == std::errc() && end == word.data() + word.size() && word == std::to_string(number);
      list.push_back(is_number ? json(number) : json(word));
    }
    return list;
  };
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::words, set, get};
}

// Left out of config.json while it is "auto".
TrainOption yes_no_row(Words words, std::optional<bool>& target) {
  const auto set = [&target](const std::string& text, const std::string& where) {
    if (text == "auto") return target.reset();
    if (text != "yes" && text != "no") refuse(where, text, "yes, no or auto");
    target = text == "yes";
  };
  return {words.name, {}, words.placeholder, words.group, words.help, Kind::text, set, [&target] {
            return target ? json(*target ? "yes" : "no") : json("");
          }};
}

// ---- config files

// The text that stands for a JSON value on the command line; UsageError if it is of another kind.
std::string text_of(const json& value, Kind kind, const std::string& where) {
  const auto wrong = [&](const std::string& expected) {
    throw UsageError(where + " is " + engine::JsonEntry::shown(value) + "; expected " + expected);
  };
  switch (kind) {
    case Kind::text:
      if (!value.is_string()) wrong("a string");
      return value.get<std::string>();
    case Kind::text_or_real:
      if (value.is_string()) return value.get<std::string>();
      if (!value.is_number()) wrong("a string or a number");
      return value.dump();
    case Kind::whole:
      if (!value.is_number_integer()) wrong("a whole number");
      return value.dump();
    case Kind::real:
      if (!value.is_number()) wrong("a number");
      return value.dump();
    case Kind::flag:
      if (!value.is_boolean()) wrong("true or false");
      return value.dump();
    case Kind::words: {
      const json items = value.is_array() ? value : json::array({value});
      std::string list;
      for (const json& item : items) {
        if (!item.is_string() && !item.is_number_integer())
          wrong("an array of the names or numbers of classes");
        const std::string word = item.is_string() ? item.get<std::string>() : item.dump();
        const bool plain = word.find_first_of(",\"") == std::string::npos && word != "none";
        list += (list.empty() ? "" : ",") + (plain ? word : '"' + word + '"');
      }
      return list.empty() ? "none" : list;
    }
    case Kind::list:
      break;
  }
  const json items = value.is_number_integer() ? json::array({value}) : value;
  std::string list;
  if (!items.is_array()) wrong("an array of whole numbers");
  for (const json& item : items) {
    if (!item.is_number_integer()) wrong("an array of whole numbers");
    list += (list.empty() ? "" : ",") + item.dump();
  }
  return list.empty() ? "none" : list;
}

TrainOption* find_row(std::vector<TrainOption>& table, const std::string& name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const TrainOption& o) { return o.name == name; });
  return found == table.end() ? nullptr : &*found;
}

struct Value {
  std::string text, where;
};
using Values = std::map<std::string, Value>;  // by option name

Values read_config(const std::filesystem::path& path, std::vector<TrainOption>& table,
                   std::string& recorded_data) {
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
    if (key == recorded_data_key) {
      recorded_data = text_of(value, Kind::text, where);
      continue;
    }
    const TrainOption* row = find_row(table, name);
    if (!row) {
      std::vector<std::string> keys;
      for (const TrainOption& option : table) keys.push_back(option.name);
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
  throw UsageError(where + " is an option of " + list + "; the method " + method + " has none such");
}

std::string method_list() {
  std::string names;
  for (const std::string& name : method_names()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

void require(bool there, const std::string& what) {
  if (!there) throw UsageError(what);
}

}  // namespace

std::vector<TrainOption> train_option_table(TrainOptions& o) {
  svdd::DeepSvddOptions& d = o.deep_svdd;
  const Range positive{[](double x) { return x > 0 && std::isfinite(x); }, "a number above 0"};
  const Range not_negative{[](double x) { return x >= 0 && std::isfinite(x); }, "a number from 0 on"};
  std::vector<TrainOption> table;
  const std::vector<std::string> deep{"deep-svdd", "multi-radius", "multi-sphere", "dasvdd", "autoencoder"},
      centred{"deep-svdd", "multi-radius"};
  const auto add = [&table](TrainOption row, std::vector<std::string> methods = {}) {
    row.methods = std::move(methods);
    table.push_back(std::move(row));
  };

  const std::string data = "Data", method = "Method", training = "Training",
                    pretraining = "Pretraining (autoencoder)", machine = "Machine", run = "Run";
  add(text_row(
      {"data", "NAME|PATH", data,
       "strokes (built in), mnist, fashion-mnist, cifar10, gtsrb,\nmobifall, pima, speech; or a path: a "
       ".csv or .npz table;\na folder of images (train/good, test/good, test/DEFECT),\nof IDX files or of "
       "CIFAR-10 batches"},
      o.data));
  add(text_row({"data-dir", "DIR", data, "where data lies; else $SVDD_DATA, ./data, the user's cache"},
               o.data_dir));
  add(class_row(
      {"normal", "A,B,...", data,
       "the normal class or classes, by name or number; all others are\nanomalies. Data labelled normal and "
       "anomalous need none"},
      o.normal));
  add(class_row({"anomalous", "A,B,...", data, "test against these classes only; none: against all others"},
                o.anomalous));
  add(text_row(
      {"label-column", "NAME|N|none", data,
       "of a table: the column with the classes; else one named label,\nclass, target, outcome, outlier, "
       "is_anomaly, ...; none: there is none"},
      o.label_column));
  add(yes_no_row({"header", "auto|yes|no", data, "of a .csv table: whether the first line names the columns"},
                 o.header));
  add(optional_real_row(
      {"test-fraction", "X", data,
       "of data that come whole (tables; MobiFall's recording, by\nsubjects): the share held "
       "out for the test, the same rows\nwhatever the seed"},
      {[](double x) { return x >= 0 && x < 1; }, "a number in [0, 1)"}, o.test_fraction));
  add(whole_row({"limit", "N", data, "only the first N training samples; 0: all"}, int64_t{0}, o.limit));

  std::vector<std::pair<std::string, std::string>> names;
  for (const std::string& name : method_names()) names.emplace_back(name, name);
  add(choice_row<std::string>({"method", "NAME", method, method_list()}, names, {}, o.method));
  add(choice_row<svdd::Recipe>(
          {"recipe", "NAME", method, "pytorch, or theano: the code behind the paper's tables"},
          {{"pytorch", svdd::Recipe::pytorch}, {"theano", svdd::Recipe::theano}}, {}, d.recipe),
      {"deep-svdd", "multi-radius", "autoencoder"});
  add(choice_row<svdd::Objective>(
          {"objective", "NAME", method, "one-class or soft-boundary"},
          {{"one-class", svdd::Objective::one_class}, {"soft-boundary", svdd::Objective::soft_boundary}}, {},
          d.objective),
      centred);
  add(real_row({"nu", "X", method,
                "soft-boundary: share of the training data allowed outside\nthe sphere; shapes the training "
                "itself"},
               {[](double x) { return x > 0 && x <= 1; }, "a number in (0, 1]"}, d.nu),
      {"deep-svdd", "multi-radius", "multi-sphere", "kernel-svdd"});
  add(real_row(
      {"contamination", "X", method,
       "one-class: share of the training data that the threshold\nlabels anomalous, afterwards; not nu"},
      {[](double x) { return x >= 0 && x < 1; }, "a number in [0, 1)"}, d.contamination));
  add(network_row({"network", "NAME|FILE|TEXT", method,
                   network_names() + ";\nor your own, as a file or a text of layers (svdd network --help)"},
                  d.network),
      deep);
  add(flag_row({"allow-bias", "True|False", method,
                "train a network that has bias terms or bounded\nactivations, which can collapse the sphere"},
               d.allow_bias),
      {"deep-svdd", "multi-radius", "multi-sphere"});
  add(whole_row({"rep-dim", "P", method, "dimensions of the representation; 0: the network's own"},
                int64_t{0}, d.rep_dim),
      deep);
  add(list_row({"widths", "A,B,...", method,
                "of the hidden layers, for the networks of dense layers and\nmulti_sphere_mnist; none: the "
                "network's own"},
               false, true, d.widths),
      deep);
  add(flag_row(
          {"zca", "True|False", method,
           "whiten the samples (ZCA, epsilon 0.1) after contrast\nnormalisation, before they are scaled"},
          d.preprocessing.zca),
      deep);
  add(flag_row({"dictionary", "True|False", method, "first 5x5 filters learned from patches"}, d.dictionary),
      {"deep-svdd", "multi-radius", "multi-sphere", "autoencoder"});
  add(whole_row({"warm-up-epochs", "N", method, "soft-boundary: the radius stays 0 for these"}, int64_t{0},
                d.warm_up_epochs),
      centred);
  add(choice_row<svdd::LabelSource>(
          {"labels", "NAME", method, "multi-radius: finch, true (the known classes) or kmeans"},
          {{"finch", svdd::LabelSource::finch},
           {"true", svdd::LabelSource::classes},
           {"kmeans", svdd::LabelSource::kmeans}},
          {}, o.labels),
      {"multi-radius"});
  add(whole_row({"clusters", "K", method, "multi-radius: exactly so many; 0: as FINCH finds them"},
                int64_t{0}, o.clusters),
      {"multi-radius"});
  add(whole_row({"least-cluster", "N", method, "multi-radius: smaller clusters join the nearest; 0: none do"},
                int64_t{0}, o.least_cluster),
      {"multi-radius"});
  add(choice_row<svdd::Inference>(
          {"inference", "NAME", method,
           "multi-radius: what the score is: nearest-centre (d - R^2),\nsmallest-margin (the least of all "
           "spheres), or relative-margin\n((d - R^2) / R^2)"},
          {{"nearest-centre", svdd::Inference::nearest_centre},
           {"smallest-margin", svdd::Inference::smallest_margin},
           {"relative-margin", svdd::Inference::relative_margin}},
          {}, o.inference),
      {"multi-radius"});
  add(whole_row({"spheres", "K", method, "multi-sphere: how many to begin with"}, int64_t{1}, o.spheres),
      {"multi-sphere"});
  add(flag_row({"trainable-centres", "True|False", method,
                "multi-sphere: the centres move with the weights; else they stay"},
               o.trainable_centres),
      {"multi-sphere"});
  add(gamma_row({"gamma", "auto|X", method,
                 "dasvdd: weight of the distance in loss and score;\nkernel-svdd: of the kernel exp(-gamma "
                 "|x - y|^2)"},
                o.gamma),
      {"dasvdd", "kernel-svdd"});
  add(choice_row<svdd::GammaRule>(
          {"gamma-rule", "NAME", method,
           "dasvdd, --gamma auto: all (samples count), first-sample (as\nbehind the published "
           "numbers) or paper"},
          {{"all", svdd::GammaRule::mean_of_all},
           {"first-sample", svdd::GammaRule::first_sample},
           {"paper", svdd::GammaRule::paper}},
          {}, o.gamma_rule),
      {"dasvdd"});

  add(gamma_row({"bandwidth", "auto|X", method, "kde: width of the bumps; auto: by cross-validation"},
                o.bandwidth),
      {"kde"});
  add(share_row(
          {"pca", "none|X", method,
           "keep the principal components that explain this share of\nthe variance: 0.95 where published, "
           "on your own tables none"},
          d.preprocessing.pca),
      {"kernel-svdd", "kde", "isolation-forest"});

  const auto phase = [&](const std::string& group, const std::string& prefix, svdd::PhaseOptions& p,
                         const std::vector<std::string>& methods) {
    add(whole_row({prefix + "epochs", "N", group, "passes over the training data"}, int64_t{0}, p.epochs),
        methods);
    add(real_row({prefix + "lr", "X", group, "learning rate"}, positive, p.lr), methods);
    add(list_row(
            {prefix + "lr-milestones", "A,B,...", group, "epochs from which the rate is a tenth; or none"},
            true, true, p.lr_milestones),
        methods);
    add(whole_row({prefix + "batch-size", "N", group, "samples per step"}, int64_t{1}, p.batch_size),
        methods);
    add(real_row({prefix + "weight-decay", "X", group, "L2 term added to the gradient"}, not_negative,
                 p.weight_decay),
        methods);
  };
  const std::vector<std::string> pretrained{"deep-svdd", "multi-radius", "multi-sphere"};
  phase(training, "", d.training, {"deep-svdd", "multi-radius", "multi-sphere", "dasvdd"});
  add(choice_row<bool>({"optimizer", "NAME", training, "adam or amsgrad"},
                       {{"adam", false}, {"amsgrad", true}}, {}, d.amsgrad),
      deep);
  add(whole_row({"seed", "N", training, "of every random number; the same seed, the same bits"}, uint64_t{0},
                d.seed));
  add(flag_row({"pretrain", "True|False", pretraining, "pretrain an autoencoder first"}, d.pretrain),
      pretrained);
  phase(pretraining, "ae-", d.pretraining, {"deep-svdd", "multi-radius", "multi-sphere", "autoencoder"});

  add(text_row(
      {"device", "NAME", machine, "cpu, cuda, or reference: the plain loops, slow; all the same bits"},
      o.backend.device));
  add(text_row({"simd", "NAME", machine, "auto, avx512, avx2 or portable: all the same bits"},
               o.backend.simd));
  add(text_row({"blas", "NAME", machine, "builtin, or openblas: for comparison, other bits"},
               o.backend.blas));
  add(flag_row({"tf32", "", machine, "cuda only: multiply in TF32, operands of 10 bits;\nfaster, other bits"},
               o.backend.tf32));
  add(whole_row({"threads", "T", machine, "any number gives the same bits; 0: all there are"}, int64_t{0},
                o.backend.threads));

  add(text_row(
      {"out", "DIR", run, "folder to write; new, empty, or of an earlier run,\nwhose files are replaced"},
      o.out));
  add(real_row({"checkpoint-seconds", "T", run,
                "between the checkpoints that --resume goes on from;\n0: one after every epoch"},
               not_negative, o.checkpoint_seconds),
      deep);
  add(flag_row({"quiet", "", run, "no progress on standard error"}, o.quiet));
  return table;
}

bool method_takes(const std::string& method, const std::string& option) {
  TrainOptions options;
  std::vector<TrainOption> table = train_option_table(options);
  const TrainOption* row = find_row(table, option);
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
  std::vector<TrainOption> table = train_option_table(options);

  std::string recorded_data;
  const Values from_file = config.empty() ? Values{} : read_config(config, table, recorded_data);
  Values from_line;
  for (const auto& [name, texts] : given) {
    const TrainOption* row = find_row(table, name);
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
  const auto apply = [&](const std::string& name, const Value& value) {
    find_row(table, name)->set(value.text, value.where);
  };
  for (const char* first : {"data", "method", "recipe"})  // these decide on the settings of all others
    if (const auto value = values.find(first); value != values.end()) apply(first, value->second);
  if (from_file.contains("data") && !from_line.contains("data")) {
    options.data_named_by = config.string();
    options.recorded_data = recorded_data;
    options.reads_recorded_data = !recorded_data.empty() && !datasets::known_dataset(options.data) &&
                                  !engine::file_exists(options.data) && engine::file_exists(recorded_data);
  }
  set_published(options);
  for (const TrainOption& row :
       table)  // in the table's order, so that of several mistakes the same one is told
    if (const auto value = values.find(row.name); value != values.end()) {
      refuse_other_methods(row, options.method, value->second.where);
      apply(row.name, value->second);
    }

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
  for (const TrainOption& row : train_option_table(copy)) {
    if (!knows(options.method, row)) continue;
    std::string key = row.name;
    std::replace(key.begin(), key.end(), '-', '_');
    const json value = row.get();
    if (value != json("")) config[key] = value;  // an option without a value, such as no --data-dir
  }
  return config;
}

ordered_json decisive(ordered_json config) {
  for (const char* key : {"device", "simd", "threads", "out", "quiet", "data_dir", "checkpoint_seconds"})
    config.erase(key);
  // Newer than version 0.1, whose checkpoints compare every option: at its published value it decides nothing.
  if (config.value("allow_bias", true) == false) config.erase("allow_bias");
  return config;
}

std::string difference(const json& config, const TrainOptions& wanted) {
  TrainOptions published;
  published.data = wanted.data, published.method = wanted.method;
  published.deep_svdd.recipe = wanted.deep_svdd.recipe;
  set_published(published);
  const ordered_json unsaid = to_json(published), asked = decisive(to_json(wanted));
  for (const auto& [key, value] : asked.items()) {
    const json found = config.contains(key) ? config[key] : json(unsaid.value(key, ordered_json())),
               here = value;
    if (found != here)
      return key + " " + engine::JsonEntry::shown(found) + ", but this one has " +
             engine::JsonEntry::shown(here);
  }
  return "";
}

}  // namespace tools
