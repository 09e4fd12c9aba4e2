// The book (tools/book): its pages and the marked lines of the sources fit together, and what does not is told by name.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "svdd_process.h"

namespace tools_test {
namespace {

const fs::path checkout = fs::path(SVDD_GOLDEN_DIR).parent_path().parent_path();

bool runs(const std::string& line) { return std::system((line + " > /dev/null 2>&1").c_str()) == 0; }

// A copy of the sources and the book in a folder of its own, to be damaged.
class Book : public testing::Test {
 protected:
  void SetUp() override {
    if (!runs("python3 --version")) GTEST_SKIP() << "no python3 here";
    for (const char* const folder : {"engine", "datasets", "svdd", "tools"})
      fs::copy(checkout / folder, scratch_.path / folder, fs::copy_options::recursive);
  }

  // Exit status and what the check says.
  std::pair<int, std::string> check() {
    const fs::path said = scratch_.path / "said";
    const std::string line = "python3 '" + (scratch_.path / "tools/book/build.py").string() +
                             "' --check > '" + said.string() + "' 2>&1";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(said)};
  }

  void expect_complaint(const std::string& complaint) {
    const auto [status, said] = check();
    EXPECT_EQ(status, 1) << said;
    EXPECT_EQ(said.find("book: "), 0u) << said;
    EXPECT_NE(said.find(complaint), std::string::npos) << said;
    EXPECT_EQ(said.find('\n'), said.size() - 1) << said;
  }

  // The file with `before`, of which it has one, replaced by `after`.
  void change(const std::string& file, const std::string& before, const std::string& after) {
    std::string text = text_of(scratch_.path / file);
    const size_t at = text.find(before);
    ASSERT_NE(at, std::string::npos) << file << " has no " << before;
    write_text(scratch_.path / file, text.replace(at, before.size(), after));
  }

  Scratch scratch_;
};

TEST_F(Book, FitsTheSources) {
  const auto [status, said] = check();
  EXPECT_EQ(status, 0) << said;
}

TEST_F(Book, AMarkerThatIsGoneIsNamedWithItsPage) {
  change("svdd/methods/deep_svdd.cc", "// [book: one-class]\n", "");
  expect_complaint("page deep-svdd, line ");
  expect_complaint("the marker 'one-class' is gone from svdd/methods/deep_svdd.cc");
}

TEST_F(Book, WhatDoesNotFitIsNamed) {
  change("engine/tape.cc", "// [book: record]\n", "// [book: record]\n// [book: backward]\n");
  expect_complaint("engine/tape.cc: the marker 'backward' stands twice");
  change("engine/tape.cc", "// [book: backward]\n", "// [book: nobody]\n");
  expect_complaint("engine/tape.cc: the marker 'nobody' is on no page");
  change("engine/tape.cc", "// [book: nobody]\n", "");

  const std::string page = "tools/book/pages/adam.md";
  change(page, "@code engine/optimizers.cc rates\n", "");
  expect_complaint("an equation without code");
  change(page, "@beside The corrections\n", "");
  expect_complaint("page adam, line ");
  change(page, "# Adam\n", "# Adam\n\n[there](nowhere.html)\n");
  fs::copy_file(checkout / page, scratch_.path / page, fs::copy_options::overwrite_existing);
  change(page, "# Adam\n", "# Adam\n\n[there](nowhere.html)\n");
  expect_complaint("page adam: a link leads to nowhere.html");
}

// The hashes that the exercises expect are those of the engine's own loops; what is handed out does not have them yet.
TEST(BookExercises, ExpectWhatTheEngineComputes) {
  std::string compiler;
  const char* const named = std::getenv("CXX");
  for (const std::string& name :
       {std::string(named ? named : "c++"), std::string("g++"), std::string("clang++")})
    if (compiler.empty() && runs(name + " --version")) compiler = name;
  if (compiler.empty()) GTEST_SKIP() << "no C++ compiler here";
  const Scratch scratch;
  const auto status_with = [&](const fs::path& yours) {
    fs::copy_file(checkout / "tools/book/exercises/check.cc", scratch.path / "check.cc",
                  fs::copy_options::overwrite_existing);
    fs::copy_file(yours, scratch.path / "yours.h", fs::copy_options::overwrite_existing);
    EXPECT_TRUE(runs("cd '" + scratch.path.string() + "' && " + compiler +
                     " -std=c++20 -ffp-contract=off -I '" + checkout.string() + "' check.cc -o check"));
    return std::system(("cd '" + scratch.path.string() + "' && ./check > said").c_str());
  };
  EXPECT_EQ(status_with(checkout / "tests/tools/solved_exercises/yours.h"), 0)
      << text_of(scratch.path / "said");
  EXPECT_NE(status_with(checkout / "tools/book/exercises/yours.h"), 0) << text_of(scratch.path / "said");
}

}  // namespace
}  // namespace tools_test
