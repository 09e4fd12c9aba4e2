// What `svdd score --report` writes.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "svdd/detector.h"
#include "svdd/evaluation/threshold.h"
#include "tools/commands/score.h"
#include "tools/input/score_input.h"

namespace tools {

struct Scored {
  const ScoreInput& input;
  const std::vector<float>& scores;
  const std::optional<svdd::PValues>& p_values;
  double threshold;
  const std::vector<bool>& selected;  // empty: nothing was selected from
  std::string drift;                  // what the drift alarm says; empty: nothing
};

// The page, with maps of the first images or the columns of the first rows: as many as are made in about ten seconds.
std::string score_report(const ScoreOptions& options, svdd::Detector& detector,
                         const std::optional<datasets::TableForm>& form, const Scored& scored,
                         double seconds_of_a_score);

}  // namespace tools
