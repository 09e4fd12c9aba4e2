// `svdd evaluate`: the metrics of a saved model on the test split of labelled data.
#pragma once
#include <string>
#include <vector>

#include "tools/options/backend_options.h"

namespace tools {

struct EvaluateOptions {
  std::string model;
  std::string data, data_dir;        // empty: those of the run that the model is of
  std::string normal;                // "3,0,1"; empty: those of the run
  std::string label_column, header;  // of a table, as in svdd train; empty: as the model knows it
  std::string output;                // a JSON file for the metrics; empty: none
  std::string scores;                // a CSV file for the scores; empty: none
  BackendOptions backend;
};

// Prints the metrics on standard output. Throws UsageError where an option is missing or wrong,
// std::exception where the run fails.
void run_evaluate(const EvaluateOptions& options);

}  // namespace tools
