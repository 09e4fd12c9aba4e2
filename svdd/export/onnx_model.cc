#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "datasets/table_form_json.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/files/onnx.h"
#include "engine/floating_point_mode.h"
#include "svdd/export/export.h"
#include "svdd/methods/method.h"

namespace svdd {

namespace {

using engine::NdArray;
using engine::onnx::Graph;
using engine::onnx::Type;
using engine::onnx::Value;

std::optional<datasets::TableForm> table_remembered(const Detector& detector) {
  if (detector.remembered() == "null") return std::nullopt;
  return engine::parse_json(detector.remembered()).get<datasets::TableForm>();
}

bool has_offsets(const std::optional<datasets::TableForm>& table) {
  return table && std::any_of(table->offsets.begin(), table->offsets.end(), [](double o) { return o != 0; });
}

// (1 + #{yardstick >= score}) / (m + 1), PValues of threshold.h.
Value p_value(const Value& score, const std::vector<float>& yardstick) {
  const auto m = static_cast<int64_t>(yardstick.size());
  const Value others = score.graph->constant("calibration_scores", NdArray::from({m}, yardstick));
  const Value at_least = sum(cast(greater_or_equal(others, with_axis(score, 1)), Type::f32));
  return (at_least + 1) / static_cast<double>(m + 1);
}

// What the file says of itself.
void describe(Graph& graph, const Detector& detector, const std::optional<datasets::TableForm>& table) {
  using nlohmann::json;
  graph.note("method", detector.method());
  if (const Method* method = find_method(detector.method())) graph.note("title", method->title);
  graph.note("sample_shape", json(detector.sample_shape()).dump());
  graph.note("input", detector.sample_shape().size() == 3
                          ? "pixels from 0 to 1, channels first"
                          : std::string("one row a sample, columns as they are in the table") +
                                (table && !table->words.empty()
                                     ? "; for each word of a column of words a number, 1 where "
                                       "the row has it and 0 elsewhere"
                                     : "") +
                                (table && !table->fill.empty() ? "; NaN is a value that is missing" : ""));
  graph.note("threshold", json(detector.threshold()).dump());
  graph.note("pred_label", "1 (anomaly) where pred_score > threshold or is NaN, else 0");
  graph.note("weights_sha256", detector.weights_sha256());
  graph.note("svdd_version", SVDD_VERSION);
  if (const auto& c = detector.calibration())
    graph.note("calibration",
               json{{"samples", c->samples}, {"false_alarm_rate", c->false_alarm_rate}}.dump());
  if (!table) return;
  if (!table->features.empty()) graph.note("columns", json(table->features).dump());
  json words = json::array();
  for (const datasets::WordColumn& column : table->words)
    words.push_back({{"first", column.first}, {"name", column.name}, {"words", column.words}});
  if (!words.empty()) graph.note("one_hot", words.dump());
  if (!table->class_names.empty()) graph.note("class_names", json(table->class_names).dump());
  if (!table->normal.empty()) graph.note("normal", json(table->normal).dump());
}

}  // namespace

std::string onnx_model(const Detector& detector) {
  const engine::IeeeMode ieee;
  if (!detector.is_fitted())
    throw std::invalid_argument("this " + detector.method() +
                                " detector has not been fitted; there is nothing to export");
  const std::optional<datasets::TableForm> table = table_remembered(detector);
  const std::vector<int64_t> shape = detector.sample_shape();
  Graph graph(detector.method(), {"pred_score", "pred_label", "p_value"});
  Value input = graph.input("input", has_offsets(table) ? Type::f64 : Type::f32, shape);
  if (has_offsets(table))  // in double, before values are rounded
    input = cast(input - graph.constant("column_offsets", NdArray::from(shape, table->offsets)), Type::f32);
  if (table && !table->fill.empty()) {  // what is missing has its column's median
    const Value missing = graph.node("IsNaN", {input}, Type::boolean);
    input = graph.node(
        "Where", {missing, graph.constant("medians", NdArray::from(shape, table->fill)), input}, Type::f32);
  }
  const Value score = detector.score_graph(input);
  // "Not at most": a sample that holds NaN has no score, and is not called normal.
  const Value within =
      greater_or_equal(graph.number(detector.threshold(), Type::f64), cast(score, Type::f64));
  graph.output(score, "pred_score", {});
  graph.output(graph.number(1, Type::i64) - cast(within, Type::i64), "pred_label", {});
  if (detector.calibration()) graph.output(p_value(score, detector.training_scores()), "p_value", {});
  describe(graph, detector, table);
  return graph.bytes();
}

}  // namespace svdd
