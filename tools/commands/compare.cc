#include "tools/commands/compare.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/methods/method.h"
#include "tools/arguments.h"
#include "tools/commands/reproduce.h"
#include "tools/input/task.h"
#include "tools/report/report_html.h"
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

// Said before the folder is made.
void require_methods(const std::string& list) {
  if (list.empty()) return;
  for (const std::string& name : comma_separated(list))
    if (!svdd::find_method(name)) throw UsageError("--methods: " + svdd::no_method(name));
}

// A folder holds one comparison, and says of what.
void claim_folder(const std::filesystem::path& out, const GivenOptions& data) {
  const std::filesystem::path said = out / "compare.json";
  nlohmann::json here = data;
  here.erase("data-dir");  // where the same data lie decides nothing
  if (engine::file_exists(said)) {
    const nlohmann::json there = engine::read_json_object(said, "name another folder with --out");
    if (there != here)
      throw UsageError(engine::in_quotes(out) + " is a comparison of other data or options (" +
                       there.value("data", nlohmann::json("?")).dump() + "); name another folder with --out");
    return;
  }
  std::error_code none;
  if (engine::file_exists(out) && (!engine::is_folder(out) || !std::filesystem::is_empty(out, none)))
    throw UsageError(engine::in_quotes(out) +
                     " holds something else than a comparison; name another folder with --out");
  std::filesystem::create_directories(out, none);
  if (none) throw std::runtime_error("cannot make " + engine::in_quotes(out) + ": " + none.message());
  engine::write_file_atomically(said, engine::json_text(here, 2) + '\n');
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
      "Methods side by side on " + html::last_name(data),
      "One split: every method learns from the same normal samples and ranks the same test samples",
      "The best first. All normal samples of the training half are trained on, none held out to calibrate. A "
      "method that does not beat the distance to the mean has learned nothing here.",
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
  filling.seeds = std::to_string(options.seeds), filling.jobs = options.jobs;
  filling.device = options.device;
  filling.search_widths = false;
  filling.command = "svdd compare", filling.ranked = true, filling.goes_on_without = true;
  require_methods(options.methods);
  check_counts_and_device(filling);
  claim_folder(filling.out, given);
  fill_table(table, filling);
}

}  // namespace tools
