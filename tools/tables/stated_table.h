// A published table as a ledger states it.
#pragma once
#include <vector>

#include "tools/tables/ledger.h"
#include "tools/tables/published_tables.h"
#include "tools/tables/result_table.h"

namespace tools {

// Of these methods and cases, in the order of the table, what `rows` have: a row for each method and options (recipe theano
// below recipe pytorch), a column for each case that any of them has; which are missing is said. The published mean stands only
// where all of the table's cases do. `ledger`: the file that they are of; empty: the project's.
ResultTable stated_table(const PublishedTable& table, const std::vector<TableMethod>& methods,
                         const std::vector<TableCase>& cases, const std::vector<LedgerRow>& rows,
                         const std::string& ledger = "");

}  // namespace tools
