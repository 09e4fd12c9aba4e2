// The runs of a table: what each is, whether it is there already, and making those that are not.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/files/folder_lock.h"
#include "tools/commands/reproduce.h"
#include "tools/commands/train.h"
#include "tools/input/task.h"
#include "tools/run/run_folder.h"
#include "tools/run/run_output.h"
#include "tools/tables/ledger.h"
#include "tools/tables/published_tables.h"
#include "tools/verify/soundness.h"

namespace tools {

struct TableRun {
  const TableMethod* method;
  const TableCase* on;
  uint64_t seed;
  std::filesystem::path folder;  // relative to the table's
  ResolvedOptions options;
  Start start = Start::go_on;
};

struct Seeds {
  uint64_t first, last;
};
// "N": 1 to N; "A..B": A to B. UsageError for anything else.
Seeds seeds_of(const ReproduceOptions& options);

// One run of a table in the folder `out`, its own below it: runs/METHOD/CASE/seed-N and `suffix`. `changed`: options in
// place of the published ones.
TableRun planned_run(const ReproduceOptions& options, const TableMethod& method, const TableCase& on,
                     uint64_t seed, const std::filesystem::path& out, const GivenOptions& changed,
                     const std::string& suffix = "");

// A table's folder: held against other processes, with the folders of its runs; what is empty of them in the end goes again.
class TableFolder {
 public:
  explicit TableFolder(const std::filesystem::path& out);
  ~TableFolder();
  TableFolder(const TableFolder&) = delete;
  TableFolder& operator=(const TableFolder&) = delete;

  // Runs beside each other share folders, so these are made before any run and not by one, which would take them away
  // from another if it failed.
  void make(const std::filesystem::path& folder) const;

 private:
  std::filesystem::path out_, made_;  // made_: the outermost folder that was not there
  std::optional<engine::FolderLock> lock_;
};

// Makes the runs that are not finished, options.jobs beside each other; a finished one that is damaged begins anew, one of
// other settings is refused, std::runtime_error. With options.verify finished runs are examined, too. `stays`: `out` is still
// there afterwards. Returns what is said of those that failed, where the table goes on without them; they are taken from
// `runs`.
std::string make_runs(std::vector<TableRun>& runs, const PublishedTable& table,
                      const ReproduceOptions& options, const std::filesystem::path& out,
                      const TableFolder& folder, bool stays = true);

// What any method should beat. With all features, prepared as the run's method has them; of one's own data as for nearest
// neighbours, so that it is one figure whichever methods it stands beside.
double distance_to_mean_auc(const TableRun& run, const Task& task);

// Of a run whose kernel's width was searched for: it keeps an AUC and no model.
bool is_width_search(const Results& results);

// What the run itself has spent; a pretraining that it took from another is that one's.
double seconds_of(const TableRun& run, const Results& results);

// What the ledger would state of a finished run.
LedgerRow ledger_row(const std::string& table, const TableRun& run, const std::filesystem::path& out,
                     const GivenOptions& changed);

}  // namespace tools
