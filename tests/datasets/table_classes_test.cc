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
  EXPECT_EQ(found.guess.label, "1");
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

// What was taken for normal is a sentence apart, for whoever uses it.
TEST(TableClasses, TheGuessIsSaidApart) {
  EXPECT_EQ(classes({"0", "1"}).guess.sentence, "0 in 'label' is taken for normal, 1 for anomalous");
  EXPECT_EQ(classes({"1.0", "0.0"}, "").guess.sentence, "0 is taken for normal, 1 for anomalous");
  EXPECT_EQ(classes({"0", "1"}, "is_normal").guess.sentence,
            "1 in 'is_normal' is taken for normal, 0 for anomalous");
  EXPECT_EQ(classes({"ok", "defect"}).guess.sentence, "the class 'ok' is taken for normal");
  EXPECT_EQ(classes({"ok", "defect"}).guess.label, "ok");
  EXPECT_TRUE(classes({"ok", "defect"}).notes.empty());
  EXPECT_EQ(classes({"a", "b"}).guess.sentence, "");
}

// The labels of a model's table mean nothing in one that has none of them.
TEST(TableClasses, OfAModelAreKnownOrNot) {
  datasets::TableForm form;
  form.labels = form.class_names = {"ok", "defect"};
  form.normal = {"ok"};
  const auto of_model = [&](const Names& labels) {
    TableLabels all("'t'", "label");
    for (const std::string& label : labels) all.add(label);
    return all.classes(&form);
  };
  EXPECT_TRUE(of_model({"defect"}).known_to_form);
  EXPECT_TRUE(of_model({"ok", "scratch"}).known_to_form);
  EXPECT_FALSE(of_model({"Good", "Bad"}).known_to_form);
  EXPECT_EQ(of_model({"Good", "Bad"}).guess.label, "Good");
  EXPECT_FALSE(of_model({"0", "1"}).known_to_form);
  EXPECT_EQ(of_model({"0", "1"}).guess.label, "0");
}

TEST(TableClasses, AreCounted) {
  EXPECT_EQ(datasets::class_counts_text({"normal", "anomaly"}, {4, 1}, {"0", "1"}),
            "0 = normal (4), 1 = anomaly (1)");
  EXPECT_EQ(datasets::class_counts_text({"yes", "maybe", "no"}, {30, 0, 270}), "yes (30), no (270)");
  EXPECT_TRUE(
      datasets::class_counts_text(Names(23, "k"), std::vector<int64_t>(23, 1)).ends_with("k (1) and 3 more"));
}

// One of them would be normal, and the others anomalies.
TEST(TableClasses, OfSeveralThatReadAsNormalNoneIsTaken) {
  for (const auto& [labels, said] : std::vector<std::pair<Names, std::string>>{
           {{"Normal", "normal", "attack"}, "the classes 'Normal', 'normal' all read as normal"},
           {{"good", "ok", "bad"}, "the classes 'good', 'ok' all read as normal"},
           {{"0", "0.0", "1", "normal", "anomaly"}, "the classes '0', 'normal' all read as normal"}}) {
    const TableClasses found = classes(labels);
    EXPECT_TRUE(found.default_normal.empty()) << said;
    EXPECT_EQ(found.guess.unclear, said);
  }
  EXPECT_TRUE(normal({"No", "no", "yes"}, "is_anomaly").empty());
  EXPECT_TRUE(normal({"1", "normal", "odd"}, "is_normal").empty());
  EXPECT_EQ(normal({"0", "0.0", "1"}), Names{"normal"}) << "one number in two spellings";
  EXPECT_EQ(normal({"normal", "1"}), Names{"normal"});
}

}  // namespace
