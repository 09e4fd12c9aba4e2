// The files of a run's folder, read and checked.
#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/files/json_file.h"
#include "tools/report/svg_chart.h"

namespace tools {

// results.json. A key that is missing or null is "not measured". Each throws std::runtime_error, naming file,
// key and value, where the value is there and of another kind.
class Results {
 public:
  Results(std::filesystem::path path, nlohmann::json values)
      : path_(std::move(path)), values_(std::move(values)) {}

  std::optional<double> number(const std::string& key) const;
  std::optional<double> rate(const std::string& key) const;                         // a fraction in [0,1]
  std::optional<std::pair<double, double>> interval(const std::string& key) const;  // low <= high, fractions
  bool flag(const std::string& key) const;
  std::vector<std::string> texts(const std::string& key) const;
  std::vector<std::string> items(const std::string& key) const;  // a word or number, or several, as text
  std::string text(const std::string& key) const;                // the same in one line
  const nlohmann::json& all() const { return values_; }
  engine::JsonEntry entries() const;                        // for what a method adds of its own
  [[noreturn]] void refuse(const std::string& what) const;  // throws "'results.json' WHAT"

 private:
  const nlohmann::json* find(const std::string& key) const;  // nullptr where not measured
  [[noreturn]] void wrong(const std::string& key, const nlohmann::json& found,
                          const std::string& expected) const;

  std::filesystem::path path_;
  nlohmann::json values_;
};

// Of a run's folder. Throws std::runtime_error of one line where the file is missing, or holds no JSON object.
Results read_results(const std::filesystem::path& folder);
// Throws where they cannot be those of a finished run.
void check_results(const Results& results);
// Throws where results.json, config.json or the model in a run's folder cannot be what svdd train wrote there, each for
// itself and beside each other.
void check_run(const std::filesystem::path& folder);

// scores.csv: every test sample.
struct Scores {
  std::vector<float> scores;
  std::vector<int32_t> labels;       // 1: anomalous
  std::vector<std::string> classes;  // empty where the file has none
  std::vector<std::string> places;   // path_or_row; likewise
  std::vector<float> normal, anomalous;
  int64_t nans = 0;
  bool both() const { return !normal.empty() && !anomalous.empty(); }
};

// A run of rows of history.csv that share their phase.
struct Phase {
  std::string name;
  std::vector<double> epochs, losses, rates;  // rates: learning rates, NaN where empty
  std::vector<Series> radii;  // per radius column; epochs where it is empty, or its sphere dead, left out
  Series alive;               // how many spheres live; empty where the method has none that die
  Series test_auc;            // where it was measured after every epoch
  int64_t nans = 0;           // losses that are empty or not finite
};

// map.csv: a sample's place in the plane.
struct MapPoint {
  double x, y;
  std::string class_name;
  bool anomalous;
  std::string cluster;  // empty where the method has none
};

struct RunFolder {
  std::filesystem::path path;
  Results results;
  std::optional<double> threshold;  // of results
  // Absent where the file is missing:
  std::optional<Scores> scores;
  std::optional<std::vector<Phase>> history;
  std::optional<std::vector<MapPoint>> map;
  std::optional<std::string> config;                                // the text of config.json
  std::optional<std::string> normals, outliers, missed, explained;  // the bytes of the PNG files
  std::optional<std::vector<float>> calibration_scores;  // of the model, where the run was calibrated
};

// Throws std::runtime_error of one line where results.json is missing or any file is broken.
RunFolder read_run_folder(const std::filesystem::path& folder);

}  // namespace tools
