#include "tools/tables/table_output.h"

#include <algorithm>
#include <cmath>

#include "engine/random.h"
#include "svdd/evaluation/threshold.h"
#include "tools/commands/csv_files.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

constexpr size_t most_columns = 110;  // of the text

std::string percent_text(double fraction) { return fixed_text(100 * fraction, 1); }

std::string shown(const TableCell& cell) {
  if (!cell.mean()) return "–";
  return percent_text(*cell.mean()) + (cell.deviation() ? "±" + percent_text(*cell.deviation()) : "");
}

std::string shown_mean(const TableRow& row) {
  const auto mean = mean_over_cases(row);
  return mean ? percent_text(*mean) : "–";
}

size_t length(const std::string& text) {  // in characters, of UTF-8
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, size_t width, bool right) {
  const std::string space(width > length(text) ? width - length(text) : 0, ' ');
  return right ? space + text : text + space;
}

// Whether every seed of every cell has its best epoch.
bool has_best(const TableRow& row) {
  return !row.cells.empty() &&
         std::all_of(row.cells.begin(), row.cells.end(), [](const TableCell& c) { return c.best_mean(); });
}

double best_mean_over_cases(const TableRow& row) {
  double sum = 0;
  for (const TableCell& cell : row.cells) sum += *cell.best_mean();
  return sum / static_cast<double>(row.cells.size());
}

// Lines of cells, without the heading: every method, and under it its best epoch and what was published.
std::vector<std::vector<std::string>> lines_of(const ResultTable& table) {
  std::vector<std::vector<std::string>> lines;
  for (const TableRow& row : table.rows) {
    std::vector<std::string> ours{row.name}, theirs{"  published"};
    for (const TableCell& cell : row.cells) {
      ours.push_back(shown(cell));
      theirs.push_back(cell.published);
    }
    ours.push_back(shown_mean(row));
    theirs.push_back(row.published_mean);
    lines.push_back(ours);
    if (has_best(row)) {
      std::vector<std::string> best{"  best epoch"};
      for (const TableCell& cell : row.cells) best.push_back(percent_text(*cell.best_mean()));
      best.push_back(percent_text(best_mean_over_cases(row)));
      lines.push_back(best);
    }
    if (std::any_of(theirs.begin() + 1, theirs.end(), [](const std::string& t) { return !t.empty(); }))
      lines.push_back(theirs);
  }
  return lines;
}

std::vector<std::string> heading_of(const ResultTable& table) {
  std::vector<std::string> heading{"AUC in %"};
  heading.insert(heading.end(), table.cases.begin(), table.cases.end());
  heading.push_back("mean");
  return heading;
}

std::string seeds_of(const ResultTable& table) {
  size_t most = 0;
  for (const TableRow& row : table.rows)
    for (const TableCell& cell : row.cells) most = std::max(most, cell.values.size());
  return most == 1 ? "one seed" : "mean ± standard deviation over " + std::to_string(most) + " seeds";
}

}  // namespace

static std::optional<double> mean_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

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

std::optional<std::pair<double, double>> seed_interval(const TableCell& cell) {
  constexpr size_t fewest = 3, draws = 1000;
  const size_t n = cell.values.size();
  if (n < fewest) return std::nullopt;
  const engine::RandomStream stream(1, "tables/seed_interval");
  std::vector<double> means;
  for (size_t draw = 0; draw < draws; ++draw) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
      sum += cell.values[std::min(n - 1,
                                  static_cast<size_t>(stream.uniform(draw * n + i) * static_cast<float>(n)))];
    means.push_back(sum / static_cast<double>(n));
  }
  return std::pair{svdd::quantile(means, 0.025), svdd::quantile(means, 0.975)};
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
  double sum = 0;
  for (const TableCell& cell : row.cells) {
    if (!cell.mean()) return std::nullopt;
    sum += *cell.mean();
  }
  return row.cells.empty() ? std::nullopt : std::optional(sum / static_cast<double>(row.cells.size()));
}

namespace {

// How the figures were chosen, theirs and ours, and how much hangs on the seed.
std::vector<std::string> further_lines(const ResultTable& table) {
  std::vector<std::string> lines;
  if (!table.chosen.empty())
    lines.push_back("Published figures: " + table.chosen +
                    ". Ours: the last epoch, one setting for all cases.");
  if (std::any_of(table.rows.begin(), table.rows.end(), has_best))
    lines.push_back(
        "Best epoch: the highest AUC that a run had after any of its epochs, chosen by the test set itself; "
        "to "
        "compare with figures chosen so, and no result.");
  if (const std::string seeds = dependence_on_seeds(table); !seeds.empty()) lines.push_back(seeds);
  return lines;
}

}  // namespace

std::string as_text(const ResultTable& table) {
  const auto heading = heading_of(table);
  const auto lines = lines_of(table);
  std::vector<size_t> widths;
  for (size_t c = 0; c < heading.size(); ++c) {
    widths.push_back(length(heading[c]));
    for (const auto& line : lines) widths[c] = std::max(widths[c], length(line[c]));
  }
  std::string text = table.title + "\nlast epoch, " + seeds_of(table) +
                     (table.settings.empty() ? "" : "; not the published settings: " + table.settings) + "\n";
  // As many columns side by side as fit; the names again before each part.
  for (size_t first = 1; first < heading.size();) {
    size_t last = first, columns = widths[0];
    while (last < heading.size() && (last == first || columns + 2 + widths[last] <= most_columns))
      columns += 2 + widths[last++];
    const auto write = [&](const std::vector<std::string>& line) {
      std::string row = padded(line[0], widths[0], false);
      for (size_t c = first; c < last; ++c) row += "  " + padded(line[c], widths[c], true);
      row.erase(row.find_last_not_of(' ') + 1);
      text += row + "\n";
    };
    text += "\n";
    write(heading);
    for (const auto& line : lines) write(line);
    first = last;
  }
  for (const TableRow& row : table.rows)
    if (!row.note.empty()) text += "\n" + row.name + ": " + row.note;
  text += "\n" + table.source + ".\n";
  if (!table.note.empty()) text += table.note + "\n";
  for (const std::string& more : further_lines(table)) text += more + "\n";
  return text + table.seconds + "\n";
}

std::string as_csv(const ResultTable& table) {
  const bool best = std::any_of(table.rows.begin(), table.rows.end(), has_best);
  std::string csv =
      std::string("row,case,mean,std,low95,high95,seeds,published") + (best ? ",best_epoch\n" : "\n");
  const auto line = [&](const std::string& row, const std::string& on, const std::optional<double>& mean,
                        const std::optional<double>& deviation,
                        const std::optional<std::pair<double, double>>& interval, size_t seeds,
                        const std::string& published, const std::optional<double>& best_epoch) {
    csv += csv_field(row) + ',' + csv_field(on) + ',' + (mean ? fixed_text(100 * *mean, 2) : "") + ',' +
           (deviation ? fixed_text(100 * *deviation, 2) : "") + ',' +
           (interval ? fixed_text(100 * interval->first, 2) + ',' + fixed_text(100 * interval->second, 2)
                     : ",") +
           ',' + std::to_string(seeds) + ',' + csv_field(published) +
           (best ? ',' + (best_epoch ? fixed_text(100 * *best_epoch, 2) : "") : "") + '\n';
  };
  for (const TableRow& row : table.rows) {
    size_t least = row.cells.empty() ? 0 : row.cells[0].values.size();
    for (size_t c = 0; c < row.cells.size(); ++c) {
      const TableCell& cell = row.cells[c];
      least = std::min(least, cell.values.size());
      line(row.name, table.cases[c], cell.mean(), cell.deviation(), seed_interval(cell), cell.values.size(),
           cell.published, cell.best_mean());
    }
    line(row.name, "mean", mean_over_cases(row), std::nullopt, std::nullopt, least, row.published_mean,
         has_best(row) ? std::optional(best_mean_over_cases(row)) : std::nullopt);
  }
  return csv;
}

std::string as_markdown(const ResultTable& table) {
  std::string text = "# " + table.title + "\n\nAUC in %, last epoch, " + seeds_of(table) + ".\n";
  if (!table.settings.empty()) text += "\n**Not the published settings**: " + table.settings + ".\n";
  const auto write = [&](const std::vector<std::string>& cells) {
    text += "|";
    for (const std::string& cell : cells) text += " " + cell + " |";
    text += "\n";
  };
  text += "\n";
  const auto heading = heading_of(table);
  write(heading);
  text += "|---|";
  for (size_t c = 1; c < heading.size(); ++c) text += "---:|";
  text += "\n";
  for (const auto& line : lines_of(table)) write(line);
  for (const TableRow& row : table.rows)
    if (!row.note.empty()) text += "\n" + row.name + ": " + row.note + ".\n";
  text += "\n" + table.source + ". " + table.note + "\n";
  for (const std::string& more : further_lines(table)) text += "\n" + more + "\n";
  return text + "\n" + table.seconds + "\n";
}

std::string as_html(const ResultTable& table) {
  using html::tag;
  constexpr std::string_view style = R"css(
.results{font-variant-numeric:tabular-nums;white-space:nowrap}.results th,.results td{padding:.35em .6em;text-align:right}
.results th:first-child{text-align:left;padding-left:18px}.results tr>:last-child{padding-right:18px}.results .published>*{border-top:0;padding-top:0;opacity:.75;
font-size:.9em;font-weight:400}.results .reference>*{opacity:.85;font-style:italic}.results a{color:inherit}
)css";
  std::string page = "<header><div class=\"over\">" + escape_xml(table.command) + "</div>\n" +
                     tag("h1", table.title) + "</header>\n";
  if (!table.settings.empty())
    page += "<div class=\"alarm\" role=\"note\"><b>Not the published settings.</b>" +
            escape_xml(table.settings) + "</div>\n";
  std::string rows = "<table class=\"results\"><thead><tr>";
  for (const std::string& name : heading_of(table)) rows += tag("th", name);
  rows += "</tr></thead><tbody>\n";
  for (const TableRow& row : table.rows) {
    rows += row.reference ? "<tr class=\"reference\">" : "<tr>";
    rows += tag("th", row.name);
    bool published = !row.published_mean.empty();
    for (const TableCell& cell : row.cells) {
      published = published || !cell.published.empty();
      std::string values;
      for (const double v : cell.values) values += (values.empty() ? "" : ", ") + fixed_text(100 * v, 2);
      if (const auto interval = seed_interval(cell))
        values += "; 95 % interval of the mean " + fixed_text(100 * interval->first, 2) + " to " +
                  fixed_text(100 * interval->second, 2);
      rows += "<td title=\"" + escape_xml(values) + "\">";
      rows += cell.runs.empty() ? escape_xml(shown(cell))
                                : tag("a href=\"" + escape_xml(cell.runs[0]) + "/report.html\"", shown(cell));
      rows += "</td>";
    }
    rows += tag("td", shown_mean(row)) + "</tr>\n";
    if (has_best(row)) {
      rows += "<tr class=\"published\">" + tag("th", "best epoch");
      for (const TableCell& cell : row.cells) rows += tag("td", percent_text(*cell.best_mean()));
      rows += tag("td", percent_text(best_mean_over_cases(row))) + "</tr>\n";
    }
    if (!published) continue;
    rows += "<tr class=\"published\">" + tag("th", "published");
    for (const TableCell& cell : row.cells) rows += tag("td", cell.published);
    rows += tag("td", row.published_mean) + "</tr>\n";
  }
  page += "<h2>AUC</h2>\n" + tag("p", "In %, last epoch, " + seeds_of(table) + ".") + '\n' +
          html::table_card("AUC of each method", rows + "</tbody></table>");
  for (const TableRow& row : table.rows)
    if (!row.note.empty()) page += tag("p", row.name + ": " + row.note + ".");
  page += tag("p", table.source + ". " + table.note);
  for (const std::string& more : further_lines(table)) page += tag("p", more);
  return html::document(table.title, page + tag("p", table.seconds), style);
}

}  // namespace tools
