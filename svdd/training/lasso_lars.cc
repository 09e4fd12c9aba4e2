#include "svdd/training/lasso_lars.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/floating_point_mode.h"
#include "engine/stopping.h"

namespace svdd {
namespace {

using Vector = std::vector<double>;

// Relative to the largest correlation: the smallest alpha, and, well below it but well above rounding, how
// far apart tied correlations are pulled.
constexpr double smallest_alpha = 1e-9, tie_break = 1e-11;
constexpr double rounding = 1e-12;  // of a number about 1
constexpr double singular = 1e-10;  // a pivot this small beside its diagonal entry: linearly dependent

double dot_product(const double* a, const double* b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

void require_finite(std::span<const double> values, const char* what) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw std::invalid_argument(std::string("lasso: ") + what + " entry " + std::to_string(i) + " is " +
                                  std::to_string(values[i]) + ", expected a finite number");
}

// The rows and columns `used` of a Gram matrix, factorised as LLᵀ; grows by one atom at a time.
class ActiveSet {
 public:
  ActiveSet(std::span<const double> gram, size_t k) : gram_(gram), k_(k), factor_(k * k) {}

  const std::vector<size_t>& used() const { return used_; }

  bool add(size_t atom) {  // false, and nothing changes, where the atom depends on those in use
    const size_t n = used_.size();
    double* row = &factor_[n * k_];
    double pivot = gram_[atom * k_ + atom];
    for (size_t i = 0; i < n; ++i) {
      row[i] = (gram_[atom * k_ + used_[i]] - dot_product(row, &factor_[i * k_], i)) / factor_[i * k_ + i];
      pivot -= row[i] * row[i];
    }
    if (!(pivot > singular * gram_[atom * k_ + atom])) return false;
    row[n] = std::sqrt(pivot);
    used_.push_back(atom);
    return true;
  }

  // Factorises anew what follows; the sets are small. Without an atom the others depend on each other less,
  // not more, so that every `add` succeeds.
  void remove(size_t position) {
    const std::vector<size_t> later(used_.begin() + static_cast<std::ptrdiff_t>(position) + 1, used_.end());
    used_.resize(position);
    for (const size_t atom : later) add(atom);
  }

  Vector solve(Vector b) const {  // G_uu⁻¹ b
    const size_t n = used_.size();
    for (size_t i = 0; i < n; ++i)
      b[i] = (b[i] - dot_product(&factor_[i * k_], b.data(), i)) / factor_[i * k_ + i];
    for (size_t i = n; i-- > 0;) {
      for (size_t j = i + 1; j < n; ++j) b[i] -= factor_[j * k_ + i] * b[j];
      b[i] /= factor_[i * k_ + i];
    }
    return b;
  }

 private:
  std::span<const double> gram_;
  size_t k_;
  Vector factor_;  // row i: row i of L
  std::vector<size_t> used_;
};

// Atoms that tie exactly could take each other's place for ever; along the path of these correlations no two
// tie. The multiples of the golden ratio modulo 1 are all different and spread evenly.
Vector without_ties(std::span<const double> correlation, double largest) {
  Vector c(correlation.begin(), correlation.end());
  for (size_t j = 0; j < c.size(); ++j) {
    const double multiple = static_cast<double>(j) * 0.6180339887498949;
    c[j] += tie_break * largest * (multiple - std::floor(multiple));
  }
  return c;
}

}  // namespace

std::vector<double> lasso_lars(std::span<const double> gram, std::span<const double> correlation,
                               double alpha) {
  const engine::IeeeMode ieee;
  const size_t k = correlation.size();
  if (gram.size() != k * k)
    throw std::invalid_argument("lasso: the Gram matrix has " + std::to_string(gram.size()) +
                                " entries, expected " + std::to_string(k) + " x " + std::to_string(k) +
                                " for as many correlations");
  if (!(alpha >= 0 && std::isfinite(alpha)))
    throw std::invalid_argument("lasso: alpha is " + std::to_string(alpha) +
                                ", expected a finite number >= 0");
  require_finite(gram, "Gram matrix");
  require_finite(correlation, "correlation");

  double largest = 0;
  for (const double c : correlation) largest = std::max(largest, std::abs(c));
  alpha = std::max(alpha, smallest_alpha * largest);
  if (largest <= alpha) return Vector(k, 0.0);

  // On the path every atom in use has correlation ±lambda with the residual, every other at most lambda in
  // magnitude. From one event to the next the codes in use move along G_uu⁻¹·sign while lambda falls.
  enum class Event { arrival, join, leave };
  const Vector path = without_ties(correlation, largest);
  ActiveSet active(gram, k);
  const auto& used = active.used();
  Vector code(k, 0.0), sign(k, 0.0), residual = path;
  std::vector<bool> idle(k, true);  // may join: neither in use nor dependent on those that are

  // G_uu⁻¹(c_u - lambda·sign_u), solved anew at each event, so that rounding does not add up along the path.
  const auto set_code = [&](double lambda) {
    Vector target(used.size());
    for (size_t i = 0; i < used.size(); ++i) target[i] = path[used[i]] - lambda * sign[used[i]];
    target = active.solve(std::move(target));
    for (size_t i = 0; i < used.size(); ++i) code[used[i]] = target[i] * sign[used[i]] > 0 ? target[i] : 0;
  };

  for (double lambda = 2 * largest; lambda > alpha;) {
    engine::check_stop();
    Vector direction(used.size());
    for (size_t i = 0; i < used.size(); ++i) direction[i] = sign[used[i]];
    direction = active.solve(std::move(direction));

    Event event = Event::arrival;
    double step = lambda - alpha;
    size_t which = 0;  // the atom that joins, or the position in `used` of the one that leaves
    for (size_t i = 0; i < used.size(); ++i) {
      if (!(sign[used[i]] * direction[i] < 0)) continue;  // moves away from 0
      const double at = -code[used[i]] / direction[i];
      if (at < step) step = at, which = i, event = Event::leave;
    }
    for (size_t j = 0; j < k; ++j) {
      if (!idle[j]) continue;
      double change = 0;  // by which the correlation of j falls as lambda falls by 1
      for (size_t i = 0; i < used.size(); ++i) change += gram[j * k + used[i]] * direction[i];
      for (const double s : {1.0, -1.0}) {
        if (!(s * change < 1 - rounding)) continue;  // falls at least as fast as lambda, so stays below it
        const double at = std::max(0.0, (lambda - s * residual[j]) / (1 - s * change));
        if (at < step) step = at, which = j, sign[j] = s, event = Event::join;
      }
    }
    if (event == Event::arrival) break;

    lambda -= step;
    if (event == Event::join) {
      active.add(which);  // or not, where it depends on the others: then they do its work
      idle[which] = false;
    } else {
      code[used[which]] = 0;
      active.remove(which);
      std::fill(idle.begin(), idle.end(), true);
      for (const size_t atom : used) idle[atom] = false;
    }
    set_code(lambda);
    for (size_t j = 0; j < k; ++j) residual[j] = path[j] - dot_product(&gram[j * k], code.data(), k);
  }
  set_code(alpha);
  return code;
}

}  // namespace svdd
