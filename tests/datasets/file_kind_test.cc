#include "datasets/file_kind.h"

#include <gtest/gtest.h>

#include "datasets/table.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::file_kind, datasets::FileKind;
using namespace std::string_view_literals;

TEST(FileKind, IsToldByTheContents) {
  EXPECT_EQ(file_kind("\x1f\x8b\x08", "a.csv.gz"), FileKind::csv);
  EXPECT_EQ(file_kind("\x1f\x8b\x08", "A.TSV.GZ"), FileKind::csv);
  for (const char* name : {"a", "a.csv", "a.png", "a.gz", "a.NPY"}) {
    EXPECT_EQ(file_kind("PK\3\4abc", name), FileKind::npz) << name;
    EXPECT_EQ(file_kind("\x93NUMPY\1", name), FileKind::npy) << name;
    EXPECT_EQ(file_kind("\x1f\x8b\x08", name), FileKind::gzip) << name;
    EXPECT_EQ(file_kind("\0\0\x08\x03\0\0\0\1"sv, name), FileKind::idx) << name;
    EXPECT_EQ(file_kind("\x89PNG\r\n", name), FileKind::image) << name;
    EXPECT_EQ(file_kind("\xff\xd8\xff\xe0", name), FileKind::image) << name;
    EXPECT_EQ(file_kind("P5\n3 2\n255\n", name), FileKind::image) << name;
    EXPECT_EQ(file_kind("BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"sv, name), FileKind::image) << name;
  }
}

TEST(FileKind, FilesOfOtherProgramsAreToldWithAWayOut) {
  const scratch::Folder folder;
  const auto refusal = [&](const std::string& name, const std::string& bytes) -> std::string {
    scratch::write(folder / name, bytes);
    try {
      datasets::refuse_foreign(folder / name);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  for (const char* name : {"t.xlsx", "T.XLSX", "t.ods"})
    EXPECT_TRUE(scratch::contains(refusal(name, "PK\3\4abc"), "is a spreadsheet: save it as CSV")) << name;
  EXPECT_TRUE(scratch::contains(refusal("t.csv", "PK\3\4...[Content_Types].xml"), "is a spreadsheet"));
  EXPECT_TRUE(scratch::contains(refusal("t.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "is a spreadsheet"));
  EXPECT_TRUE(scratch::contains(refusal("t.npy.gz", "\x1f\x8b\x08"), "packed by gzip: unpack it first"));
  EXPECT_TRUE(scratch::contains(refusal("t.parquet", "PAR1"), "is a Parquet file"));
  EXPECT_EQ(refusal("t.npz", "PK\3\4abc"), "");
  EXPECT_EQ(refusal("t.csv.gz", "\x1f\x8b\x08"), "");
  EXPECT_EQ(refusal("train-images-idx3-ubyte.gz", "\x1f\x8b\x08"), "");
  EXPECT_EQ(refusal("t.csv", "PAR,value\n1,2\n"), "");
  EXPECT_EQ(refusal("t.csv", ""), "");
}

TEST(FileKind, OfTextTheEndingDecidesInAnyCase) {
  for (const char* text :
       {"a,b\n1,2\n", "BMI,age\n20,3\n", "PK,value\n1,2\n", "P1,P2\n1,2\n", "\xff\xfe\x31\0"}) {
    for (const char* name : {"t.csv", "t.CSV", "T.Csv", "t.tsv"})
      EXPECT_EQ(file_kind(text, name), FileKind::csv);
    EXPECT_EQ(file_kind(text, "t.txt"), FileKind::text);
    EXPECT_EQ(file_kind(text, "t"), FileKind::text);
  }
  EXPECT_EQ(file_kind("", "a.NPZ"), FileKind::npz);
  EXPECT_EQ(file_kind("", "a.Npy"), FileKind::npy);
  EXPECT_EQ(file_kind("", "a.JPG"), FileKind::image);
  EXPECT_EQ(file_kind("", "a"), FileKind::unknown);
  EXPECT_EQ(file_kind("\1\2\3", "a.bin"), FileKind::unknown);
}

TEST(FileKind, OfFilesAndFolders) {
  const scratch::Folder folder;
  scratch::write(folder / "plain.CSV", "1,2\n3,4\n");
  EXPECT_EQ(file_kind(folder / "plain.CSV"), FileKind::csv);
  EXPECT_TRUE(datasets::is_table_file(folder / "plain.CSV"));
  EXPECT_EQ(file_kind(folder.path()), FileKind::unknown);
  EXPECT_EQ(file_kind(folder / "missing.CSV"), FileKind::csv);
  EXPECT_FALSE(datasets::is_table_file(folder / "missing.CSV"));
}

}  // namespace
