#include "datasets/file_kind.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>

#include "datasets/tiff.h"
#include "datasets/webp.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

bool starts_with_one_of(std::string_view bytes, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return bytes.starts_with(beginning); });
}

// "BM" alone may begin a header (BMI,age): the size of the bitmap's own header must be one of the known ones.
bool is_bitmap(std::string_view bytes) {
  if (!bytes.starts_with("BM") || bytes.size() < 18) return false;
  constexpr std::array<uint8_t, 7> sizes = {12, 40, 52, 56, 64, 108, 124};
  const auto size = static_cast<uint8_t>(bytes[14]);
  return bytes.substr(15, 3) == std::string_view("\0\0\0", 3) &&
         std::find(sizes.begin(), sizes.end(), size) != sizes.end();
}

// P1 to P6 and the white space that must follow.
bool is_anymap(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
         (bytes[2] == '\n' || bytes[2] == '\r' || bytes[2] == ' ' || bytes[2] == '\t' || bytes[2] == '#');
}

bool is_image(std::string_view bytes) {
  return starts_with_one_of(bytes,
                            {
                                "\x89PNG",
                                "\xff\xd8\xff",
                                "\xff\xff\xd8",
                                "GIF87a",
                                "GIF89a",
                            }) ||
         is_tiff(bytes) || is_webp(bytes) || is_bitmap(bytes) || is_anymap(bytes);
}

// Two zero bytes, one of the number types, and how many extents follow.
bool is_idx(std::string_view bytes) {
  constexpr std::string_view types = "\x08\x09\x0b\x0c\x0d\x0e";
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 &&
         types.find(bytes[2]) != std::string_view::npos && bytes[3] >= 1 && bytes[3] <= 8;
}

// UTF-16 counts as text, so that the reader of text can say what it is.
bool is_text(std::string_view bytes) {
  if (bytes.empty()) return false;
  if (starts_with_one_of(bytes, {"\xff\xfe", "\xfe\xff"})) return true;
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\x1a';
  });
}

FileKind kind_of_ending(const std::string& ending) {
  if (ending == ".csv" || ending == ".tsv") return FileKind::csv;
  if (ending == ".npz") return FileKind::npz;
  if (ending == ".npy") return FileKind::npy;
  if (ending == ".gz") return FileKind::gzip;
  for (const char* image :
       {".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".pnm", ".pbm", ".gif", ".tif", ".tiff", ".webp"})
    if (ending == image) return FileKind::image;
  if (ending.ends_with("-ubyte")) return FileKind::idx;  // "train-images.idx3-ubyte"
  return FileKind::unknown;
}

// "t.csv.gz".
bool is_packed_table(const fs::path& name) {
  return ending_of(name) == ".gz" && kind_of_ending(ending_of(name.stem())) == FileKind::csv;
}

}  // namespace

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

std::string ending_of(const fs::path& path) { return in_small_letters(path.extension().string()); }

FileKind file_kind(std::string_view bytes, const fs::path& name) {
  if (bytes.starts_with("\x93NUMPY")) return FileKind::npy;
  if (starts_with_one_of(bytes, {"PK\3\4", "PK\5\6", "PK\7\x08"})) return FileKind::npz;
  if (bytes.starts_with("\x1f\x8b")) return is_packed_table(name) ? FileKind::csv : FileKind::gzip;
  if (is_idx(bytes)) return FileKind::idx;
  if (is_image(bytes)) return FileKind::image;
  const FileKind by_name = is_packed_table(name) ? FileKind::csv : kind_of_ending(ending_of(name));
  if (by_name == FileKind::unknown && is_text(bytes)) return FileKind::text;
  return by_name;
}

FileKind file_kind(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return FileKind::unknown;
  constexpr size_t enough = 512;
  return file_kind(engine::beginning_of(path, enough), path);
}

void refuse_foreign(const fs::path& path) {
  constexpr size_t enough = 512;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return;
  const std::string bytes = engine::beginning_of(path, enough), ending = ending_of(path);
  const auto holds = [&](std::string_view part) { return bytes.find(part) != std::string::npos; };
  const auto ends = [&](std::initializer_list<std::string_view> endings) {
    return std::find(endings.begin(), endings.end(), ending) != endings.end();
  };
  const auto refuse = [&](const std::string& what) {
    throw std::runtime_error(engine::in_quotes(path) + " is " + what);
  };
  const bool zip = starts_with_one_of(bytes, {"PK\3\4"});
  if ((zip && (ends({".xlsx", ".xlsm", ".xlsb", ".ods"}) || holds("[Content_Types].xml") ||
               holds("opendocument.spreadsheet"))) ||
      bytes.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
    refuse("a spreadsheet: save it as CSV in UTF-8 and name that file");
  if (bytes.starts_with("PAR1")) refuse("a Parquet file: write it as CSV, or as .npz with an array X");
  if (bytes.starts_with("\x89HDF\r\n")) refuse("an HDF5 file: write it as CSV, or as .npz with an array X");
  if (bytes.starts_with("ARROW1"))
    refuse("an Arrow (Feather) file: write it as CSV, or as .npz with an array X");
  if (!bytes.starts_with("\x1f\x8b")) return;
  const std::string inner = ending_of(ending == ".gz" ? path.stem() : fs::path());
  const FileKind kind = kind_of_ending(inner);
  if (inner == ".txt" || inner == ".tar" || kind == FileKind::npz || kind == FileKind::npy ||
      kind == FileKind::image)
    refuse("packed by gzip: unpack it first (gunzip -k) and name " + engine::in_quotes(path.stem()));
}

std::string name_of(FileKind kind) {
  switch (kind) {
    case FileKind::csv:
      return "a table (CSV)";
    case FileKind::npz:
      return "a zip archive (.npz)";
    case FileKind::npy:
      return "a NumPy array (.npy)";
    case FileKind::idx:
      return "an IDX file";
    case FileKind::gzip:
      return "packed by gzip";
    case FileKind::image:
      return "an image";
    case FileKind::text:
      return "text";
    case FileKind::unknown:
      break;
  }
  return "of a kind that is not known";
}

}  // namespace datasets
