// What `svdd reproduce` does with the ledger (tools/tables/ledger.h), the project's or one from a file: shows a table as it
// is stated, or runs its cells again.
#pragma once
#include <vector>

#include "tools/commands/reproduce.h"
#include "tools/tables/published_tables.h"

namespace tools {

// --verify: the cells of these rows and columns again, all or a sample; whether each has the bits that are stated. Both
// throw std::runtime_error for a ledger that is none, states no such cell or one twice.
bool verify_ledger(const ReproduceOptions& options, const PublishedTable& table,
                   const std::vector<TableMethod>& methods, const std::vector<TableCase>& cases);

// --stated without a table: which tables and rows the project's ledger has.
void list_stated();

// --stated: the table of these rows and columns from the ledger; nothing is run and no data are read. With --out it is
// written there, too: stated.csv, stated.md and stated.html.
void show_stated(const ReproduceOptions& options, const PublishedTable& table,
                 const std::vector<TableMethod>& methods, const std::vector<TableCase>& cases);

}  // namespace tools
