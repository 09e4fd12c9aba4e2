#include "tools/run/results.h"

#include <algorithm>

#include "engine/files/in_quotes.h"
#include "tools/commands/counted.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

using nlohmann::ordered_json;

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

std::string hundredths_percent(double fraction) { return fixed_text(100 * fraction, 2) + " %"; }

constexpr size_t figure_columns = 19, value_columns = 11;

// "  name               value      remark"
std::string row(const std::string& name, const std::string& value, const std::string& remark = "") {
  std::string line =
      "  " + name + std::string(figure_columns - std::min(figure_columns, name.size()), ' ') + value;
  if (!remark.empty())
    line +=
        std::string(std::max<size_t>(2, value_columns - std::min(value_columns, value.size())), ' ') + remark;
  return line + '\n';
}

class Reader {
 public:
  explicit Reader(const ordered_json& results) : results_(results) {}
  bool has(const char* key) const { return results_.contains(key) && !results_[key].is_null(); }
  double number(const char* key) const { return results_[key].get<double>(); }
  std::string text(const char* key) const { return results_[key].get<std::string>(); }
  std::string whole(const char* key) const { return std::to_string(results_[key].get<int64_t>()); }

 private:
  const ordered_json& results_;
};

// "3", "3 (cat)" where the classes are called otherwise than by their numbers, or the name itself.
std::string class_text(const ordered_json& results, const ordered_json& word) {
  const std::string text = word.is_string() ? engine::shown(word.get<std::string>()) : word.dump();
  if (!word.is_number_integer() || !results.contains("class_names")) return text;
  const auto names = results["class_names"].get<std::vector<std::string>>();
  const auto k = word.get<int64_t>();
  if (std::find(names.begin(), names.end(), text) != names.end() || k < 0 ||
      k >= static_cast<int64_t>(names.size()))
    return text;
  return text + " (" + engine::shown(names[static_cast<size_t>(k)]) + ")";
}

std::string heading(const ordered_json& results) {
  const Reader r(results);
  std::string text = r.text("method") + " on " + r.text("dataset") + ", normal";
  for (const auto& word : results["normal"])
    text += (text.ends_with("normal") ? " " : ", ") + class_text(results, word);
  text += " (";
  if (r.has("n_train")) text += counted(results["n_train"].get<int64_t>(), "training sample") + ", ";
  return text + counted(results["n_test"].get<int64_t>(), "test sample") + ")\n";
}

}  // namespace

void add_metrics(ordered_json& results, const std::vector<float>& scores, const std::vector<int32_t>& labels,
                 double threshold, uint64_t seed) {
  svdd::Metrics m;
  if (!scores.empty()) m = svdd::evaluate(scores, labels, threshold, seed);
  results["n_test"] = scores.size();
  results["normals"] = m.normals;
  results["anomalies"] = m.anomalies;
  results["auc"] = or_null(m.auc);
  results["auc_ci95"] = m.auc_ci95 ? ordered_json{m.auc_ci95->low, m.auc_ci95->high} : ordered_json();
  results["average_precision"] = or_null(m.average_precision);
  results["fpr95"] = or_null(m.fpr95);
  results["f1"] = or_null(m.f1);
  results["best_f1"] = m.best_f1 ? ordered_json(m.best_f1->f1) : ordered_json();
  results["best_f1_threshold"] = m.best_f1 ? ordered_json(m.best_f1->threshold) : ordered_json();
  results["threshold"] = threshold;
  results["score_std"] = scores.empty() ? ordered_json() : ordered_json(m.score_std);
  results["distinct_scores"] = scores.empty() ? ordered_json() : ordered_json(m.distinct_scores);
}

std::string why_no_auc(const std::vector<int32_t>& labels, const std::string& classes) {
  if (labels.empty()) return "no AUC: the data have no test samples";
  const auto anomalies = std::count(labels.begin(), labels.end(), 1);
  if (anomalies == 0) return "no AUC: the test set holds normal samples only";
  if (anomalies == static_cast<std::ptrdiff_t>(labels.size()))
    return "no AUC: the test set holds anomalous samples only" +
           (classes.empty() ? ""
                            : "; its classes are " + classes + ", and --normal names those that are normal");
  return "";
}

bool has_not_helped(double auc, double untrained_auc, double high) {
  constexpr double nearly_perfect = 0.995;
  return untrained_auc >= auc && untrained_auc > high && untrained_auc < nearly_perfect;
}

std::optional<double> share_of_normals_above(const std::vector<float>& scores,
                                             const std::vector<int32_t>& labels, double threshold) {
  int64_t normal = 0, above = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    if (labels[i] == 0) ++normal, above += static_cast<double>(scores[i]) > threshold;
  if (normal == 0) return std::nullopt;
  return static_cast<double>(above) / static_cast<double>(normal);
}

std::string why_none_above(const svdd::Detector& detector) {
  const std::vector<float>& training_scores = detector.training_scores();
  const double threshold = detector.threshold();
  if (threshold == svdd::Detector::no_threshold)
    return "the model was imported without a threshold, so none is called anomalous; svdd score --threshold "
           "sets one";
  if (training_scores.empty() || static_cast<double>(training_scores.back()) != threshold) return "";
  const auto tied = std::count(training_scores.begin(), training_scores.end(), training_scores.back());
  if (tied < 2)
    return "";  // with a contamination of 0 the largest score is the threshold, and nothing is odd
  return std::to_string(tied) + " of " + std::to_string(training_scores.size()) +
         (detector.calibration() ? " calibration samples" : " training samples") +
         " share the largest score, which is the threshold: only what scores above it is "
         "called "
         "anomalous, so none of them is";
}

std::string why_not_better(const ordered_json& results) {
  if (!results.contains("yardsticks") || results["auc"].is_null() || results["auc_ci95"].is_null()) return "";
  const ordered_json* best = nullptr;
  for (const ordered_json& one : results["yardsticks"]["of"])
    if (!best || one["auc"].get<double>() > (*best)["auc"].get<double>()) best = &one;
  if (!best || (*best)["auc"].get<double>() <= results["auc_ci95"][1].get<double>()) return "";
  return "a quick baseline ranks this test set better (" + (*best)["title"].get<std::string>() + ": AUC " +
         hundredths_percent((*best)["auc"].get<double>()) + "); svdd compare tries all methods";
}

std::vector<std::string> remarks(const std::vector<int32_t>& test_labels, const std::string& test_classes,
                                 const svdd::Detector& detector) {
  std::vector<std::string> found{why_no_auc(test_labels, test_classes)};
  if (!detector.collapse_warning())  // which tells of equal scores already
    found.push_back(why_none_above(detector));
  std::erase(found, "");
  return found;
}

std::string summary(const ordered_json& results, const std::string& report) {
  const Reader r(results);
  std::string text = heading(results) + '\n';
  if (r.has("auc"))
    text += row("AUC", hundredths_percent(r.number("auc")),
                "95 % interval " + fixed_text(100 * results["auc_ci95"][0].get<double>(), 2) + " to " +
                    fixed_text(100 * results["auc_ci95"][1].get<double>(), 2));
  if (r.has("untrained_auc"))
    text += row("  untrained", hundredths_percent(r.number("untrained_auc")),
                "the same network at random weights");
  if (r.has("ae_auc"))
    text +=
        row("  autoencoder", hundredths_percent(r.number("ae_auc")), "its reconstruction error as the score");
  if (results.contains("best_epoch"))
    text += row("  best epoch", hundredths_percent(results["best_epoch"]["auc"].get<double>()),
                "after " + std::to_string(results["best_epoch"]["epoch"].get<int64_t>() + 1) +
                    ", chosen by the test set itself: to compare with, not to quote");
  if (results.contains("yardsticks"))
    for (const auto& one : results["yardsticks"]["of"])
      text +=
          row("  beside it", hundredths_percent(one["auc"].get<double>()), one["title"].get<std::string>());
  if (r.has("average_precision"))
    text += row("average precision", hundredths_percent(r.number("average_precision")));
  if (r.has("fpr95"))
    text += row("false alarms", hundredths_percent(r.number("fpr95")),
                "of normal samples when 95 % of anomalies are caught");
  if (r.has("threshold"))
    text += row("threshold", number_text(r.number("threshold"), 4),
                r.has("f1") ? "F1 " + fixed_text(r.number("f1"), 3) + " there, " +
                                  fixed_text(r.number("best_f1"), 3) + " at best"
                            : "");
  if (r.has("calibration")) {
    const auto& c = results["calibration"];
    text +=
        row("calibrated", "at " + number_text(100 * c["false_alarm_rate"].get<double>(), 3) + " %",
            "false alarms by " + std::to_string(c["samples"].get<int64_t>()) + " held-out normal samples" +
                (c.contains("seen") ? "; of the test's normal samples " +
                                          fixed_text(100 * c["seen"].get<double>(), 2) + " % are above"
                                    : ""));
  }
  if (r.has("validation_outside"))
    text += row("validation", hundredths_percent(r.number("validation_outside")),
                "of " + r.whole("n_validation") + " held-out normal samples lie above the threshold");
  if (r.has("train_seconds"))
    text += row("time", number_text(r.number("pretrain_seconds") + r.number("train_seconds"), 3) + " s",
                number_text(r.number("pretrain_seconds"), 3) + " s of it pretraining; " +
                    number_text(r.number("peak_memory_mb"), 3) + " MB at most, " + r.text("backend"));
  if (r.has("weights_sha256")) text += row("weights", r.text("weights_sha256"));
  if (r.has("scores_sha256")) text += row("scores", r.text("scores_sha256"));
  if (!report.empty()) text += row("report", report);
  for (const auto& [key, word] : {std::pair{"warnings", "warning: "}, std::pair{"remarks", "note: "}})
    if (results.contains(key))
      for (const auto& line : results[key]) text += '\n' + (word + line.get<std::string>()) + '\n';
  return text;
}

}  // namespace tools
