#include "tools/commands/compare.h"

#include <algorithm>
#include <filesystem>

#include "engine/files/in_quotes.h"
#include "svdd/methods/method.h"
#include "tools/commands/reproduce.h"
#include "tools/input/task.h"
#include "tools/run/results.h"
#include "tools/tables/published_tables.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

// What a file or folder is called, as the name of a folder.
std::string folder_name(const std::string& data) {
  std::filesystem::path path(data);
  if (path.filename().empty()) path = path.parent_path();
  std::string name = path.stem().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  return name.empty() || name.front() == '.' ? "data" : name;
}

// Throws UsageError where there is nothing to test against.
void require_anomalies(const GivenOptions& given) {
  GivenOptions of_run = given;
  of_run["out"] = {"unused"};
  const Task task = load_task(resolve_train_options(of_run).options);
  if (const std::string why = why_no_auc(task.split.test_labels, task.test_class_list()); !why.empty())
    throw UsageError("svdd compare ranks methods by the AUC, and there is " + why);
}

}  // namespace

void run_compare(const CompareOptions& options) {
  GivenOptions given = options.data;
  if (!given.contains("data") || given["data"].empty())
    throw UsageError("--data is missing: name a table, a folder of images or a known set");
  given["calibration"] = {"0"};
  require_anomalies(given);
  const std::string data = given["data"].back(), name = folder_name(data);

  PublishedTable table{
      "compare",
      "Methods side by side on " + data,
      "One split: every method learns from the same normal samples and ranks the same test samples",
      "A method that does not beat the distance to the mean has learned nothing here.",
      {{name, given}},
      {},
      {}};
  for (const svdd::Method& method : svdd::methods()) {
    table.methods.push_back({method.name, method.title, {{"method", {method.name}}}});
    table.own.push_back(method.name);
  }
  ReproduceOptions filling;
  filling.out = options.out.empty() ? "runs/compare-" + name : options.out;
  filling.methods = options.methods;
  filling.seeds = options.seeds, filling.jobs = options.jobs;
  filling.device = options.device;
  filling.search_widths = false;
  fill_table(table, filling);
}

}  // namespace tools
