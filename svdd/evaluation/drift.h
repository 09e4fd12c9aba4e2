// An alarm for drift: whether new samples still look like those that a detector was calibrated on.
//
// Under no drift the calibration's scores and the new ones are exchangeable, so the rank of each new score among all before it
// gives independent uniform p-values, ties broken by chance (Vovk, Gammerman, Shafer, "Algorithmic learning in a random
// world", 2005, theorem 8.2). A gambler bets against that, on small p-values, on large ones, or not at all, and changes over
// with probability 1/100 a step (the Simple Jumper of Vovk et al., "Retrain or not retrain: conformal test martingales for
// change-point detection", 2021). The capital is a martingale that starts at 1, so it ever exceeds 1/α with probability at
// most α (Ville's inequality): for however many samples, an alarm is false with probability at most α.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/random.h"

namespace svdd {

class DriftAlarm {
 public:
  // Scores of normal samples that were not trained on, at least one; α in (0, 1). std::invalid_argument for others, and a
  // NaN. The seed breaks ties.
  DriftAlarm(std::vector<float> normal_scores, double alpha, uint64_t seed = 1);

  // The next score, in the order in which the samples come; std::invalid_argument for a NaN. Time grows with the square root
  // of how many there were, memory with their number.
  void see(float score);

  // At which sample, from 0, the capital exceeded 1/α for the first time.
  const std::optional<int64_t>& rang_at() const { return rang_at_; }
  int64_t seen() const { return seen_; }
  double log10_capital() const { return log10_capital_; }
  double log10_highest() const { return log10_highest_; }

 private:
  double p_value(float score);  // and the score joins those that were seen

  std::vector<std::vector<float>> blocks_;  // ascending, in ascending pieces of bounded size
  int64_t count_ = 0, seen_ = 0;
  engine::RandomStream ties_;
  double log10_limit_;
  double capital_[3] = {1.0 / 3, 1.0 / 3, 1.0 / 3};  // shares of the capital on ε = −1, 0, 1; their sum is 1
  double log10_capital_ = 0, log10_highest_ = 0;
  std::optional<int64_t> rang_at_;
};

}  // namespace svdd
