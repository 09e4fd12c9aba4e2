#include "datasets/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "engine/backends/cpu/cpu.h"
#include "engine/floating_point_mode.h"
#include "engine/stopping.h"
#include "engine/threads.h"

namespace datasets {
namespace {

using engine::Range;
using engine::ThreadPool;
using Pair = double __attribute__((vector_size(16)));

// Columns are worked on in groups of this many: a row's part fills whole registers and a few cache lines.
constexpr int64_t panel = 64;

inline Pair load_pair(const double* from) {
  Pair pair;
  std::memcpy(&pair, from, sizeof(pair));
  return pair;
}
inline void store(double* to, Pair pair) { std::memcpy(to, &pair, sizeof(pair)); }

// A matrix with rows padded to whole panels, so that no loop has a remainder. Padding stays zero.
struct Padded {
  explicit Padded(int64_t size)
      : n(size), stride((size + panel - 1) / panel * panel), numbers(static_cast<size_t>(n * stride)) {}
  double* row(int64_t i) { return numbers.data() + i * stride; }
  const double* row(int64_t i) const { return numbers.data() + i * stride; }
  int64_t panels() const { return stride / panel; }

  int64_t n, stride;
  std::vector<double> numbers;
};

struct Tridiagonal {
  std::vector<double> diagonal, beside;  // n; beside[i] couples i and i+1, the last is 0
};

// A reflection H = I - scale · v vᵀ that maps x onto a multiple of the first unit vector. v, whose first
// number is 1 and whose others are no larger, takes x's place; scale is 0, and H = I, where there is nothing
// to map. Returns what x[0] becomes.
double reflector(double* x, int64_t n, double& scale) {
  double tail = 0;
  for (int64_t i = 1; i < n; ++i) tail += x[i] * x[i];
  scale = 0;
  constexpr double vanishing = 1e-280;  // of a matrix whose largest entry is about 1
  if (tail < vanishing) return x[0];
  const double length = std::sqrt(x[0] * x[0] + tail), image = x[0] > 0 ? -length : length;
  const double lead = x[0] - image;  // no cancellation: the signs differ
  scale = 2 * (lead * lead / (lead * lead + tail));
  x[0] = 1;
  for (int64_t i = 1; i < n; ++i) x[i] /= lead;
  return image;
}

// A -= v wᵀ + w vᵀ, and, in the same pass over memory, product = A u, both on rows and columns [first, n).
// Column by column the rows come in rising order, so the product's chains are the same however columns are
// shared out.
void update_and_multiply(Padded& a, int64_t first, const double* v, const double* w, const double* u,
                         double* product, ThreadPool& pool) {
  const int64_t first_panel = first / panel;
  pool.run(a.panels() - first_panel, [&](Range range) {
    const int64_t begin = (first_panel + range.first) * panel, end = (first_panel + range.last) * panel;
    std::fill(product + begin, product + end, 0.0);
    for (int64_t i = first; i < a.n; ++i) {
      double* row = a.row(i);
      const double vi = v[i], wi = w[i], ui = u[i];
      for (int64_t j = begin; j < end; j += 2) {
        const Pair updated = load_pair(row + j) - (vi * load_pair(w + j) + wi * load_pair(v + j));
        store(row + j, updated);
        store(product + j, load_pair(product + j) + ui * updated);
      }
    }
  });
}

// Reduces A by n - 2 reflections. Reflection k, over indices k+1 … n-1, stays in row k of A, its scale in
// scales.
Tridiagonal reduce(Padded& a, std::vector<double>& scales, ThreadPool& pool) {
  const int64_t n = a.n;
  Tridiagonal t{std::vector<double>(static_cast<size_t>(n)), std::vector<double>(static_cast<size_t>(n))};
  const auto padded = [&] { return std::vector<double>(static_cast<size_t>(a.stride)); };
  std::vector<double> v = padded(), w = padded(), u = padded(), product = padded();
  scales.assign(static_cast<size_t>(n), 0);
  for (int64_t k = 0; k + 1 < n; ++k) {
    engine::check_stop();
    // Row k as the last reflection leaves it; that update of the whole is done together with the next
    // product.
    double* row = a.row(k);
    const auto at = static_cast<size_t>(k);
    for (int64_t j = k; j < n; ++j)
      row[j] -= v[at] * w[static_cast<size_t>(j)] + w[at] * v[static_cast<size_t>(j)];
    t.diagonal[at] = row[k];
    t.beside[at] = reflector(row + k + 1, n - k - 1, scales[at]);
    std::fill(u.begin(), u.end(), 0.0);
    if (scales[at] != 0) std::copy(row + k + 1, row + n, u.begin() + k + 1);
    update_and_multiply(a, k + 1, v.data(), w.data(), u.data(), product.data(), pool);
    double half = 0;  // (scale / 2) uᵀ p with p = scale · A u
    for (int64_t j = k + 1; j < n; ++j) half += u[static_cast<size_t>(j)] * product[static_cast<size_t>(j)];
    half *= scales[at] * scales[at] / 2;
    std::fill(w.begin(), w.begin() + k + 1, 0.0);
    for (size_t j = at + 1; j < static_cast<size_t>(n); ++j) w[j] = scales[at] * product[j] - half * u[j];
    std::swap(v, u);
  }
  t.diagonal.back() = a.row(n - 1)[n - 1];  // the last reflection is none: nothing is left to update
  return t;
}

// Q = H_0 H_1 … H_{n-2}, a panel of its columns at a time: the panel stays in the cache while the reflections
// pass.
Padded accumulate(const Padded& reflections, const std::vector<double>& scales, ThreadPool& pool) {
  const int64_t n = reflections.n;
  Padded q(n);
  for (int64_t i = 0; i < n; ++i) q.row(i)[i] = 1;
  pool.run(q.panels(), [&](Range range) {
    for (int64_t p = range.first; p < range.last; ++p) {
      const int64_t begin = p * panel;
      // H_k leaves unit vectors up to the k-th alone.
      for (int64_t k = std::min(n - 2, begin + panel - 2); k >= 0; --k) {
        engine::check_stop();
        const double scale = scales[static_cast<size_t>(k)];
        if (scale == 0) continue;
        const double* v = reflections.row(k);
        double dots[panel] = {};
        for (int64_t i = k + 1; i < n; ++i)
          for (int64_t j = 0; j < panel; j += 2)
            store(dots + j, load_pair(dots + j) + v[i] * load_pair(q.row(i) + begin + j));
        for (int64_t i = k + 1; i < n; ++i) {
          const double factor = scale * v[i];
          double* part = q.row(i) + begin;
          for (int64_t j = 0; j < panel; j += 2)
            store(part + j, load_pair(part + j) - factor * load_pair(dots + j));
        }
      }
    }
  });
  return q;
}

// Rows i and i+1 become (c·row_i - s·row_{i+1}, s·row_i + c·row_{i+1}).
struct Rotation {
  int64_t i;
  double c, s;
};

// The transpose of Q, by panels of its columns, to which rotations of rows are applied many at a time: a
// panel stays in the cache while they pass.
class RotatedRows {
 public:
  RotatedRows(const Padded& q, ThreadPool& pool)
      : n_(q.n), panels_(q.panels()), numbers_(static_cast<size_t>(n_ * q.stride)), pool_(pool) {
    for (int64_t r = 0; r < n_; ++r)
      for (int64_t c = 0; c < n_; ++c) at(c, r) = q.row(r)[c];
  }

  void rotate(Rotation rotation) {
    pending_.push_back(rotation);
    if (pending_.size() >= most_pending) apply();
  }

  void apply() {
    pool_.run(panels_, [&](Range range) {
      for (int64_t p = range.first; p < range.last; ++p) {
        engine::check_stop();
        for (const Rotation& rotation : pending_) {
          double* x = numbers_.data() + (p * n_ + rotation.i) * panel;
          double* y = x + panel;
          for (int64_t j = 0; j < panel; j += 2) {
            const Pair a = load_pair(x + j), b = load_pair(y + j);
            store(x + j, rotation.c * a - rotation.s * b);
            store(y + j, rotation.s * a + rotation.c * b);
          }
        }
      }
    });
    pending_.clear();
  }

  double& at(int64_t row, int64_t column) {
    return numbers_[static_cast<size_t>((column / panel * n_ + row) * panel + column % panel)];
  }

 private:
  static constexpr size_t most_pending = 1 << 16;
  int64_t n_, panels_;
  std::vector<double> numbers_;
  std::vector<Rotation> pending_;
  ThreadPool& pool_;
};

// One implicit QL step on the block [l, m] of T: rotations chase a bulge from the bottom to the top.
void ql_step(Tridiagonal& t, int64_t l, int64_t m, RotatedRows& rows) {
  const auto d = [&](int64_t i) -> double& { return t.diagonal[static_cast<size_t>(i)]; };
  const auto e = [&](int64_t i) -> double& { return t.beside[static_cast<size_t>(i)]; };
  // Wilkinson's shift: the eigenvalue of the upper left 2 x 2 corner that is nearer to d_l.
  const double half = (d(l + 1) - d(l)) / 2, root = std::sqrt(half * half + e(l) * e(l));
  const double shift = d(l) - e(l) * e(l) / (half + (half >= 0 ? root : -root));
  // What the rotation of rows i and i+1 turns to (0, r): of T - shift first, of the bulge's column then.
  double above = e(m - 1), below = d(m) - shift;
  for (int64_t i = m - 1; i >= l; --i) {
    const double r = std::sqrt(above * above + below * below);
    const double c = r > 0 ? below / r : 1, s = r > 0 ? above / r : 0;
    if (i + 1 < m) e(i + 1) = r;
    const double difference = d(i) - d(i + 1), coupling = e(i);
    const double moved = s * (s * difference + 2 * c * coupling);
    d(i) -= moved;
    d(i + 1) += moved;
    e(i) = (c * c - s * s) * coupling + c * s * difference;
    rows.rotate({i, c, s});
    if (i == l) break;
    above = s * e(i - 1);
    below = e(i);
    e(i - 1) *= c;
  }
}

// Rotates T until nothing beside the diagonal is left that matters to the largest entry.
void diagonalise(Tridiagonal& t, RotatedRows& rows) {
  const auto n = static_cast<int64_t>(t.diagonal.size());
  double largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    const auto at = static_cast<size_t>(i);
    largest = std::max({largest, std::abs(t.diagonal[at]), std::abs(t.beside[at])});
  }
  const double negligible = std::numeric_limits<double>::epsilon() * largest;
  int64_t steps_left = 60 * n;  // two or three for each eigenvalue are the rule
  for (int64_t l = 0; l < n; ++l)
    for (;;) {
      int64_t m = l;
      while (m + 1 < n && std::abs(t.beside[static_cast<size_t>(m)]) > negligible) ++m;
      if (m + 1 < n) t.beside[static_cast<size_t>(m)] = 0;
      if (m == l) break;
      if (--steps_left == 0) throw std::runtime_error("the eigenvalues did not converge");
      ql_step(t, l, m, rows);
    }
  rows.apply();
}

// The largest magnitude; throws where a number is not finite.
double largest_magnitude(const std::vector<double>& matrix) {
  double largest = 0;
  for (const double number : matrix) {
    if (!std::isfinite(number))
      throw std::invalid_argument("a matrix for eigenvalues holds a number that is not finite");
    largest = std::max(largest, std::abs(number));
  }
  return largest;
}

}  // namespace

SymmetricEigen symmetric_eigen(const std::vector<double>& matrix, int64_t n, int threads) {
  const engine::IeeeMode ieee;
  if (n < 1 || matrix.size() != static_cast<size_t>(n) * static_cast<size_t>(n))
    throw std::invalid_argument("a matrix of " + std::to_string(matrix.size()) + " numbers is not " +
                                std::to_string(n) + " x " + std::to_string(n));
  // Scaled by a power of two, which rounds nothing, so that squares neither overflow nor vanish.
  int exponent = 0;
  std::frexp(largest_magnitude(matrix), &exponent);
  Padded a(n);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j)
      a.row(i)[j] = a.row(j)[i] = std::ldexp(matrix[static_cast<size_t>(i * n + j)], -exponent);

  ThreadPool pool(engine::threads_to_start(threads));
  std::vector<double> scales;
  Tridiagonal t = reduce(a, scales, pool);
  Padded q = accumulate(a, scales, pool);
  a = Padded(0);  // gives the memory back
  RotatedRows rows(q, pool);
  q = Padded(0);
  diagonalise(t, rows);

  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t x, int64_t y) {
    return t.diagonal[static_cast<size_t>(x)] > t.diagonal[static_cast<size_t>(y)];
  });
  SymmetricEigen eigen;
  eigen.vectors.reserve(matrix.size());
  for (const int64_t k : order) {
    eigen.values.push_back(std::ldexp(t.diagonal[static_cast<size_t>(k)], exponent));
    double largest = 0;
    for (int64_t j = 0; j < n; ++j)
      if (std::abs(rows.at(k, j)) > std::abs(largest)) largest = rows.at(k, j);
    for (int64_t j = 0; j < n; ++j) eigen.vectors.push_back(largest < 0 ? -rows.at(k, j) : rows.at(k, j));
  }
  return eigen;
}

}  // namespace datasets
