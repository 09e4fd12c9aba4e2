#include "tools/run/run_folder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include "datasets/csv.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"
#include "svdd/model_folder.h"
#include "tools/run/run_output.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t most_json_bytes = uint64_t{1} << 24, most_csv_bytes = uint64_t{1} << 30,
                   most_picture_bytes = uint64_t{1} << 26;

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw std::runtime_error(engine::in_quotes(path) + ' ' + what);
}

std::optional<std::string> read_if_there(const fs::path& path, uint64_t most_bytes) {
  std::error_code ignored;
  if (!engine::file_exists(path)) return std::nullopt;
  if (!fs::is_regular_file(path, ignored))
    fail(path, "is no regular file; expected one that svdd train wrote");
  return engine::read_file(path, most_bytes);
}

// Sums of n times 1/n end beside 1 by rounding, as the average precisions of versions before November 2026 did.
bool is_fraction(double value) {
  constexpr double rounding = 1e-9;
  return value >= -rounding && value <= 1 + rounding;
}

std::string scalar(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_primitive() ? value.dump() : "";  // nested values are not walked: their depth is not ours
}

// A comma-separated file with a header line.
class Csv {
 public:
  Csv(fs::path path, std::string_view text)
      : path_(std::move(path)), rows_(text, engine::in_quotes(path_), ',') {
    if (!next()) fail(path_, "is empty; expected a header line");
    header_.assign(fields_.begin(), fields_.end());
  }
  bool next() {  // to the next row that is not empty
    engine::check_stop();
    if (!rows_.next(fields_)) return false;
    if (!header_.empty() && fields_.size() != header_.size())
      bad("has " + std::to_string(fields_.size()) + " fields; expected " + std::to_string(header_.size()) +
          ", as in the header");
    return true;
  }
  const std::vector<std::string>& header() const { return header_; }
  std::optional<size_t> find(std::string_view name) const {
    const auto found = std::find(header_.begin(), header_.end(), name);
    return found == header_.end() ? std::nullopt : std::optional<size_t>(found - header_.begin());
  }
  size_t column(std::string_view name) const {
    const auto found = find(name);
    if (!found)
      fail(path_,
           "has no column " + engine::in_quotes(name) + "; its columns are " + engine::in_quotes(header_));
    return *found;
  }
  std::string text(size_t column) const { return std::string(fields_[column]); }
  template <class Number>
  Number number(size_t column, std::string_view expected = "a number") const {
    const std::string_view field = fields_[column];
    Number value{};
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || field.empty())
      bad("gives " + engine::in_quotes(header_[column]) + " as " + engine::in_quotes(text(column)) +
          "; expected " + std::string(expected));
    return value;
  }
  [[noreturn]] void bad(const std::string& what) const {
    fail(path_, "line " + std::to_string(rows_.line()) + ' ' + what);
  }

 private:
  fs::path path_;
  datasets::CsvReader rows_;
  std::vector<std::string_view> fields_;
  std::vector<std::string> header_;
};

int32_t label_of(const Csv& csv, size_t column) {
  const int32_t label = csv.number<int32_t>(column, "0 (normal) or 1 (anomalous)");
  if (label != 0 && label != 1)
    csv.bad("gives label as " + std::to_string(label) + "; expected 0 (normal) or 1 (anomalous)");
  return label;
}

Scores read_scores(const fs::path& path, std::string_view text) {
  Csv csv(path, text);
  const size_t index = csv.column("index"), label = csv.column("label"), score = csv.column("score");
  const auto name = csv.find("class"), place = csv.find("path_or_row");
  Scores out;
  while (csv.next()) {
    const auto expected = static_cast<int64_t>(out.scores.size());
    if (csv.number<int64_t>(index, "a whole number") != expected)
      csv.bad("gives 'index' as '" + csv.text(index) + "'; expected " + std::to_string(expected) +
              ", as the samples are counted from 0");
    const int32_t l = label_of(csv, label);
    const float s = csv.number<float>(score);
    out.scores.push_back(s);
    out.labels.push_back(l);
    if (name) out.classes.push_back(csv.text(*name));
    if (place) out.places.push_back(csv.text(*place));
    (l == 1 ? out.anomalous : out.normal).push_back(s);
    if (std::isnan(s)) ++out.nans;
  }
  return out;
}

std::vector<Phase> read_history(const fs::path& path, std::string_view text) {
  Csv csv(path, text);
  const size_t name = csv.column("phase"), epoch = csv.column("epoch"), loss = csv.column("loss");
  const auto rate = csv.find("lr"), alive = csv.find("spheres"), auc = csv.find("test_auc");
  std::vector<size_t> radius_columns;
  for (size_t i = 0; i < csv.header().size(); ++i)
    if (csv.header()[i].starts_with("radius")) radius_columns.push_back(i);
  std::vector<Phase> phases;
  const auto optional_number = [&](size_t column) {
    return csv.text(column).empty() ? std::nan("") : csv.number<double>(column);
  };
  while (csv.next()) {
    if (phases.empty() || phases.back().name != csv.text(name)) {
      phases.emplace_back();
      phases.back().name = csv.text(name);
      phases.back().alive.name = "live spheres";
      phases.back().test_auc.name = "test AUC";
      for (const size_t column : radius_columns)
        phases.back().radii.push_back({csv.header()[column], {}, {}});
    }
    Phase& phase = phases.back();
    phase.epochs.push_back(csv.number<double>(epoch));
    phase.losses.push_back(optional_number(loss));
    phase.rates.push_back(rate ? optional_number(*rate) : std::nan(""));
    if (!std::isfinite(phase.losses.back())) ++phase.nans;
    const double living = alive ? optional_number(*alive) : std::nan("");
    if (!std::isnan(living)) {
      phase.alive.x.push_back(phase.epochs.back());
      phase.alive.y.push_back(living);
    }
    if (const double of_epoch = auc ? optional_number(*auc) : std::nan(""); !std::isnan(of_epoch)) {
      phase.test_auc.x.push_back(phase.epochs.back());
      phase.test_auc.y.push_back(100 * of_epoch);
    }
    for (size_t i = 0; i < radius_columns.size(); ++i) {
      const double radius = optional_number(radius_columns[i]);
      // Where spheres die, a radius of 0 says dead; elsewhere it is a radius.
      if (std::isnan(radius) || (radius == 0 && !std::isnan(living))) continue;
      phase.radii[i].x.push_back(phase.epochs.back());
      phase.radii[i].y.push_back(radius);
    }
  }
  return phases;
}

std::vector<MapPoint> read_map(const fs::path& path, std::string_view text) {
  Csv csv(path, text);
  const size_t x = csv.column("x"), y = csv.column("y"), class_name = csv.column("class"),
               label = csv.column("label"), cluster = csv.column("cluster");
  std::vector<MapPoint> points;
  while (csv.next())
    points.push_back({csv.number<double>(x), csv.number<double>(y), csv.text(class_name),
                      label_of(csv, label) == 1, csv.text(cluster)});
  return points;
}

std::optional<std::string> read_picture(const fs::path& path) {
  std::optional<std::string> bytes = read_if_there(path, most_picture_bytes);
  if (bytes && !bytes->starts_with("\x89PNG\r\n\x1a\n"))
    fail(path, "is no PNG picture; expected the sheet that svdd train wrote");
  return bytes;
}

}  // namespace

const json* Results::find(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<double> Results::number(const std::string& key) const {
  const json* value = find(key);
  if (!value) return std::nullopt;
  if (!value->is_number()) wrong(key, *value, "a number or null");
  return value->get<double>();
}

std::optional<double> Results::rate(const std::string& key) const {
  const std::optional<double> value = number(key);
  if (!value) return value;
  if (!is_fraction(*value)) wrong(key, *find(key), "a fraction in [0,1]");
  return std::clamp(*value, 0.0, 1.0);
}

std::optional<std::pair<double, double>> Results::interval(const std::string& key) const {
  const json* value = find(key);
  if (!value) return std::nullopt;
  if (value->is_array() && value->size() == 2 && (*value)[0].is_null() && (*value)[1].is_null()) return {};
  const bool two =
      value->is_array() && value->size() == 2 && (*value)[0].is_number() && (*value)[1].is_number();
  if (!two) wrong(key, *value, "[low, high] or null");
  const double low = (*value)[0], high = (*value)[1];
  if (!(is_fraction(low) && is_fraction(high) && is_fraction(high - low)))
    wrong(key, *value, "0 <= low <= high <= 1");
  const double lower = std::clamp(low, 0.0, 1.0);
  return std::pair{lower, std::clamp(high, lower, 1.0)};
}

bool Results::flag(const std::string& key) const {
  const json* value = find(key);
  if (value && !value->is_boolean()) wrong(key, *value, "true or false");
  return value && value->get<bool>();
}

std::vector<std::string> Results::texts(const std::string& key) const {
  const json* value = find(key);
  if (!value) return {};
  std::vector<std::string> out;
  if (!value->is_array()) wrong(key, *value, "an array of strings");
  for (const json& item : *value) {
    if (!item.is_string()) wrong(key, *value, "an array of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<std::string> Results::items(const std::string& key) const {
  const json* value = find(key);
  if (!value) return {};
  if (!value->is_array()) return {scalar(*value)};
  std::vector<std::string> out;
  for (const json& item : *value) out.push_back(scalar(item));
  return out;
}

std::string Results::text(const std::string& key) const {
  std::string out;
  for (const std::string& item : items(key)) out += (out.empty() ? "" : ", ") + item;
  return out;
}

void Results::refuse(const std::string& what) const { fail(path_, what); }

engine::JsonEntry Results::entries() const {
  return {values_, engine::in_quotes(path_), "run svdd train again"};
}

void Results::wrong(const std::string& key, const json& found, const std::string& expected) const {
  const std::string what = found.is_primitive() ? found.dump() : found.type_name();
  fail(path_, "gives " + key + " as " + engine::in_quotes(what) + "; expected " + expected);
}

Results read_results(const fs::path& folder) {
  const fs::path path = folder / "results.json";
  std::error_code error;
  if (!engine::file_exists(path))
    fail(path,
         "is missing; expected the folder of a finished run (svdd train --out DIR)" +
             std::string(fs::exists(folder / earlier_run_name, error)
                             ? "; a run that was to replace an earlier one was cut short there, and the "
                               "earlier one lies in " +
                                   engine::in_quotes(folder / earlier_run_name)
                             : ""));
  if (!fs::is_regular_file(path, error)) fail(path, "is no regular file; expected one that svdd train wrote");
  return {path, engine::read_json_object(path, "run svdd train again", most_json_bytes)};
}

void check_results(const Results& results) {
  if (results.text("method").empty()) results.refuse("names no method");
  for (const char* key : {"auc", "untrained_auc"}) results.rate(key);
  for (const char* key : {"pretrain_seconds", "train_seconds"})
    if (results.number(key).value_or(0) < 0) results.refuse(std::string("gives a negative ") + key);
  results.flag("pretraining_taken");
}

void check_run(const fs::path& folder) {
  const Results results = read_results(folder);
  check_results(results);
  const bool both = results.number("normals").value_or(0) > 0 && results.number("anomalies").value_or(0) > 0;
  if (both && !results.rate("auc")) results.refuse("gives no auc, though it counts normals and anomalies");
  const fs::path config_path = folder / "config.json";
  const json config = engine::read_json_object(config_path, "", most_json_bytes);
  for (const char* key : {"method", "data", "seed"})
    if (!config.contains(key)) fail(config_path, std::string("names no ") + key);
  if (config["method"] != results.text("method"))
    fail(config_path, "is of another method than the results beside it");
  if (!results.all().contains("weights_sha256")) return;  // a search of settings, which keeps no model
  const svdd::ModelFolder model = svdd::read_model_folder(folder / "model");
  const auto weights = model.description.find("weights_sha256");
  if (weights != model.description.end() && *weights != results.all()["weights_sha256"])
    fail(folder / "model" / "model.json", "is of another run than the results beside it");
}

RunFolder read_run_folder(const fs::path& folder) {
  RunFolder run{folder, read_results(folder), {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  run.threshold = run.results.number("threshold");
  if (const auto text = read_if_there(folder / "scores.csv", most_csv_bytes))
    run.scores = read_scores(folder / "scores.csv", *text);
  if (const auto text = read_if_there(folder / "history.csv", most_csv_bytes))
    run.history = read_history(folder / "history.csv", *text);
  if (const auto text = read_if_there(folder / "map.csv", most_csv_bytes))
    run.map = read_map(folder / "map.csv", *text);
  run.config = read_if_there(folder / "config.json", most_json_bytes);
  if (run.config) engine::read_json_object(folder / "config.json", "run svdd train again", most_json_bytes);
  run.normals = read_picture(folder / "normals.png");
  run.outliers = read_picture(folder / "outliers.png");
  run.missed = read_picture(folder / "missed.png");
  run.explained = read_picture(folder / "explained.png");
  const auto calibration = run.results.entries().find("calibration");
  if (calibration && engine::file_exists(folder / "model" / "model.json"))
    run.calibration_scores = svdd::numbers(svdd::read_model_folder(folder / "model"), "training_scores",
                                           {calibration->as<int64_t>("samples")});
  return run;
}

}  // namespace tools
