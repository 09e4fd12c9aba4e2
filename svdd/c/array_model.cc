#include "svdd/c/array_model.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <stdexcept>

#include "datasets/catalog.h"
#include "datasets/column_offsets.h"
#include "datasets/dataset.h"
#include "datasets/table_form_json.h"
#include "engine/backends/cpu/cpu.h"
#include "engine/backends/cuda/cuda.h"
#include "engine/backends/reference/reference.h"
#include "engine/checked_size.h"
#include "engine/did_you_mean.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/evaluation/attribution.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/methods/deep_options.h"
#include "svdd/methods/option_json.h"
#include "svdd/model_folder.h"
#include "svdd/recipes/published.h"
#include "svdd/recipes/set_aside.h"

namespace svdd::c {

using datasets::Samples;
using engine::in_quotes;
using nlohmann::json;

// ---- options

namespace {

std::string with_hyphens(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string trimmed(const std::string& text) {
  const char* const space = " \t\r";
  const size_t begin = text.find_first_not_of(space);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

void add(Asked& asked, const std::string& spelled, const std::string& value) {
  const std::string name = with_hyphens(spelled);
  for (const auto& earlier : asked)
    if (earlier.first == name) throw std::invalid_argument("the option " + in_quotes(name) + " comes twice");
  asked.emplace_back(name, value);
}

// The text that an option reads; its kind follows from the value, since the method is not known here.
std::string plain_text(const json& value, const std::string& name) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return text_of_json(value, Option::Kind::flag, name);
  if (value.is_array()) return text_of_json(value, Option::Kind::list, name);
  return text_of_json(value, Option::Kind::real, name);
}

Asked asked_in_json(const std::string& text) {
  json object;
  try {
    object = engine::parse_json(text);
  } catch (const std::runtime_error& error) {
    throw std::invalid_argument(std::string("the text of options ") + error.what());
  }
  Asked asked;
  for (const auto& [name, value] : object.items())
    if (!value.is_null()) add(asked, name, plain_text(value, name));  // null: as if it were not there
  return asked;
}

Option auto_or(option::Words words, const option::Range& range, std::optional<double>& target) {
  return option::real_or(std::move(words), "auto", range, target);
}

Option one_of(option::Words words, std::vector<std::string> choices, std::string& target) {
  Option o = option::text(std::move(words), target);
  o.choices = choices;
  o.set = [choices = std::move(choices), &target](const std::string& text) {
    if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
      std::string list;
      for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
      throw BadValue::of(text, "one of " + list);
    }
    target = text;
  };
  return o;
}

std::unique_ptr<engine::Backend> make_backend(const RunOptions& run) {
  // More threads than processors would wait for each other.
  const int threads = run.threads > engine::machine_threads() ? 0 : static_cast<int>(run.threads);
  if (run.device == "reference") return engine::make_reference_backend(threads);
  if (run.device == "cpu") return engine::make_cpu_backend({.threads = threads});
  if (const std::string problem = engine::cuda_problem(); !problem.empty())
    throw std::invalid_argument("device cuda: " + problem);
  return engine::make_cuda_backend({.tf32 = false, .host_threads = threads});
}

}  // namespace

Asked asked_for(const std::string& text) {
  const size_t begins = text.find_first_not_of(" \t\r\n");
  if (begins == std::string::npos) return {};
  if (text[begins] == '{') return asked_in_json(text);
  Asked asked;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) continue;
    const size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0)
      throw std::invalid_argument("the line " + in_quotes(line, engine::longest_value) +
                                  " sets no option; expected lines such as epochs = 5, or a JSON object");
    add(asked, trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
  }
  return asked;
}

std::vector<Option> RunOptions::rows() {
  Option known = option::text(
      {"data", "NAME", "Data", "a known set, whose published settings are taken; else the data are your own"},
      data);
  known.set = [this](const std::string& text) {
    if (!datasets::known_dataset(text))
      throw BadValue::of(text, "the name of a known data set, such as mnist");
    data = text;
  };
  known.get = [this]() -> Option::Value {
    if (data.empty()) return {};
    return data;
  };
  return {
      known,
      auto_or({"calibration", "auto|X", "Data",
               "share of the samples that is not trained on: threshold and\np-values go by them; auto: "
               "0.2 of data of one's own,\nfrom 50 samples on"},
              option::share, calibration),
      auto_or({"false-alarm-rate", "auto|A", "Data",
               "with calibration: so many normal samples are called\nanomalous; auto: the contamination"},
              option::open_share, false_alarm_rate),
      option::whole({"split-seed", "S", "Data", "another number, other samples held out to calibrate"},
                    uint64_t{0}, split_seed),
      option::whole({"threads", "T", "Machine", "any number gives the same bits; 0: as many as there are"},
                    int64_t{0}, threads),
      one_of({"device", "NAME", "Machine", "cpu, cuda, or reference: the plain loops; all the same bits"},
             {"cpu", "cuda", "reference"}, device)};
}

std::vector<Option> Resolved::rows() {
  std::vector<Option> all = settings.options();
  for (Option& row : run.rows()) all.push_back(std::move(row));
  return all;
}

namespace {

void set_option(const Option& row, const std::string& value) {
  try {
    row.set(value);
  } catch (const BadValue& bad) {
    throw std::invalid_argument(row.name + ' ' + bad.what());
  }
}

void refuse_unknown(const Method& method, const std::vector<Option>& rows, const std::string& name) {
  std::string list;
  std::vector<std::string> names;
  for (const Option& row : rows) list += (list.empty() ? "" : ", ") + row.name, names.push_back(row.name);
  throw std::invalid_argument("there is no option " + in_quotes(name, engine::longest_value) +
                              engine::did_you_mean(name, names) + "; " + method.name + " has " + list);
}

}  // namespace

Resolved resolved(const Method& method, const Asked& asked, const std::vector<int64_t>& shape) {
  Resolved r;
  const auto set_named = [&](const std::vector<Option>& rows, const auto& wanted) {
    for (const Option& row : rows)
      for (const auto& [name, value] : asked)
        if (row.name == name && wanted(name)) set_option(row, value);
  };
  set_named(r.run.rows(), [](const std::string&) { return true; });
  if (!r.run.data.empty()) {
    r.traits = recipes::traits_of(r.run.data);
  } else {
    r.traits = shape.size() == 3 ? recipes::traits_of_images(shape)
                                 : recipes::DataTraits{.kind = recipes::DataKind::table, .own = true};
  }
  // The recipe decides on the published values of all others.
  r.settings = method.published(r.traits, Recipe{});
  set_named(r.settings.options(), [](const std::string& name) { return name == "recipe"; });
  if (r.settings.deep()) r.settings = method.published(r.traits, r.settings.deep()->recipe);
  set_named(r.settings.options(), [](const std::string&) { return true; });
  const std::vector<Option> rows = r.rows();
  for (const auto& one : asked)
    if (std::none_of(rows.begin(), rows.end(), [&](const Option& row) { return row.name == one.first; }))
      refuse_unknown(method, rows, one.first);
  return r;
}

// ---- arrays

namespace {

std::vector<int64_t> sample_shape_of(const svdd_array& array, const std::string& what) {
  if (!array.values) throw std::invalid_argument(what + ": the pointer to the values is null");
  if (array.dimensions < 2 || array.dimensions > 4)
    throw std::invalid_argument(what + " have " + std::to_string(array.dimensions) +
                                " dimensions; expected 2 (n, d), 3 (n, h, w) or 4 (n, c, h, w)");
  if (array.shape[0] < 1) throw std::invalid_argument(what + " hold no samples");
  std::vector<int64_t> shape(array.shape + 1, array.shape + array.dimensions);
  for (const int64_t extent : shape)
    if (extent < 1) throw std::invalid_argument(what + " hold samples without values");
  if (array.dimensions == 3) shape.insert(shape.begin(), 1);
  if (array.dimensions == 4 && shape[0] > 4 && (shape[2] == 1 || shape[2] == 3))
    throw std::invalid_argument(
        what + " are images of " + datasets::shape_text(shape) +
        "; expected (n, channels, height, width), and this looks like (n, height, width, "
        "channels): bring the channels to the front");
  return shape;
}

// Samples as a data set holds them; doubles stay doubles.
datasets::Split split_of(const svdd_array& array, const std::vector<int64_t>& shape,
                         const std::string& what) {
  datasets::Split split;
  split.shape = shape;
  int64_t all = 0;
  if (__builtin_mul_overflow(array.shape[0], datasets::sample_size(shape), &all))
    throw std::invalid_argument(what + " have more values than there can be");
  const auto n = static_cast<size_t>(all);
  const auto take = [&](auto* values, auto& to) { to.assign(values, values + n); };
  switch (array.number) {
    case SVDD_FLOAT32:
      take(static_cast<const float*>(array.values), split.values);
      break;
    case SVDD_FLOAT64:
      take(static_cast<const double*>(array.values), split.wide);
      break;
    case SVDD_UINT8:
      if (shape.size() == 1)
        take(static_cast<const uint8_t*>(array.values), split.values);  // a table of small whole numbers
      else
        take(static_cast<const uint8_t*>(array.values), split.bytes);
      break;
    default:
      throw std::invalid_argument(what + " are of number type " + std::to_string(array.number) +
                                  "; expected SVDD_FLOAT32, SVDD_FLOAT64 or SVDD_UINT8");
  }
  split.labels.assign(static_cast<size_t>(array.shape[0]), 0);
  return split;
}

Samples samples_of(datasets::Split&& split, const std::vector<double>& offsets, const std::string& what) {
  if (!offsets.empty() && split.wide.empty()) split.wide.assign(split.values.begin(), split.values.end());
  Samples samples = split.wide.empty() && !split.values.empty()
                        ? Samples{std::move(split.shape), std::move(split.values)}
                        : split.select(split.all(), offsets);
  samples.check(what);
  if (samples.shape.size() != 3) return samples;
  // Numbers far outside are of another scale, as a rule 0 to 255; a little noise about 0 and 1 is nobody's mistake.
  const auto [least, most] = std::minmax_element(samples.values.begin(), samples.values.end());
  if (*most > 16 || *least < -16)
    throw std::invalid_argument(what + " are images with values from " + engine::number_text(*least) +
                                " to " + engine::number_text(*most) +
                                "; expected 0 to 1: divide them by 255, or give them as uint8");
  return samples;
}

std::vector<std::string> column_names(const char* const* columns, int64_t count) {
  std::vector<std::string> names;
  for (int64_t j = 0; columns && j < count; ++j) {
    if (!columns[j]) throw std::invalid_argument("the name of column " + std::to_string(j + 1) + " is null");
    names.emplace_back(columns[j]);
    if (names.back().empty() || !engine::is_utf8(names.back()))
      throw std::invalid_argument("the name of column " + std::to_string(j + 1) +
                                  (names.back().empty() ? " is empty" : " is no UTF-8"));
    if (std::count(names.begin(), names.end(), names.back()) > 1)
      throw std::invalid_argument("two columns are named " + in_quotes(names.back(), engine::longest_value));
  }
  return names;
}

}  // namespace

// ---- the model

ArrayModel::ArrayModel(const Method& method, Asked asked) : method_(&method), asked_(std::move(asked)) {
  backend_ = make_backend(resolved(method, asked_, {}).run);
}

ArrayModel::ArrayModel(const std::filesystem::path& folder, const Asked& asked) {
  RunOptions run;
  for (const auto& [name, value] : asked) {
    if (name != "threads" && name != "device")
      throw std::invalid_argument("a model is loaded with threads and device alone; found " +
                                  in_quotes(name, engine::longest_value));
    for (const Option& row : run.rows())
      if (row.name == name) set_option(row, value);
  }
  backend_ = make_backend(run);
  detector_ = load_detector(folder, *backend_);
  form_ = table_form_of(*detector_, folder);
  method_ = &method_named(detector_->method());
  asked_ = asked;
}

void ArrayModel::fit(const svdd_array& array, const int32_t* classes, const char* const* columns,
                     Monitor& monitor) {
  const std::string what = "the training data";
  const std::vector<int64_t> shape = sample_shape_of(array, what);
  Resolved options = resolved(*method_, asked_, shape);
  datasets::Split split = split_of(array, shape, what);
  std::optional<datasets::TableForm> form;
  std::vector<double> offsets;
  if (shape.size() == 1) {
    form.emplace();
    form->columns = shape[0];
    form->features = column_names(columns, shape[0]);
    form->normal = {"normal"};
    if (!split.wide.empty()) offsets = form->offsets = datasets::column_offsets(split, split.all());
  } else if (columns) {
    throw std::invalid_argument("images have no columns to be named");
  }
  Samples train = samples_of(std::move(split), offsets, what);
  const int64_t given = train.count();
  if (form) {
    form->usual = column_medians(train);
    form->sha256 = values_sha256(train.values);
  }
  std::vector<int32_t> of_classes;
  if (classes) of_classes.assign(classes, classes + given);

  recipes::SetAside parts = recipes::set_aside(
      std::move(train), std::move(of_classes), *method_, options.settings,
      {options.run.calibration, options.run.false_alarm_rate, options.run.split_seed}, options.traits.own);
  options.settings.fit_to_size(parts.train.count(), [&](const std::string& name) {
    return std::any_of(asked_.begin(), asked_.end(), [&](const auto& one) { return one.first == name; });
  });
  auto detector = options.settings.make(parts.train.shape, *backend_);
  TrainingSet set{parts.train, parts.train_classes};
  if (parts.validation.count() > 0) set.held_out = &parts.validation;
  detector->fit(set, monitor);
  if (parts.calibration.count() > 0) detector->calibrate(parts.calibration, parts.false_alarm_rate);
  if (form) detector->remember(json(*form).dump());
  json in_force = json::object();
  for (const Option& row : options.rows()) in_force[row.name] = json_of(row);
  options_ = in_force.dump();
  detector_ = std::move(detector);
  form_ = std::move(form);
}

Samples ArrayModel::samples_for_model(const svdd_array& array, const std::string& what) const {
  const std::vector<int64_t> shape = sample_shape_of(array, what), expected = detector_->sample_shape();
  if (shape != expected)
    throw std::invalid_argument(what + " are of " + datasets::shape_text(shape) +
                                ", and the model was trained on samples of " +
                                datasets::shape_text(expected));
  return samples_of(split_of(array, shape, what), form_ ? form_->offsets : std::vector<double>{}, what);
}

std::vector<float> ArrayModel::score(const svdd_array& samples) {
  return detector_->score(samples_for_model(samples, "the data"));
}

std::vector<float> ArrayModel::explain(const svdd_array& array) {
  const Samples samples = samples_for_model(array, "the data");
  if (samples.shape.size() == 1) {
    if (!form_ || form_->usual.empty())
      throw std::invalid_argument(
          "the model does not say what is usual in its columns: it was trained by an earlier version; train "
          "it "
          "again");
    return column_changes(*detector_, samples, form_->usual);
  }
  std::vector<float> maps;
  for (int64_t i = 0; i < samples.count(); ++i) {
    const std::vector<float> map =
        occlusion_map(*detector_, {samples.shape, {samples.sample(i), samples.sample(i + 1)}});
    maps.insert(maps.end(), map.begin(), map.end());
  }
  return maps;
}

void ArrayModel::calibrate(const svdd_array& held_out, double false_alarm_rate) {
  detector_->calibrate(samples_for_model(held_out, "the data to calibrate with"), false_alarm_rate);
}

std::string ArrayModel::info() {
  const Detector& d = *detector_;
  json all{{"method", d.method()},
           {"title", method_->title},
           {"sample_shape", d.sample_shape()},
           {"threshold", d.threshold()},
           {"calibration", nullptr},
           {"columns", form_ ? json(form_->features) : json()},
           {"samples_used", d.samples_used()},
           {"warnings", d.warnings()},
           {"details", engine::parse_json(d.details())},
           {"pretrain_seconds", d.pretrain_seconds()},
           {"train_seconds", d.train_seconds()},
           {"weights_sha256", d.weights_sha256()},
           {"receipt", receipt_number},
           {"version", SVDD_VERSION},
           {"backend", backend_->name()},
           {"threads", backend_->threads()},
           {"options", engine::parse_json(options_)}};
  if (d.collapse_warning()) all["warnings"].insert(all["warnings"].begin(), *d.collapse_warning());
  if (const auto& calibration = d.calibration())
    all["calibration"] = {{"samples", calibration->samples},
                          {"false_alarm_rate", calibration->false_alarm_rate}};
  return engine::json_text(all);
}

}  // namespace svdd::c
