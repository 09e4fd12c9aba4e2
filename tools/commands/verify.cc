#include "tools/commands/verify.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/files/passing_folder.h"
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

bool is_sound(const std::string& run, const VerifyOptions& options) {
  read_results(run);  // a folder without a run is no unsound run
  const std::vector<Finding> findings = findings_about(run, options.backend);
  const auto failed = std::find_if(findings.begin(), findings.end(),
                                   [](const Finding& f) { return f.kind == Finding::Kind::fails; });
  const bool partly = std::any_of(findings.begin(), findings.end(),
                                  [](const Finding& f) { return f.kind == Finding::Kind::not_checked; });
  if (failed != findings.end())
    std::cout << engine::in_quotes(run) << " is not sound: " << failed->what << '\n';
  else
    std::cout << engine::in_quotes(run) << " is sound" << (partly ? ", as far as it could be checked" : "")
              << '\n';
  for (const Finding& finding : findings)
    std::cout << (finding.kind == Finding::Kind::holds   ? "  holds        "
                  : finding.kind == Finding::Kind::fails ? "  FAILS        "
                                                         : "  not checked  ")
              << finding.what << '\n';
  if (failed != findings.end()) return false;
  const Evidence evidence = read_evidence(run);
  const std::string receipt = evidence.text("receipt");
  std::cout << "  receipt      " << (receipt.empty() ? "not said" : receipt) << '\n';
  if (evidence.text("version") != SVDD_VERSION)
    std::cout << "  version      " << evidence.text("version") << "; this is " << SVDD_VERSION << '\n';
  return true;
}

// `names`: "'a' and 'b'".
bool are_equal(const std::string& here, const std::string& there, const std::string& names) {
  const Evidence a = read_evidence(here), b = read_evidence(there);
  const auto parting = where_they_part(a, b);
  const auto traces = where_traces_part(a, b);
  const bool equal = !parting && !(traces && !traces->equal);
  if (!equal)
    std::cout << names << " part at " << (parting ? *parting : "numbers that no loss shows, " + traces->line)
              << '\n';
  else
    std::cout << names << " are equal: " << what_is_equal(a, b) << '\n';
  if (traces) std::cout << "  trace: " << traces->line << '\n';
  for (const std::string& line : other_circumstances(a, b)) std::cout << "  " << line << '\n';
  return equal;
}

bool is_repeatable(const std::string& run, const VerifyOptions& options) {
  if (!read_results(run).all().contains("weights_sha256"))
    throw std::runtime_error(engine::in_quotes(run) +
                             " is a search for the width of a kernel, which svdd reproduce repeats");
  std::optional<engine::PassingFolder> passing;
  if (options.out.empty()) passing.emplace("svdd-verify");
  const fs::path again = options.out.empty() ? passing->path() / "again" : fs::path(options.out);
  ResolvedOptions resolved =
      resolve_train_options({{"out", {again.string()}}, {"quiet", {"true"}}}, fs::path(run) / "config.json");
  resolved.options.backend = options.backend;
  std::cerr << "repeating " << engine::in_quotes(run) << std::endl;
  perform_run(resolved, {"svdd", "verify", "--again"}, Start::anew);
  return are_equal(run, again.string(), engine::in_quotes(run) + " and its repetition");
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
  if (options.again) return is_repeatable(options.runs[0], options);
  return options.runs.size() == 2
             ? are_equal(options.runs[0], options.runs[1],
                         engine::in_quotes(options.runs[0]) + " and " + engine::in_quotes(options.runs[1]))
             : is_sound(options.runs[0], options);
}

}  // namespace tools
