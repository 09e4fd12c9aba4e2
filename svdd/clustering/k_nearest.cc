#include "svdd/clustering/k_nearest.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/floating_point_mode.h"
#include "engine/stopping.h"
#include "svdd/clustering/block_products.h"
#include "svdd/clustering/centred_points.h"
#include "svdd/clustering/pair_filter.h"
#include "svdd/clustering/points.h"

namespace svdd {
namespace {

// Some points, of which the first so many are `targets` and those from `first_query` on ask for their neighbours.
struct PointsAndQueries {
  const Points& points;
  const CentredPoints& centred;
  const PairFilter& filter;
  int64_t targets, first_query, k;

  int64_t queries() const { return points.count() - first_query; }
};

// The k nearest found so far of a block of queries.
class NearestOfQueries {
 public:
  using Found =
      std::pair<double, int32_t>;  // squared distance, index: the order of neighbours is that of these

  NearestOfQueries(int64_t queries, int64_t k, double unit)
      : k_(static_cast<size_t>(k)),
        inverse_(1 / (unit * unit)),
        heaps_(static_cast<size_t>(queries)),
        thresholds_(static_cast<size_t>((queries + product_lanes - 1) / product_lanes * product_lanes),
                    -std::numeric_limits<float>::infinity()) {
    std::fill_n(thresholds_.begin(), queries, std::numeric_limits<float>::infinity());
  }

  // Beyond which bound, in the filter's measure, a point cannot be among query q's nearest. Of lanes past the last query
  // none can.
  const float* thresholds(int64_t q) const { return thresholds_.data() + q; }
  double farthest(int64_t q) const {
    const auto& heap = heaps_[static_cast<size_t>(q)];
    return heap.size() < k_ ? std::numeric_limits<double>::infinity() : heap.front().first;
  }
  void offer(int64_t q, Found found) {
    auto& heap = heaps_[static_cast<size_t>(q)];
    if (heap.size() == k_) {
      if (!(found < heap.front())) return;
      std::pop_heap(heap.begin(), heap.end());
      heap.back() = found;
    } else {
      heap.push_back(found);
    }
    std::push_heap(heap.begin(), heap.end());
    if (heap.size() == k_)
      thresholds_[static_cast<size_t>(q)] =
          static_cast<float>(heap.front().first * inverse_ * (1 + 0x1p-20)) + 0x1p-98f;
  }
  void write(const Points& points, int64_t q, int32_t* index, double* distance) {
    auto& heap = heaps_[static_cast<size_t>(q)];
    std::sort_heap(heap.begin(), heap.end());
    for (const auto& [squared, at] : heap) *index++ = at, *distance++ = points.distance(squared);
  }

 private:
  size_t k_;
  double inverse_;
  std::vector<std::vector<Found>> heaps_;  // the farthest first
  std::vector<float> thresholds_;
};

// Sixteen queries against a block of points, whose products with them are y.
void look(const PointsAndQueries& search, int64_t first_query, int64_t q, int64_t queries,
          int64_t first_point, int64_t last_point, const float* y, NearestOfQueries& nearest) {
  const std::vector<float>& norms = search.filter.norm;
  const int64_t at = search.first_query + first_query + q, count = std::min(product_lanes, queries - q);
  float norm[product_lanes] = {};
  std::copy_n(norms.begin() + at, count, norm);
  for (int64_t j = first_point; j < last_point; ++j, y += product_lanes) {
    const float norm_j = norms[static_cast<size_t>(j)];
    const float* threshold = nearest.thresholds(q);
    int32_t near = 0;
    for (int64_t l = 0; l < product_lanes; ++l) near |= (norm[l] + norm_j) - 2 * y[l] <= threshold[l];
    if (!near) continue;
    for (int64_t l = 0; l < count; ++l) {
      if (at + l == j || !((norm[l] + norm_j) - 2 * y[l] <= threshold[l])) continue;
      const double squared = search.points.squared_below(at + l, j, nearest.farthest(q + l));
      nearest.offer(q + l, {squared, static_cast<int32_t>(j)});
    }
  }
}

KNearest run(const PointsAndQueries& search, const Machine& on, engine::ThreadPool& pool,
             const ShareDone& share_done) {
  const int64_t queries = search.queries(), of_queries = block_size(queries, pool.threads()),
                of_points = block_size(search.targets, 1), width = search.filter.width;
  KNearest found{search.k, std::vector<int32_t>(static_cast<size_t>(queries * search.k)),
                 std::vector<double>(static_cast<size_t>(queries * search.k))};
  Turns turns((queries + of_queries - 1) / of_queries, share_done);
  on_threads(pool, turns, [&] {
    BlockProducts products(on, of_queries, of_points, width);
    std::vector<float> rows(static_cast<size_t>(std::max(products.left(), of_points) * width));
    for (int64_t turn = 0; turns.take(turn);) {
      const int64_t first = turn * of_queries, count = std::min(of_queries, queries - first);
      search.filter.write(search.first_query + first, count, products.left(), rows.data());
      products.set_left(rows.data());
      NearestOfQueries nearest(count, search.k, search.centred.unit());
      for (int64_t j = 0; j < search.targets; j += of_points) {
        engine::check_stop();
        const int64_t last = std::min(j + of_points, search.targets);
        search.filter.write(j, last - j, of_points, rows.data());
        products.set_right(rows.data());
        products.multiply();
        for (int64_t q = 0; q < count; q += product_lanes)
          look(search, first, q, count, j, last, products.group(q / product_lanes), nearest);
      }
      for (int64_t q = 0; q < count; ++q) {
        const int64_t at = (first + q) * search.k;
        nearest.write(search.points, q, found.index.data() + at, found.distance.data() + at);
      }
    }
  });
  return found;
}

void check_k(int64_t k, int64_t most) {
  if (k < 1 || k > most)
    throw std::invalid_argument("the " + std::to_string(k) + " nearest of " + std::to_string(most) +
                                (most == 1 ? " point are asked for" : " points are asked for"));
}

KNearest search(std::span<const float> rows, int64_t d, int64_t targets, int64_t first_query, int64_t k,
                const Machine& on, const ShareDone& share_done) {
  const Points points(rows, d, Distance::euclidean);
  engine::ThreadPool pool(threads_for(on, (points.count() - first_query + least_block - 1) / least_block));
  const CentredPoints centred(points, pool);
  const PairFilter filter = full_filter(centred);
  return run({points, centred, filter, targets, first_query, k}, on, pool, share_done);
}

}  // namespace

KNearest k_nearest(std::span<const float> points, std::span<const float> queries, int64_t d, int64_t k,
                   const Machine& on, const ShareDone& share_done) {
  const engine::IeeeMode ieee;
  check_rows("nearest neighbours", points, d, Distance::euclidean, 1);
  const auto targets = static_cast<int64_t>(points.size()) / d;
  check_k(k, targets);
  if (queries.empty()) return {k, {}, {}};
  check_rows("nearest neighbours", queries, d, Distance::euclidean, 1);
  std::vector<float> all(points.begin(), points.end());
  all.insert(all.end(), queries.begin(), queries.end());
  return search(all, d, targets, targets, k, on, share_done);
}

KNearest k_nearest_others(std::span<const float> points, int64_t d, int64_t k, const Machine& on,
                          const ShareDone& share_done) {
  const engine::IeeeMode ieee;
  check_rows("nearest neighbours", points, d, Distance::euclidean, 2);
  const auto count = static_cast<int64_t>(points.size()) / d;
  check_k(k, count - 1);
  return search(points, d, count, 0, k, on, share_done);
}

}  // namespace svdd
