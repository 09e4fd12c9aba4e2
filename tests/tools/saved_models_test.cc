// Model folders and a checkpoint that version 0.1 wrote before networks were texts (saved_by_0_1/) load, score as they did
// then, and go on to the bits that they would have come to.
//
// Written by that version's command from points.csv, all with --normal ok --seed 1; what each method was asked besides stands in
// its model.json and in stopped/config.json. lenet: strokes, --normal 3 --recipe theano --dictionary false --limit 40.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "engine/files/sha256.h"
#include "small_data.h"

namespace tools_test {
namespace {

const fs::path saved = fs::path(SVDD_GOLDEN_DIR).parent_path() / "tools/saved_by_0_1";

template <class Test>
class Saved : public Test {
 protected:
  void SetUp() override { REQUIRE_SVDD(); }
  const Scratch scratch_;
};

class SavedBy01 : public Saved<testing::Test> {};
class EachSavedBy01 : public Saved<testing::TestWithParam<std::string>> {};

TEST_P(EachSavedBy01, ScoresAsItDid) {
  fs::copy(saved / "points.csv", scratch_.path / "points.csv");
  const Outcome o = run_svdd(scratch_.path, {"score", "--model", (saved / "models" / GetParam()).string(),
                                             "--input", "points.csv", "--output", "scores.csv", "--quiet"});
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(text_of(scratch_.path / "scores.csv"), text_of(saved / "scores" / (GetParam() + ".csv")));
}
INSTANTIATE_TEST_SUITE_P(Methods, EachSavedBy01,
                         testing::Values("deep-svdd", "multi-radius", "multi-sphere", "dasvdd", "autoencoder",
                                         "kernel-svdd", "kde", "isolation-forest"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_F(SavedBy01, ALeNetEvaluatesAsItDid) {
  const Outcome o = run_svdd(scratch_.path, {"evaluate", "--model", (saved / "models/lenet").string(),
                                             "--data", "strokes", "--normal", "3", "--scores", "scores.csv"});
  ASSERT_EQ(o.status, 0) << o.err;
  std::string scores;  // without the last column, which version 0.1 did not have
  std::istringstream lines(text_of(scratch_.path / "scores.csv"));
  for (std::string line; std::getline(lines, line);) scores += line.substr(0, line.rfind(',')) + '\n';
  EXPECT_EQ(engine::sha256_hex(scores.data(), scores.size()).substr(0, 16), "753a974a7de521c5");
}

TEST_F(SavedBy01, AStoppedRunGoesOnToItsBits) {
  fs::copy(saved / "points.csv", scratch_.path / "points.csv");
  fs::copy(saved / "stopped", scratch_.path / "stopped");
  const Outcome o = run_svdd(scratch_.path, {"train", "--resume", "--out", "stopped", "--quiet"});
  ASSERT_EQ(o.status, 0) << o.err;
  const auto results = nlohmann::json::parse(text_of(scratch_.path / "stopped/results.json"));
  EXPECT_EQ(results["weights_sha256"], "9c32c78236b581016caaa4c0e240b9134254df408fa6236ea421fde20bc3617f");
  EXPECT_EQ(results["scores_sha256"], "2557f44e5cf2906b120b02e11edec2ba136a148dc9076b338ab5ca28456b95ca");
}

}  // namespace
}  // namespace tools_test
