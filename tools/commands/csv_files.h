// The tables that the command writes. Numbers stand in the fewest digits that read back as the same bits.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "svdd/detector.h"
#include "svdd/evaluation/threshold.h"
#include "tools/run/train_monitor.h"

namespace tools {

std::string shortest(float value);
std::string shortest(double value);

// A field as RFC 4180 wants it: in double quotes where it holds a comma, a quote or a line break.
std::string csv_field(std::string_view text);

// "index,label,class,score,path_or_row": the test samples in file order; label 1 is an anomaly. All of one length. `words`:
// what --normal takes for each class (Task::class_words). The last column is left out where neither `files` nor `rows` says
// where each sample is from (datasets::OneVsRest).
std::string scores_csv(std::span<const float> scores, std::span<const int32_t> labels,
                       std::span<const int32_t> classes, const std::vector<std::string>& words,
                       std::span<const std::string> files = {}, std::span<const int64_t> rows = {});

// "phase,epoch,loss,lr,radius,seconds[,test_auc]": epochs from 0; radius is empty where there is none. `aucs`: of the test set
// after the epochs of the last phase, as a fraction.
std::string history_csv(const std::vector<svdd::EpochReport>& history,
                        const std::vector<EpochAuc>& aucs = {});

// What is told of new samples, of which the i-th is paths[i], or row rows[i] of a table, or without either row first + i.
struct Predictions {
  std::span<const float> scores;
  const svdd::PValues* p_values;  // null: there are none, and their column is empty
  double threshold;
  std::span<const std::string> paths = {};
  std::span<const int64_t> rows = {};
  int64_t first = 0;
  std::vector<bool> selected = {};  // empty: nothing is selected from
};
// "path_or_row,score,p_value,is_anomaly", and with a selection ",is_selected".
std::string predictions_header(bool selection);
std::string predictions_csv(const Predictions& p);  // without the header
// One JSON object a line: {"path": ... or "row": ..., "score": ..., "p_value": ..., "is_anomaly": true or false}, and
// with a selection "is_selected". A score that is not finite is null, and so are p-values where there are none.
std::string predictions_jsonl(const Predictions& p);
// The line of a sample that has no score: {"path": ... or "row": ..., "error": why}.
std::string refusal_jsonl(const std::string& path, std::optional<int64_t> row, const std::string& why);

}  // namespace tools
