#include "datasets/hold_out.h"

#include <stdexcept>
#include <string>

#include "engine/random.h"

namespace datasets {
namespace {

std::vector<int64_t> shuffled_rows(int64_t n, uint64_t seed, const char* stream) {
  const std::vector<int32_t> order = engine::permutation(n, engine::RandomStream(seed, stream));
  return {order.begin(), order.end()};
}

}  // namespace

Halves hold_out_test(const Split& all, double fraction, uint64_t seed) {
  if (!(fraction >= 0 && fraction < 1))
    throw std::invalid_argument("the share of rows held out for the test is " + std::to_string(fraction) +
                                "; expected 0 or more and less than 1");
  const std::vector<int64_t> rows = shuffled_rows(all.count(), seed, "split/test");
  const auto cut = rows.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(rows.size()));
  return {all.subset({cut, rows.end()}), all.subset({rows.begin(), cut})};
}

Calibrated hold_out_calibration(const Samples& train, const std::vector<int32_t>& classes, double share,
                                uint64_t seed) {
  if (!(share >= 0 && share < 1))
    throw std::invalid_argument("the share of samples held out for calibration is " + std::to_string(share) +
                                "; expected 0 or more and less than 1");
  const int64_t n = train.count();
  if (!classes.empty() && static_cast<int64_t>(classes.size()) != n)
    throw std::invalid_argument(std::to_string(classes.size()) + " classes were given for " +
                                std::to_string(n) + " training samples");
  const std::vector<int64_t> rows = shuffled_rows(n, seed, "split/calibration");
  std::vector<bool> held(static_cast<size_t>(n));
  for (int64_t i = 0; i < static_cast<int64_t>(share * static_cast<double>(n)); ++i)
    held[static_cast<size_t>(rows[static_cast<size_t>(i)])] = true;
  Calibrated split;
  split.train.shape = split.calibration.shape = train.shape;
  for (int64_t i = 0; i < n; ++i) {
    const bool aside = held[static_cast<size_t>(i)];
    std::vector<float>& to = aside ? split.calibration.values : split.train.values;
    to.insert(to.end(), train.sample(i), train.sample(i) + train.size());
    if (!aside && !classes.empty()) split.train_classes.push_back(classes[static_cast<size_t>(i)]);
  }
  return split;
}

Validated hold_out_validation(const Samples& train, const std::vector<int32_t>& classes, int64_t batch_size,
                              uint64_t seed) {
  const int64_t n = train.count(), held = n / 6;
  if (batch_size < 1)
    throw std::invalid_argument("the batch size is " + std::to_string(batch_size) + "; expected 1 or more");
  if (!classes.empty() && static_cast<int64_t>(classes.size()) != n)
    throw std::invalid_argument(std::to_string(classes.size()) + " classes were given for " +
                                std::to_string(n) + " training samples");
  if (n == 0) throw std::invalid_argument("there are no training samples to hold a part out of");
  const std::vector<int64_t> rows = shuffled_rows(n, seed, "split/validation");
  const int64_t left = n - held, kept = left < batch_size ? left : left / batch_size * batch_size;

  Validated split;
  const auto append = [&](int64_t row, Samples& samples, std::vector<int32_t>& of) {
    samples.values.insert(samples.values.end(), train.sample(row), train.sample(row) + train.size());
    if (!classes.empty()) of.push_back(classes[static_cast<size_t>(row)]);
  };
  split.train.shape = split.validation.shape = train.shape;
  split.validation.values.reserve(static_cast<size_t>(held * train.size()));
  split.train.values.reserve(static_cast<size_t>(kept * train.size()));
  for (int64_t i = 0; i < held; ++i)
    append(rows[static_cast<size_t>(i)], split.validation, split.validation_classes);
  for (int64_t i = held; i < held + kept; ++i)
    append(rows[static_cast<size_t>(i)], split.train, split.train_classes);
  return split;
}

}  // namespace datasets
