// Tables as people have them: packed, in other encodings, with decimal commas, words and gaps; chosen columns; two files.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "datasets/array_table.h"
#include "datasets/dataset.h"
#include "datasets/file_kind.h"
#include "datasets/table.h"
#include "datasets/table_form_json.h"
#include "datasets/table_rows.h"
#include "datasets/text_file.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "tests/datasets/scratch.h"
#if SVDD_HAVE_ZLIB
#include <zlib.h>
#endif

namespace {
namespace table_forms_test {

using datasets::Dataset, datasets::LoadOptions, datasets::Missing, datasets::OneVsRest, datasets::Table,
    datasets::TableForm, datasets::TableOptions;
using datasets::load_table, datasets::one_vs_rest, datasets::read_table;
using engine::NdArray;
using scratch::contains, scratch::error_of;
using Names = std::vector<std::string>;
using Floats = std::vector<float>;

class TableForms : public testing::Test {
 protected:
  Table read(const std::string& text, const TableOptions& options = {}) const {
    scratch::write(folder_ / "t.csv", text);
    return read_table(folder_ / "t.csv", options);
  }
  std::string complaint(const std::string& text, const TableOptions& options = {}) const {
    return error_of<std::runtime_error>([&] { read(text, options); });
  }
  OneVsRest task(const std::string& text, LoadOptions options = {}) const {
    scratch::write(folder_ / "t.csv", text);
    if (!options.test_fraction) options.test_fraction = 0;
    const Dataset data = load_table(folder_ / "t.csv", options);
    return one_vs_rest(data, data.default_normal);
  }
  std::string notes(const Table& table) const {
    std::string all;
    for (const std::string& note : table.notes) all += note + '\n';
    return all;
  }

  const scratch::Folder folder_;
};

std::string utf16(const std::string& text, bool little) {
  std::string bytes = little ? "\xff\xfe" : "\xfe\xff";
  for (const char c : text) bytes += little ? std::string{c, '\0'} : std::string{'\0', c};
  return bytes;
}

TEST_F(TableForms, Utf16WithItsMarkIsRead) {
  for (const bool little : {true, false})
    EXPECT_EQ(read(utf16("a\tb\r\n1\t2.5\r\n3\t4\r\n", little)).rows.values, (Floats{1, 2.5f, 3, 4}));
  EXPECT_EQ(datasets::utf8_of_utf16(std::string("\xff\xfe\xe9\x00\xac\x20\x3d\xd8\x00\xde", 10), "t"),
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_TRUE(
      contains(complaint(utf16("1,2\n", true) + "x"), "damaged UTF-16 text (half a character at byte 10)"));
  EXPECT_TRUE(contains(complaint(utf16("1,2\n", true) + "\x3d\xd8"), "half of a pair at byte 10"));
  EXPECT_TRUE(contains(complaint(std::string("1\0,\0"
                                             "2\0",
                                             6)),
                       "zero bytes"));
}

#if SVDD_HAVE_ZLIB
void write_packed(const std::filesystem::path& path, const std::string& text) {
  const gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
}

TEST_F(TableForms, PackedTextIsRead) {
  for (const char* name : {"t.csv.gz", "T.TSV.GZ"}) {
    const std::string tab = std::string(name).find("SV.") == 3 ? "\t" : ",";
    write_packed(folder_ / name, "a" + tab + "b\n1" + tab + "2\n3" + tab + "4\n");
    EXPECT_TRUE(datasets::is_table_file(folder_ / name)) << name;
    EXPECT_EQ(read_table(folder_ / name).rows.values, (Floats{1, 2, 3, 4})) << name;
  }
  write_packed(folder_ / "u.csv.gz", utf16("1;2\n3;4\n", true));
  EXPECT_EQ(read_table(folder_ / "u.csv.gz").rows.values, (Floats{1, 2, 3, 4}));
  std::string cut = scratch::read(folder_ / "u.csv.gz");
  scratch::write(folder_ / "u.csv.gz", cut.substr(0, cut.size() - 9));
  EXPECT_TRUE(contains(error_of([&] { read_table(folder_ / "u.csv.gz"); }), "is truncated"));
  scratch::write(folder_ / "u.csv.gz", "1,2\n");
  EXPECT_EQ(read_table(folder_ / "u.csv.gz").rows.values, (Floats{1, 2})) << "packed by its name alone";
}
#endif

TEST_F(TableForms, DecimalCommasAreFoundAndSaid) {
  for (const char* part : {";", "\t", " "}) {
    const std::string p = part;
    const Table table = read("3,14" + p + "2,7" + p + "1\n-1,5e1" + p + "0" + p + "2\n");
    EXPECT_EQ(table.rows.values, (Floats{3.14f, 2.7f, 1, -15, 0, 2})) << p;
    EXPECT_TRUE(contains(notes(table), "fractions have a decimal comma: '3,14' in line 1"));
  }
  EXPECT_EQ(read("a;b\n3,9;0,6\n1;2\n").rows.values, (Floats{3.9f, 0.6f, 1, 2}));
  // 1,234 may be a thousand and more: one table has one sign.
  EXPECT_TRUE(
      contains(complaint("a;b\n1,234;1\n2;0.5\n"),
               "line 3, column 2: '0.5' has a decimal point, and line 2 has a decimal comma ('1,234')"));
  EXPECT_TRUE(contains(complaint("a;b\n0.5;1\n2;1,5\n"), "'1,5' has a decimal comma, and line 2"));
  EXPECT_TRUE(contains(complaint("a,b\n\"1,5\",1\n2,3\n"), "a decimal comma?"));
  EXPECT_TRUE(contains(complaint("a;b\n1,2,3;1\n2;3\n"), "is no finite number"));
}

TEST_F(TableForms, ColumnsAreChosenByNameOrNumber) {
  const std::string named = "id,a,b,c,label\n7,1,2,3,0\n8,4,5,6,1\n", bare = "7,1,2,3\n8,4,5,6.5\n";
  EXPECT_EQ(read(named, {.columns = {"c", "A"}}).features, (Names{"a", "c"}));
  EXPECT_TRUE(read(named, {.columns = {"c", "a"}}).labelled)
      << "a label is no feature, and need not be chosen";
  EXPECT_EQ(read(named, {.drop = {"id", "3"}}).features, (Names{"a", "c"}));
  EXPECT_EQ(read(named, {.drop = {"id", "label"}}).features, (Names{"a", "b", "c"}));
  EXPECT_FALSE(read(named, {.drop = {"id", "label"}}).labelled);
  EXPECT_EQ(read(bare, {.columns = {"2", "-1"}}).rows.values, (Floats{1, 3, 4, 6.5f}));
  EXPECT_EQ(read(",a\n0,3\n1,4\n", {.drop = {"1"}}).rows.values, (Floats{3, 4})) << "a nameless row number";

  EXPECT_TRUE(contains(complaint("temperature,flow\n1,2\n", {.columns = {"temprature"}}),
                       "there is no column 'temprature'; did you mean 'temperature'?"));
  EXPECT_TRUE(
      contains(complaint(named, {.drop = {"weather"}}), "there is no column 'weather' among 'id', 'a'"));
  EXPECT_TRUE(contains(complaint(bare, {.columns = {"a"}}), "the file names none; give numbers from 1 to 4"));
  EXPECT_TRUE(contains(complaint(bare, {.columns = {"5"}}), "there is no column '5'"));
  EXPECT_TRUE(contains(complaint(named, {.columns = {"a", "2"}}), "column 2: this column is named twice"));
  EXPECT_TRUE(contains(complaint(named, {.columns = {"a"}, .drop = {"a"}}), "both chosen and dropped"));
  EXPECT_TRUE(
      contains(complaint(named, {.label_column = "c", .drop = {"c"}}), "the label and to be dropped"));
  EXPECT_TRUE(contains(complaint("a,a,b\n1,2,3\n", {.drop = {"a"}}), "'a' names more than one column"));
  EXPECT_EQ(read("a,a,b\n1,2,3\n", {.drop = {"2"}}).rows.values, (Floats{1, 3}));
  EXPECT_FALSE(contains(complaint(named, {.drop = {"z"}}), "did you mean")) << "a single letter is no slip";
  EXPECT_TRUE(contains(complaint("a,b\n1,2\n", {.drop = {"a", "b"}}), "no column but the label's"));
}

TEST_F(TableForms, AModelFindsItsColumnsAgain) {
  const TableForm named = read("id,a,b,label\n7,1,2,0\n8,4,5,1\n", {.drop = {"id"}}).form;
  EXPECT_EQ(read("b,x,a\n2,9,1\n", {.form = named}).rows.values, (Floats{1, 2}));
  EXPECT_EQ(read("7,1,2,0\n", {.form = named}).rows.values, (Floats{1, 2}))
      << "by place: the file has no names";
  EXPECT_EQ(read("1,2\n", {.form = named}).rows.values, (Floats{1, 2}));
  const TableForm bare = read("7,1,0.5,0\n8,4,2.5,1\n", {.label_column = "2", .drop = {"1"}}).form;
  EXPECT_EQ(read("7,1,0.5,0\n", {.form = bare}).rows.values, (Floats{0.5f, 0}));
  EXPECT_EQ(read("7,0.5,0\n", {.form = bare}).rows.values, (Floats{0.5f, 0})) << "without the label";
  EXPECT_EQ(read("0.5,0\n", {.form = bare}).rows.values, (Floats{0.5f, 0}));
  EXPECT_TRUE(contains(complaint("1,2,3,4,5\n", {.form = bare}), "expected 2"));
}

TEST_F(TableForms, MissingValuesAreRefusedDroppedOrFilledIn) {
  const std::string text = "a,b,label\n1,10,0\n?,20,0\n3,,0\n5,40,0\n9,50,1\n";
  EXPECT_THROW(read(text), datasets::MissingValue);
  const Table dropped = read(text, {.missing = Missing::drop});
  EXPECT_EQ(dropped.rows.values, (Floats{1, 10, 5, 40, 9, 50}));
  EXPECT_EQ(dropped.rows.row_numbers, (std::vector<int64_t>{0, 3, 4}));
  EXPECT_TRUE(contains(notes(dropped), "2 rows with missing values left out, the first in line 3"));

  // The medians are those of the normal training rows: 1, 3, 5 and 10, 20, 40.
  const OneVsRest filled = task(text, {.missing = Missing::median});
  EXPECT_EQ(filled.train.values, (Floats{1, 10, 3, 20, 3, 20, 5, 40}));
  EXPECT_EQ(filled.table->fill, (Floats{3, 20}));
  EXPECT_EQ(task("a\n1\n?\n4\n", {.missing = Missing::median}).table->fill, Floats{2.5f})
      << "as pandas has it";
  EXPECT_TRUE(contains(notes(read(text, {.missing = Missing::median})), "2 missing values filled in"));
  const Table words = read("a,w,label\n1,x,0\n?,x,0\n3,,0\n4,?,0\n5,x,0\n", {.missing = Missing::median});
  EXPECT_TRUE(contains(notes(words), "1 missing value filled in by the median of the training rows: 'a' 1"));
  EXPECT_TRUE(contains(notes(words), "2 missing words not filled in, none of the column's words: 'w' 2"));

  EXPECT_TRUE(
      contains(error_of([&] { task("a,b,label\n1,?,0\n2,?,0\n3,4,1\n", {.missing = Missing::median}); }),
               "the column 'b' holds no value in any normal training row, so it has no median: drop it"));
  EXPECT_TRUE(
      contains(complaint("a,b\n1,?\n?,2\n", {.missing = Missing::drop}), "no row without a missing value"));
  EXPECT_TRUE(
      contains(complaint("a,label\n1,0\n2,\n", {.missing = Missing::median}), "the label is missing"));
  EXPECT_EQ(read("a,label\n1,0\n2,\n", {.missing = Missing::drop}).rows.values, Floats{1});
}

TEST_F(TableForms, OffsetsAndMissingValuesGoTogether) {
  std::string text = "time,b\n";
  for (int i = 0; i < 40; ++i)
    text += (i == 7 ? "" : std::to_string(1700000000.0 + i)) + ',' + std::to_string(i % 3) + '\n';
  const OneVsRest filled = task(text, {.missing = Missing::median});
  ASSERT_FALSE(filled.offsets.empty());
  EXPECT_FLOAT_EQ(filled.train.sample(7)[0], static_cast<float>(1700000020.0 - filled.offsets[0]));
  for (const float value : filled.train.values) EXPECT_TRUE(std::isfinite(value));
}

const std::string coloured =
    "colour,x,label\nred,1,0\nblue,2,0\nred,3,0\n Blue "
    ",4,0\nred,5,0\nblue,6,0\nteal,7,1\nteal,8,1\n\"blue\",9,0\nBlue,9,0\n";

TEST_F(TableForms, WordsAreFeatures) {
  const Table table = read(coloured);
  EXPECT_EQ(table.features, (Names{"colour=Blue", "colour=blue", "colour=red", "colour=teal", "x"}));
  EXPECT_EQ(Floats(table.rows.values.begin(), table.rows.values.begin() + 10),
            (Floats{0, 0, 1, 0, 1, 0, 1, 0, 0, 2}));
  EXPECT_TRUE(contains(notes(table),
                       "'colour' holds words: 4 features, one for each ('Blue', 'blue', 'red', 'teal')"));
  // Those that no normal training row holds are unknown to the model.
  const OneVsRest split = task(coloured);
  EXPECT_EQ(split.table->features, (Names{"colour=Blue", "colour=blue", "colour=red", "x"}));
  EXPECT_EQ(split.table->words, (std::vector<datasets::WordColumn>{{0, "colour", {"Blue", "blue", "red"}}}));
  EXPECT_EQ(split.train.shape, std::vector<int64_t>{4});
  EXPECT_EQ(split.table->source_names(), (Names{"colour", "x"}));
  const TableForm form = *split.table;
  const Table again = read("x,colour\n1,red\n2,teal\n3,lime\n", {.form = form});
  EXPECT_EQ(again.rows.values, (Floats{0, 0, 1, 1, 0, 0, 0, 2, 0, 0, 0, 3}));
  EXPECT_TRUE(contains(notes(again),
                       "'colour' holds words that the model was not trained on, which count as none of "
                       "those it knows: 'lime', 'teal'"));
  EXPECT_EQ(nlohmann::json(form).get<TableForm>(), form);
  EXPECT_TRUE(contains(complaint("x,colour\n1,\n", {.form = form}), "the value is missing"));
}

TEST_F(TableForms, WordsThatMayBeClassesAreNoFeatures) {
  const std::string text = "a,kind\n1,ok\n2,bad\n3,ok\n4,bad\n";
  EXPECT_THROW(read(text), datasets::TextColumn);
  EXPECT_EQ(read(text, {.label_column = "none"}).features, (Names{"a", "kind=bad", "kind=ok"}));
  std::string times = "a,time,label\n";
  for (int i = 0; i < 9; ++i) times += "1,2026-11-0" + std::to_string(i) + ",0\n";
  EXPECT_TRUE(contains(complaint(times), "holds text or times"));
  const Table bare = read("1,ok\n2,bad\n3,ok\n4,bad\n", {.label_column = "none"});
  EXPECT_EQ(bare.form.feature_word(0), "1");
  EXPECT_EQ(bare.form.feature_word(2), "2=ok");
}

TEST_F(TableForms, AMissingWordIsNoneOfTheWords) {
  const std::string text = "colour,x\nred,1\n,2\nblue,3\nred,4\nblue,5\n";
  const TableOptions median{.label_column = "none", .missing = Missing::median},
      drop{.label_column = "none", .missing = Missing::drop};
  EXPECT_EQ(read(text, median).rows.values, (Floats{0, 1, 1, 0, 0, 2, 1, 0, 3, 0, 1, 4, 1, 0, 5}));
  EXPECT_EQ(read(text, drop).rows.labels.size(), 4u);
}

TEST_F(TableForms, RowsOfAStreamAreReadAlike) {
  const std::string train = "c;id;x\nred;1;0,5\nblue;2;1,5\nred;3;\nblue;4;3,5\n";
  scratch::write(folder_ / "t.csv", train);
  LoadOptions options{.label_column = "none", .drop = {"id"}, .missing = Missing::median};
  const Dataset data = load_table(folder_ / "t.csv", options);
  const TableForm form = *one_vs_rest(data, {0}).table;
  EXPECT_EQ(form.fill, (Floats{0.5f, 0.5f, 1.5f}));
  const std::string head = "x;c\n", first = "2,5;red", second = ";teal";
  datasets::TableRows rows(head + first, "stream", {.form = form});
  Floats row(3);
  EXPECT_EQ(rows.read(first, 2, row.data()), datasets::TableRows::Found::row);
  EXPECT_EQ(row, (Floats{0, 1, 2.5f}));
  EXPECT_EQ(rows.remarks().size(), 1u) << "the comma";
  EXPECT_EQ(rows.read(second, 3, row.data()), datasets::TableRows::Found::row);
  EXPECT_EQ(row, (Floats{0, 0, 1.5f}));
  EXPECT_EQ(rows.remarks().size(), 2u) << "a gap, and a word";
  rows.read(second, 4, row.data());
  EXPECT_TRUE(rows.remarks().empty()) << "told once";
  EXPECT_TRUE(contains(error_of([&] { rows.read("0.5;red", 5, row.data()); }), "has a decimal point"));
}

TEST_F(TableForms, ASecondFileHoldsTheTestRows) {
  scratch::write(folder_ / "test.csv", "label,b,a\n0,20,2\n1,99,9\n");
  const OneVsRest labelled = task("a,b,label\n1,10,0\n3,30,0\n8,80,1\n", {.test_data = folder_ / "test.csv"});
  EXPECT_EQ(labelled.train.values, (Floats{1, 10, 3, 30}));
  EXPECT_EQ(labelled.test.values, (Floats{2, 20, 9, 99}));
  EXPECT_EQ(labelled.test_labels, (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(labelled.test_rows, (std::vector<int64_t>{0, 1}));
  const OneVsRest bare = task("a,b\n1,10\n3,30\n", {.test_data = folder_ / "test.csv"});
  EXPECT_EQ(bare.train.values, (Floats{1, 10, 3, 30}));
  EXPECT_EQ(bare.test_labels, (std::vector<int32_t>{0, 1}));
  scratch::write(folder_ / "test.csv", "a,b,state\n2,20,fine\n9,99,broken\n");
  const auto load = [&](const std::string& label) {
    return load_table(folder_ / "t.csv", {.label_column = label, .test_data = folder_ / "test.csv"});
  };
  EXPECT_TRUE(
      contains(error_of([&] { load("state"); }), "none of the classes of the test rows reads as normal"));
  EXPECT_TRUE(contains(error_of([&] { load(""); }), "have no labels, so there is nothing to test against"));
  scratch::write(folder_ / "test.csv", "a,b,state\n2,20,good\n9,99,broken\n");
  EXPECT_EQ(one_vs_rest(load("state"), {0}).test_labels, (std::vector<int32_t>{0, 1}));
  scratch::write(folder_ / "test.csv", "a,label\n2,0\n");
  EXPECT_TRUE(contains(error_of([&] { load(""); }), "'b' is missing here"));
}

TEST_F(TableForms, ArraysOfAnyNames) {
  const NdArray x = NdArray::from({4, 2}, Floats{1, 2, 3, 4, 5, 6, 7, 8}),
                y = NdArray::from({4}, std::vector<int64_t>{0, 0, 1, 0});
  const auto read_npz = [&](const std::vector<std::pair<std::string, NdArray>>& arrays,
                            const TableOptions& how = {}) {
    engine::write_npz(folder_ / "t.npz", arrays);
    return read_table(folder_ / "t.npz", how);
  };
  const Table table = read_npz({{"is_bad", y}, {"readings", x}});
  EXPECT_EQ(table.rows.labels, (std::vector<int32_t>{0, 0, 1, 0}));
  EXPECT_TRUE(
      contains(notes(table), "the array 'readings' (4, 2) is taken for the rows, 'is_bad' for the labels"));
  EXPECT_FALSE(read_npz({{"readings", x}, {"weights", NdArray::from({4}, Floats{.5, .25, 1, 2})}}).labelled);
  EXPECT_TRUE(contains(error_of([&] { read_npz({{"a", x}, {"b", x}}); }), "several may be the rows"));
  EXPECT_TRUE(contains(error_of([&] { read_npz({{"a", y}}); }), "holds the arrays 'a' (4,); expected X"));
  EXPECT_EQ(read_npz({{"X", x}}, {.columns = {"2"}}).rows.values, (Floats{2, 4, 6, 8}));
  EXPECT_TRUE(contains(error_of([&] { read_npz({{"X", x}}, {.drop = {"3"}}); }), "numbers from 1 to 2"));
  const TableForm chosen = read_npz({{"X", x}}, {.drop = {"1"}}).form;
  EXPECT_EQ(read_npz({{"X", x}}, {.form = chosen}).rows.values, (Floats{2, 4, 6, 8}));

  engine::write_npz(folder_ / "t.npz", {{"X_train", x}, {"y_train", y}, {"X_test", x}, {"y_test", y}});
  const Dataset halves = load_table(folder_ / "t.npz", {});
  EXPECT_EQ(halves.train.count(), 4);
  EXPECT_EQ(halves.test.labels, (std::vector<int32_t>{0, 0, 1, 0}));

  const float nan = std::nanf("");
  const NdArray gaps = NdArray::from({3, 2}, Floats{1, 2, nan, 4, 5, 6});
  EXPECT_THROW(read_npz({{"X", gaps}}), datasets::MissingValue);
  EXPECT_EQ(read_npz({{"X", gaps}}, {.missing = Missing::drop}).rows.values, (Floats{1, 2, 5, 6}));
  EXPECT_EQ(read_npz({{"X", gaps}}, {.missing = Missing::drop}).rows.row_numbers,
            (std::vector<int64_t>{0, 2}));
  EXPECT_TRUE(std::isnan(read_npz({{"X", gaps}}, {.missing = Missing::median}).rows.values[2]));
  engine::write_npy(folder_ / "t.npy", x);
  EXPECT_EQ(read_table(folder_ / "t.npy").rows.values, x.as<float>());
}

TEST_F(TableForms, DamagedFormsAreRefused) {
  const TableForm form = *task(coloured).table;
  const nlohmann::json sound = form;
  for (const char* change : {R"({"words":[{"first":9,"name":"c","words":["a"]}]})",
                             R"({"words":[{"first":0,"name":"c","words":[]}]})",
                             R"({"words":[{"first":-1,"name":"c","words":["a"]}]})", R"({"words":3})",
                             R"({"missing":"often"})", R"({"missing":"median"})", R"({"fill":[1]})",
                             R"({"places":[1],"fields":4})", R"({"places":[1,9],"fields":4})"}) {
    nlohmann::json damaged = sound;
    damaged.update(nlohmann::json::parse(change));
    EXPECT_THROW(damaged.get<TableForm>(), std::invalid_argument) << change;
  }
}

}  // namespace table_forms_test
}  // namespace
