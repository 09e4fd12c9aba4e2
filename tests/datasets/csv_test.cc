#include "datasets/csv.h"

#include <gtest/gtest.h>

#include "tests/datasets/scratch.h"

namespace {

using datasets::CsvReader;
using scratch::contains, scratch::error_of;
using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view text, char delimiter = 0) {
  CsvReader reader(text, "'t'", delimiter);
  std::vector<std::string_view> fields;
  Rows rows;
  while (reader.next(fields)) rows.emplace_back(fields.begin(), fields.end());
  return rows;
}

TEST(Csv, RowsAndFields) {
  EXPECT_EQ(rows_of("a,b\nc,d\n"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(rows_of("a,b\r\n\r\nc,d"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(rows_of(",\n,,\n"), (Rows{{"", ""}, {"", "", ""}}));
  EXPECT_EQ(rows_of("\xef\xbb\xbf"
                    "1,2"),
            (Rows{{"1", "2"}}));
  EXPECT_EQ(rows_of("a,"), (Rows{{"a", ""}}));
  EXPECT_TRUE(rows_of("").empty());
  EXPECT_TRUE(rows_of("\n\r\n\n").empty());
}

TEST(Csv, QuotedFields) {
  EXPECT_EQ(rows_of("\"a,b\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",\"\"\r\n"),
            (Rows{{"a,b", "say \"hi\""}, {"two\nlines", ""}}));
  EXPECT_EQ(rows_of("\"a\"\r"), (Rows{{"a"}}));
  EXPECT_EQ(rows_of("\"\"\"\",\"\"\"x\"\"\"\n"), (Rows{{"\"", "\"x\""}}));
  EXPECT_EQ(rows_of("a\"b,c\n"), (Rows{{"a\"b", "c"}}));  // a quote inside a plain field is a character
}

TEST(Csv, DelimitersAreTold) {
  EXPECT_EQ(rows_of("a;b;c,d\n1;2;3\n"), (Rows{{"a", "b", "c,d"}, {"1", "2", "3"}}));
  EXPECT_EQ(rows_of("a\tb\n"), (Rows{{"a", "b"}}));
  EXPECT_EQ(rows_of("a;b,c", ','), (Rows{{"a;b", "c"}}));
}

TEST(Csv, LinesEndAsTheyDo) {
  EXPECT_EQ(rows_of("a,b\r1,2\r3,4"), (Rows{{"a", "b"}, {"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(rows_of("a\r\r\nb\n\rc\r"), (Rows{{"a"}, {"b"}, {"c"}}));
}

TEST(Csv, ASpreadsheetNamesItsSeparator) {
  EXPECT_EQ(rows_of("sep=;\r\na,x;b\r\n1;2\r\n"), (Rows{{"a,x", "b"}, {"1", "2"}}));
  EXPECT_EQ(rows_of("\xef\xbb\xbf"
                    "\"sep=|\"\n1|2\n"),
            (Rows{{"1", "2"}}));
  CsvReader reader("sep=;\na;b\n", "'t'");
  std::vector<std::string_view> fields;
  ASSERT_TRUE(reader.next(fields));
  EXPECT_EQ(reader.line(), 2);
}

TEST(Csv, DecimalCommasAreNoDelimiters) {
  EXPECT_EQ(rows_of("3,9;0,6;1\n"), (Rows{{"3,9", "0,6", "1"}}));
  EXPECT_EQ(rows_of("3,9\t0,6\n"), (Rows{{"3,9", "0,6"}}));
}

TEST(Csv, WhiteSpaceParts) {
  EXPECT_EQ(rows_of("   664159    550946\n   665845    557965  \n \n"),
            (Rows{{"664159", "550946"}, {"665845", "557965"}}));
  EXPECT_EQ(rows_of("1.5 2.5 3"), (Rows{{"1.5", "2.5", "3"}}));
  EXPECT_EQ(rows_of("blood sugar\n5\n"), (Rows{{"blood sugar"}, {"5"}}));
  EXPECT_EQ(rows_of("blood sugar"), (Rows{{"blood sugar"}}));
}

TEST(Csv, SpacesAroundQuotes) { EXPECT_EQ(rows_of("\"a\", \"b, c\" , d\n"), (Rows{{"a", "b, c", " d"}})); }

TEST(Csv, OtherEncodingsAreNamed) {
  EXPECT_TRUE(contains(error_of([] {
                         rows_of(
                             std::string_view("\xff\xfe"
                                              "1\0,\0",
                                              6));
                       }),
                       "UTF-16"));
  EXPECT_TRUE(contains(error_of([] {
                         rows_of(
                             std::string_view("1\0,\0"
                                              "2\0",
                                              6));
                       }),
                       "zero bytes"));
  EXPECT_TRUE(contains(error_of([] {
                         rows_of(
                             std::string_view("\xff\xfe\0\0"
                                              "1\0\0\0",
                                              8));
                       }),
                       "UTF-32"));
}

TEST(Csv, LinesAreCounted) {
  CsvReader reader("a\n\n\"b\nb\"\r\nc\n", "'t'");
  std::vector<std::string_view> fields;
  for (const int64_t line : {1, 3, 5}) {
    ASSERT_TRUE(reader.next(fields));
    EXPECT_EQ(reader.line(), line);
  }
  EXPECT_FALSE(reader.next(fields));
  EXPECT_FALSE(reader.next(fields));
}

TEST(Csv, BrokenQuotes) {
  EXPECT_EQ(error_of<std::runtime_error>([] { rows_of("a,b\n1,\"2\n3,4\n"); }),
            "'t', line 2, column 2: the quoted field that begins here never ends");
  EXPECT_TRUE(
      contains(error_of([] { rows_of("\"a\"b,c\n"); }), "line 1, column 1: there is text after the closing"));
  EXPECT_TRUE(contains(error_of([] { rows_of(std::string(1'100'000, ',')); }), "more than a million fields"));
}

TEST(Csv, Numbers) {
  EXPECT_EQ(datasets::decimal_number(" -1.5e3 "), -1500);
  EXPECT_EQ(datasets::decimal_number("+.5"), 0.5);
  for (const char* none : {"", " ", "x", "1x", "1 2", "nan", "inf", "1e999", "--1", "+-1", "0x10", "1,5"})
    EXPECT_FALSE(datasets::decimal_number(none)) << none;
  for (const char* missing : {"", " ", "?", "NA", "n/a", "NaN", "NULL", "None"})
    EXPECT_TRUE(datasets::is_missing(missing)) << missing;
  EXPECT_FALSE(datasets::is_missing("0"));

  CsvReader reader("1e39, ?,abc,inf,7,-1,7.5\n", "'t'");
  std::vector<std::string_view> fields;
  reader.next(fields);
  const auto number = [&](size_t column) { return error_of([&] { number_at(reader, fields, column); }); };
  EXPECT_EQ(number(0), "'t', line 1, column 1: '1e39' is beyond single precision");
  EXPECT_TRUE(contains(number(1), "column 2: the value is missing (' ?')"));
  EXPECT_TRUE(contains(number(2), "'abc' is no finite number"));
  EXPECT_TRUE(contains(number(3), "'inf' is no finite number"));
  EXPECT_EQ(number_at(reader, fields, 4), 7);
  EXPECT_EQ(whole_number_at(reader, fields, 4, 0, 7), 7);
  for (const size_t column : {5, 6})
    EXPECT_TRUE(contains(error_of([&] { whole_number_at(reader, fields, column, 0, 7); }),
                         "is no whole number from 0 to 7"));
}

}  // namespace
