#include "tools/tables/table_output.h"

#include <algorithm>
#include <functional>

#include "tools/commands/csv_files.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

constexpr size_t most_columns = 110;      // of the text
constexpr size_t most_cases_across = 12;  // else Markdown and HTML have a line for each case

std::string percent_text(double fraction) { return fixed_text(100 * fraction, 1); }

std::string shown(const TableCell& cell) {
  if (!cell.mean()) return "–";
  return percent_text(*cell.mean()) + (cell.deviation() ? "±" + percent_text(*cell.deviation()) : "");
}

std::string shown(const std::optional<double>& fraction) { return fraction ? percent_text(*fraction) : "–"; }

std::string shown(const Interval& interval) {
  return interval ? percent_text(interval->first) + "–" + percent_text(interval->second) : "";
}

size_t length(const std::string& text) {  // in characters, of UTF-8
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, size_t width, bool right) {
  const std::string space(width > length(text) ? width - length(text) : 0, ' ');
  return right ? space + text : text + space;
}

// ---- what all but the CSV show: a heading, and lines of as many cells

struct GridCell {
  std::string text, title = "", link = "";  // title: what is said where the pointer rests
};

struct GridLine {
  std::string name;
  bool below, reference;  // below: of the line above it
  std::vector<GridCell>
      cells;  // the mean, and one for each case; of one case, its figure and what is beside it
};

struct Grid {
  std::vector<std::string> heading;
  std::vector<GridLine> lines;
};

std::string values_of(const TableCell& cell) {
  std::string values;
  for (const double v : cell.values) values += (values.empty() ? "" : ", ") + fixed_text(100 * v, 2);
  if (const Interval interval = seed_interval(cell))
    values += "; 95 % interval of the mean " + fixed_text(100 * interval->first, 2) + " to " +
              fixed_text(100 * interval->second, 2);
  return values;
}

// Lines of which every cell is empty are not there.
void add_below(Grid& grid, const std::string& name, const TableRow& row,
               const std::function<std::string(const TableCell&)>& of_cell, const std::string& of_mean) {
  GridLine line{name, true, row.reference, {{of_mean}}};
  for (const TableCell& cell : row.cells) line.cells.push_back({of_cell(cell)});
  if (std::any_of(line.cells.begin(), line.cells.end(), [](const GridCell& c) { return !c.text.empty(); }))
    grid.lines.push_back(std::move(line));
}

bool varies(const TableCell& cell) {
  return std::any_of(cell.values.begin(), cell.values.end(), [&](double v) { return v != cell.values[0]; });
}

// The same value for every seed has no interval to show.
std::string shown_interval(const TableCell& cell) { return varies(cell) ? shown(seed_interval(cell)) : ""; }

GridCell own_cell(const TableCell& cell) {
  return {shown(cell), values_of(cell), cell.runs.empty() ? "" : cell.runs[0] + "/report.html"};
}

// Of a table of one case: what else stands below a method's figure stands beside it.
Grid grid_of_one_case(const ResultTable& table) {
  Grid grid{{"AUC in %", table.cases[0]}, {}};
  for (const TableRow& row : table.rows)
    grid.lines.push_back({row.name, false, row.reference, {own_cell(row.cells[0])}});
  const auto add_column = [&](const std::string& name, const auto& of_row) {
    std::vector<std::string> column;
    for (const TableRow& row : table.rows) column.push_back(of_row(row));
    if (std::all_of(column.begin(), column.end(), [](const std::string& text) { return text.empty(); }))
      return;
    grid.heading.push_back(name);
    for (size_t i = 0; i < column.size(); ++i) grid.lines[i].cells.push_back({column[i]});
  };
  add_column("95 % interval", [](const TableRow& row) { return shown_interval(row.cells[0]); });
  add_column("best epoch", [](const TableRow& row) {
    const auto best = best_mean_over_cases(row);
    return best ? percent_text(*best) : "";
  });
  add_column("published", [](const TableRow& row) {
    return row.cells[0].published.empty() ? row.published_mean : row.cells[0].published;
  });
  return grid;
}

Grid grid_of(const ResultTable& table) {
  if (table.cases.size() == 1) return grid_of_one_case(table);
  Grid grid{{"AUC in %"}, {}};
  grid.heading.push_back("mean");
  grid.heading.insert(grid.heading.end(), table.cases.begin(), table.cases.end());
  for (const TableRow& row : table.rows) {
    GridLine line{row.name, false, row.reference, {{shown(mean_over_cases(row))}}};
    for (const TableCell& cell : row.cells) line.cells.push_back(own_cell(cell));
    grid.lines.push_back(std::move(line));
    const bool some = std::any_of(row.cells.begin(), row.cells.end(), varies);
    add_below(grid, "95 % interval", row, shown_interval, some ? shown(seed_interval(row)) : "");
    if (const auto best = best_mean_over_cases(row))
      add_below(
          grid, "best epoch", row, [](const TableCell& cell) { return shown(cell.best_mean()); },
          shown(best));
    add_below(
        grid, "published", row, [](const TableCell& cell) { return cell.published; }, row.published_mean);
  }
  return grid;
}

std::string seeds_of(const ResultTable& table) {
  size_t most = 0;
  for (const TableRow& row : table.rows)
    for (const TableCell& cell : row.cells) most = std::max(most, cell.values.size());
  return most == 1
             ? "one seed"
             : "mean ± standard deviation over " + std::to_string(most) + " seeds where nothing else is said";
}

// How the figures were chosen, theirs and ours, what the intervals are of, and how much hangs on the seed.
std::vector<std::string> further_lines(const ResultTable& table) {
  std::vector<std::string> lines;
  const std::string ours = "of a network after its last epoch, with one setting for all cases.";
  lines.push_back(table.chosen.empty() ? "Each figure is " + ours
                                       : "Published figures: " + table.chosen + ". Ours: each " + ours);
  const auto some = [&](const auto& has) { return std::any_of(table.rows.begin(), table.rows.end(), has); };
  if (some([](const TableRow& row) { return best_mean_over_cases(row).has_value(); }))
    lines.push_back(
        "Best epoch: the highest AUC that a run had after any of its epochs, chosen by the test set itself; "
        "to compare with figures chosen so, and no result.");
  if (some([](const TableRow& row) {
        return std::any_of(row.cells.begin(), row.cells.end(),
                           [](const TableCell& cell) { return !shown_interval(cell).empty(); });
      }))
    lines.push_back(
        "95 % interval: of the mean over seeds, by Student's t; what another test set would change comes on "
        "top.");
  if (const std::string seeds = dependence_on_seeds(table); !seeds.empty()) lines.push_back(seeds);
  lines.insert(lines.end(), table.warnings.begin(), table.warnings.end());
  return lines;
}

// What Markdown and HTML show of a grid: its lines as they are, or on their side.
struct PageTable {
  struct Cell {
    GridCell shown;
    bool below, reference;
  };
  std::vector<Cell> heading;
  std::vector<std::vector<Cell>> lines;  // the first cell names the line
};

PageTable page_table_of(const Grid& grid) {
  PageTable across;
  for (const std::string& name : grid.heading) across.heading.push_back({{name}, false, false});
  for (const GridLine& line : grid.lines) {
    across.lines.push_back({{{line.name}, line.below, line.reference}});
    for (const GridCell& cell : line.cells) across.lines.back().push_back({cell, line.below, line.reference});
  }
  if (grid.heading.size() - 2 <= most_cases_across) return across;
  PageTable down;
  down.heading.push_back(across.heading[0]);
  for (const auto& line : across.lines) down.heading.push_back(line[0]);
  for (size_t c = 1; c < across.heading.size(); ++c) {
    down.lines.push_back({across.heading[c]});
    for (const auto& line : across.lines) down.lines.back().push_back(line[c]);
  }
  return down;
}

}  // namespace

std::string as_text(const ResultTable& table) {
  const Grid grid = grid_of(table);
  const std::vector<std::vector<std::string>> lines = [&] {
    std::vector<std::vector<std::string>> all;
    for (const GridLine& line : grid.lines) {
      all.push_back({(line.below ? "  " : "") + line.name});
      for (const GridCell& cell : line.cells) all.back().push_back(cell.text);
    }
    return all;
  }();
  std::vector<size_t> widths;
  for (size_t c = 0; c < grid.heading.size(); ++c) {
    widths.push_back(length(grid.heading[c]));
    for (const auto& line : lines) widths[c] = std::max(widths[c], length(line[c]));
  }
  std::string text = table.title + "\n" + seeds_of(table) +
                     (table.settings.empty() ? "" : "; not the published settings: " + table.settings) + "\n";
  // As many columns side by side as fit; the names again before each part.
  for (size_t first = 1; first < grid.heading.size();) {
    size_t last = first, columns = widths[0];
    while (last < grid.heading.size() && (last == first || columns + 2 + widths[last] <= most_columns))
      columns += 2 + widths[last++];
    const auto write = [&](const std::vector<std::string>& line) {
      std::string row = padded(line[0], widths[0], false);
      for (size_t c = first; c < last; ++c) row += "  " + padded(line[c], widths[c], true);
      row.erase(row.find_last_not_of(' ') + 1);
      text += row + "\n";
    };
    text += "\n";
    write(grid.heading);
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
  const bool best = std::any_of(table.rows.begin(), table.rows.end(),
                                [](const TableRow& row) { return best_mean_over_cases(row).has_value(); });
  std::string csv =
      std::string("row,case,mean,std,low95,high95,seeds,published") + (best ? ",best_epoch\n" : "\n");
  const auto line = [&](const std::string& row, const std::string& on, const std::optional<double>& mean,
                        const std::optional<double>& deviation, const Interval& interval, size_t seeds,
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
    const bool one = row.cells.size() == 1 && row.published_mean.empty();
    line(row.name, "mean", mean_over_cases(row), std::nullopt, seed_interval(row), least,
         one ? row.cells[0].published : row.published_mean, best_mean_over_cases(row));
  }
  return csv;
}

std::string as_markdown(const ResultTable& table) {
  std::string text = "# " + table.title + "\n\nAUC in %, " + seeds_of(table) + ".\n";
  if (!table.settings.empty()) text += "\n**Not the published settings**: " + table.settings + ".\n";
  const PageTable page_table = page_table_of(grid_of(table));
  const auto write = [&](const std::vector<PageTable::Cell>& cells) {
    text += "|";
    for (const PageTable::Cell& cell : cells) text += " " + cell.shown.text + " |";
    text += "\n";
  };
  text += "\n";
  write(page_table.heading);
  text += "|---|";
  for (size_t c = 1; c < page_table.heading.size(); ++c) text += "---:|";
  text += "\n";
  for (const auto& line : page_table.lines) write(line);
  for (const TableRow& row : table.rows)
    if (!row.note.empty()) text += "\n" + row.name + ": " + row.note + ".\n";
  text += "\n" + table.source + ". " + table.note + "\n";
  for (const std::string& more : further_lines(table)) text += "\n" + more + "\n";
  return text + "\n" + table.seconds + "\n";
}

std::string as_html(const ResultTable& table) {
  using html::tag;
  constexpr std::string_view style = R"css(
.results{font-variant-numeric:tabular-nums;font-size:14px}.results th,.results td{padding:.35em .4em;text-align:right;white-space:nowrap}
.results thead th{vertical-align:bottom}.results tr>:last-child{padding-right:18px}
.results th:first-child{text-align:left;padding-left:18px;position:sticky;left:0;background:var(--card)}
.results th{white-space:normal}.results tbody th{min-width:11em;vertical-align:top}
.results tr.below>*{border-top:0;padding-top:0}.results .below{color:var(--muted);font-size:.86em;font-weight:400}
.results .reference{color:var(--muted);font-style:italic}.results a{color:inherit}
@media(max-width:700px){.results tbody th{min-width:7em}.results th:first-child{padding-left:12px}}
)css";
  const PageTable page_table = page_table_of(grid_of(table));
  const auto shown = [](const std::string& element, const PageTable::Cell& cell) {
    std::string opening = element;
    const std::string kind = std::string(cell.below ? "below" : "") +
                             (cell.reference ? (cell.below ? " reference" : "reference") : "");
    if (!kind.empty()) opening += " class=\"" + kind + '"';
    if (!cell.shown.title.empty()) opening += " title=\"" + escape_xml(cell.shown.title) + '"';
    const std::string inside = cell.shown.link.empty()
                                   ? escape_xml(cell.shown.text)
                                   : tag("a href=\"" + escape_xml(cell.shown.link) + '"', cell.shown.text);
    return '<' + opening + '>' + inside + "</" + element + '>';
  };
  std::string page = "<header><div class=\"over\">" + escape_xml(table.command) + "</div>\n" +
                     tag("h1", table.title) + "</header>\n";
  if (!table.settings.empty())
    page += "<div class=\"alarm\" role=\"note\"><b>Not the published settings.</b>" +
            escape_xml(table.settings) + "</div>\n";
  std::string rows = "<table class=\"results\"><thead><tr>";
  for (const PageTable::Cell& cell : page_table.heading) rows += shown("th", cell);
  rows += "</tr></thead><tbody>\n";
  for (const auto& line : page_table.lines) {
    rows += line[0].below ? "<tr class=\"below\">" : "<tr>";
    for (const PageTable::Cell& cell : line) rows += shown(&cell == line.data() ? "th" : "td", cell);
    rows += "</tr>\n";
  }
  page += "<h2>AUC</h2>\n" + tag("p", "In %, " + seeds_of(table) + ".") + '\n' +
          html::table_card("AUC of each method", rows + "</tbody></table>");
  for (const TableRow& row : table.rows)
    if (!row.note.empty()) page += tag("p", row.name + ": " + row.note + ".");
  page += tag("p", table.source + ". " + table.note);
  for (const std::string& more : further_lines(table)) page += tag("p", more);
  return html::document(table.title, page + tag("p", table.seconds), style);
}

}  // namespace tools
