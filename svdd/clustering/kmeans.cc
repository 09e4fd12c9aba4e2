#include "svdd/clustering/kmeans.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>

#include "engine/elementary.h"
#include "engine/enough_memory.h"
#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "engine/stopping.h"
#include "svdd/clustering/cluster_means.h"
#include "svdd/clustering/nearest_centres.h"
#include "svdd/clustering/work_sharing.h"

namespace svdd {
namespace {

using Centres = std::vector<double>;

// NearestCentres::assign, wherever it runs.
using Assign = std::function<bool(std::span<const double> centres, std::vector<int32_t>& labels)>;

void check(std::span<const float> rows, int64_t d, const KMeansOptions& o) {
  const auto at_least_one = [](const char* what, int64_t value) {
    if (value < 1)
      throw std::invalid_argument(std::string("k-means: the number of ") + what + " is " +
                                  std::to_string(value) + "; expected at least 1");
  };
  at_least_one("clusters", o.clusters);
  at_least_one("restarts", o.restarts);
  at_least_one("iterations", o.iterations);
  check_rows("k-means", rows, d, Distance::euclidean, 1);
  const int64_t n = static_cast<int64_t>(rows.size()) / d;
  if (o.clusters > n)
    throw std::invalid_argument("k-means: " + std::to_string(o.clusters) + " clusters are asked for of " +
                                std::to_string(n) + " rows; expected no more clusters than rows");
  if (o.initial_centres.empty()) return;
  check_rows("k-means, initial centres", o.initial_centres, d, Distance::euclidean, 1);
  if (static_cast<int64_t>(o.initial_centres.size()) != o.clusters * d)
    throw std::invalid_argument("k-means: there are " +
                                std::to_string(static_cast<int64_t>(o.initial_centres.size()) / d) +
                                " initial centres for " + std::to_string(o.clusters) + " clusters");
}

// Draws one after the other.
class Draws {
 public:
  Draws(uint64_t seed, int64_t run) : stream_(seed, "kmeans/" + std::to_string(run)) {}
  double uniform() { return static_cast<double>(stream_.bits64(next_++) >> 11) * 0x1p-53; }  // [0, 1)
  int64_t below(int64_t n) { return static_cast<int64_t>(stream_.below(static_cast<uint64_t>(n), next_++)); }

 private:
  engine::RandomStream stream_;
  uint64_t next_ = 0;
};

// The rows that k-means++ begins with.
Centres plus_plus(const CentredRows& rows, int64_t clusters, Draws draws) {
  const int64_t n = rows.count(), d = rows.width();
  const auto trials = static_cast<int>(2 + engine::elementary::log(static_cast<float>(clusters)));
  Centres centres;
  std::vector<double> squared(static_cast<size_t>(n), std::numeric_limits<double>::infinity());
  std::vector<double> with_candidate(squared.size()), with_best(squared.size()), up_to(squared.size());

  // The squared distances to the nearest centre if row `candidate` were one too, and their sum.
  const auto potential = [&](int64_t candidate, std::vector<double>& to) {
    const Centres centre(rows.row(candidate), rows.row(candidate) + d);
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      if (i % 1024 == 0) engine::check_stop();
      const auto at = static_cast<size_t>(i);
      to[at] = std::min(squared[at], squared_distance(rows.row(i), centre.data(), d));
      sum += to[at];
    }
    return sum;
  };
  int64_t chosen = draws.below(n);
  potential(chosen, squared);
  for (;;) {
    centres.insert(centres.end(), rows.row(chosen), rows.row(chosen) + d);
    if (static_cast<int64_t>(centres.size()) == clusters * d) return centres;
    std::partial_sum(squared.begin(), squared.end(), up_to.begin());
    double least = std::numeric_limits<double>::infinity();
    for (int trial = 0; trial < trials; ++trial) {
      // The first row at which the running sum exceeds the draw; any row where all lie on centres already.
      const auto drawn = std::upper_bound(up_to.begin(), up_to.end(), draws.uniform() * up_to.back());
      const int64_t candidate = drawn == up_to.end() ? draws.below(n) : drawn - up_to.begin();
      const double sum = potential(candidate, with_candidate);
      if (sum >= least) continue;
      least = sum;
      chosen = candidate;
      with_best.swap(with_candidate);
    }
    squared.swap(with_best);
  }
}

// Moves into each cluster without rows the row farthest from its centre, if any lies off its centre.
void fill_empty(const CentredRows& rows, const Centres& centres, std::vector<int64_t> sizes,
                std::vector<int32_t>& labels) {
  if (std::find(sizes.begin(), sizes.end(), 0) == sizes.end()) return;
  const int64_t d = rows.width();
  std::vector<double> squared(labels.size());
  for (size_t i = 0; i < labels.size(); ++i)
    squared[i] = squared_distance(rows.row(static_cast<int64_t>(i)), centres.data() + labels[i] * d, d);
  for (size_t k = 0; k < sizes.size(); ++k) {
    engine::check_stop();
    if (sizes[k] > 0) continue;
    size_t farthest = labels.size();
    for (size_t i = 0; i < labels.size(); ++i)
      if (squared[i] > (farthest < labels.size() ? squared[farthest] : 0.0) &&
          sizes[static_cast<size_t>(labels[i])] > 1)
        farthest = i;
    if (farthest == labels.size()) return;
    --sizes[static_cast<size_t>(labels[farthest])];
    labels[farthest] = static_cast<int32_t>(k);
    squared[farthest] = 0;
    sizes[k] = 1;
  }
}

// One run from the centres given.
KMeansResult lloyd(std::span<const float> data, const CentredRows& rows, Centres centres,
                   const KMeansOptions& o, const Assign& assign) {
  const int64_t d = rows.width();
  KMeansResult run;
  run.labels.assign(static_cast<size_t>(rows.count()), -1);
  assign(centres, run.labels);
  while (run.iterations < o.iterations && !run.converged) {
    ++run.iterations;
    std::vector<int32_t> members = run.labels;
    fill_empty(rows, centres, cluster_sizes(members, o.clusters), members);
    const Centres means = cluster_means(data, d, members, o.clusters);
    const std::vector<int64_t> sizes = cluster_sizes(members, o.clusters);
    for (size_t k = 0; k < sizes.size(); ++k)  // one that stays empty stays where it is
      if (sizes[k] > 0)
        std::copy_n(means.begin() + static_cast<int64_t>(k) * d, d,
                    centres.begin() + static_cast<int64_t>(k) * d);
    run.converged = !assign(centres, run.labels);
  }
  for (size_t i = 0; i < run.labels.size(); ++i)
    run.inertia += squared_distance(rows.row(static_cast<int64_t>(i)), centres.data() + run.labels[i] * d, d);
  run.sizes = cluster_sizes(run.labels, o.clusters);
  run.centres.assign(centres.begin(), centres.end());
  return run;
}

KMeansResult best_of_runs(std::span<const float> rows, int64_t d, const KMeansOptions& options,
                          const Machine& on) {
  const std::vector<float>& given = options.initial_centres;
  const int64_t runs = given.empty() ? options.restarts : 1;
  engine::ThreadPool pool(
      threads_for(on, std::max(runs, static_cast<int64_t>(rows.size()) / (d * least_block))));
  const CentredRows centred(rows, d, pool);
  std::optional<RowBlocks> blocks;
  std::optional<NearestCentresOnDevice> on_device;
  if (on.device.backend)
    on_device.emplace(centred, options.clusters, on.device);
  else
    blocks.emplace(centred, on);
  std::optional<KMeansResult> best;
  int64_t best_run = 0;
  std::mutex lock;
  Turns turns(runs);
  on_threads(pool, turns, [&] {
    std::optional<NearestCentres> on_host;
    if (blocks) on_host.emplace(*blocks, options.clusters, on);
    const Assign assign = [&](std::span<const double> centres, std::vector<int32_t>& labels) {
      return on_device ? on_device->assign(centres, labels) : on_host->assign(centres, labels);
    };
    for (int64_t r = 0; turns.take(r);) {
      Centres begin = given.empty() ? plus_plus(centred, options.clusters, Draws(options.seed, r))
                                    : Centres(given.begin(), given.end());
      KMeansResult run = lloyd(rows, centred, std::move(begin), options, assign);
      const std::lock_guard hold(lock);  // the least inertia, then the first: in whatever order runs end
      if (best && (run.inertia > best->inertia || (run.inertia == best->inertia && r > best_run))) continue;
      best = std::move(run);
      best_run = r;
    }
  });
  return std::move(*best);
}

}  // namespace

KMeansResult kmeans(std::span<const float> rows, int64_t d, const KMeansOptions& options, const Machine& on) {
  const engine::IeeeMode ieee;
  check(rows, d, options);
  return engine::with_enough_memory(
      [&] {
        return "k-means of " + std::to_string(options.clusters) + " clusters on " +
               std::to_string(static_cast<int64_t>(rows.size()) / d) +
               " rows; fewer clusters or threads take less";
      },
      [&] { return best_of_runs(rows, d, options, on); });
}

}  // namespace svdd
