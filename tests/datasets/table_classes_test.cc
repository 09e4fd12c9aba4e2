#include "datasets/table_classes.h"

#include <gtest/gtest.h>

namespace {

using datasets::TableClasses, datasets::TableLabels;
using Names = std::vector<std::string>;

TableClasses classes(const Names& labels, const std::string& name = "label") {
  TableLabels all("'t'", name);
  for (const std::string& label : labels) all.add(label);
  return all.classes();
}

// What is normal by itself; empty where it must be named.
Names normal(const Names& labels, const std::string& name = "label") {
  const TableClasses found = classes(labels, name);
  Names words;
  for (const int k : found.default_normal) words.push_back(found.names[static_cast<size_t>(k)]);
  return words;
}

TEST(TableClasses, WholeNumbersMeanThemselves) {
  const TableClasses found = classes({"0", "-1", "1", " 1.0", "10"});
  EXPECT_EQ(found.names, (Names{"-1", "0", "1", "10"}));
  EXPECT_EQ(found.of_rows, (std::vector<int32_t>{1, 0, 2, 2, 3}));
  EXPECT_TRUE(found.default_normal.empty());
  EXPECT_EQ(classes({"0", "1"}).names, (Names{"normal", "anomaly"}));
  EXPECT_EQ(classes({"3", "0"}).names, (Names{"0", "1", "2", "3"}));
}

TEST(TableClasses, OneAndMinusOneAreScikitLearns) {
  const TableClasses found = classes({"1", "-1"});
  EXPECT_EQ(found.names, (Names{"-1", "1"}));
  EXPECT_EQ(found.default_normal, std::vector<int>{1});
  EXPECT_FALSE(found.notes.empty());
  EXPECT_TRUE(normal({"1", "-1"}, "outlier").empty()) << "there 1 may as well be the outlier";
}

TEST(TableClasses, ANameSaysWhatYesMeans) {
  EXPECT_EQ(normal({"True", "False"}, "is_anomaly"), Names{"False"});
  EXPECT_EQ(normal({"yes", "no"}, "Outlier"), Names{"no"});
  EXPECT_EQ(normal({"TRUE", "FALSE"}, "is_normal"), Names{"TRUE"});
  EXPECT_TRUE(normal({"yes", "no"}, "label").empty());
  EXPECT_EQ(normal({"0", "1"}, "anomaly"), Names{"normal"});
  EXPECT_EQ(classes({"0", "1"}, "is_normal").default_normal, std::vector<int>{1});
  EXPECT_EQ(normal({"smurf.", "normal.", "back."}), Names{"normal."});  // KDD'99
}

TEST(TableClasses, AreCounted) {
  EXPECT_EQ(datasets::class_counts_text({"yes", "maybe", "no"}, {30, 0, 270}), "yes (30), no (270)");
  EXPECT_TRUE(
      datasets::class_counts_text(Names(23, "k"), std::vector<int64_t>(23, 1)).ends_with("k (1) and 3 more"));
}

}  // namespace
