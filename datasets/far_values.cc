#include "datasets/far_values.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/stopping.h"

namespace datasets {
namespace {

constexpr double jump_to_one_value = 1e3, jump_to_any = 1e5;

// `sorted`: the values of a column, ascending.
std::optional<FarValues> far_values(const std::vector<float>& sorted) {
  const size_t n = sorted.size();
  const double median = sorted[n / 2];
  // From the outside inwards: `low` and `high` bound what remains.
  size_t low = 0, high = n;
  const auto distance = [&](size_t i) { return std::abs(sorted[i] - median); };
  std::optional<FarValues> found;
  while (low < high) {
    const bool below = distance(low) > distance(high - 1);
    const size_t farthest = below ? low : high - 1;
    const double inner = distance(farthest);
    const size_t gone = low + (n - high);
    if (gone > n / 3 || inner == 0) break;
    if (gone > 0) {
      // The nearest of those that are gone.
      double outer = HUGE_VAL;
      if (low > 0) outer = std::min(outer, distance(low - 1));
      if (high < n) outer = std::min(outer, distance(high));
      const bool same = gone >= 2 && ((low == 0 && sorted[high] == sorted[n - 1]) ||
                                      (high == n && sorted[0] == sorted[low - 1]));
      if (outer >= (same ? jump_to_one_value : jump_to_any) * inner &&
          (same || gone <= std::max<size_t>(n / 10, 1))) {
        FarValues far;
        far.value = distance(0) > distance(n - 1) ? sorted[0] : sorted[n - 1];
        far.rows = static_cast<int64_t>(gone);
        far.same = gone == 1 || same;
        far.low = sorted[low], far.high = sorted[high - 1];
        far.share =
            (static_cast<double>(far.high) - far.low) / (static_cast<double>(sorted[n - 1]) - sorted[0]);
        found = far;  // and on: a jump may lie behind a jump
      }
    }
    below ? ++low : --high;
  }
  return found;
}

}  // namespace

std::vector<FarValues> far_values(const Samples& rows) {
  std::vector<FarValues> found;
  if (rows.count() < 3) return found;
  std::vector<float> values(static_cast<size_t>(rows.count()));
  for (int64_t j = 0; j < rows.size(); ++j) {
    engine::check_stop();
    for (int64_t i = 0; i < rows.count(); ++i) values[static_cast<size_t>(i)] = rows.sample(i)[j];
    std::sort(values.begin(), values.end());
    if (auto far = far_values(values)) {
      far->column = j;
      found.push_back(*far);
    }
  }
  return found;
}

}  // namespace datasets
