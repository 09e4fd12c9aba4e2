// Tables as text (csv.h): header and label column as table_columns.h says, numbers, and words.
//
// A column of words is a feature for each word where it can be nothing else: the label is known, or there is none (its name
// was given as "none"). A hundred different words are the most, each twice on the average: names, times and remarks are
// no features. Elsewhere it may hold the classes, and is refused (TextColumn).
#pragma once
#include <filesystem>
#include <string>

#include "datasets/table.h"

namespace datasets {

// `path`: for messages. Throws as read_table does.
Table parse_text_table(const std::string& text, const std::filesystem::path& path,
                       const TableOptions& options);

}  // namespace datasets
