#include "tools/command_line/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "tools/command_line/adding.h"

namespace tools {
namespace {

// CLI11 leaves two empty lines between groups.
std::string single_spaced(std::string help) {
  for (size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;) help.erase(at, 1);
  return help;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Lines of at most 100 columns. The description of an option, which begins in the column that the page's other descriptions
// begin in, is filled; any other line that is longer goes on as far in as it began.
std::string in_columns(const std::string& help) {
  constexpr size_t most_columns = 100;
  std::string out;
  const std::vector<std::string> lines = lines_of(help);
  const auto goes_on = [&](size_t i) {
    return i < lines.size() && lines[i].find_first_not_of(' ') == description_column;
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string line = lines[i];
    const size_t words = line.find_first_not_of(' ');
    const bool is_option = line.starts_with("  -") || words == description_column;
    const size_t indent = is_option ? description_column : words == std::string::npos ? 0 : words;
    // A name may leave no room for its description.
    if (line.size() > description_column && line[description_column - 1] == ' ' &&
        line[description_column] != ' ' && is_option)
      while (goes_on(i + 1)) line += ' ' + lines[++i].substr(description_column);
    while (line.size() > most_columns) {
      size_t cut = line.rfind(' ', most_columns);
      if (cut == std::string::npos || cut <= indent) cut = line.find(' ', most_columns);
      if (cut == std::string::npos) break;  // one long word
      out += line.substr(0, line.find_last_not_of(' ', cut) + 1) + '\n';
      line = std::string(indent, ' ') + line.substr(line.find_first_not_of(' ', cut));
    }
    out += line + '\n';
  }
  return out;
}

}  // namespace

void add_commands(CLI::App& app, CommandLine& c, const std::vector<std::string>& words) {
  add_train(app, c.train, words);
  add_score(app, c.score);
  add_explain(app, c.explain);
  add_export(app, c.export_to);
  add_import(app, c.import_from);
  add_evaluate(app, c.evaluate);
  add_cluster(app, c.cluster);
  add_compare(app, c.compare);
  add_reproduce(app, c.reproduce, c.verified);
  add_data(app, c.data);
  add_report(app, c.report_folders);
  add_bench(app, c.bench);
  add_network(app, c.network);
  add_verify(app, c.verify, c.verified);
}

std::string help_text(CLI::App& app) { return in_columns(single_spaced(app.help())); }

}  // namespace tools
