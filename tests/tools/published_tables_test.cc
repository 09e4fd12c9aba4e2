#include "tools/tables/published_tables.h"

#include <gtest/gtest.h>

#include <set>

#include "svdd/methods/method.h"

namespace tools {
namespace {

std::vector<std::string> names_of(const std::string& table) {
  std::vector<std::string> names;
  for (const TableCase& c : published_table(table).cases) names.push_back(c.name);
  return names;
}

TEST(PublishedTables, PairsOfDigitsAreAllThereAre) {
  const std::vector<std::string> pairs = names_of("multi-radius-mnist-pairs");
  EXPECT_EQ(pairs.size(), 45u);
  EXPECT_EQ(std::set<std::string>(pairs.begin(), pairs.end()).size(), 45u);
  EXPECT_EQ(pairs.front(), "0,1");
  EXPECT_EQ(pairs.back(), "8,9");
}

TEST(PublishedTables, StrokesHaveEveryMethod) {
  std::set<std::string> in_the_table;
  for (const TableMethod& row : published_table("strokes").methods)
    in_the_table.insert(row.options.at("method").front());
  for (const svdd::Method& method : svdd::methods())
    EXPECT_TRUE(in_the_table.contains(method.name)) << method.name;
}

// A row's options are options of its method, on each of the table's cases.
TEST(PublishedTables, EveryCellIsARunThatCanBe) {
  for (const PublishedTable& table : published_tables())
    for (const TableMethod& m : table.methods)
      for (const TableCase& c : table.cases) {
        GivenOptions given = m.options;
        given.insert(c.options.begin(), c.options.end());
        given["out"] = {"unused"};
        if (given.contains("labels") && given["labels"][0] == "kmeans") given["clusters"] = {"2"};
        EXPECT_NO_THROW(resolve_train_options(given)) << table.name << ", " << m.key << ", " << c.name;
      }
}

TEST(PublishedTables, HaveWhatAnyMethodShouldBeat) {
  for (const PublishedTable& table : published_tables()) {
    if (table.name == "strokes") continue;
    std::set<std::string> yardsticks;
    for (const TableMethod& m : table.methods)
      if (m.reference) yardsticks.insert(m.key);
    EXPECT_EQ(yardsticks, (std::set<std::string>{"distance-to-mean", "untrained"})) << table.name;
  }
}

// What is drawn is a part of the table: other groups would be another table.
TEST(PublishedTables, DrawnGroupsStayTheSame) {
  EXPECT_EQ(names_of("multi-radius-mnist-threes"),
            (std::vector<std::string>{"0,4,6", "0,6,9", "0,1,9", "1,7,9", "4,7,8", "1,7,8", "0,3,7", "4,5,6",
                                      "2,3,5", "3,6,8"}));
  EXPECT_EQ(names_of("multi-radius-mnist-fours"),
            (std::vector<std::string>{"0,4,6,7", "0,6,7,9", "0,1,3,9", "1,3,7,9", "1,4,7,8", "1,3,7,8",
                                      "0,3,7,9", "2,4,5,6", "1,2,3,5", "3,6,7,8"}));
}

}  // namespace
}  // namespace tools
