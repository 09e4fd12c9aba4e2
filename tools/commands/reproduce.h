// `svdd reproduce`: a published table, every cell run here, beside what was published.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/options/options.h"

namespace tools {

struct ReproduceOptions {
  std::string table, out, data_dir;  // out empty: runs/TABLE
  bool seeds_given = false;          // with verify: only those seeds
  std::string seeds = "3";           // "N": seeds 1 to N; "A..B": A to B, so that machines can share a table
  std::string classes, methods;      // "0,3": of the table's cases, its rows; empty: as the table has them
  int64_t jobs = 0;                  // runs at once, each on one thread; 0: one for each processor
  std::string device = "cpu";        // as svdd train's; of the runs' bits it changes none
  bool verify = false;  // run cells of the ledger again, and compare, in place of filling the table
  bool stated = false;  // show the table as the ledger states it, running nothing
  std::string
      ledger;  // a file such as a table's ledger.csv in the place of the project's; empty: the project's
  std::optional<int64_t> sample = {};        // of those cells so many, chosen by sample_seed; nothing: all
  std::optional<uint64_t> sample_seed = {};  // nothing: 1
  bool search_widths =
      true;  // of the kernel methods, on a tenth of the test set, as the papers do; else their own
  std::string command = "svdd reproduce";  // that the page is of
  bool ranked = false;           // rows by their mean AUC, the best first, in place of the table's order
  bool goes_on_without = false;  // a method that cannot be trained: the table lacks it, and says why
  bool auc_per_epoch = false;    // the best epoch beside the last, to compare with
  GivenOptions changed;          // options of svdd train in place of the published ones; the table names them
};

struct PublishedTable;

// Runs what is not finished, `jobs` runs beside each other, and writes table.csv, table.md and table.html.
// Runs that begin alike pretrain once, in the folder `pretrained` (svdd/training/pretraining_store.h). A run is
// finished when its results.json is there; one that was interrupted goes on from its last checkpoint, if it
// has left one, else begins again. Throws UsageError for a table, class, row or option that does not exist,
// std::runtime_error for a folder that holds runs of other settings, and what the first run that failed
// threw, after the others are done.
// With `stated` nothing is run: the table is what the ledger has.
// With `verify`: whether every cell has the bits that the ledger (tools/tables/ledger.h) states; where not, the exit
// status is 1. Otherwise true.
bool run_reproduce(const ReproduceOptions& options);

// UsageError for numbers of seeds and jobs, and a device, that cannot be.
void check_counts_and_device(const ReproduceOptions& options);
// The same of a table of one's own, without its `verify`.
void fill_table(const PublishedTable& table, const ReproduceOptions& options);

}  // namespace tools
