// Deep SVDD in one file (svdd/in_one_file): compiled as its first lines say, it comes to the receipt of the command.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "small_data.h"

namespace tools_test {
namespace {

const fs::path one_file =
    fs::path(SVDD_GOLDEN_DIR).parent_path().parent_path() / "svdd/in_one_file/deep_svdd.cc";

// A compiler that there is, or nothing.
std::string compiler() {
  const char* const named = std::getenv("CXX");
  for (const std::string& name :
       {std::string(named ? named : "c++"), std::string("g++"), std::string("clang++")})
    if (std::system((name + " --version > /dev/null 2>&1").c_str()) == 0) return name;
  return "";
}

std::string in_shell_quotes(const fs::path& path) { return "'" + path.string() + "'"; }

class InOneFile : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    if (compiler().empty()) GTEST_SKIP() << "no C++ compiler here";
  }

  void compile(const std::string& options) {
    const std::string line = compiler() + " -std=c++20 -ffp-contract=off " + options + " " +
                             in_shell_quotes(one_file) + " -o " +
                             in_shell_quotes(scratch_.path / "deep_svdd");
    ASSERT_EQ(std::system(line.c_str()), 0) << line;
  }

  // What it prints; `words` come after the data's folder.
  std::string printed(const std::string& folder, const std::string& words) {
    const std::string line = "cd " + in_shell_quotes(scratch_.path) + " && ./deep_svdd " + folder + " " +
                             words + " > printed 2> log";
    EXPECT_EQ(std::system(line.c_str()), 0) << line << '\n' << text_of(scratch_.path / "log");
    return text_of(scratch_.path / "printed");
  }

  // The same, as the command has it.
  std::string of_the_command(const std::string& data, const std::string& words) {
    const Outcome outcome =
        run_svdd(scratch_.path, words_of("train --quiet --out run --data " + data + " " + words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const nlohmann::json results = nlohmann::json::parse(text_of(scratch_.path / "run/results.json"));
    std::ostringstream text;
    text.precision(17);
    text << "auc " << results.at("auc").get<double>() << "\nweights_sha256 "
         << results.at("weights_sha256").get<std::string>() << "\nscores_sha256 "
         << results.at("scores_sha256").get<std::string>() << '\n';
    return text.str();
  }

  Scratch scratch_;
};

TEST_F(InOneFile, IsShortAndStandsOnTheStandardLibraryAlone) {
  std::istringstream text(text_of(one_file));
  int lines = 0;
  for (std::string line; std::getline(text, line); ++lines)
    EXPECT_FALSE(line.starts_with("#include") && line.find('<') == std::string::npos) << line;
  EXPECT_GT(lines, 0);
  EXPECT_LE(lines, 400);
}

// As its first lines say; on few images, since it takes long so. The radius moves from the eleventh epoch on.
TEST_F(InOneFile, ComesToTheReceiptOfTheCommand) {
  compile("-O2");
  write_small_data(scratch_.path);
  for (const std::string words : {"--normal 7 --ae-epochs 3 --epochs 2 --seed 3",
                                  "--normal 3 --ae-epochs 1 --epochs 12 --objective soft-boundary"})
    EXPECT_EQ(printed("small", words), of_the_command("small", words)) << words;

  const auto status = [&](const std::string& words) {
    return std::system(
        ("cd " + in_shell_quotes(scratch_.path) + " && ./deep_svdd " + words + " 2> log").c_str());
  };
  for (const std::string words : {"", "small", "small --normal", "small --normal three", "small --norml 3",
                                  "small --normal 3 --objective two-class"}) {
    EXPECT_EQ(WEXITSTATUS(status(words)), 2) << words;
    EXPECT_EQ(text_of(scratch_.path / "log").find("usage: "), 0u) << words;
  }
  EXPECT_EQ(WEXITSTATUS(status("nowhere --normal 3")), 1);
  EXPECT_NE(text_of(scratch_.path / "log").find("nowhere/train"), std::string::npos);
  EXPECT_EQ(WEXITSTATUS(status("small --normal 30")), 1);
}

// And on MNIST, where it is there: several batches, of which the last is a short one.
TEST_F(InOneFile, ComesToTheReceiptOfTheCommandOnWholeDataSets) {
  compile("-O3 -march=native");
  const std::string words = "--normal 3 --ae-epochs 1 --epochs 1";
  const auto compare = [&](const std::string& data, const std::string& where) {
    const Outcome outcome =
        run_svdd(scratch_.path, words_of("data export " + data + " --output " + data + where));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string of_one_file = printed(data, words);
    fs::remove_all(scratch_.path / data);  // so that `data` is the known name
    EXPECT_EQ(of_one_file, of_the_command(data, words + where)) << data;
  };
  compare("strokes", "");
  if (const char* const folder = std::getenv("SVDD_DATA"); folder && fs::exists(fs::path(folder) / "mnist"))
    compare("mnist", " --data-dir " + std::string(folder));
}

TEST_F(InOneFile, TheCommandWritesNoOtherDataForIt) {
  fs::create_directories(scratch_.path / "full");
  write_text(scratch_.path / "full/mine.txt", "mine");
  write_text(scratch_.path / "table.csv", "a,b\n1,2\n3,4\n5,6\n");
  const auto refused = [&](const std::string& words, int status, const std::string& says) {
    const Outcome outcome = run_svdd(scratch_.path, words_of("data export " + words));
    EXPECT_EQ(outcome.status, status) << words;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << words << '\n' << outcome.err;
  };
  refused("strokes", 2, "--output is missing");
  refused("", 2, "needs a name");
  refused("strokes --output full", 1, "is there and not empty");
  refused("table.csv --output new", 1, "no images of bytes");
  EXPECT_FALSE(fs::exists(scratch_.path / "new"));
}

}  // namespace
}  // namespace tools_test
