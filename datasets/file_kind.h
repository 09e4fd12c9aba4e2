// What a file is: told by what it holds first, and only then by the ending of its name, in capitals or small letters.
// One answer for training, scoring, evaluating, clustering and the published settings.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace datasets {

enum class FileKind {
  csv,      // text, and the name ends in .csv or .tsv; or packed by gzip, and the name in .csv.gz or .tsv.gz
  npz,      // a zip archive
  npy,      // NumPy's array
  idx,      // IDX images or labels, plain
  gzip,     // a gzip stream: IDX where the program reads it
  image,    // PNG, JPEG, BMP, PNM, TIFF, WebP; also GIF, which the readers of images refuse by name
  text,     // other text
  unknown,  // none of these: a folder, a file that cannot be read, other bytes
};

// Of a file that is missing or empty the ending alone is asked.
FileKind file_kind(const std::filesystem::path& path);

// Of a file that begins with these bytes (a few hundred are enough) and has this name.
FileKind file_kind(std::string_view beginning, const std::filesystem::path& name);

// "a table (CSV)", "a NumPy array (.npy)", …
std::string name_of(FileKind kind);

// Throws std::runtime_error for a file that holds what people take for a table or an image and that nobody here reads: a
// spreadsheet, a data frame in binary, an array packed by gzip; says what to do with it. For all others, nothing.
void refuse_foreign(const std::filesystem::path& path);

// The ending of a name in small letters: ".csv" for T.CSV.
std::string ending_of(const std::filesystem::path& path);

// A to Z made small; all other bytes stay.
std::string in_small_letters(std::string_view text);

}  // namespace datasets
