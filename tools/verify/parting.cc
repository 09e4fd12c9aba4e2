#include "tools/verify/parting.h"

#include <algorithm>
#include <charconv>

#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/model_folder.h"
#include "tools/options/options.h"

namespace tools {
namespace {

std::string both(const std::string& here, const std::string& there) {
  const auto shown = [](const std::string& text) {
    return text.empty() ? std::string("nothing") : engine::shown(text);
  };
  return shown(here) + " here and " + shown(there) + " there";
}

// Whether two fields hold the same double; other versions may write its digits otherwise.
bool same_number(const std::string& here, const std::string& there) {
  if (here == there) return true;
  double a = 0, b = 0;
  const auto read = [](const std::string& text, double& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  return read(here, a) && read(there, b) && a == b;
}

bool differ(const Evidence& here, const Evidence& there, const char* key) {
  return here.text(key) != there.text(key);
}

std::optional<std::string> weights_differ(const Evidence& here, const Evidence& there,
                                          const std::string& after) {
  const std::string a = here.fingerprint(after), b = there.fingerprint(after);
  if (a.empty() || b.empty() || a == b) return std::nullopt;
  return both(a, b);
}

std::optional<std::string> epoch_differs(const Evidence& here, const Evidence& there, const HistoryRow& a,
                                         const HistoryRow& b) {
  if (!a.test_auc.empty() && !b.test_auc.empty() && !same_number(a.test_auc, b.test_auc))
    return "its test_auc is " + both(a.test_auc, b.test_auc);
  for (size_t i = 0; i < here.columns.size(); ++i) {
    const auto column = std::find(there.columns.begin(), there.columns.end(), here.columns[i]);
    const std::string other =
        column == there.columns.end() ? "" : b.values[static_cast<size_t>(column - there.columns.begin())];
    if (!same_number(a.values[i], other)) return "its " + here.columns[i] + " is " + both(a.values[i], other);
  }
  for (size_t i = 0; i < there.columns.size(); ++i)
    if (!b.values[i].empty() &&
        std::find(here.columns.begin(), here.columns.end(), there.columns[i]) == here.columns.end())
      return "its " + there.columns[i] + " is " + both("", b.values[i]);
  return std::nullopt;
}

std::optional<std::string> histories_part(const Evidence& here, const Evidence& there) {
  const auto &a = here.history, &b = there.history;
  const size_t shared = std::min(a.size(), b.size());
  for (size_t i = 0; i < shared; ++i) {
    const std::string place = "epoch " + std::to_string(a[i].epoch) + " of " + a[i].phase;
    if (a[i].phase != b[i].phase || a[i].epoch != b[i].epoch)
      return place + ": there it is epoch " + std::to_string(b[i].epoch) + " of " + b[i].phase;
    if (const auto why = epoch_differs(here, there, a[i], b[i])) return place + ": " + *why;
    const bool ends = i + 1 == a.size() || a[i + 1].phase != a[i].phase;
    const bool ends_there = i + 1 == b.size() || b[i + 1].phase != b[i].phase;
    if (ends && ends_there)
      if (const auto why = weights_differ(here, there, a[i].phase))
        return "the weights after " + a[i].phase + ", whose losses are all the same: " + *why;
  }
  if (a.size() == b.size()) return std::nullopt;
  const HistoryRow& next = a.size() > b.size() ? a[shared] : b[shared];
  return "epoch " + std::to_string(next.epoch) + " of " + next.phase + ": only one of them has it (" +
         both(std::to_string(a.size()) + " epochs", std::to_string(b.size())) + " in all)";
}

// Of results.json what says how, where and by which settings a run was made, and not what it came to.
bool is_circumstance(const std::string& key) {
  constexpr std::string_view circumstances[] = {
      "method",       "dataset",           "data_source",  "data_notes", "class_names",
      "normal",       "objective",         "recipe",       "network",    "seed",
      "device",       "backend",           "threads",      "picks",      "warnings",
      "remarks",      "pretraining_taken", "fingerprints", "receipt",    "version",
      "command_line", "peak_memory_mb"};
  return key.ends_with("_seconds") ||
         std::find(std::begin(circumstances), std::end(circumstances), key) != std::end(circumstances);
}

// What else of results.json computing decides. What only one of them has, other versions did not write.
std::optional<std::string> figures_part(const Evidence& here, const Evidence& there) {
  const nlohmann::json &a = here.results.all(), &b = there.results.all();
  for (const auto& [key, value] : a.items())
    if (!is_circumstance(key) && b.contains(key) && value != b[key])
      return key + " of results.json: " + both(value.dump(), b[key].dump());
  return std::nullopt;
}

// The innermost entry that differs, by its path, and both values. Of a table the file's own hash is left out: the same numbers
// may stand in another file.
std::optional<std::string> values_part(const std::string& path, const nlohmann::json& a,
                                       const nlohmann::json& b) {
  if (path == "data.sha256" || a == b) return std::nullopt;
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) {
      if (!b.contains(key)) continue;  // other versions know less
      if (auto why = values_part(path + '.' + key, value, b[key])) return why;
    }
    return std::nullopt;
  }
  return path + " of model.json: " + both(a.dump(), b.dump());
}

// Centres, radii, training scores, what a table's columns mean: what scores hang on and weights_sha256 does not hold.
std::optional<std::string> models_part(const Evidence& here, const Evidence& there) {
  if (here.text("weights_sha256").empty()) return std::nullopt;  // a search keeps none
  const svdd::ModelFolder a = svdd::read_model_folder(here.folder / "model"),
                          b = svdd::read_model_folder(there.folder / "model");
  for (const auto& [key, value] : a.description.items()) {
    if (key == "version" || !b.description.contains(key)) continue;
    if (const auto why = values_part(key, value, b.description[key]))
      return *why + ", though the models' weights are the same";
  }
  for (const auto& [name, array] : a.tensors.tensors) {
    if (!b.tensors.contains(name))
      return "the models: only the one here has a tensor " + engine::in_quotes(name);
    const engine::NdArray& other = b.tensors.at(name);
    if (array.shape != other.shape || array.bytes != other.bytes)
      return "the tensor " + engine::in_quotes(name) + " of the models, whose weights are the same";
  }
  if (a.tensors.tensors.size() != b.tensors.tensors.size())
    return std::string("the models: the one there has more tensors");
  return std::nullopt;
}

}  // namespace

std::optional<std::string> where_they_part(const Evidence& here, const Evidence& there) {
  if (differ(here, there, "method")) return "the method: " + both(here.text("method"), there.text("method"));
  if (differ(here, there, "train_data_sha256"))
    return "the training data: " + both(here.text("train_data_sha256"), there.text("train_data_sha256"));
  if (const auto why = weights_differ(here, there, "start")) return "the first weights: " + *why;
  if (const auto why = histories_part(here, there)) return why;
  for (const auto& [phase, sha256] : here.fingerprints)  // of phases without an epoch
    if (const auto why = weights_differ(here, there, phase))
      return "the weights after " + phase + ": " + *why;
  if (differ(here, there, "weights_sha256"))
    return "the weights: " + both(here.text("weights_sha256"), there.text("weights_sha256"));
  if (differ(here, there, "test_data_sha256"))
    return "the test data: " + both(here.text("test_data_sha256"), there.text("test_data_sha256"));
  if (differ(here, there, "scores_sha256"))
    return "the scores, though weights and data are the same: " +
           both(here.text("scores_sha256"), there.text("scores_sha256"));
  for (const char* key : {"threshold", "auc"})
    if (differ(here, there, key))
      return "the " + std::string(key) + ": " + both(here.text(key), there.text(key));
  if (const auto why = figures_part(here, there)) return why;
  return models_part(here, there);
}

std::optional<TraceParting> where_traces_part(const Evidence& here, const Evidence& there) {
  if (!here.trace && !there.trace) return std::nullopt;
  if (!here.trace || !there.trace) return TraceParting{"only one of them has one", true};
  const TraceFile &a = *here.trace, &b = *there.trace;
  const auto epoch_of = [](const TraceFile& t) {
    return "epoch " + std::to_string(t.epoch) + " of " + engine::shown(t.phase);
  };
  const std::string epoch = epoch_of(a);
  if (a.phase != b.phase || a.epoch != b.epoch) {
    const auto asked = [](const Evidence& run) {
      return run.config.value("trace", nlohmann::ordered_json());
    };
    return TraceParting{"of " + epoch + " here and of " + epoch_of(b) + " there, which cannot be compared",
                        asked(here) != asked(there)};
  }
  const auto first = svdd::first_difference(a.entries, b.entries);
  if (!first)
    return TraceParting{epoch + ": all " + std::to_string(a.entries.size()) + " arrays are equal", true};
  return TraceParting{epoch + ": " + first->place(), false};
}

std::vector<std::string> other_circumstances(const Evidence& here, const Evidence& there) {
  std::vector<std::string> lines;
  const nlohmann::ordered_json a = decisive(here.config), b = decisive(there.config);
  const auto shown = [](const nlohmann::ordered_json& config, const std::string& key) {
    return config.contains(key) ? engine::JsonEntry::shown(config[key]) : std::string("not said");
  };
  for (const auto& [key, value] : a.items())
    if (!b.contains(key) || b[key] != value)
      lines.push_back(key + ": " + shown(a, key) + " and " + shown(b, key));
  for (const auto& [key, value] : b.items())
    if (!a.contains(key)) lines.push_back(key + ": " + shown(a, key) + " and " + shown(b, key));
  const auto covered = [](const Evidence& run) {
    const std::string outside = run.outside_receipt();
    if (!outside.empty()) return "none (" + outside + " is outside of it)";
    return run.text("receipt").empty() ? std::string("not said") : run.text("receipt");
  };
  if (covered(here) != covered(there))
    lines.push_back("receipt: " + covered(here) + " and " + covered(there));
  for (const char* key : {"version", "backend"})
    if (differ(here, there, key))
      lines.push_back(std::string(key) + ": " + engine::shown(here.text(key)) + " and " +
                      engine::shown(there.text(key)));
  return lines;
}

std::string what_is_equal(const Evidence& here, const Evidence& there) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  const auto in_both = [&](const char* key) { return !here.text(key).empty() && !there.text(key).empty(); };
  if (in_both("train_data_sha256")) add("data");
  if (!here.fingerprint("start").empty() && !there.fingerprint("start").empty()) add("first weights");
  if (!here.history.empty())
    add(std::to_string(here.history.size()) + (here.history.size() == 1 ? " epoch" : " epochs"));
  if (in_both("weights_sha256")) add("last weights");
  if (in_both("scores_sha256")) add("scores");
  if (text.empty()) add("the AUC, which is all that they keep");
  return text;
}

}  // namespace tools
