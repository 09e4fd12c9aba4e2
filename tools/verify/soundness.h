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

struct Examined {
  bool alone = true;  // a run for itself: one that no receipt covers is not sound; two may be compared
  bool data = true;   // what needs the data, too
  std::string data_path = {};  // where they lie now; empty: where the run says
};

// Settings, weights, scores, metrics, history; and, where the data can be read, the data's hashes and the scores that the
// model gives them, on `machine`. A file that is missing or broken is a finding, not an exception.
std::vector<Finding> findings_about(const std::filesystem::path& folder, const Examined& what,
                                    const BackendOptions& machine);

}  // namespace tools
