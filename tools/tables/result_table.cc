#include "tools/tables/result_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tools/report/svg_chart.h"

namespace tools {
namespace {

std::optional<double> mean_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

// The t distribution's density, but for its constant.
double student_density(double t, double degrees) {
  return std::exp(-0.5 * (degrees + 1) * std::log1p(t * t / degrees));
}

// The share of the distribution within t on either side of 0, by Simpson's rule.
double student_share(double t, double degrees) {
  constexpr int steps = 2000;
  const double h = t / steps;
  double sum = student_density(0, degrees) + student_density(t, degrees);
  for (int i = 1; i < steps; ++i) sum += (i % 2 == 0 ? 2 : 4) * student_density(h * i, degrees);
  const double constant = std::exp(std::lgamma(0.5 * (degrees + 1)) - std::lgamma(0.5 * degrees)) /
                          std::sqrt(degrees * std::numbers::pi);
  return 2 * constant * sum * h / 3;
}

Interval interval_of(const std::vector<const TableCell*>& cells) {
  constexpr size_t fewest = 3;
  if (cells.empty()) return std::nullopt;
  const auto k = static_cast<double>(cells.size());
  double mean = 0, variance = 0,
         spread = 0;  // of the mean over cells, of that mean, and what its degrees come from
  for (const TableCell* cell : cells) {
    const auto n = static_cast<double>(cell->values.size());
    if (cell->values.size() < fewest) return std::nullopt;
    const double of_mean = *cell->deviation() * *cell->deviation() / n;
    mean += *cell->mean() / k;
    variance += of_mean;
    spread += of_mean * of_mean / (n - 1);
  }
  const double reach =
      variance > 0 ? student_reach(variance * variance / spread) * std::sqrt(variance) / k : 0;
  return std::pair{std::max(0.0, mean - reach), std::min(1.0, mean + reach)};
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

double student_reach(double degrees) {
  double low = 0, high = 20;  // one degree's is 12.7
  for (int i = 0; i < 50; ++i) {
    const double middle = 0.5 * (low + high);
    (student_share(middle, degrees) < 0.95 ? low : high) = middle;
  }
  return low;
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
      if (*deviation > most) most = *deviation, where = row.name + "; " + table.cases[c];
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

static std::optional<double> mean_over(const TableRow& row,
                                       std::optional<double> (TableCell::*of_cell)() const) {
  std::vector<double> means;
  for (const TableCell& cell : row.cells) {
    const std::optional<double> mean = (cell.*of_cell)();
    if (!mean) return std::nullopt;
    means.push_back(*mean);
  }
  return mean_of(means);
}

std::optional<double> mean_over_cases(const TableRow& row) { return mean_over(row, &TableCell::mean); }
std::optional<double> best_mean_over_cases(const TableRow& row) {
  return mean_over(row, &TableCell::best_mean);
}

}  // namespace tools
