#include "svdd/clustering/nearest_neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/floating_point_mode.h"
#include "svdd/clustering/block_products.h"
#include "svdd/clustering/centred_points.h"
#include "svdd/clustering/nearest_candidates.h"
#include "svdd/clustering/pair_filter.h"

namespace svdd {
namespace {

constexpr int64_t projected_width = 128, least_rows_to_project = 2000;
constexpr int64_t part = 64;  // rows that a thread takes at a time of what a device is given or has found

// The nearest row found so far, of every row.
class Nearest {
 public:
  // In the filter's measure, squared(i, j) cannot be below `threshold` where a lower bound on it exceeds
  // that.
  Nearest(int64_t n, double unit)
      : index(static_cast<size_t>(n), -1),
        squared(static_cast<size_t>(n), HUGE_VAL),
        threshold(static_cast<size_t>(n), std::numeric_limits<float>::infinity()),
        inverse_(1 / (unit * unit)) {}

  void offer(int64_t i, int64_t j, double d) {
    const auto at = static_cast<size_t>(i);
    if (d > squared[at] || (d == squared[at] && (index[at] < 0 || j >= index[at]))) return;
    index[at] = static_cast<int32_t>(j);
    squared[at] = d;
    threshold[at] = static_cast<float>(d * inverse_ * (1 + 0x1p-20)) + 0x1p-98f;
  }
  // Whether row j could still become the neighbour of row i, given a lower bound on their distance.
  bool open_to(int64_t i, int64_t j, float bound) const {
    const auto at = static_cast<size_t>(i);
    return bound <= threshold[at] && (squared[at] > 0 || j < index[at]);
  }

  std::vector<int32_t> index;
  std::vector<double> squared;
  std::vector<float> threshold;

 private:
  double inverse_;
};

// The turn-th of the pairs (a, b), 0 <= a < b < blocks, in row-major order.
std::pair<int64_t, int64_t> block_pair(int64_t turn, int64_t blocks) {
  int64_t a = 0;
  for (; turn >= blocks - 1 - a; ++a) turn -= blocks - 1 - a;
  return {a, a + 1 + turn};
}

// One thread's part of the search.
class Search {
 public:
  // Of `found` it reads and changes the rows of the blocks that it is given.
  Search(const Points& points, const PairFilter& quick, const PairFilter& full, int64_t block,
         const Machine& on, Nearest& found)
      : points_(points), full_(full), block_(block), on_(on), found_(found) {
    use(quick);
  }

  // All pairs of a row of block a with one of block b.
  void pair(int64_t a, int64_t b) {
    if (filter_ != &full_ && measured_ > most_measured()) use(full_);
    if (a != left_) {
      write(a);
      products_->set_left(buffer_.data());
      left_ = a;
    }
    write(b);
    products_->set_right(buffer_.data());
    products_->multiply();
    const int64_t first = a * block_, last = std::min(first + block_, points_.count());
    if (a == b)
      for (int64_t i = first; i < last; i += product_lanes)
        begin(i, std::min(i + product_lanes, last), first, last,
              products_->group((i - first) / product_lanes));
    for (int64_t i = first; i < last; i += product_lanes)
      look(i, std::min(i + product_lanes, last), b * block_, products_->group((i - first) / product_lanes));
    seen_ += block_ * block_;
  }

 private:
  void use(const PairFilter& filter) {
    filter_ = &filter;
    left_ = -1;
    products_.emplace(on_, block_, block_, filter.width);
    buffer_.resize(static_cast<size_t>(block_ * filter.width));
  }
  void write(int64_t block) {
    const int64_t first = block * block_;
    filter_->write(first, std::min(block_, points_.count() - first), block_, buffer_.data());
  }

  // To measure a pair takes as long as the products of some twenty; every row needs a few to begin with.
  int64_t most_measured() const { return seen_ / 20 + 32 * points_.count(); }

  // Measures for each of sixteen rows the one that looks nearest in its own block, so that what follows has
  // something to beat.
  void begin(int64_t i, int64_t last, int64_t first, int64_t end, const float* y) {
    float least[product_lanes];
    int32_t nearest[product_lanes] = {};
    std::fill_n(least, product_lanes, std::numeric_limits<float>::infinity());
    for (int64_t j = first; j < end; ++j, y += product_lanes) {
      const float norm_j = filter_->norm[static_cast<size_t>(j)];
      for (int64_t l = 0; l < product_lanes; ++l) {
        const float bound = i + l == j ? std::numeric_limits<float>::infinity() : norm_j - 2 * y[l];
        nearest[l] = bound < least[l] ? static_cast<int32_t>(j) : nearest[l];
        least[l] = bound < least[l] ? bound : least[l];
      }
    }
    for (int64_t l = 0; i + l < last; ++l)
      if (std::isfinite(least[l])) measure(i + l, nearest[l], 0);
  }

  // Sixteen rows against a block of others, left behind at once unless one of the pairs could be nearer than
  // what is known of either row.
  void look(int64_t i, int64_t last, int64_t j, const float* y) {
    float norm[product_lanes] = {}, threshold[product_lanes] = {};
    const auto read = [&] {
      for (int64_t l = 0; i + l < last; ++l) threshold[l] = found_.threshold[static_cast<size_t>(i + l)];
    };
    read();
    std::copy(filter_->norm.begin() + i, filter_->norm.begin() + last, norm);
    const int64_t end = std::min(j + block_, points_.count());
    for (; j < end; ++j, y += product_lanes) {
      const float norm_j = filter_->norm[static_cast<size_t>(j)],
                  threshold_j = found_.threshold[static_cast<size_t>(j)];
      int32_t near = 0;
      for (int64_t l = 0; l < product_lanes; ++l) {
        const float limit = threshold[l] < threshold_j ? threshold_j : threshold[l];
        near |= (norm[l] + norm_j) - 2 * y[l] <= limit;
      }
      if (!near) continue;
      for (int64_t l = 0; i + l < last; ++l) measure(i + l, j, (norm[l] + norm_j) - 2 * y[l]);
      read();
    }
  }

  void measure(int64_t i, int64_t j, float bound) {
    if (i == j || !(found_.open_to(i, j, bound) || found_.open_to(j, i, bound))) return;
    const double limit =
        std::max(found_.squared[static_cast<size_t>(i)], found_.squared[static_cast<size_t>(j)]);
    const double squared = points_.squared_below(i, j, limit);
    found_.offer(i, j, squared);
    found_.offer(j, i, squared);
    ++measured_;
  }

  const Points& points_;
  const PairFilter &full_, *filter_ = nullptr;
  int64_t block_, left_ = -1, seen_ = 0, measured_ = 0;
  const Machine& on_;
  std::optional<BlockProducts> products_;
  std::vector<float> buffer_;
  Nearest& found_;
};

// The centred rows first … first+count-1.
std::vector<float> block_of(const CentredPoints& centred, int64_t first, int64_t count,
                            engine::ThreadPool& pool) {
  std::vector<float> z(static_cast<size_t>(count * centred.width()));
  Turns turns((count + part - 1) / part);
  on_threads(pool, turns, [&] {
    for (int64_t turn = 0; turns.take(turn);) {
      const int64_t rows = std::min(part, count - turn * part);
      centred.write(first + turn * part, rows, rows, z.data() + turn * part * centred.width());
    }
  });
  return z;
}

// Measures what a search for the rows first … first+count-1 has listed of the points from `other` on. In
// `found` distances are squared.
void measure_listed(const Points& points, const NearestCandidates& search, int64_t first, int64_t count,
                    int64_t other, engine::ThreadPool& pool, Neighbours& found) {
  Turns parts((count + part - 1) / part);
  on_threads(pool, parts, [&] {
    for (int64_t turn = 0; parts.take(turn);)
      for (int64_t r = turn * part; r < std::min(count, (turn + 1) * part); ++r) {
        int32_t& index = found.index[static_cast<size_t>(first + r)];
        double& least = found.distance[static_cast<size_t>(first + r)];
        for (const float k : search.of(r)) {  // ascending: of equals the lowest is there first
          if (least == 0) break;
          const int64_t j = other + static_cast<int64_t>(k);
          const double squared = points.squared_below(first + r, j, least);
          if (squared < least) index = static_cast<int32_t>(j), least = squared;
        }
      }
  });
}

// All pairs of a row of one block with a row of another are the device's work; those that may be nearest are
// measured here.
Neighbours search_on_device(const CentredPoints& centred, const Device& device, engine::ThreadPool& pool,
                            const ShareDone& share_done) {
  const Points& points = centred.points();
  const int64_t n = points.count(),
                block = std::min(device.block, (n + product_lanes - 1) / product_lanes * product_lanes);
  NearestCandidates search(centred, device, block, block);
  std::vector<NearestCandidates::Targets> blocks;
  for (int64_t first = 0; first < n; first += block) {
    blocks.push_back(search.targets());
    search.assign(block_of(centred, first, std::min(block, n - first), pool), blocks.back());
  }

  Neighbours found{std::vector<int32_t>(static_cast<size_t>(n), -1),
                   std::vector<double>(static_cast<size_t>(n), HUGE_VAL)};
  Turns turns(static_cast<int64_t>(blocks.size()), share_done);
  for (int64_t turn = 0; turns.take(turn);) {
    const int64_t first = turn * block, count = std::min(block, n - first);
    const NearestCandidates::Rows rows = search.rows(first, blocks[static_cast<size_t>(turn)]);
    search.begin();
    for (int64_t other = 0; other < static_cast<int64_t>(blocks.size()); ++other) {
      search.search(rows, blocks[static_cast<size_t>(other)], other == turn);
      measure_listed(points, search, first, count, other * block, pool, found);
    }
  }
  for (double& d : found.distance) d = points.distance(d);
  return found;
}

}  // namespace

Neighbours nearest_neighbours(std::span<const float> rows, int64_t d, Distance distance, const Machine& on,
                              const ShareDone& share_done) {
  const engine::IeeeMode ieee;
  check_rows("nearest neighbours", rows, d, distance, 2);
  return nearest_neighbours(Points(rows, d, distance), on, share_done);
}

Neighbours nearest_neighbours(const Points& points, const Machine& on, const ShareDone& share_done) {
  const engine::IeeeMode ieee;
  const int64_t n = points.count();
  engine::ThreadPool pool(threads_for(on, (n + least_block - 1) / least_block));
  const CentredPoints centred(points, pool);
  // The distance to a row without a direction is a convention that no product knows of.
  if (on.device.backend && points.all_have_directions())
    return search_on_device(centred, on.device, pool, share_done);
  const PairFilter full = full_filter(centred);
  const bool project = centred.width() >= 3 * projected_width && n >= least_rows_to_project;
  const PairFilter projected = project ? projected_filter(centred, projected_width, on, pool) : PairFilter();

  const int64_t block = block_size(n, pool.threads()), blocks = (n + block - 1) / block;
  const int64_t pairs = blocks * (blocks - 1) / 2;
  Nearest best(n, centred.unit());
  Turns within(blocks), between(pairs, share_done);
  on_threads(pool, within, [&] {
    Search search(points, project ? projected : full, full, block, on, best);
    for (int64_t turn = 0; within.take(turn);) search.pair(turn, turn);  // a block is one thread's alone
  });
  std::mutex lock;
  const Nearest begun = best;
  on_threads(pool, between, [&] {
    Nearest found = begun;
    Search search(points, project ? projected : full, full, block, on, found);
    for (int64_t turn = 0; between.take(turn);) {
      const auto [a, b] = block_pair(turn, blocks);
      search.pair(a, b);
    }
    const std::lock_guard hold(lock);  // in whatever order they come here: the nearest, then the lowest index
    for (int64_t i = 0; i < n; ++i)
      if (const auto at = static_cast<size_t>(i); found.index[at] >= 0)
        best.offer(i, found.index[at], found.squared[at]);
  });

  Neighbours result{std::move(best.index), std::move(best.squared)};
  for (double& d : result.distance) d = points.distance(d);
  return result;
}

}  // namespace svdd
