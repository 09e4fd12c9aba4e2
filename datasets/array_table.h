// Tables as NumPy's arrays: .npz, and .npy, which holds rows alone.
//
// The rows are X or x, or else the only array (n, d) whose d is above 1, whatever its name; or, of several, the one with
// "train" in its name, and the test half the one with "test" (X_train, x_test, train_data ...). Labels are y, or the array
// named as labels are (table_columns.h); where the rows had to be guessed, also the only other array (n) or (n, 1) that
// holds whole numbers or words, few of them different. Which was taken is said in a note.
//
// Values are integers, truth values or floating-point numbers; NaN is a value that is missing.
#pragma once
#include <filesystem>
#include <optional>

#include "datasets/table.h"

namespace datasets {

enum class ArrayHalf { train, test };

// Throws as read_table does.
Table read_npz_table(const std::filesystem::path& path, const TableOptions& options,
                     ArrayHalf half = ArrayHalf::train);
Table read_npy_table(const std::filesystem::path& path, const TableOptions& options);

// Whether the archive holds arrays of rows for both halves.
bool has_two_halves(const std::filesystem::path& path);

}  // namespace datasets
