// The page of tools/browser trains in a headless Chromium, and its receipt is the command's: of the very command line that
// the page shows. Where the page was built (make browser), and node and Chromium are installed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

#include "svdd_process.h"

namespace tools_test {
namespace {

const fs::path root_of_sources = fs::path(SVDD_GOLDEN_DIR).parent_path().parent_path();

class BrowserPage : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(page_ / "svdd.wasm")) GTEST_SKIP() << "the page is not built: make browser";
    if (!runs("node --version")) GTEST_SKIP() << "no node here";
    for (const char* const name : {"chromium", "chromium-browser", "google-chrome"})
      if (chromium_.empty() && runs(std::string(name) + " --version")) chromium_ = name;
    if (chromium_.empty()) GTEST_SKIP() << "no chromium here";
  }

  // What the page came to, by name, when it trained with these settings.
  std::map<std::string, std::string> trained(const std::string& settings) {
    const fs::path said = scratch_.path / "said";
    const std::string line = "node '" + (root_of_sources / "tests/tools/browser_page.js").string() + "' " +
                             chromium_ + " '" + page_.string() + "' '" + settings + "&train' > '" +
                             said.string() + "' 2>&1";
    EXPECT_EQ(std::system(line.c_str()), 0) << text_of(said);
    std::map<std::string, std::string> found;
    std::istringstream lines(text_of(said));
    for (std::string name, value; lines >> name && std::getline(lines >> std::ws, value);)
      found[name] = value;
    return found;
  }

  void expect_same_receipt(const std::string& settings) {
    SCOPED_TRACE(settings);
    const auto page = trained(settings);
    ASSERT_EQ(page.count("command"), 1u);
    std::istringstream text(page.at("command"));
    Words words;
    for (std::string word; text >> word;) words.push_back(word);
    ASSERT_GT(words.size(), 2u);
    words.erase(words.begin());  // svdd
    words.back() = "run";
    words.push_back("--quiet");
    const Outcome run = run_svdd(scratch_.path, words);
    ASSERT_EQ(run.status, 0) << run.err;
    const std::string results = text_of(scratch_.path / "run" / "results.json");
    for (const char* const name : {"weights_sha256", "scores_sha256"}) {
      ASSERT_EQ(page.count(name), 1u);
      EXPECT_EQ(page.at(name).size(), 64u);
      EXPECT_NE(results.find("\n  \"" + std::string(name) + "\": \"" + page.at(name) + '"'),
                std::string::npos)
          << name << " of the page: " << page.at(name);
    }
    fs::remove_all(scratch_.path / "run");
  }

  static bool runs(const std::string& line) { return std::system((line + " > /dev/null 2>&1").c_str()) == 0; }

  const fs::path page_ = root_of_sources / "build/browser";
  std::string chromium_;
  Scratch scratch_;
};

TEST_F(BrowserPage, ItsReceiptIsThatOfTheCommandItShows) {
  expect_same_receipt("normal=3&ae-epochs=2&epochs=2&seed=1");
  expect_same_receipt(
      "normal=0,7&ae-epochs=1&epochs=2&seed=5&limit=300&objective=soft-boundary&batch-size=50");
}

TEST_F(BrowserPage, TheAlarmRingsWhereTheTheoryIsBroken) {
  const auto page =
      trained("normal=3&limit=300&epochs=20&lr=0.01&batch-size=50&weight-decay=3&zero-centre=1&bias-terms=1");
  ASSERT_EQ(page.count("alarm"), 1u);
  EXPECT_NE(page.at("alarm").find("collapsed"), std::string::npos) << page.at("alarm");
}

}  // namespace
}  // namespace tools_test
