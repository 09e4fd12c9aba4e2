// `svdd export`: a trained model for other tools.
#pragma once
#include <string>

namespace tools {

struct ExportOptions {
  std::string model, output;
  std::string format;  // of svdd/export/export.h
  bool quiet = false;
};

// Throws UsageError and std::exception as run_score does; nothing half-written. An existing file is replaced, unless it is one
// of a run or model.
void run_export(const ExportOptions& options);

}  // namespace tools
