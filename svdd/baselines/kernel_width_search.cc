#include "svdd/baselines/kernel_width_search.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "svdd/evaluation/metrics.h"

namespace svdd {

using datasets::Samples;

namespace {

Samples picked(const Samples& from, const std::vector<int64_t>& rows) {
  Samples some{from.shape, {}};
  for (const int64_t i : rows)
    some.values.insert(some.values.end(), from.sample(i), from.sample(i) + from.size());
  return some;
}

std::vector<int32_t> picked(const std::vector<int32_t>& from, const std::vector<int64_t>& rows) {
  std::vector<int32_t> some;
  for (const int64_t i : rows) some.push_back(from[static_cast<size_t>(i)]);
  return some;
}

}  // namespace

std::vector<double> published_kernel_widths() {
  std::vector<double> widths;
  for (int exponent = -10; exponent <= -1; ++exponent) widths.push_back(std::ldexp(1.0, exponent));
  return widths;
}

KernelWidthSearch search_kernel_width(const Samples& train, const Samples& test,
                                      const std::vector<int32_t>& test_labels,
                                      const KernelSvddOptions& options, const std::vector<double>& widths,
                                      uint64_t seed, engine::Backend& backend, Monitor& monitor) {
  const engine::IeeeMode ieee;
  const int64_t n = test.count();
  if (widths.empty()) throw std::invalid_argument("kernel width search: there are no widths to try");
  if (n < 10 || static_cast<int64_t>(test_labels.size()) != n)
    throw std::invalid_argument(
        "kernel width search: it takes at least 10 test samples and a label for each; found " +
        std::to_string(n) + " samples and " + std::to_string(test_labels.size()) + " labels");
  const auto order = engine::permutation(n, engine::RandomStream(seed, "kernel-width/rows"));
  KernelWidthSearch search;
  std::vector<int64_t> tenth(order.begin(), order.begin() + n / 10);
  search.rest.assign(order.begin() + n / 10, order.end());
  std::sort(tenth.begin(), tenth.end());
  std::sort(search.rest.begin(), search.rest.end());
  const Samples tenth_samples = picked(test, tenth);
  const std::vector<int32_t> tenth_labels = picked(test_labels, tenth),
                             rest_labels = picked(test_labels, search.rest);

  double best = -1;
  for (const double gamma : widths) {
    KernelSvddOptions with = options;
    with.gamma = gamma;
    auto detector = make_kernel_svdd(with, backend);
    detector->fit({train, {}}, monitor);
    const double auc = roc_auc(detector->score(tenth_samples), tenth_labels);
    search.candidates.push_back({gamma, auc});
    if (auc <= best) continue;
    best = auc;
    search.gamma = gamma;
    search.detector = std::move(detector);
  }
  search.rest_scores = search.detector->score(picked(test, search.rest));
  search.rest_auc = roc_auc(search.rest_scores, rest_labels);
  return search;
}

}  // namespace svdd
