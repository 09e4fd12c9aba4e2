// The page of `svdd score --report`: the most anomalous samples first, with their pictures or the columns that their scores go
// with, above the histogram of all scores. One self-contained file, as a run's report is (report.h).
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tools/report/explanations.h"

namespace tools {

inline constexpr int64_t most_shown_samples = 100;  // in full; all others are counted

struct ShownSample {
  std::string name;  // the path of a file, or the number of a row
  float score = 0;
  std::optional<double> p_value = {};  // nothing: the model has none
  bool anomalous = false, selected = false;
  std::vector<ColumnShare> columns = {};  // of a row that is explained
  std::string short_name = {};            // of a file: what is shown of its path; empty: its last part
};

struct ScorePage {
  std::string input, model, method;  // paths as they were given; the method's title
  bool are_files = false;            // and not rows
  std::span<const float> scores;     // of all samples
  double threshold = 0;
  std::string where_from;                  // the threshold: a sentence
  std::optional<double> false_alarm_rate;  // of normal samples above it, where that is known
  // How many false alarms chance leaves in 95 of 100 cases, were all samples normal; nothing: the model was not calibrated.
  std::optional<std::pair<int64_t, int64_t>> false_alarms_between = {};
  std::optional<double> select;  // the rate of false discoveries at which samples were selected
  int64_t selected = 0;
  std::span<const float> normal_scores;  // those that the model goes by; empty: it has none
  std::string normal_name;               // what they are, for the legend
  std::vector<ShownSample> shown;        // the most anomalous first
  // Of images: thumbnails of those that are shown, a sheet of this many columns (image_grid.h), and the maps of the first few
  // (map_overlay.h). Sizes of one picture in pixels.
  std::string thumbnails = {}, maps = {};
  int64_t thumbnail_columns = 0, thumbnail_height = 0, thumbnail_width = 0;
  int64_t map_count = 0, map_height = 0, map_width = 0;
  int64_t map_pictures = 2;               // of each image; 3: the gradient's map is the last
  std::string unexplained = {};           // why rows have no columns, or the first images no maps: a sentence
  std::string drift = {};                 // what the drift alarm says
  std::vector<std::string> damaged = {};  // what has no score, and why
  std::vector<std::string> remarks = {};
};

std::string score_page(const ScorePage& page);

}  // namespace tools
