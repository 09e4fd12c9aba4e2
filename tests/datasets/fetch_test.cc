#include "datasets/fetch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "datasets/download.h"
#include "engine/files/sha256.h"
#include "tests/datasets/scratch.h"
#include "tests/datasets/tar_member.h"

namespace {

namespace fs = std::filesystem;
using datasets::fetch, datasets::Fetched, datasets::FetchOptions, datasets::KnownDataset,
    datasets::OfficialFile;
using scratch::contains, scratch::Environment, scratch::error_of, scratch::tar_member;

bool have_curl() {  // the tests download from file://, which wget does not know
  const char* path = ::getenv("PATH");
  std::string rest = path ? path : "";
  while (!rest.empty()) {
    const size_t end = rest.find(':');
    if (fs::exists(fs::path(rest.substr(0, end)) / "curl")) return true;
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
  }
  return false;
}

OfficialFile official(const std::string& name, const std::string& contents) {
  return {name, contents.size(), "", engine::sha256_hex(contents.data(), contents.size())};
}

// A set "toy" of two files, and a mirror that offers them.
class FetchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_curl()) GTEST_SKIP() << "needs curl";
    fs::create_directories(mirror_ / "toy");
    scratch::write(mirror_ / "toy/a.gz", first_);
    scratch::write(mirror_ / "toy/b.gz", second_);
    toy_.name = "toy";
    toy_.description = "for tests";
    toy_.files = {official("a.gz", first_), official("b.gz", second_)};
    toy_.urls = {url_ + "/toy"};
    toy_.places = {"toy"};
  }

  std::vector<std::string> files_fetched() const {
    std::vector<std::string> names;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(to_, missing))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  const scratch::Folder folder_;
  const fs::path mirror_ = folder_ / "mirror with spaces' and quotes", to_ = folder_ / "cache/toy";
  const std::string url_ = "file://" + (folder_ / "mirror%20with%20spaces'%20and%20quotes").string();
  const std::string first_ = "the first file", second_ = std::string(300000, 'b');
  const Environment mirror_variable_{"SVDD_MIRROR", nullptr};
  KnownDataset toy_;
};

TEST_F(FetchTest, DownloadsWhatIsMissing) {
  std::vector<std::string> urls;
  FetchOptions options;
  options.on_download = [&](const OfficialFile&, const std::string& url) { urls.push_back(url); };
  Fetched fetched = fetch(toy_, to_, options);
  EXPECT_EQ(fetched.downloaded, 2);
  EXPECT_EQ(fetched.already_there, 0);
  EXPECT_EQ(scratch::read(to_ / "a.gz"), first_);
  EXPECT_EQ(scratch::read(to_ / "b.gz"), second_);
  EXPECT_EQ(files_fetched(), (std::vector<std::string>{"a.gz", "b.gz"}));
  EXPECT_EQ(urls, (std::vector<std::string>{url_ + "/toy/a.gz", url_ + "/toy/b.gz"}));

  scratch::write(to_ / "a.gz", "the f1rst file");  // as long as the right one
  fetched = fetch(toy_, to_, options);
  EXPECT_EQ(fetched.downloaded, 1);
  EXPECT_EQ(fetched.already_there, 1);
  EXPECT_EQ(scratch::read(to_ / "a.gz"), first_);

  fs::remove_all(mirror_);
  EXPECT_EQ(fetch(toy_, to_).already_there, 2);  // no source is needed any more
}

TEST_F(FetchTest, MirrorsByOptionAndEnvironment) {
  toy_.urls = {"file:///there/is/no/such/folder"};
  FetchOptions options;
  options.mirror = url_ + "/";
  EXPECT_EQ(fetch(toy_, to_, options).downloaded, 2);
  fs::remove_all(to_);
  const Environment variable("SVDD_MIRROR", url_.c_str());
  EXPECT_EQ(fetch(toy_, to_).downloaded, 2);
}

TEST_F(FetchTest, TheNextAddressIsTriedWhereOneFails) {
  toy_.urls = {"file:///there/is/no/such/folder", url_ + "/toy"};
  EXPECT_EQ(fetch(toy_, to_).downloaded, 2);
}

TEST_F(FetchTest, AWrongChecksumLeavesNothing) {
  scratch::write(mirror_ / "toy/b.gz", std::string(300000, 'c'));
  const std::string message = error_of<std::runtime_error>([&] { fetch(toy_, to_); });
  EXPECT_TRUE(contains(message, toy_.files[1].sha256));
  const std::string other(300000, 'c');
  EXPECT_TRUE(contains(message, engine::sha256_hex(other.data(), other.size())));
  EXPECT_EQ(files_fetched(), std::vector<std::string>{"a.gz"});
}

TEST_F(FetchTest, AWrongSizeLeavesNothing) {
  scratch::write(mirror_ / "toy/a.gz", "the first");
  EXPECT_TRUE(contains(error_of([&] { fetch(toy_, to_); }), "gave 9 bytes, expected 14"));
  EXPECT_TRUE(files_fetched().empty());
}

TEST_F(FetchTest, AFloodIsStopped) {
  scratch::write(mirror_ / "toy/a.gz", std::string(10000000, 'x'));
  EXPECT_TRUE(contains(error_of([&] { fetch(toy_, to_); }), "larger than the 14 bytes expected"));
  EXPECT_TRUE(files_fetched().empty());
}

TEST_F(FetchTest, FailedDownloadsSayWhy) {
  fs::remove(mirror_ / "toy/a.gz");
  const std::string message = error_of<std::runtime_error>([&] { fetch(toy_, to_); });
  EXPECT_TRUE(contains(message, "cannot download"));
  EXPECT_TRUE(contains(message, "curl:"));
  EXPECT_TRUE(files_fetched().empty());
  EXPECT_FALSE(fs::exists(folder_ / "cache")) << "nor are the folders left that were made for it";
}

TEST_F(FetchTest, NeitherCurlNorWget) {
  const Environment path("PATH", folder_.path().c_str());
  EXPECT_TRUE(contains(error_of([&] { fetch(toy_, to_); }), "neither curl nor wget is installed"));
  EXPECT_TRUE(files_fetched().empty());
}

TEST_F(FetchTest, FoldersThatCannotBe) {
  scratch::write(folder_ / "file", "x");
  EXPECT_TRUE(contains(error_of([&] { fetch(toy_, folder_ / "file/toy"); }), "cannot make the folder"));
  fs::create_directories(to_ / "a.gz");
  EXPECT_TRUE(contains(error_of([&] { fetch(toy_, to_); }), "cannot write"));
  EXPECT_EQ(files_fetched(), std::vector<std::string>{"a.gz"});
}

TEST_F(FetchTest, AnArchiveIsUnpackedAndRemoved) {
  const std::string archive = tar_member("toy-1/readme.txt", "hello") + tar_member("toy-1/a.gz", first_) +
                              tar_member("toy-1/b.gz", second_) + std::string(1024, '\0');
  scratch::write(mirror_ / "toy/toy.tar", archive);
  toy_.archive = official("toy.tar", archive);
  EXPECT_EQ(fetch(toy_, to_).downloaded, 2);
  EXPECT_EQ(files_fetched(), (std::vector<std::string>{"a.gz", "b.gz"}));
  EXPECT_EQ(scratch::read(to_ / "b.gz"), second_);
  EXPECT_EQ(fetch(toy_, to_).already_there, 2);

  fs::remove(to_ / "a.gz");
  const std::string without = tar_member("toy-1/b.gz", second_) + std::string(1024, '\0');
  scratch::write(mirror_ / "toy/toy.tar", without);
  EXPECT_TRUE(contains(error_of([&] { fetch(toy_, to_); }), "expected"));  // not the official archive
  toy_.archive = official("toy.tar", without);
  EXPECT_TRUE(contains(error_of([&] { fetch(toy_, to_); }), "did not give the official a.gz"));
  EXPECT_EQ(files_fetched(), std::vector<std::string>{"b.gz"});
}

TEST_F(FetchTest, SetsWithoutAnAddressSayHowToGetThem) {
  const std::string message =
      error_of<std::invalid_argument>([&] { fetch(datasets::require_known("gtsrb"), to_); });
  EXPECT_TRUE(
      contains(message, "gtsrb cannot be fetched by this command: get GTSRB_Final_Training_Images.zip"));
  EXPECT_TRUE(contains(message, to_.string()));
  EXPECT_FALSE(fs::exists(to_));
}

TEST_F(FetchTest, BuiltInSetsAndBadAddresses) {
  EXPECT_TRUE(contains(error_of([&] { fetch(datasets::require_known("strokes"), to_); }), "built in"));
  for (const char* url : {"", "somewhere", "://x", "--output=/etc/x://"})
    EXPECT_THROW(datasets::download(url, to_, 10), std::invalid_argument) << url;
}

TEST(FetchRealData, TheKnownSumsAreThoseOfTheRealFiles) {
  SKIP_WITHOUT_REAL_DATA("mnist");
  for (const char* name : {"mnist", "fashion-mnist"}) {
    const fs::path real = scratch::real_data(name);
    if (real.empty() || !fs::exists(real / "train-images-idx3-ubyte.gz")) continue;
    const KnownDataset& known = datasets::require_known(name);
    const scratch::Folder folder;
    for (const OfficialFile& file : known.files)
      fs::create_symlink(fs::absolute(real / file.name), folder / file.name);
    EXPECT_EQ(fetch(known, folder.path()).already_there, 4) << name;
  }
}

}  // namespace
