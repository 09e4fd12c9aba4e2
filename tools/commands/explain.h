// `svdd explain`: which columns of a row, or which parts of an image, its score goes with.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "tools/options/backend_options.h"

namespace tools {

struct ExplainOptions {
  std::string model, input;  // input "-": standard input, row by row or path by path
  std::string out;           // a folder, for the maps of images or columns.csv; or empty
  std::string
      output;  // rows: a CSV file, where there is no folder; both empty: standard output; images: as `out`
  std::string label_column, header;
  std::string by = "occlusion";  // or "gradient"
  int64_t top = 3;               // columns of each row
  // The samples with the highest scores, so many of them, the highest first. Not given: 100 images; all rows, in their order.
  std::optional<int64_t> most = {};
  BackendOptions backend;
  bool quiet = false;
};

// Rows: path_or_row,score,rank,column,value,usual,change, the `top` columns with the largest change of each row
// (svdd/evaluation/attribution.h). Images: for each NAME-map.png in the folder, the image beside the image with the map over
// it, and maps.csv, path_or_row,score,map. By gradient: path_or_row,score,rank,column,value,usual,gradient,change_by_gradient;
// NAME-gradient.png and path_or_row,score,gradient_map in maps.csv. Names are cut to 255 bytes. No file that is read is
// replaced, and scores or changes that are not finite are refused. Throws UsageError and std::exception as run_score does;
// nothing half-written. Of standard input what cannot be read or explained is passed over, and named; then std::runtime_error says
// how many there were. A stop keeps the maps that are made, and maps.csv lists these: StoppedWithWorkKept.
void run_explain(const ExplainOptions& options);

}  // namespace tools
