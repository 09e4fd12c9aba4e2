// A table of results: AUCs by method and case, one for each seed, beside what was published; and what is said of them.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tools {

struct TableCell {
  std::vector<double> values;          // one for each seed, fractions in [0, 1]; none: not run
  std::string published;               // in percent, as printed; may be empty
  std::vector<std::string> runs = {};  // folders, relative to the table's
  std::vector<double> best = {};       // of each seed's best epoch on the test set, where all were measured

  std::optional<double> mean() const;
  std::optional<double> best_mean() const;  // none where a seed has no best epoch
  std::optional<double> deviation() const;  // over the seeds, n − 1 in the denominator; none for one seed
};

struct TableRow {
  std::string name;
  std::vector<TableCell> cells;  // one for each case
  std::string published_mean = "";
  bool reference = false;  // not a method: the untrained network, the distance to the mean
  std::string note = "";   // clusters and their agreement with the classes; what else sets the row apart
};

struct ResultTable {
  std::string title, source, note, settings;  // settings: what differs from the published ones
  std::vector<std::string> cases;
  std::vector<TableRow> rows;
  std::string seconds = "";                // of all runs together
  std::string chosen = "";                 // of which epoch and settings the published figures are
  std::vector<std::string> warnings = {};  // what its runs warn of, with the row and how many of them
  std::string command = "svdd reproduce";  // that the page is of
};

// Of a kernel method by the papers' protocol.
inline constexpr const char* searched_width =
    "the width, as published, is the one of ten that ranks a tenth of the test set best, by its labels; the "
    "figure is of the "
    "other nine tenths";

// Orders the rows by their mean over the cases, the highest first; those without one stay last.
void rank(ResultTable& table);

// The 95 % interval of the mean over seeds by Student's t, cut to [0, 1]: what other seeds would come to, on the same test set;
// none for fewer than three. (Drawing as many seeds again from these, with replacement, as a bootstrap does, gives three seeds
// their least and greatest value.)
using Interval = std::optional<std::pair<double, double>>;
Interval seed_interval(const TableCell& cell);
// The same of the mean over cases, with Welch and Satterthwaite's degrees of freedom; none where a cell has none.
Interval seed_interval(const TableRow& row);

// How many standard errors a 95 % interval reaches to either side, for so many degrees of freedom, 1 or more.
double student_reach(double degrees);

// "Dependence on seeds: ...", of the methods' cells; empty where each has one seed.
std::string dependence_on_seeds(const ResultTable& table);

// The mean over the cases of a row's means; none where one is missing.
std::optional<double> mean_over_cases(const TableRow& row);
// The same of the best epochs; none where a seed of a cell has no best epoch.
std::optional<double> best_mean_over_cases(const TableRow& row);

}  // namespace tools
