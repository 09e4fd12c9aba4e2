#include "svdd/evaluation/drift.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "svdd/evaluation/threshold.h"

namespace svdd {
namespace {

constexpr size_t most_in_block = 512;

}  // namespace

DriftAlarm::DriftAlarm(std::vector<float> normal_scores, double alpha, uint64_t seed)
    : ties_(seed, "drift/ties"), log10_limit_(-std::log10(alpha)) {
  if (!(alpha > 0 && alpha < 1))
    throw std::invalid_argument("the probability of a false alarm lies in (0, 1); found " +
                                engine::number_text(alpha));
  if (normal_scores.empty())
    throw std::invalid_argument("drift from no normal scores: at least one is needed");
  require_no_nan(normal_scores, "normal scores");
  std::sort(normal_scores.begin(), normal_scores.end());
  count_ = static_cast<int64_t>(normal_scores.size());
  for (size_t begin = 0; begin < normal_scores.size(); begin += most_in_block / 2)
    blocks_.emplace_back(normal_scores.begin() + static_cast<std::ptrdiff_t>(begin),
                         normal_scores.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                     begin + most_in_block / 2, normal_scores.size())));
}

double DriftAlarm::p_value(float score) {
  // As many are below it, and as many equal to it; blocks before the first that ends at it or beyond lie below.
  auto block = std::lower_bound(blocks_.begin(), blocks_.end(), score,
                                [](const std::vector<float>& b, float s) { return b.back() < s; });
  int64_t below = 0, equal = 0;
  for (auto b = blocks_.begin(); b != block; ++b) below += std::ssize(*b);
  for (auto b = block; b != blocks_.end() && b->front() <= score; ++b) {
    const auto [first, last] = std::equal_range(b->begin(), b->end(), score);
    below += first - b->begin(), equal += last - first;
  }
  const int64_t above = count_ - below - equal;
  const double u = ties_.uniform(static_cast<uint64_t>(seen_));
  const double p =
      (static_cast<double>(above) + u * static_cast<double>(equal + 1)) / static_cast<double>(count_ + 1);

  if (block == blocks_.end()) --block;
  block->insert(std::upper_bound(block->begin(), block->end(), score), score);
  ++count_;
  if (block->size() > most_in_block) {
    const auto half = block->begin() + most_in_block / 2;
    std::vector<float> upper(half, block->end());
    block->erase(half, block->end());
    blocks_.insert(block + 1, std::move(upper));
  }
  return p;
}

void DriftAlarm::see(float score) {
  const engine::IeeeMode ieee;
  if (std::isnan(score)) throw std::invalid_argument("drift of a score that is NaN: expected a number");
  constexpr double jump = 0.01;
  const double p = p_value(score);
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    capital_[i] = ((1 - jump) * capital_[i] + jump / 3) * (1 + (i - 1) * (p - 0.5));
    sum += capital_[i];
  }
  for (double& share : capital_) share /= sum;
  log10_capital_ += std::log10(sum);
  log10_highest_ = std::max(log10_highest_, log10_capital_);
  if (!rang_at_ && log10_capital_ >= log10_limit_) rang_at_ = seen_;
  ++seen_;
}

}  // namespace svdd
