// The collapse alarm: has the network learned to send every sample to the same point?
//
// That is the trivial solution of every objective that only pulls towards a centre (Ruff et al. 2018,
// Propositions 1-3), and a ranking hides it: differences of 1e-24 still have an order, so the AUC still is a
// number.
//
// Training is meant to shrink the spread, so a smaller spread alone proves nothing. The limits take it that
// healthy training brings representations at most some 50 times closer together, and so their squared
// distances 2500 times; they lie a factor of 20 and more beyond that, and two of them are free of scale.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace svdd {

// How far a set of n samples spreads. Root mean square figures stand beside the standard deviations because
// only their quotient tells a constant from a small scale.
struct Spread {
  double score_std = 0, score_rms = 0;  // over the n scores
  // Square roots of the variance and of the mean square over the samples, averaged over the coordinates.
  double representation_std = 0, representation_rms = 0;
  int64_t distinct_scores = 0;
};

// `representations` is n x p, row i for score i; p = 0 with no values where a method has none (its two
// figures stay 0). Throws std::invalid_argument for no scores, sizes that disagree, or a number that is not
// finite (naming its row).
Spread measure_spread(std::span<const float> scores, std::span<const float> representations, int64_t p);

// One sentence saying what fell how far and what usually causes it, or nothing. `start`: before the first
// step (for Deep SVDD: after pretraining, about the centre just set), `end`: now, over the same samples. It
// warns when, in this order,
//
// 1. distinct_scores < max(2, 1 % of the start's):
//    whole groups of samples share one score;
// 2. representation_std < 1e-3 of the start's:
//    all samples in one point, twenty times beyond the healthy range;
// 3. representation_std < 1e-5 of representation_rms:
//    what is left of the differences is the rounding of float, whose relative error of 6e-8 grows to about
//    1e-6 through a network's sums (this one needs no start);
// 4. score_std < 1e-6 of the start's:
//    as 2, for methods without representations; squared, as scores are;
// 5. score_std / score_rms < 1e-3 of the start's share:
//    samples differ, but all are about equally far from the centre, as when a bounded activation keeps them
//    off it.
std::optional<std::string> collapse_warning(const Spread& start, const Spread& end);

// The sentence in its place where the data are the cause, or nothing: all `rows`, n of `size` values as the network
// sees them, are equal, so that no network could tell them apart.
std::optional<std::string> equal_samples_warning(std::span<const float> rows, int64_t size);

// One sentence where the scores tell nearly nothing apart, or nothing: nine tenths of them and more are within a
// millionth of one value, though most of the samples they are of, n of `size` values in `rows`, differ from each other.
// For methods of any kind; `which`: "training" or "test".
std::optional<std::string> equal_scores_warning(std::span<const float> scores, std::span<const float> rows,
                                                int64_t size, std::string_view which);

}  // namespace svdd
