// Whether p-values keep what they promise: of normal samples that neither fit nor calibration has seen, how many have a p-value
// of at most a rate, beside how many should.
//
// Where m calibration samples and n fresh ones are exchangeable and no scores are equal, the fresh p-values of at most the rate
// are those above the k-th largest calibration score, k = ⌊rate·(m + 1)⌋, and their number is beta-binomial with parameters n,
// k and m + 1 − k (Vovk, "Conditional validity of inductive conformal predictors", 2012; Angelopoulos and Bates, "A gentle
// introduction to conformal prediction and distribution-free uncertainty quantification", 2021, appendix C). That is wider than
// binomial, which would take the threshold for exact where it hangs on m samples. Equal scores only make p-values larger.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace svdd {

struct Reliability {
  double rate = 0;
  int64_t seen = 0, samples = 0;  // fresh normal samples with a p-value of at most the rate, and all of them
  int64_t low = 0, high = 0;      // between which `seen` is with the probability that was asked for
};

// For each rate, in [0, 1]. std::invalid_argument for no scores of either kind, a NaN, a rate outside [0, 1] and a probability
// outside (0, 1).
std::vector<Reliability> reliability(std::span<const float> calibration_scores,
                                     std::span<const float> fresh_scores, std::span<const double> rates,
                                     double probability = 0.95);

// Between which two counts lie, with this probability, the fresh normal samples, of so many, that are above the threshold which
// so many calibration samples set for the rate (conformal_threshold). The same is thrown as by reliability.
std::pair<int64_t, int64_t> false_alarms_by_chance(int64_t calibration_samples, int64_t fresh_samples,
                                                   double rate, double probability = 0.95);

// The central interval of a beta-binomial count: the least and the largest s of 0 … n that leave less than half of what is
// beyond `probability` below and above them. n >= 0; of the parameters, at least 0, not both are 0.
std::pair<int64_t, int64_t> beta_binomial_interval(int64_t n, int64_t alpha, int64_t beta,
                                                   double probability);

}  // namespace svdd
