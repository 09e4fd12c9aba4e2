#include "tools/command_line/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/command_line/adding.h"

namespace tools {
namespace {

// CLI11 leaves two empty lines between groups.
std::string single_spaced(std::string help) {
  for (size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;) help.erase(at, 1);
  return help;
}

// Lines of at most 100 columns: what is longer goes on below the beginning of its description, which CLI11 sets apart by
// two spaces or more, in the column that the page's other descriptions begin in.
std::string in_columns(const std::string& help) {
  constexpr size_t most_columns = 100;
  std::string out;
  for (size_t begin = 0; begin < help.size();) {
    const size_t end = std::min(help.find('\n', begin), help.size());
    std::string line = help.substr(begin, end - begin);
    begin = end + 1;
    const size_t words = line.find_first_not_of(' ');
    // An option's own line begins with two spaces; a description that goes on is as far in as it began.
    const bool described = line.starts_with("  -") || words == description_column;
    const size_t indent = described ? description_column : words == std::string::npos ? 0 : words;
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
