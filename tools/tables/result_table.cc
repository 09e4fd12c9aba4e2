#include "tools/tables/result_table.h"

#include <algorithm>
#include <cmath>

#include "engine/random.h"
#include "svdd/evaluation/threshold.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

std::optional<double> mean_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

Interval interval_of(const std::vector<const TableCell*>& cells) {
  constexpr size_t fewest = 3, draws = 1000;
  if (cells.empty()) return std::nullopt;
  for (const TableCell* cell : cells)
    if (cell->values.size() < fewest) return std::nullopt;
  const engine::RandomStream stream(1, "tables/seed_interval");
  std::vector<double> means;
  uint64_t drawn = 0;
  for (size_t draw = 0; draw < draws; ++draw) {
    double sum_of_means = 0;
    for (const TableCell* cell : cells) {
      const size_t n = cell->values.size();
      double sum = 0;
      for (size_t i = 0; i < n; ++i)
        sum += cell->values[std::min(n - 1,
                                     static_cast<size_t>(stream.uniform(drawn++) * static_cast<float>(n)))];
      sum_of_means += sum / static_cast<double>(n);
    }
    means.push_back(sum_of_means / static_cast<double>(cells.size()));
  }
  return std::pair{svdd::quantile(means, 0.025), svdd::quantile(means, 0.975)};
}

}  // namespace

std::optional<double> TableCell::mean() const { return mean_of(values); }
std::optional<double> TableCell::best_mean() const {
  return best.size() == values.size() ? mean_of(best) : std::nullopt;
}

std::optional<double> TableCell::deviation() const {
  if (values.size() < 2) return std::nullopt;
  double squares = 0;
  for (const double v : values) squares += (v - *mean()) * (v - *mean());
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

Interval seed_interval(const TableCell& cell) { return interval_of({&cell}); }

Interval seed_interval(const TableRow& row) {
  std::vector<const TableCell*> cells;
  for (const TableCell& cell : row.cells) cells.push_back(&cell);
  return interval_of(cells);
}

std::string dependence_on_seeds(const ResultTable& table) {
  double most = -1, sum = 0;
  size_t count = 0;
  std::string where;
  for (const TableRow& row : table.rows)
    for (size_t c = 0; c < row.cells.size(); ++c) {
      const auto deviation = row.cells[c].deviation();
      if (row.reference || !deviation) continue;
      sum += *deviation, ++count;
      if (*deviation > most) most = *deviation, where = row.name + " on " + table.cases[c];
    }
  if (count == 0) return "";
  return "Dependence on seeds: a cell's standard deviation is " +
         fixed_text(100 * sum / static_cast<double>(count), 2) + " points on average, at most " +
         fixed_text(100 * most, 2) + " (" + where + ").";
}

void rank(ResultTable& table) {
  std::stable_sort(table.rows.begin(), table.rows.end(), [](const TableRow& a, const TableRow& b) {
    return mean_over_cases(a).value_or(-1) > mean_over_cases(b).value_or(-1);
  });
}

std::optional<double> mean_over_cases(const TableRow& row) {
  std::vector<double> means;
  for (const TableCell& cell : row.cells) {
    if (!cell.mean()) return std::nullopt;
    means.push_back(*cell.mean());
  }
  return mean_of(means);
}

std::optional<double> best_mean_over_cases(const TableRow& row) {
  std::vector<double> means;
  for (const TableCell& cell : row.cells) {
    if (!cell.best_mean()) return std::nullopt;
    means.push_back(*cell.best_mean());
  }
  return mean_of(means);
}

}  // namespace tools
