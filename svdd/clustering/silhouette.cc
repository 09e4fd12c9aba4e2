#include "svdd/clustering/silhouette.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "engine/floating_point_mode.h"
#include "engine/stopping.h"
#include "svdd/clustering/block_products.h"
#include "svdd/clustering/centred_points.h"

namespace svdd {
namespace {

// The points in an order in which those that no partition separates, a cell, stand together.
struct Cells {
  std::vector<int32_t> order;                    // of the points
  std::vector<int32_t> cell_at;                  // of each place in that order
  std::vector<std::vector<int32_t>> cluster_of;  // of each cell, for each partition
  std::vector<std::vector<int64_t>> sizes;       // of each cluster, for each partition
  int64_t count = 0;
};

Cells cells_of(std::span<const std::vector<int32_t>> partitions, int64_t n) {
  Cells cells;
  for (const std::vector<int32_t>& labels : partitions) {
    if (static_cast<int64_t>(labels.size()) != n)
      throw std::invalid_argument("silhouette: " + std::to_string(labels.size()) + " labels for " +
                                  std::to_string(n) + " rows; expected one label per row");
    const auto [least, most] = std::minmax_element(labels.begin(), labels.end());
    if (*least < 0 || *most >= n)
      throw std::invalid_argument("silhouette: a label is " + std::to_string(*least < 0 ? *least : *most) +
                                  "; expected 0 to the number of rows - 1");
    std::vector<int64_t>& sizes = cells.sizes.emplace_back(static_cast<size_t>(*most) + 1);
    for (const int32_t label : labels) ++sizes[static_cast<size_t>(label)];
    if (std::count(sizes.begin(), sizes.end(), n) != 0)
      throw std::invalid_argument("silhouette: all rows are in one cluster; at least two are needed");
  }
  const auto same_or_order = [&](int32_t i,
                                 int32_t j) {  // < 0, 0, > 0 by the labels, coarsest partition first
    for (auto labels = partitions.rbegin(); labels != partitions.rend(); ++labels)
      if (const int32_t a = (*labels)[static_cast<size_t>(i)], b = (*labels)[static_cast<size_t>(j)]; a != b)
        return a < b ? -1 : 1;
    return 0;
  };
  cells.order.resize(static_cast<size_t>(n));
  std::iota(cells.order.begin(), cells.order.end(), 0);
  std::stable_sort(cells.order.begin(), cells.order.end(),
                   [&](int32_t i, int32_t j) { return same_or_order(i, j) < 0; });
  cells.cluster_of.resize(partitions.size());
  for (size_t r = 0; r < cells.order.size(); ++r) {
    if (r == 0 || same_or_order(cells.order[r - 1], cells.order[r]) != 0) {
      ++cells.count;
      for (size_t p = 0; p < partitions.size(); ++p)
        cells.cluster_of[p].push_back(partitions[p][static_cast<size_t>(cells.order[r])]);
    }
    cells.cell_at.push_back(static_cast<int32_t>(cells.count - 1));
  }
  return cells;
}

// One thread's part: rows of points against all points.
class RowSums {
 public:
  static constexpr int64_t height = 96;

  RowSums(const CentredPoints& centred, const Cells& cells, const Machine& on)
      : centred_(centred),
        cells_(cells),
        products_(on, height, width, centred.width()),
        buffer_(static_cast<size_t>(width * centred.width())),
        sums_(static_cast<size_t>(height * cells.count)) {}

  // The sums of distances from the points at places first … first+height-1 to each cell.
  void compute(int64_t first) {
    const int64_t n = centred_.points().count();
    std::fill(sums_.begin(), sums_.end(), 0.0);
    write(first, std::min(height, n - first), height);
    products_.set_left(buffer_.data());
    for (int64_t begin = 0; begin < n; begin += width) {
      engine::check_stop();
      const int64_t end = std::min(begin + width, n);
      write(begin, end - begin, width);
      products_.set_right(buffer_.data());
      products_.multiply();
      for (int64_t g = 0; g < height / product_lanes; ++g) add(first + g * product_lanes, g, begin, end);
    }
  }

  // Sums of the sixteen points of group g, by cell: [cells][16].
  const double* group(int64_t g) const { return sums_.data() + g * cells_.count * product_lanes; }

 private:
  static constexpr int64_t width = 480;

  void write(int64_t first, int64_t count, int64_t up_to) {
    const int64_t d = centred_.width();
    for (int64_t r = 0; r < count; ++r)
      centred_.write(cells_.order[static_cast<size_t>(first + r)], 1, 1, buffer_.data() + r * d);
    std::fill(buffer_.begin() + count * d, buffer_.begin() + up_to * d, 0.0f);
  }

  void add(int64_t first, int64_t g, int64_t begin, int64_t end) {
    const Points& points = centred_.points();
    const double unit = centred_.unit();
    const bool halves = points.kind() == Distance::cosine;
    const float* y = products_.group(g);
    double norm[product_lanes] = {};
    const int64_t used = std::clamp<int64_t>(points.count() - first, 0, product_lanes);
    for (int64_t l = 0; l < used; ++l)
      norm[l] = centred_.squared_norm(cells_.order[static_cast<size_t>(first + l)]);
    for (int64_t c = begin; c < end; ++c, y += product_lanes) {
      const int32_t j = cells_.order[static_cast<size_t>(c)];
      const double norm_j = centred_.squared_norm(j);
      double squared[product_lanes];
      int32_t near = 0;
      for (int64_t l = 0; l < product_lanes; ++l) {
        const double q = norm[l] + norm_j;
        squared[l] = q - 2 * static_cast<double>(y[l]);
        near |= squared[l] <= too_near * q;
      }
      if (near)
        for (int64_t l = 0; l < used; ++l)
          if (squared[l] <= too_near * (norm[l] + norm_j))
            squared[l] = points.squared(cells_.order[static_cast<size_t>(first + l)], j) / (unit * unit);
      double* sum =
          sums_.data() + (g * cells_.count + cells_.cell_at[static_cast<size_t>(c)]) * product_lanes;
      for (int64_t l = 0; l < product_lanes; ++l)
        sum[l] += halves ? squared[l] * (unit * unit / 2) : std::sqrt(squared[l]) * unit;
    }
  }

  // Below this share of ‖a‖² + ‖b‖² a difference of products has lost too many bits.
  static constexpr double too_near = 0x1p-6;

  const CentredPoints& centred_;
  const Cells& cells_;
  BlockProducts products_;
  std::vector<float> buffer_;
  std::vector<double> sums_;
};

// s of sixteen points, which are in the clusters `own`, from their sums by cell.
class Coefficients {
 public:
  Coefficients(const Cells& cells, size_t partition)
      : cluster_of_(cells.cluster_of[partition]),
        sizes_(cells.sizes[partition]),
        sums_(sizes_.size() * static_cast<size_t>(product_lanes)) {}

  double operator()(const double* by_cell, int64_t lane, int32_t own) {
    if (lane == 0) gather(by_cell);
    const auto size = [&](size_t k) { return static_cast<double>(sizes_[k]); };
    const auto mine = static_cast<size_t>(own);
    if (sizes_[mine] == 1) return 0;
    const double a = sum(mine, lane) / (size(mine) - 1);
    double b = std::numeric_limits<double>::infinity();
    for (size_t k = 0; k < sizes_.size(); ++k)
      if (k != mine && sizes_[k] > 0) b = std::min(b, sum(k, lane) / size(k));
    const double larger = std::max(a, b);
    return larger > 0 ? (b - a) / larger : 0;
  }

 private:
  double sum(size_t cluster, int64_t lane) const {
    return sums_[cluster * static_cast<size_t>(product_lanes) + static_cast<size_t>(lane)];
  }
  void gather(const double* by_cell) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    for (const int32_t cluster : cluster_of_) {
      double* to = sums_.data() + cluster * product_lanes;
      for (int64_t l = 0; l < product_lanes; ++l) to[l] += by_cell[l];
      by_cell += product_lanes;
    }
  }

  const std::vector<int32_t>& cluster_of_;
  const std::vector<int64_t>& sizes_;
  std::vector<double> sums_;
};

}  // namespace

std::vector<double> mean_silhouettes(const Points& points, std::span<const std::vector<int32_t>> partitions,
                                     const Machine& on, const ShareDone& share_done) {
  const engine::IeeeMode ieee;
  const int64_t n = points.count();
  const Cells cells = cells_of(partitions, n);
  std::vector<std::vector<double>> s(partitions.size(), std::vector<double>(static_cast<size_t>(n)));
  if (partitions.empty()) return {};
  Turns turns((n + RowSums::height - 1) / RowSums::height, share_done);
  engine::ThreadPool pool(threads_for(on, turns.total()));
  const CentredPoints centred(points, pool);
  on_threads(pool, turns, [&] {
    RowSums sums(centred, cells, on);
    std::vector<Coefficients> coefficients;
    for (size_t p = 0; p < partitions.size(); ++p) coefficients.emplace_back(cells, p);
    for (int64_t turn = 0; turns.take(turn);) {
      const int64_t first = turn * RowSums::height, count = std::min(RowSums::height, n - first);
      sums.compute(first);
      for (size_t p = 0; p < partitions.size(); ++p)
        for (int64_t r = 0; r < count; ++r) {
          engine::check_stop();
          const auto i = static_cast<size_t>(cells.order[static_cast<size_t>(first + r)]);
          s[p][i] = coefficients[p](sums.group(r / product_lanes), r % product_lanes, partitions[p][i]);
        }
    }
  });
  std::vector<double> means;
  means.reserve(s.size());
  for (const std::vector<double>& all : s)
    means.push_back(std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(n));
  return means;
}

double mean_silhouette(std::span<const float> rows, int64_t d, Distance distance,
                       const std::vector<int32_t>& labels, const Machine& on) {
  const engine::IeeeMode ieee;
  check_rows("silhouette", rows, d, distance, 2);
  return mean_silhouettes(Points(rows, d, distance), {&labels, 1}, on)[0];
}

}  // namespace svdd
