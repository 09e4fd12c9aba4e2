#include "tools/tables/stated_table.h"

#include <algorithm>

#include "engine/files/in_quotes.h"
#include "tools/commands/counted.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

// The options that rows of this method have, in the order in which they appear.
std::vector<std::string> options_of(const std::vector<LedgerRow>& rows, const std::string& method) {
  std::vector<std::string> options;
  for (const LedgerRow& row : rows)
    if (row.method == method && std::find(options.begin(), options.end(), row.options) == options.end())
      options.push_back(row.options);
  return options;
}

TableCell stated_cell(const std::vector<LedgerRow>& rows, const std::string& method,
                      const std::string& options, const std::string& on) {
  std::vector<const LedgerRow*> of_cell;
  for (const LedgerRow& row : rows)
    if (row.method == method && row.options == options && row.on == on) of_cell.push_back(&row);
  std::sort(of_cell.begin(), of_cell.end(),
            [](const LedgerRow* a, const LedgerRow* b) { return a->seed < b->seed; });
  TableCell cell;
  for (const LedgerRow* row : of_cell) cell.values.push_back(row->auc);
  return cell;
}

// "--recipe theano" is "recipe theano", as the recipe is a published one; other options stay as they are given.
std::string in_words(const std::string& options) {
  return options.starts_with("--recipe ") ? options.substr(2) : options;
}

// " (3 seeds)", " (1 to 3 seeds)", or nothing where every cell has `most`.
std::string seeds_in(const TableRow& row, size_t most) {
  size_t least = most, greatest = 0;
  for (const TableCell& cell : row.cells) {
    if (cell.values.empty()) continue;
    least = std::min(least, cell.values.size());
    greatest = std::max(greatest, cell.values.size());
  }
  if (least == most) return "";
  return " (" + (least < greatest ? std::to_string(least) + " to " : "") +
         counted(static_cast<int64_t>(greatest), "seed") + ")";
}

bool searches_a_width(const TableMethod& m) {
  const auto method = m.options.find("method");
  return method != m.options.end() && method->second == std::vector<std::string>{"kernel-svdd"};
}

bool keeps_a_model(const std::vector<LedgerRow>& rows, const std::string& method) {
  return std::any_of(rows.begin(), rows.end(), [&](const LedgerRow& row) {
    return row.method == method && !row.weights_sha256.empty();
  });
}

}  // namespace

ResultTable stated_table(const PublishedTable& table, const std::vector<TableMethod>& methods,
                         const std::vector<TableCase>& cases, const std::vector<LedgerRow>& rows,
                         const std::string& ledger) {
  ResultTable result{table.title, table.source, table.note, "", {}, {}};
  result.chosen = table.chosen;
  std::vector<TableCase> stated;
  std::string missing;
  for (const TableCase& c : cases)
    if (std::any_of(rows.begin(), rows.end(), [&](const LedgerRow& row) { return row.on == c.name; })) {
      stated.push_back(c);
      result.cases.push_back(c.name);
    } else {
      missing += (missing.empty() ? "" : "; ") + c.name;
    }
  if (!missing.empty())
    result.note += (result.note.empty() ? "" : " ") + ("Not in the ledger: " + missing + ".");

  size_t most = 0;
  for (const TableMethod& m : methods) {
    for (const std::string& options : options_of(rows, m.key)) {
      TableRow row{m.name + (options.empty() ? "" : ", " + in_words(options)), {}};
      row.reference = m.reference;
      if (stated.size() == table.cases.size()) row.published_mean = m.published_mean;
      for (const TableCase& c : stated) {
        row.cells.push_back(stated_cell(rows, m.key, options, c.name));
        most = std::max(most, row.cells.back().values.size());
        if (const auto p = m.published.find(c.name); p != m.published.end())
          row.cells.back().published = p->second;
      }
      if (searches_a_width(m) && !keeps_a_model(rows, m.key)) row.note = searched_width;
      result.rows.push_back(std::move(row));
    }
  }
  for (TableRow& row : result.rows) row.name += seeds_in(row, most);

  double seconds = 0;
  for (const LedgerRow& row : rows) seconds += row.seconds;
  result.seconds =
      counted(static_cast<int64_t>(rows.size()), "cell") + " of " +
      (ledger.empty() ? "the ledger" : engine::in_quotes(ledger)) + ", " + number_text(seconds, 3) +
      " s of training on one thread each, where they were made; svdd reproduce " + table.name + " --verify" +
      (ledger.empty() ? "" : " --ledger " + html::in_shell(ledger)) + " runs them again";
  return result;
}

}  // namespace tools
