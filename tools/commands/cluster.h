// `svdd cluster`: FINCH on the rows of a file.
#pragma once
#include <cstdint>
#include <string>

#include "tools/options/backend_options.h"

namespace tools {

struct ClusterOptions {
  std::string input, output;           // the output is a CSV file
  std::string distance;                // "cosine" or "euclidean"; empty: the variant's own
  std::string variant = "early-exit";  // or "silhouette"
  int64_t clusters = 0;                // 0: the variant chooses
  std::string label_column, header;    // of a table, as in svdd train; empty: as they look
  bool silhouettes = false;            // also where the variant does not need them
  BackendOptions backend;              // device: "cpu" or "cuda"; blas is not asked
  bool quiet = false;
};

// Throws UsageError where --input or --output is missing or a word is none of those above, std::exception
// where the run fails; no part of an output file is left then.
void run_cluster(const ClusterOptions& options);

}  // namespace tools
