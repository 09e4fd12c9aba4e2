#include "tools/commands/verify.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/passing_folder.h"
#include "engine/stopping.h"
#include "tools/commands/train.h"
#include "tools/options/options.h"
#include "tools/run/run_folder.h"
#include "tools/usage_error.h"
#include "tools/verify/evidence.h"
#include "tools/verify/parting.h"
#include "tools/verify/soundness.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

const char* word_of(Finding::Kind kind) {
  return kind == Finding::Kind::holds   ? "  holds        "
         : kind == Finding::Kind::fails ? "  FAILS        "
                                        : "  not checked  ";
}

const Finding* first_failure(const std::vector<Finding>& findings) {
  const auto failed = std::find_if(findings.begin(), findings.end(),
                                   [](const Finding& f) { return f.kind == Finding::Kind::fails; });
  return failed == findings.end() ? nullptr : &*failed;
}

bool is_sound(const std::string& run, const VerifyOptions& options) {
  read_results(run);  // a folder without a run is no unsound run
  const std::vector<Finding> findings = findings_about(run, {.data_path = options.data}, options.backend);
  const Finding* failed = first_failure(findings);
  const bool partly = std::any_of(findings.begin(), findings.end(),
                                  [](const Finding& f) { return f.kind == Finding::Kind::not_checked; });
  if (failed)
    std::cout << engine::in_quotes(run) << " is not sound: " << failed->what << '\n';
  else
    std::cout << engine::in_quotes(run) << " is sound" << (partly ? ", as far as it could be checked" : "")
              << '\n';
  for (const Finding& finding : findings) std::cout << word_of(finding.kind) << finding.what << '\n';
  if (failed) return false;
  const Evidence evidence = read_evidence(run);
  const std::string receipt = evidence.text("receipt");
  std::cout << "  receipt      " << (receipt.empty() ? "not said" : receipt + ", the contract's number")
            << '\n';
  if (evidence.text("version") != SVDD_VERSION)
    std::cout << "  version      " << engine::shown(evidence.text("version")) << "; this is " << SVDD_VERSION
              << '\n';
  std::cout << "  beyond       figures that scores.csv does not give (untrained, pretraining, yardsticks), "
               "and numbers of "
               "the model that the test scores do not hang on: --again shows them; seconds, remarks, log, "
               "pictures, map "
               "and report are for people, and are not compared\n";
  return true;
}

// Whether the files of a run are those that its results speak of, which alone are compared; says so where not.
bool speaks_of_its_files(const std::string& run, const VerifyOptions& options, std::string& said) {
  const std::vector<Finding> findings = findings_about(run, {.alone = false, .data = false}, options.backend);
  const Finding* failed = first_failure(findings);
  if (failed) said += "  FAILS        " + engine::in_quotes(run) + ": " + failed->what + '\n';
  return !failed;
}

// `names`: "'a' and 'b'".
bool are_equal(const std::string& here, const std::string& there, const std::string& names,
               const VerifyOptions& options) {
  const Evidence a = read_evidence(here), b = read_evidence(there);
  const auto parting = where_they_part(a, b);
  const auto traces = where_traces_part(a, b);
  const bool equal = !parting && !(traces && !traces->equal);
  std::string unsound;
  const bool of_files = a.text("weights_sha256").empty() ||  // a search keeps none
                        (static_cast<int>(speaks_of_its_files(here, options, unsound)) +
                             static_cast<int>(speaks_of_its_files(there, options, unsound)) ==
                         2);
  if (equal && !of_files)
    std::cout << names << " say that they are equal, and not all their files are what they say\n";
  else if (!equal)
    std::cout << names << " part at " << (parting ? *parting : "numbers that no loss shows, " + traces->line)
              << '\n';
  else
    std::cout << names << " are equal: " << what_is_equal(a, b) << '\n';
  std::cout << unsound;
  if (traces) std::cout << "  trace: " << traces->line << '\n';
  for (const std::string& line : other_circumstances(a, b)) std::cout << "  " << line << '\n';
  return equal && of_files;
}

bool is_repeatable(const std::string& run, const VerifyOptions& options) {
  if (!read_results(run).all().contains("weights_sha256"))
    throw std::runtime_error(engine::in_quotes(run) +
                             " keeps an AUC alone, which svdd reproduce --verify makes again");
  std::optional<engine::PassingFolder> passing;
  if (options.out.empty()) passing.emplace("svdd-verify");
  const fs::path again = options.out.empty() ? passing->path() / "again" : fs::path(options.out);
  read_evidence(run);  // its files are what they should be, before one of them is waited for
  GivenOptions given{{"out", {again.string()}}, {"quiet", {"true"}}};
  if (!options.data.empty()) given["data"] = {options.data};
  ResolvedOptions resolved = resolve_train_options(given, fs::path(run) / "config.json");
  resolved.options.prefer_recorded_data();
  resolved.options.backend = options.backend;
  std::cerr << "repeating " << engine::in_quotes(run) << std::endl;
  try {
    perform_run(resolved, {"svdd", "verify", "--again"}, Start::anew);
  } catch (const engine::Stopped&) {
    if (passing) throw engine::Stopped("the repetition was stopped, and nothing of it is kept");
    throw;
  }
  return are_equal(run, again.string(), engine::in_quotes(run) + " and its repetition", options);
}

}  // namespace

bool run_verify(const VerifyOptions& options) {
  if (options.runs.empty())
    throw UsageError("svdd verify needs the folder of a run, for instance svdd verify runs/first");
  if (options.runs.size() > 2)
    throw UsageError("svdd verify compares two runs, and " + std::to_string(options.runs.size()) +
                     " folders are named");
  if (options.again && options.runs.size() == 2)
    throw UsageError("--again repeats one run; with two folders there is nothing to repeat");
  if (!options.out.empty() && !options.again)
    throw UsageError("--out is where --again leaves the repeated run; nothing else is written");
  std::error_code error;
  if (!options.out.empty() && engine::file_exists(options.out) && !fs::is_empty(options.out, error))
    throw UsageError("--out names " + engine::in_quotes(options.out) +
                     ", which is there: the repeated run needs a folder of its own");
  if (!options.data.empty() && options.runs.size() == 2)
    throw UsageError(
        "--data is where the data of one run lie; two runs are compared by what they say of theirs");
  make_backend(options.backend);  // refuses what the words cannot mean, before they become a verdict
  if (options.again) return is_repeatable(options.runs[0], options);
  return options.runs.size() == 2
             ? are_equal(options.runs[0], options.runs[1],
                         engine::in_quotes(options.runs[0]) + " and " + engine::in_quotes(options.runs[1]),
                         options)
             : is_sound(options.runs[0], options);
}

}  // namespace tools
