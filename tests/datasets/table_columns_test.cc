// Header, label and columns of text tables: what is told from the text, what is obeyed, what a model remembers.
#include "datasets/table_columns.h"

#include <gtest/gtest.h>

#include "datasets/table.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::ColumnWishes, datasets::read_table, datasets::Table, datasets::table_columns,
    datasets::TableColumns, datasets::TableForm;
using scratch::contains, scratch::error_of;
using Names = std::vector<std::string>;

TableColumns columns(const std::string& text, const ColumnWishes& wishes = {}) {
  return table_columns(text, "'t'", wishes);
}

bool header(const std::string& text) { return columns(text).header; }

std::string label(const std::string& text, const std::string& wanted = "") {
  const TableColumns found = columns(text, {wanted, {}, {}});
  return !found.label ? "none" : found.header ? found.names[*found.label] : std::to_string(*found.label + 1);
}

TEST(Header, OfWords) {
  EXPECT_TRUE(header("a,b\n1,2\n"));
  EXPECT_TRUE(header("RI,Na,K\n1,2,3\n"));  // sodium
  EXPECT_FALSE(header("1,2\n3,4\n"));
  EXPECT_FALSE(header("1.5,2,setosa\n3,4,setosa\n"));
}

TEST(Header, OfNumbersThatCountTheColumns) {
  EXPECT_TRUE(header("0,1\n-0.939,0.130\n1.203,0.058\n"));
  EXPECT_TRUE(header("0,1,2\n3.9,0.6,1\n-0.7,0.4,0\n"));
  EXPECT_TRUE(header("0,1,2,3\n3,6,1,9\n7,4,0,2\n"));
  EXPECT_TRUE(header("0,1,label\n3.9,0.6,1\n-0.7,0.4,0\n"));
  EXPECT_TRUE(header("0,1,label\n3.9,0.6,yes\n-0.7,0.4,no\n"));
  EXPECT_TRUE(header("id,0,1\n3.9,0.6,1.5\n-0.7,0.4,0\n"));
  EXPECT_TRUE(header("400,402,404,406,408\n.1,.2,.3,.4,.5\n.1,.2,.3,.4,.6\n"));  // wavelengths
  EXPECT_FALSE(header("0,1,2\n1,3,4\n"));                                        // as likely a row
  EXPECT_FALSE(header("0.0,1.0\n-0.939,0.130\n"));
  EXPECT_FALSE(header("5,1\n-0.939,0.130\n"));
  EXPECT_FALSE(header("1,2,3\n1.5,2.5,3.5\n"));
  EXPECT_FALSE(header("0,1,outlier\n3.9,0.6,normal\n-0.7,0.4,outlier\n"));
  EXPECT_FALSE(header("1,y\n2,n\n3,n\n"));
  EXPECT_FALSE(header("0,1\n"));
}

TEST(Header, OfNumbersThatCountFromOne) {
  const std::string fractions = "-1.6,0.5,1\n1.25,-0.5,0\n0.8,0.25,0\n0.5,0.3,0\n";
  EXPECT_TRUE(header("1,2,3\n" + fractions));
  EXPECT_TRUE(columns("1,2,3\n" + fractions).numbers_as_names);
  EXPECT_TRUE(columns("1,2,3\n" + fractions).notes.empty());
  EXPECT_FALSE(header("1,2\n0.5,1.5\n2.5,3.5\n4.5,1.25\n")) << "two that count may be a row";
}

// What is read as a row though it may be names is said.
TEST(Header, OfOtherNumbersIsARowAndSaid) {
  const std::string fractions = "-1.6,0.5,1\n1.25,-0.5,0\n0.8,0.25,0\n";
  for (const char* first : {"2019,2020,2021", "10,20,30", "3,1,2"}) {
    const TableColumns found = columns(first + ("\n" + fractions));
    EXPECT_FALSE(found.header) << first;
    ASSERT_EQ(found.notes.size(), 1u) << first;
    EXPECT_TRUE(
        contains(found.notes[0], "is taken for a row of numbers: if it names the columns, say header yes"))
        << found.notes[0];
    EXPECT_TRUE(columns(first + ("\n" + fractions), {"", false, {}}).notes.empty()) << "somebody has said";
  }
  EXPECT_EQ(columns("1,2,3,4\n5,2,3,1\n2,2,1,9\n").notes.size(), 1u);
  EXPECT_TRUE(columns("5,1,7\n"
                      "2,3,4\n3,4,5\n")
                  .notes.empty());
  EXPECT_TRUE(columns("1,2,3\n1.5,2,3\n2,3,4\n3,4,5\n").notes.empty()) << "wholes are common there";
}

TEST(Header, ThatNamesTwoColumnsAlikeIsSaid) {
  const TableColumns found = columns("a,a,label\n1,2,0\n3,4,1\n");
  EXPECT_EQ(found.features.size(), 2u);
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_TRUE(contains(found.notes[0], "'a' names more than one column")) << found.notes[0];
}

TEST(Header, IsNotOneOfMissingValues) {
  for (const char* word : {"?", "nan", "NaN", "inf", "-inf", "1e400", "NA", ""}) {
    const std::string w = word;
    EXPECT_FALSE(header(w + "," + w + ",x\n1,2,x\n")) << word;
    EXPECT_FALSE(header(w + ',' + w + ',' + w + "\n1.0,2.0,3.0\n")) << word;
  }
  EXPECT_FALSE(header("3,9;0,6\n1,5;2,5\n"));  // decimal commas
}

TEST(Header, AsAskedFor) {
  EXPECT_TRUE(columns("5,7\n1,2\n", {"", true, {}}).header);
  EXPECT_EQ(columns("5,7\n1,2\n", {"", true, {}}).names, (Names{"5", "7"}));
  EXPECT_FALSE(columns("0,1\n0.5,0.7\n", {"", false, {}}).header);
  EXPECT_TRUE(contains(error_of([] { columns(",0,1\n0,.5,.7\n"); }), "column 1: the column has no name"));
}

TEST(Header, NamesAreTrimmed) {
  EXPECT_EQ(columns(" a , b, \"label\" \n1,2,0\n").names, (Names{"a", "b", "label"}));
  EXPECT_EQ(columns("a,\xc2\xa0label\xc2\xa0\n1,0\n").names, (Names{"a", "label"}));
  EXPECT_EQ(columns("Gr\xf6\xdf"
                    "e,b\n1,0\n")
                .names,
            (Names{"Gr\xc3\xb6\xc3\x9f"
                   "e",
                   "b"}));  // Latin-1
}

TEST(LabelColumn, IsToldByItsName) {
  for (const char* name : {"label", " label", "Label ", "\"label\"", "Outcome", "Is-Anomaly", "OUTLIER_LABEL",
                           "y", "ground truth"})
    EXPECT_NE(label("a,b," + std::string(name) + "\n1,2,0\n3,4,1\n"), "none") << name;
  EXPECT_EQ(label("a,b\n1,0\n3,1\n"), "none");
  EXPECT_EQ(label("a,b,label\n1,2,0\n", "none"), "none");
  EXPECT_EQ(label("a, b, kind\n1,2,0\n", "kind"), "kind");
  EXPECT_EQ(label("1,2,0\n", "-1"), "3");
}

TEST(LabelColumn, HoldsClasses) {
  std::string measured = "a,target\n", whole = "a,target\n", few = "a,target\n";
  for (int i = 0; i < 60; ++i) {
    measured += std::to_string(i) + ',' + std::to_string(i) + ".5\n";
    whole += std::to_string(i) + ',' + std::to_string(7 * i) + "\n";
    few += std::to_string(i) + ',' + std::to_string(i % 25) + "\n";
  }
  EXPECT_EQ(label(measured), "none");
  EXPECT_TRUE(contains(columns(measured).notes.at(0), "'target' is a feature: its values are measurements"));
  EXPECT_EQ(label(measured, "target"), "target");
  EXPECT_EQ(label(whole), "none");
  EXPECT_EQ(label(few), "target");
}

TEST(LabelColumn, AYBesideAnXIsACoordinate) {
  EXPECT_EQ(label("x,y\n1,0\n2,1\n"), "none");
  EXPECT_EQ(label("X,Y,label\n1,0,0\n2,1,1\n"), "label");
  EXPECT_EQ(label("x1,x2,y\n1,0,0\n2,1,1\n"), "y");
  EXPECT_TRUE(contains(columns("x,y\n1,0\n2,1\n").notes.at(0), "'y' is a feature: beside x"));
}

TEST(LabelColumn, IsOne) {
  EXPECT_EQ(label("y,class\n1,0\n2,1\n"), "class");
  EXPECT_EQ(label("label,a,anomaly\n1,0,0\n2,1,1\n"), "label");
  EXPECT_TRUE(
      contains(columns("label,a,anomaly\n1,0,0\n2,1,1\n").notes.at(0), "'anomaly' is a feature: 'label' is"));
}

class TableOfAModel : public testing::Test {
 protected:
  Table read(const std::string& text, const std::string& label = "") const {
    scratch::write(folder_ / "t.csv", text);
    return read_table(folder_ / "t.csv", datasets::TableOptions{label, {}, form_});
  }
  std::string complaint(const std::string& text) const {
    return error_of<std::runtime_error>([&] { read(text); });
  }
  void train_on(const std::string& text, const std::string& label = "") {
    form_.reset();
    form_ = read(text, label).form;
  }

  const scratch::Folder folder_;
  std::optional<TableForm> form_;
};

TEST_F(TableOfAModel, ColumnsComeInItsOrder) {
  train_on("a,b\n1,1000\n2,1001\n");
  const Table swapped = read("B, a\n1000,1\n1001,2\n");
  EXPECT_EQ(swapped.rows.values, (std::vector<float>{1, 1000, 2, 1001}));
  EXPECT_TRUE(contains(swapped.notes.at(1), "put in the model's order: 'a', 'b'"));
  EXPECT_TRUE(
      contains(complaint("id,a\n1,2\n"), "the columns are 'id', 'a', but the model was trained on 'a', 'b'"));
  EXPECT_TRUE(contains(complaint("temperature,pressure,flow\n1,2,3\n"), "'a', 'b' are missing here"));
  const Table more = read("id,b,a\n9,1000,1\n");
  EXPECT_EQ(more.rows.values, (std::vector<float>{1, 1000}));
  EXPECT_TRUE(contains(more.notes.at(2), "'id' is passed over"));
  EXPECT_TRUE(
      contains(complaint("a,b,b\n1,1000,7\n"), "'b' names more than one column, and the model was trained"));
  const Table bare = read("1.5,1000\n2.5,1001\n");
  EXPECT_EQ(bare.rows.values, (std::vector<float>{1.5f, 1000, 2.5f, 1001}));
  EXPECT_TRUE(contains(bare.notes.at(1), "without a header the columns are taken for the model's"));
  EXPECT_TRUE(contains(complaint("1.5,1000,7\n"), "there are 3 features; expected 2"));
}

TEST_F(TableOfAModel, ColumnsNamedAlikeAreKnownByTheirPlaces) {
  train_on("a,b,b\n1,2,3\n4,5,6.5\n");
  EXPECT_EQ(read("a,b,b\n7,8,9\n").rows.values, (std::vector<float>{7, 8, 9}));
  EXPECT_EQ(read("7.5,8,9\n").rows.values, (std::vector<float>{7.5f, 8, 9}));
  EXPECT_TRUE(contains(complaint("b,a,b\n8,7,9\n"),
                       "column 1: this column is named 'b', and the model has 'a' here"));
  EXPECT_TRUE(contains(complaint("c,d,e\n8,7,9\n"), "by their places, because some of them are named alike"));
}

TEST_F(TableOfAModel, OneOfTwoLabelsIsNotChosenByItsName) {
  const std::string twice = "a,label,label\n1,0,1\n2,1,0\n3,0,1\n";
  for (const char* label : {"", "label"}) {
    form_.reset();
    EXPECT_TRUE(contains(error_of<std::runtime_error>([&] { read(twice, label); }),
                         "'label' names more than one column: give the number"))
        << label;
  }
  train_on("a,label\n1,0\n2,1\n");
  EXPECT_TRUE(contains(complaint(twice), "'label' names more than one column"));
  EXPECT_EQ(read(twice, "3").rows.labels, (std::vector<int32_t>{1, 0, 1}));
  // Dropped and chosen by number, they are found by number again.
  form_.reset();
  scratch::write(folder_ / "t.csv", twice);
  datasets::TableOptions options;
  options.drop = {"2"};
  form_ = read_table(folder_ / "t.csv", options).form;
  EXPECT_EQ(read(twice).rows.labels, (std::vector<int32_t>{1, 0, 1}));
  scratch::write(folder_ / "t.csv", "a,a,b\n1,2,3\n4,5,6.5\n");
  options.drop = {"1"};
  form_.reset();
  form_ = read_table(folder_ / "t.csv", options).form;
  EXPECT_EQ(read("a,a,b\n1,2,3\n").rows.values, (std::vector<float>{2, 3}));
}

TEST_F(TableOfAModel, TheLabelIsRemembered) {
  const std::string table = "a,b,kind\n1,2,1\n3,4,0\n";
  for (const char* label : {"kind", "-1", "3"}) {
    train_on(table, label);
    const Table again = read(table);
    EXPECT_EQ(again.rows.values, (std::vector<float>{1, 2, 3, 4})) << label;
    EXPECT_EQ(again.rows.labels, (std::vector<int32_t>{1, 0})) << label;
    EXPECT_EQ(read("a,b\n1,2\n").rows.values, (std::vector<float>{1, 2}));
    EXPECT_EQ(read("a,b,label\n1,2,1\n").rows.labels, std::vector<int32_t>{1});
  }
  train_on("a,b,label\n1,2,1\n3,4,0\n", "none");
  EXPECT_EQ(read("a,b,label\n1,2,1\n").rows.values, (std::vector<float>{1, 2, 1}));
  train_on("1,0,2.5\n3,1,4.5\n", "2");
  EXPECT_EQ(read("5,1,2.5\n").rows.values, (std::vector<float>{5, 2.5f}));
  EXPECT_EQ(read("5,2.5\n").rows.values, (std::vector<float>{5, 2.5f}));
}

TEST_F(TableOfAModel, ClassesKeepTheirPlaces) {
  train_on("a,class\n1,1\n2,-1\n");
  const Table ones = read("a,class\n1,1\n2,1\n");
  EXPECT_EQ(ones.class_names, (Names{"-1", "1"}));
  EXPECT_EQ(ones.rows.labels, (std::vector<int32_t>{1, 1}));
  const Table other = read("a,class\n1,b\n2,1.0\n");
  EXPECT_EQ(other.class_names, (Names{"-1", "1", "b"}));
  EXPECT_EQ(other.rows.labels, (std::vector<int32_t>{2, 1}));
  EXPECT_TRUE(contains(other.notes.at(1), "'b' was not in the data"));
}

TEST_F(TableOfAModel, AHeaderOfNumbersIsKnownAgain) {
  scratch::write(folder_ / "t.csv", "7,9\n1,2\n3,4\n");
  form_ = read_table(folder_ / "t.csv", datasets::TableOptions{"", true, {}}).form;
  EXPECT_EQ(read("9,7\n2,1\n").rows.values, (std::vector<float>{1, 2}));
}

TEST(TableNotes, SayHowATableWasRead) {
  const scratch::Folder folder;
  scratch::write(folder / "t.csv", "a, b, label\n1,2,0\n3,4,1\n5,6,0\n");
  const Table table = read_table(folder / "t.csv");
  EXPECT_TRUE(
      contains(table.notes.at(0),
               "t.csv': header: yes; label: 'label', 0 = normal (2), 1 = anomaly (1); 2 features: 'a', 'b'"));
  scratch::write(folder / "t.csv", "1,2\n3,4\n");
  EXPECT_TRUE(contains(read_table(folder / "t.csv").notes.at(0), "header: no; label: none; 2 features"));
}

TEST(TableMessages, NameTheColumn) {
  const scratch::Folder folder;
  const auto complaint = [&](const std::string& text) {
    scratch::write(folder / "t.csv", text);
    return error_of<std::runtime_error>([&] { read_table(folder / "t.csv"); });
  };
  EXPECT_TRUE(contains(complaint("a, b\n1,2\n3,?\n"), "line 3, column 2: the value is missing"));
  EXPECT_TRUE(contains(complaint("a, b\n1,2\n3,?\n"), "the column is named 'b'"));
  EXPECT_TRUE(contains(complaint("?,?,?\n1.0,2.0,3.0\n"), "line 1, column 1: the value is missing ('?')"));
  EXPECT_TRUE(contains(complaint("1e400,1e400\n1.0,2.0\n"), "line 1, column 1"));
}

}  // namespace
