// svdd cluster from the outside.
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "datasets/idx.h"
#include "engine/backends/cuda/cuda.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "refusals.h"
#include "small_data.h"

namespace tools_test {
namespace {

using engine::NdArray;

// Three bunches of eight on a ring, class after class.
std::string table(bool with_classes) {
  std::string csv = with_classes ? "length,width,class\n" : "";
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 8; ++i) {
      const double x = (c == 0 ? 10 : -5) + 0.1 * (i % 3), y = 9.0 * (c - 1) + 0.13 * i;
      csv +=
          std::to_string(x) + ',' + std::to_string(y) + (with_classes ? ',' + std::to_string(c) : "") + '\n';
    }
  return csv;
}

std::vector<std::vector<std::string>> cells(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  return rows;
}

TEST(Cluster, WritesEveryPartitionAndSumsUp) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_text(scratch.path / "t.csv", table(true));
  const Outcome outcome = run_svdd(
      scratch.path, words_of("cluster --input t.csv --output labels.csv --distance euclidean --clusters 3"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("FINCH on 24 rows of 2, euclidean distance, early-exit"), std::string::npos);
  EXPECT_NE(outcome.out.find("as asked for"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("100.00"), std::string::npos) << "purity and NMI against the classes\n"
                                                           << outcome.out;
  EXPECT_NE(outcome.err.find("academic purposes"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("MB of memory"), std::string::npos) << outcome.err;

  const auto rows = cells(text_of(scratch.path / "labels.csv"));
  ASSERT_EQ(rows.size(), 25u);
  ASSERT_GE(rows[0].size(), 3u);
  EXPECT_EQ(rows[0].front(), "index");
  EXPECT_EQ(rows[0][1], "partition_1");
  EXPECT_EQ(rows[0].back(), "chosen");
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].size(), rows[0].size());
    EXPECT_EQ(rows[i].front(), std::to_string(i - 1));
    EXPECT_EQ(rows[i].back(), std::to_string((i - 1) / 8));
  }
}

TEST(Cluster, ShowsSilhouettesWhereComputed) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_text(scratch.path / "t.csv", table(false));
  const std::string line = "cluster --input t.csv --output o.csv --quiet ";
  const auto dashes = [&](const std::string& more) {
    const Outcome outcome = run_svdd(scratch.path, words_of(line + more));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.out.find("purity"), std::string::npos) << "no classes are known";
    return outcome.out.find(" -  ") != std::string::npos || outcome.out.find(" -\n") != std::string::npos;
  };
  EXPECT_TRUE(dashes("--distance euclidean"));
  EXPECT_FALSE(dashes("--distance euclidean --silhouettes"));
  EXPECT_FALSE(dashes("--variant silhouette"));
}

TEST(Cluster, ReadsArraysAndImagesAlike) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const datasets::IdxImages images = datasets::read_idx_images(f / "small" / "t10k-images-idx3-ubyte");
  std::vector<float> values;
  for (const uint8_t byte : images.bytes) values.push_back(static_cast<float>(byte) / 255.0f);
  const int64_t size = images.rows * images.columns;
  engine::write_npy(f / "flat.npy", NdArray::from({images.count, size}, values));
  engine::write_npy(f / "images.npy", NdArray::from({images.count, images.rows, images.columns}, values));
  engine::write_npz(f / "x.npz", {{"X", NdArray::from({images.count, size}, values)}});
  std::string first;
  for (const std::string input : {"small/t10k-images-idx3-ubyte", "flat.npy", "images.npy", "x.npz"}) {
    const Outcome outcome = run_svdd(f, words_of("cluster --quiet --output o.csv --input " + input));
    ASSERT_EQ(outcome.status, 0) << input << "\n" << outcome.err;
    if (first.empty()) first = text_of(f / "o.csv");
    EXPECT_EQ(text_of(f / "o.csv"), first) << input;
  }
}

TEST(Cluster, WritesTheSameBytesOnAnyMachine) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_text(scratch.path / "t.csv", table(true));
  std::string first;
  std::vector<std::string> machines = {"", "--threads 1", "--threads 3", "--simd portable"};
  if (engine::cuda_problem().empty()) machines.push_back("--device cuda");
  for (const std::string& more : machines) {
    const Outcome outcome = run_svdd(
        scratch.path, words_of("cluster --quiet --input t.csv --output o.csv --variant silhouette " + more));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    if (first.empty()) first = text_of(scratch.path / "o.csv");
    EXPECT_EQ(text_of(scratch.path / "o.csv"), first) << more;
  }
}

TEST(Cluster, RefusesInOneLine) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_text(f / "t.csv", table(false));
  write_text(f / "one.csv", "1,2\n");
  write_text(f / "ragged.csv", "1,2\n3,4,5\n");
  write_text(f / "words.csv", "1,2\n3,four\n");
  write_text(f / "zeros.csv", "1,2\n0,0\n3,4\n");
  write_text(f / "empty.csv", "");
  write_text(f / "empty.npy", "");
  write_text(f / "photo.png", "\x89PNG\r\n");
  write_text(f / "huge.npy",
             std::string("\x93NUMPY\x01\x00\x46\x00", 10) +
                 "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 900), }  \n");
  engine::write_npy(f / "flat.npy", NdArray::from({4}, std::vector<float>{1, 2, 3, 4}));
  engine::write_npy(f / "none.npy", NdArray::from({0, 3}, std::vector<float>{}));
  engine::write_npy(f / "nan.npy",
                    NdArray::from({2, 1}, std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()}));
  engine::write_npy(f / "wide.npy", NdArray::from({2, 1}, std::vector<double>{1, 1e300}));
  engine::write_npz(f / "named.npz", {{"features", NdArray::from({2, 1}, std::vector<float>{1, 2})}});
  fs::create_directory(f / "folder");
  const auto input = [](const std::string& name) { return "cluster --output o.csv --input " + name; };
  expect_refused(
      f, {{"cluster", 2, "--input is missing"},
          {"cluster --input t.csv", 2, "--output is missing"},
          {input("t.csv --variant both"), 2, "--variant is 'both'; expected early-exit or silhouette"},
          {input("t.csv --distance manhattan"), 2, "--distance is 'manhattan'"},
          {input("t.csv --clusters -3"), 2, "--clusters is -3"},
          {input("t.csv --clusters few"), 2, "--clusters"},
          {input("t.csv --threads -1"), 2, "--threads is -1"},
          {input("t.csv --device reference"), 2, "--device is 'reference'; expected cpu or cuda"},
          {input("t.csv --simd mmx"), 2, "--simd is 'mmx'"},
          {input("t.csv --cluster 3"), 2, "did you mean '--clusters'"},
          {input("t.csv more"), 2, "'more'"},
          {input("t.csv --quiet --clusters 20"), 1, "'t.csv': FINCH: 20 clusters are asked for"},
          {input("nowhere.csv"), 1, "'nowhere.csv' does not exist"},
          {input("folder"), 1, "'folder' is a folder"},
          {input("one.csv"), 1, "'one.csv': at least 2 rows"},
          {input("ragged.csv"), 1, "'ragged.csv'"},
          {input("words.csv"), 1, "'words.csv'"},
          {input("zeros.csv"), 1, "'zeros.csv': row 1 (counted from 0) is all zeros"},
          {input("empty.csv"), 1, "'empty.csv'"},
          {input("empty.npy"), 1, "'empty.npy'"},
          {input("photo.png"), 1, "'photo.png'"},
          {input("huge.npy"), 1, "'huge.npy'"},
          {input("flat.npy"), 1, "'flat.npy' has the shape (4"},
          {input("none.npy"), 1, "'none.npy' has the shape (0, 3)"},
          {input("nan.npy"), 1, "'nan.npy'"},
          {input("wide.npy"), 1, "'wide.npy'"},
          {input("named.npz"), 1, "'named.npz' holds the arrays 'features'"},
          {"cluster --input t.csv --output nowhere/o.csv", 1, "nowhere/o.csv"}});
  if (const std::string problem = engine::cuda_problem(); !problem.empty())
    expect_refused(f, {{input("t.csv --device cuda"), 2, problem}});
}

}  // namespace
}  // namespace tools_test
