#include "tools/report/plane_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "engine/backends/cpu/cpu.h"

namespace tools {
namespace {

// A detector whose representations are the samples.
class Stub final : public svdd::Detector {
 public:
  std::string method() const override { return "stub"; }
  void fit(const svdd::TrainingSet&, svdd::Monitor&) override {}
  std::vector<float> score(const datasets::Samples&) override { return {}; }
  std::vector<float> embed(const datasets::Samples& samples) override { return samples.values; }
  void save(const std::filesystem::path&) const override {}
  std::vector<int64_t> sample_shape() const override { return {3}; }
  std::string weights_sha256() const override { return ""; }
  void set_clusters(std::vector<int32_t> clusters) { training_clusters_ = std::move(clusters); }
};

// Two groups far apart; class 4 is normal, and of the test samples every third is an anomaly of class 9.
datasets::OneVsRest task_of(int64_t train, int64_t test) {
  datasets::OneVsRest task{{4}, {{3}, {}}, {}, {{3}, {}}, {}, {}};
  for (int64_t i = 0; i < train; ++i) {
    const auto x = static_cast<float>(i % 2 * 100 + i % 7);
    task.train.values.insert(task.train.values.end(), {x, static_cast<float>(i % 5), 1});
    task.train_classes.push_back(4);
  }
  for (int64_t i = 0; i < test; ++i) {
    const auto x = static_cast<float>(i % 3 * 100 + i % 7);
    task.test.values.insert(task.test.values.end(), {x, static_cast<float>(i % 5), 2});
    task.test_classes.push_back(i % 3 == 0 ? 9 : 4);
    task.test_labels.push_back(i % 3 == 0 ? 1 : 0);
  }
  return task;
}

std::vector<std::vector<std::string>> rows_of(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream fields(line + ',');
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  return rows;
}

std::string map_of(svdd::Detector& detector, const datasets::OneVsRest& task, uint64_t seed,
                   int threads = 1) {
  return map_csv(detector, task, seed, *engine::make_cpu_backend({.threads = threads}));
}

TEST(PlaneMap, IsOfTheTestSamplesWhereThereIsOneSphere) {
  Stub stub;
  const auto rows = rows_of(map_of(stub, task_of(50, 60), 1, 1));
  ASSERT_EQ(rows.size(), 61u);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"x", "y", "class", "label", "cluster"}));
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][2], (i - 1) % 3 == 0 ? "9" : "4");
    EXPECT_EQ(rows[i][3], (i - 1) % 3 == 0 ? "1" : "0");
    EXPECT_EQ(rows[i][4], "");
  }
  stub.set_clusters(std::vector<int32_t>(50, 6));
  EXPECT_EQ(rows_of(map_of(stub, task_of(50, 60), 1, 1)), rows) << "all in one sphere";
}

TEST(PlaneMap, IsOfTheClusteredTrainingSamplesWhereThereAreSeveralSpheres) {
  Stub stub;
  std::vector<int32_t> clusters;
  for (int32_t i = 0; i < 48; ++i) clusters.push_back(i % 2 * 5);
  stub.set_clusters(clusters);  // of 50 samples: the fit left out two
  const auto rows = rows_of(map_of(stub, task_of(50, 60), 1, 1));
  ASSERT_EQ(rows.size(), 49u);
  double x[2] = {}, y[2] = {};
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][2], "4");
    EXPECT_EQ(rows[i][3], "0");
    EXPECT_EQ(rows[i][4], (i - 1) % 2 == 0 ? "0" : "5");
    x[(i - 1) % 2] += std::stod(rows[i][0]) / 24, y[(i - 1) % 2] += std::stod(rows[i][1]) / 24;
  }
  for (size_t i = 1; i < rows.size(); ++i) {  // neighbours stay neighbours
    const size_t own = (i - 1) % 2;
    const auto distance = [&](size_t k) {
      return std::hypot(std::stod(rows[i][0]) - x[k], std::stod(rows[i][1]) - y[k]);
    };
    EXPECT_LT(distance(own), distance(1 - own));
  }
}

TEST(PlaneMap, ASampleIsDrawnBySeedAlone) {
  Stub stub;
  const datasets::OneVsRest task = task_of(50, most_map_samples + 200);
  const std::string one = map_of(stub, task, 1, 1);
  EXPECT_EQ(rows_of(one).size(), static_cast<size_t>(most_map_samples) + 1);
  EXPECT_EQ(map_of(stub, task, 1, 2), one);
  EXPECT_NE(map_of(stub, task, 2, 2), one);
}

TEST(PlaneMap, IsEmptyWhereThereIsNothingToShow) {
  Stub stub;
  EXPECT_EQ(map_of(stub, task_of(50, 0), 1), "");
  EXPECT_EQ(map_of(stub, task_of(50, 7), 1), "");
  EXPECT_NE(map_of(stub, task_of(50, 8), 1), "");
  datasets::OneVsRest infinite = task_of(50, 8);
  infinite.test.values[5] = INFINITY;
  EXPECT_EQ(map_of(stub, infinite, 1), "");
  datasets::OneVsRest constant = task_of(50, 8);
  constant.test.values.assign(constant.test.values.size(), 1);
  EXPECT_NE(map_of(stub, constant, 1), "") << "a collapsed network's";
}

}  // namespace
}  // namespace tools
