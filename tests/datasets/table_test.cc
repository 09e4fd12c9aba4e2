#include "datasets/table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "engine/files/atomic_file.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "engine/files/zip.h"
#include "tests/datasets/scratch.h"

namespace {

namespace fs = std::filesystem;
using datasets::Dataset, datasets::LoadOptions, datasets::read_table, datasets::Table;
using engine::NdArray;
using scratch::contains, scratch::error_of;
using Words = std::vector<std::string>;

class TableTest : public testing::Test {
 protected:
  Table read(const std::string& text, const std::string& label = "") const {
    scratch::write(folder_ / "t.csv", text);
    return read_table(folder_ / "t.csv", label);
  }
  std::string complaint(const std::string& text, const std::string& label = "") const {
    return error_of<std::runtime_error>([&] { read(text, label); });
  }
  Table read_npz(const std::vector<std::pair<std::string, NdArray>>& arrays) const {
    engine::write_npz(folder_ / "t.npz", arrays);
    return read_table(folder_ / "t.npz");
  }

  const scratch::Folder folder_;
};

TEST_F(TableTest, ANamedLabelColumn) {
  const Table table = read("age,outlier,\"blood, sugar\"\r\n50,1,0.5\r\n31,0,-1e2\r\n");
  EXPECT_EQ(table.features, (Words{"age", "blood, sugar"}));
  EXPECT_EQ(table.rows.shape, std::vector<int64_t>{2});
  EXPECT_EQ(table.rows.values, (std::vector<float>{50, 0.5f, 31, -100}));
  EXPECT_EQ(table.rows.labels, (std::vector<int32_t>{1, 0}));
  EXPECT_EQ(table.class_names, (Words{"normal", "anomaly"}));
  EXPECT_EQ(table.default_normal, std::vector<int>{0});
  EXPECT_TRUE(table.labelled);
}

TEST_F(TableTest, LabelColumnsByNameAndNumber) {
  const std::string named = "a,b,kind\n1,2,0\n3,4,1\n", bare = "0,1,2\n1,3,4\n";
  EXPECT_EQ(read(named, "kind").rows.labels, (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(read(named, "3").rows.labels, (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(read(named, "-1").rows.labels, (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(read(bare, "1").rows.values, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(read(bare, "-3").rows.labels, (std::vector<int32_t>{0, 1}));
  EXPECT_FALSE(read(bare).labelled);
  EXPECT_FALSE(read("label,a\n1,2\n", "none").labelled);
  EXPECT_EQ(read(bare).rows.shape, std::vector<int64_t>{3});
  for (const char* wrong : {"0", "4", "-4", "1.5", "what"})
    EXPECT_TRUE(
        contains(complaint(bare, wrong), "there is no label column '" + std::string(wrong) + "' among 3"));
  EXPECT_TRUE(contains(complaint(named, "Kind"), "'a', 'b', 'kind'"));
}

TEST_F(TableTest, ClassesByNumberAndByWord) {
  Table table = read("x,class\n1,3\n2,0.0\n3,5\n");
  EXPECT_EQ(table.class_names, (Words{"0", "1", "2", "3", "4", "5"}));
  EXPECT_EQ(table.rows.labels, (std::vector<int32_t>{3, 0, 5}));
  EXPECT_TRUE(table.default_normal.empty());

  table = read("x,class\n1,dos\n2,Normal\n3,probe\n4,dos\n");
  EXPECT_EQ(table.class_names, (Words{"Normal", "dos", "probe"}));
  EXPECT_EQ(table.rows.labels, (std::vector<int32_t>{1, 0, 2, 1}));
  EXPECT_EQ(table.default_normal, std::vector<int>{0});

  table = read("x,class\n1,1\n2,-1\n");  // as scikit-learn has it, and said
  EXPECT_EQ(table.class_names, (Words{"-1", "1"}));
  EXPECT_EQ(table.default_normal, std::vector<int>{1});
  EXPECT_TRUE(contains(table.guess.sentence, "the 1 is taken for normal"));
}

TEST_F(TableTest, BadTablesAreNamedByLineAndColumn) {
  EXPECT_TRUE(contains(complaint("a,b\n1,2\n3\n"), "t.csv', line 3: there is 1 field, expected 2"));
  EXPECT_TRUE(contains(complaint("a,b\n1,2\n3,4,5\n"), "line 3: there are 3 fields, expected 2"));
  EXPECT_TRUE(contains(complaint("a,b\n1,2\n3,NaN\n"), "line 3, column 2: the value is missing ('NaN')"));
  EXPECT_TRUE(contains(complaint("1,2\n3,\n"), "line 2, column 2: the value is missing ('')"));
  EXPECT_TRUE(contains(complaint("1,2\n3,x\n"), "line 2, column 2: 'x' is no finite number"));
  EXPECT_TRUE(contains(complaint("a,y\n3,?\n"), "column 2: the label is missing"));
  EXPECT_TRUE(contains(complaint("y\n3\n"), "no column but the label's"));
  EXPECT_TRUE(contains(complaint(",a\n0,3\n"), "column 1: the column has no name"));
  EXPECT_TRUE(contains(complaint("a,b\n"), "a header and no rows"));
  EXPECT_TRUE(contains(complaint("\n\n"), "holds no rows"));
  EXPECT_TRUE(contains(complaint("a,y\n1,1000\n"), "the class '1000'; expected 0 to 999"));
  std::string many = "a,y\n";
  for (int i = 0; i < 1001; ++i) many += "1," + std::to_string(i) + ".5\n";
  EXPECT_TRUE(contains(complaint(many, "y"), "more than 1000 different values"));
  EXPECT_FALSE(read(many).labelled) << "measurements are no classes";
  EXPECT_THROW(read_table(folder_ / "none.csv"), std::runtime_error);
}

// A column of words: the label that nobody named, or what has to go.
TEST_F(TableTest, AColumnOfWordsIsToldFromASlip) {
  const auto text_column = [&](const std::string& text) -> std::optional<datasets::TextColumn> {
    try {
      read(text);
    } catch (const datasets::TextColumn& error) {
      return error;
    } catch (const std::runtime_error&) {
    }
    return std::nullopt;
  };
  std::string status = "a,status\n", time = "a,time\n", gap = "a,status\n0,\n";
  for (int i = 0; i < 10; ++i) {
    status += std::to_string(i) + (i % 3 ? ",ok\n" : ",worn\n");
    gap += std::to_string(i) + ",ok\n";
    time += std::to_string(i) + ",2026-11-0" + std::to_string(i) + "T10:00\n";
  }
  const auto label = text_column(status), stamp = text_column(time);
  ASSERT_TRUE(label && stamp && text_column(gap));
  EXPECT_EQ(label->column, "status");
  EXPECT_TRUE(label->like_classes);
  EXPECT_TRUE(contains(label->complaint, "line 2, column 2: 'worn' is no finite number"));
  EXPECT_FALSE(stamp->like_classes);
  EXPECT_TRUE(contains(stamp->what(), "this one holds text or times; take it out"));
  EXPECT_FALSE(text_column("a,b\n1,2\n2,3\n3,x\n4,5\n")) << "one slip in a column of numbers";
  EXPECT_FALSE(text_column("a,b\n1,2\n2,\n3,4\n"));
}

TEST_F(TableTest, NpzOfAnyNumbers) {
  Table table = read_npz({{"X", NdArray::from({2, 2}, std::vector<uint8_t>{1, 255, 3, 4})},
                          {"y", NdArray::from({2, 1}, std::vector<double>{1, 0})}});
  EXPECT_EQ(table.rows.values, (std::vector<float>{1, 255, 3, 4}));  // as they are: no bytes / 255
  EXPECT_EQ(table.rows.labels, (std::vector<int32_t>{1, 0}));
  table = read_npz({{"x", NdArray::from({1, 3}, std::vector<double>{0.5, 1, 2})}});
  EXPECT_FALSE(table.labelled);
  EXPECT_EQ(table.rows.labels, std::vector<int32_t>{0});
}

TEST_F(TableTest, NpzWithLabelsOfOtherNamesAndWords) {
  const NdArray x = NdArray::from({2, 1}, std::vector<float>{1, 2});
  for (const char* name : {"label", "labels", "Target", "outlier_label"}) {
    const Table table = read_npz({{"X", x}, {name, NdArray::from({2}, std::vector<int64_t>{0, 1})}});
    EXPECT_EQ(table.rows.labels, (std::vector<int32_t>{0, 1})) << name;
    EXPECT_TRUE(
        contains(table.notes.at(0), "label: '" + std::string(name) + "', 0 = normal (1), 1 = anomaly (1)"));
  }
  const Table other = read_npz({{"X", x}, {"ids", NdArray::from({2}, std::vector<int64_t>{0, 1})}});
  EXPECT_FALSE(other.labelled);
  EXPECT_TRUE(contains(other.notes.at(1), "the array 'ids' is passed over"));

  // An array of words, as numpy.savez writes it: '<U4' and '|S4'.
  for (const std::string descr : {"<U4", ">U4", "|S4"}) {
    std::string bytes("\x93NUMPY\x01\x00\x76\x00", 10);
    std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (2,), }";
    bytes += header + std::string(117 - header.size(), ' ') + "\n";
    for (const char* word : {"no", "yes"})
      for (size_t i = 0; i < 4; ++i) {
        const char c = i < std::string(word).size() ? word[i] : '\0';
        bytes += descr[1] == 'S'   ? std::string(1, c)
                 : descr[0] == '<' ? std::string{c, '\0', '\0', '\0'}
                                   : std::string{'\0', '\0', '\0', c};
      }
    engine::ZipWriter zip(folder_ / "w.npz");
    zip.add("X.npy", engine::npy_bytes(x));
    zip.add("y.npy", bytes);
    zip.commit();
    const Table table = read_table(folder_ / "w.npz");
    EXPECT_EQ(table.class_names, (Words{"no", "yes"})) << descr;
    EXPECT_EQ(table.rows.labels, (std::vector<int32_t>{0, 1}));
  }
}

TEST_F(TableTest, BadArraysAreNamed) {
  const auto complaint = [&](const std::vector<std::pair<std::string, NdArray>>& arrays) {
    return error_of<std::runtime_error>([&] { read_npz(arrays); });
  };
  const NdArray x = NdArray::from({2, 1}, std::vector<float>{1, 2});
  EXPECT_TRUE(contains(complaint({{"data", x}}), "holds the arrays 'data' (2, 1); expected X"));
  EXPECT_TRUE(
      contains(complaint({{"X", NdArray::from({2}, std::vector<float>{1, 2})}}), "has the shape (2,)"));
  EXPECT_TRUE(
      contains(complaint({{"X", NdArray::from({0, 3}, std::vector<float>{})}}), "has the shape (0, 3)"));
  EXPECT_TRUE(contains(complaint({{"X", NdArray::from({2, 1}, std::vector<double>{1, std::nan("")})}}),
                       "array 'X': row 1 (counted from 0) holds NaN"));
  EXPECT_TRUE(contains(complaint({{"X", NdArray::from({2, 1}, std::vector<double>{1e300, 1})}}), "infinite"));
  EXPECT_TRUE(contains(complaint({{"X", x}, {"y", NdArray::from({3}, std::vector<int32_t>{0, 1, 0})}}),
                       "array 'y' has the shape (3,); expected (2)"));
  EXPECT_TRUE(contains(complaint({{"X", x}, {"y", NdArray::from({2}, std::vector<float>{0, 0.5})}}),
                       "array 'y': row 1 (counted from 0) is 0.5; labels are whole numbers"));
  EXPECT_TRUE(contains(complaint({}), "holds no arrays; expected X"));
  scratch::write(folder_ / "t.npz", "PK and no more");
  EXPECT_THROW(read_table(folder_ / "t.npz"), std::runtime_error);
}

// An array that does not fit is not unpacked: here its bytes are damaged, which nobody finds out.
TEST_F(TableTest, ShapesAreComparedBeforeAnythingIsUnpacked) {
  engine::write_npz(folder_ / "t.npz", {{"X", NdArray::from({3, 1}, std::vector<float>{1, 2, 3})},
                                        {"y", NdArray::from({2}, std::vector<uint8_t>{0, 1})}});
  std::string bytes = engine::read_file(folder_ / "t.npz");
  bytes[30 + 5 + 128 + 2] ^= 1;  // local header, name, preamble
  scratch::write(folder_ / "t.npz", bytes);
  EXPECT_TRUE(contains(error_of<std::runtime_error>([&] { read_table(folder_ / "t.npz"); }),
                       "array 'y' has the shape (2,); expected (3)"));
}

TEST_F(TableTest, NumbersBelowAllDoublesAreZero) {
  EXPECT_EQ(read("a,b\n1e-400,1\n-0.0e5,-1E-99999999999999999999\n").rows.values,
            (std::vector<float>{0, 1, 0, 0}));
  const std::string zeros(400, '0');
  EXPECT_EQ(read("a\n0." + zeros + "1\n2\n").rows.values, (std::vector<float>{0, 2}));
  EXPECT_TRUE(contains(complaint("a,b\n1e400,1\n2,3\n"), "'1e400' is beyond single precision"));
  EXPECT_TRUE(contains(complaint("a\n1" + zeros + "e-5\n2\n"), "is beyond single precision"));
  EXPECT_LT(complaint("a\n1" + zeros + "e-5\n2\n").size(), 300u) << "long values are cut";
}

TEST_F(TableTest, LabelledTablesAreShuffledAndSplit) {
  std::string text = "a,y\n";
  for (int i = 0; i < 50; ++i) text += std::to_string(i) + (i % 5 == 0 ? ",1\n" : ",0\n");
  scratch::write(folder_ / "t.csv", text);
  const Dataset data = datasets::load_table(folder_ / "t.csv");
  EXPECT_EQ(data.train.count(), 30);
  EXPECT_EQ(data.test.count(), 20);
  std::multiset<float> all(data.train.values.begin(), data.train.values.end());
  all.insert(data.test.values.begin(), data.test.values.end());
  EXPECT_EQ(all.size(), 50u);
  EXPECT_EQ(std::set<float>(all.begin(), all.end()).size(), 50u);
  for (int64_t i = 0; i < data.test.count(); ++i)  // labels went with their rows
    EXPECT_EQ(data.test.labels[static_cast<size_t>(i)],
              std::fmod(data.test.values[static_cast<size_t>(i)], 5.0f) == 0 ? 1 : 0);
  const datasets::OneVsRest task = one_vs_rest(data, data.default_normal);
  EXPECT_EQ(std::count(task.train_classes.begin(), task.train_classes.end(), 0), task.train.count());

  LoadOptions options;
  options.test_fraction = 0.1;
  EXPECT_EQ(datasets::load_table(folder_ / "t.csv", options).test.count(), 5);
  EXPECT_EQ(datasets::load_table(folder_ / "t.csv", options).test.values,
            datasets::load_table(folder_ / "t.csv", options).test.values);
  const auto before = datasets::load_table(folder_ / "t.csv", options).test.values;
  options.split_seed = 1;
  EXPECT_NE(datasets::load_table(folder_ / "t.csv", options).test.values, before);
  options.test_fraction = 0;
  EXPECT_EQ(datasets::load_table(folder_ / "t.csv", options).test.count(), 0);
  EXPECT_TRUE(datasets::load_table(folder_ / "t.csv", options).test_was_held_out) << "as asked for";
  options.test_fraction = 1;
  EXPECT_THROW(datasets::load_table(folder_ / "t.csv", options), std::invalid_argument);

  scratch::write(folder_ / "u.csv", "1\n2\n3\n");
  const Dataset unlabelled = datasets::load_table(folder_ / "u.csv");
  EXPECT_EQ(unlabelled.train.values, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(unlabelled.test.count(), 0);
  EXPECT_FALSE(unlabelled.test_was_held_out);
  EXPECT_EQ(one_vs_rest(unlabelled, {0}).test.count(), 0);
}

TEST_F(TableTest, TablesAreTold) {
  scratch::write(folder_ / "a.csv", "1");
  scratch::write(folder_ / "b.data", "PK\3\4");
  scratch::write(folder_ / "c.txt", "1,2");
  EXPECT_TRUE(datasets::is_table_file(folder_ / "a.csv"));
  EXPECT_TRUE(datasets::is_table_file(folder_ / "b.data"));
  EXPECT_FALSE(datasets::is_table_file(folder_ / "c.txt"));
  scratch::write(folder_ / "d.CSV", "1");
  EXPECT_TRUE(datasets::is_table_file(folder_ / "d.CSV"));
  EXPECT_FALSE(datasets::is_table_file(folder_.path()));
}

// Rows, columns and anomalies as the collection states them.
TEST(TableRealData, AdbenchSetsHaveTheirPublishedSizes) {
  SKIP_WITHOUT_REAL_DATA("tabular");
  struct Set {
    const char* file;
    int64_t rows, columns, anomalies;
  };
  for (const Set& set :
       {Set{"29_Pima.npz", 768, 8, 268}, Set{"20_letter.npz", 1600, 32, 100},
        Set{"32_shuttle.npz", 49097, 9, 3511}, Set{"34_smtp.npz", 95156, 3, 30},
        Set{"17_InternetAds.npz", 1966, 1555, 368}, Set{"Arrhythmia_v1.npz", 450, 259, 206}}) {
    const Table table = read_table(scratch::real_data("tabular") / set.file);
    EXPECT_EQ(table.rows.shape, std::vector<int64_t>{set.columns}) << set.file;
    EXPECT_EQ(table.rows.class_counts(2), (std::vector<int64_t>{set.rows - set.anomalies, set.anomalies}))
        << set.file;
  }
}

}  // namespace
