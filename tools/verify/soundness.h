// A run against itself: whether its files are those that its results speak of.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "tools/options/backend_options.h"

namespace tools {

struct Finding {
  enum class Kind { holds, fails, not_checked };
  Kind kind;
  std::string what;  // "scores.csv: 2000 scores, whose hash is scores_sha256"
};

// Settings, weights, scores, metrics, history; and, where the data can be read, the data's hashes and the scores that the
// model gives them, on `machine`. A file that is missing or broken is a finding, not an exception.
std::vector<Finding> findings_about(const std::filesystem::path& folder, const BackendOptions& machine);

}  // namespace tools
