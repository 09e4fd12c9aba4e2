// Counts from the command line, however large: refused in a line or harmless, and soon; memory is asked for only once
// the data are known to be as many.
#include <gtest/gtest.h>

#include <chrono>

#include "small_data.h"

namespace tools_test {
namespace {

std::string table_of(int rows) {
  std::string csv = "a,b,c\n";
  for (int i = 0; i < rows; ++i)
    csv += std::to_string(7 * i % 31) + ',' + std::to_string(5 * i % 23) + ',' + std::to_string(11 * i % 37) +
           '\n';
  return csv;
}

TEST(Counts, HugeOnesAreRefusedOrHarmless) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_text(scratch.path / "table.csv", table_of(48));
  const std::string briefly = " --epochs 1 --no-pretrain --batch-size 16",
                    train = "train --quiet --threads 1 --data table.csv --out run ";
  const std::vector<std::pair<std::string, std::string>> options = {
      {train + "--method multi-sphere" + briefly, "--spheres"},
      {train + "--method multi-radius" + briefly, "--clusters"},
      {train + "--method multi-radius --labels kmeans" + briefly, "--clusters"},
      {train + "--method multi-radius" + briefly, "--least-cluster"},
      {train + "--method deep-svdd --objective soft-boundary" + briefly, "--warm-up-epochs"},
      {train + "--method deep-svdd" + briefly, "--batch-size"},
      {train + "--method multi-sphere --spheres 3" + briefly, "--batch-size"},
      {train + "--method dasvdd --epochs 1", "--batch-size"},
      {train + "--method autoencoder --ae-epochs 1", "--ae-batch-size"},
      {train + "--method kde", "--limit"},
      {train + "--method kde", "--threads"},
      {"cluster --quiet --input table.csv --output labels.csv", "--clusters"},
  };
  for (const auto& [line, option] : options)
    for (const std::string value : {"0", "2147483648", "4611686018427387904", "9223372036854775807"}) {
      const auto begin = std::chrono::steady_clock::now();
      const Outcome outcome = run_svdd(scratch.path, words_of(line + ' ' + option + ' ' + value));
      const std::string what = line + ' ' + option + ' ' + value + '\n' + outcome.err;
      EXPECT_GE(outcome.status, 0) << what;
      EXPECT_LE(outcome.status, 2) << what;
      if (outcome.status != 0) {
        EXPECT_TRUE(outcome.err.starts_with("svdd: ")) << what;
        EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << what;
        EXPECT_EQ(outcome.err.find("memory"), std::string::npos) << what;
      }
      EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), 10) << what;
    }
}

TEST(Counts, TheSentenceNamesTheData) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_text(scratch.path / "table.csv", table_of(48));
  const auto said = [&](const std::string& line) { return run_svdd(scratch.path, words_of(line)).err; };
  EXPECT_NE(
      said(
          "train --quiet --data table.csv --out run --method multi-sphere --no-pretrain --spheres 2147483648")
          .find("samples, too few for 2147483648 spheres"),
      std::string::npos);
  EXPECT_NE(said("cluster --quiet --input table.csv --output labels.csv --distance euclidean --clusters 49")
                .find("49 clusters are asked for of 48 rows"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(scratch.path / "run"));
  EXPECT_FALSE(fs::exists(scratch.path / "labels.csv"));
}

}  // namespace
}  // namespace tools_test
