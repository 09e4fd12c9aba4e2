#include "tools/commands/csv_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace tools {
namespace {

template <class Number>
std::string shortest_text(Number value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

// Bytes that are no UTF-8 become the sign that stands for such.
std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string shortest(float value) { return shortest_text(value); }
std::string shortest(double value) { return shortest_text(value); }

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string scores_csv(std::span<const float> scores, std::span<const int32_t> labels,
                       std::span<const int32_t> classes, const std::vector<std::string>& words,
                       std::span<const std::string> files, std::span<const int64_t> rows) {
  const bool from = !files.empty() || !rows.empty();
  std::string csv = std::string("index,label,class,score") + (from ? ",path_or_row\n" : "\n");
  for (size_t i = 0; i < scores.size(); ++i)
    csv += std::to_string(i) + ',' + std::to_string(labels[i]) + ',' +
           csv_field(words.at(static_cast<size_t>(classes[i]))) + ',' + shortest(scores[i]) +
           (!files.empty() ? ',' + csv_field(files[i])
            : from         ? ',' + std::to_string(rows[i])
                           : "") +
           '\n';
  return csv;
}

std::string history_csv(const std::vector<svdd::EpochReport>& history, const std::vector<EpochAuc>& aucs) {
  size_t spheres = 0;  // where there are several, a column for the radius of each
  for (const svdd::EpochReport& epoch : history) spheres = std::max(spheres, epoch.radii.size());
  const bool alive =
      std::any_of(history.begin(), history.end(), [](const auto& e) { return e.spheres.has_value(); });
  std::string csv = "phase,epoch,loss,lr,radius,";
  for (size_t k = 0; k < spheres; ++k) csv += "radius_" + std::to_string(k) + ',';
  csv += std::string(alive ? "spheres," : "") + "seconds" + (aucs.empty() ? "\n" : ",test_auc\n");
  for (const svdd::EpochReport& epoch : history) {
    csv += csv_field(epoch.phase) + ',' + std::to_string(epoch.epoch) + ',' + shortest(epoch.loss) + ',' +
           shortest(epoch.lr) + ',' + (epoch.radius ? shortest(*epoch.radius) : "") + ',';
    for (size_t k = 0; k < spheres; ++k)
      csv += (k < epoch.radii.size() ? shortest(epoch.radii[k]) : "") + ',';
    if (alive) csv += (epoch.spheres ? std::to_string(*epoch.spheres) : "") + ',';
    csv += shortest(epoch.seconds);
    if (!aucs.empty()) {
      const auto own = std::find_if(aucs.begin(), aucs.end(), [&](const EpochAuc& a) {
        return epoch.phase == history.back().phase && a.epoch == epoch.epoch;
      });
      csv += ',' + (own == aucs.end() ? "" : shortest(own->auc));
    }
    csv += '\n';
  }
  return csv;
}

std::string predictions_header(bool selection) {
  return std::string("path_or_row,score,p_value,is_anomaly") + (selection ? ",is_selected\n" : "\n");
}

std::string predictions_csv(const Predictions& p) {
  std::string csv;
  for (size_t i = 0; i < p.scores.size(); ++i) {
    csv += !p.paths.empty() ? csv_field(p.paths[i])
                            : std::to_string(p.rows.empty() ? p.first + static_cast<int64_t>(i) : p.rows[i]);
    csv += ',' + shortest(p.scores[i]) + ',' + (p.p_values ? shortest((*p.p_values)(p.scores[i])) : "") +
           ',' + (static_cast<double>(p.scores[i]) > p.threshold ? '1' : '0');
    csv += p.selected.empty() ? "\n" : p.selected[i] ? ",1\n" : ",0\n";
  }
  return csv;
}

std::string predictions_jsonl(const Predictions& p) {
  std::string lines;
  for (size_t i = 0; i < p.scores.size(); ++i) {
    nlohmann::ordered_json line;
    if (!p.paths.empty())
      line["path"] = p.paths[i];
    else
      line["row"] = p.rows.empty() ? p.first + static_cast<int64_t>(i) : p.rows[i];
    std::string text = json_text(line);
    text.pop_back();  // the numbers in the fewest digits, as everywhere
    const bool finite = std::isfinite(p.scores[i]);
    lines += text + ",\"score\":" + (finite ? shortest(p.scores[i]) : "null") +
             ",\"p_value\":" + (p.p_values ? shortest((*p.p_values)(p.scores[i])) : "null") +
             ",\"is_anomaly\":" + (static_cast<double>(p.scores[i]) > p.threshold ? "true" : "false");
    if (!p.selected.empty()) lines += std::string(",\"is_selected\":") + (p.selected[i] ? "true" : "false");
    lines += "}\n";
  }
  return lines;
}

std::string refusal_jsonl(const std::string& path, std::optional<int64_t> row, const std::string& why) {
  nlohmann::ordered_json line;
  if (row)
    line["row"] = *row;
  else
    line["path"] = path;
  line["error"] = why;
  return json_text(line) + '\n';
}

}  // namespace tools
