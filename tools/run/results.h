// What a run found, as results.json holds it and as people read it.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "svdd/detector.h"
#include "svdd/evaluation/metrics.h"

namespace tools {

// Adds n_test, normals, anomalies, auc, average_precision, auc_ci95 [low, high], fpr95, f1, best_f1,
// best_f1_threshold, threshold, score_std and distinct_scores; null where one class only, or nothing, was
// scored.
void add_metrics(nlohmann::ordered_json& results, const std::vector<float>& scores,
                 const std::vector<int32_t>& labels, double threshold, uint64_t seed);

// "no AUC: the test set holds normal samples only", or empty where both are there. `classes`: which the test set holds
// ("ok (20), bad (3)").
std::string why_no_auc(const std::vector<int32_t>& labels, const std::string& classes = "");

// Whether the network at random weights ranks the test set better than the trained one: not where chance may have it so
// (the interval of the trained one's AUC reaches `high`), nor where there was nothing left to learn.
bool has_not_helped(double auc, double untrained_auc, double high);

// What is said where so many training samples share the largest score that it is the threshold, above which then
// none of them lies; empty otherwise.
std::string why_none_above(const svdd::Detector& detector);

// Of the test samples with label 0, how many score above the threshold; nothing where there are none.
std::optional<double> share_of_normals_above(const std::vector<float>& scores,
                                             const std::vector<int32_t>& labels, double threshold);

// What is said where a quick baseline ranks the test set better, and chance does not have it so; empty otherwise.
std::string why_not_better(const nlohmann::ordered_json& results);

// Both, as results.json holds them: nothing is wrong, but a person may wonder.
std::vector<std::string> remarks(const std::vector<int32_t>& test_labels, const std::string& test_classes,
                                 const svdd::Detector& detector);

// A few lines for standard output. What `results` lacks is left out, and so is the place of the report if
// empty.
std::string summary(const nlohmann::ordered_json& results, const std::string& report = "");

}  // namespace tools
