#include "engine/files/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/files/in_quotes.h"

namespace atomic_file_test {

namespace fs = std::filesystem;
using engine::AtomicFile, engine::read_file, engine::write_file_atomically;

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  const fs::path folder_ = fs::temp_directory_path() / ("atomic_file_test." + std::to_string(getpid()));
};

// Runs `action`, which must throw a runtime_error of one line that names the path and the reason.
template <class Action>
void expect_error(const Action& action, const fs::path& path, const std::string& reason) {
  try {
    action();
    ADD_FAILURE() << "no error for " << path << "; expected: " << reason;
  } catch (const std::runtime_error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find(engine::in_quotes(path)), std::string::npos) << message;
    EXPECT_NE(message.find(reason), std::string::npos) << message << "\nexpected: " << reason;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST_F(AtomicFileTest, WritesExactlyTheseBytes) {
  std::string bytes(300000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  for (const size_t size : {0ul, 1ul, 65535ul, 65536ul, 65537ul, 300000ul}) {
    write_file_atomically(folder_ / "bytes", std::string_view(bytes).substr(0, size));
    EXPECT_EQ(read_file(folder_ / "bytes"), bytes.substr(0, size));
  }
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, PiecesOfAnySizeJoinInOrder) {
  std::string expected;
  AtomicFile file(folder_ / "pieces");
  for (size_t size = 0; size < 100000; size = size * 3 + 1) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    file.write(piece);
    expected += piece;
  }
  file.commit();
  EXPECT_EQ(read_file(folder_ / "pieces"), expected);
}

TEST_F(AtomicFileTest, TheOldContentsStandUntilCommit) {
  const fs::path path = folder_ / "file";
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write(std::string(200000, 'n'));
    EXPECT_EQ(read_file(path), "old");
    EXPECT_EQ(files(), 2u);
  }  // never committed
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, NothingFollowsACommit) {
  AtomicFile file(folder_ / "file");
  file.commit();
  EXPECT_THROW(file.write("late"), std::logic_error);
  EXPECT_THROW(file.commit(), std::logic_error);
  EXPECT_EQ(read_file(folder_ / "file"), "");
}

TEST_F(AtomicFileTest, WhatIsFinishedHasNoNameYet) {
  const fs::path path = folder_ / "file";
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write("never");
    file.finish();
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(files(), 1u);
  AtomicFile file(path);
  file.write("new");
  file.finish();
  EXPECT_EQ(read_file(path), "old");
  EXPECT_THROW(file.write("late"), std::logic_error);
  EXPECT_THROW(file.finish(), std::logic_error);
  file.commit();
  EXPECT_EQ(read_file(path), "new");
  EXPECT_THROW(file.commit(), std::logic_error);
  AtomicFile full("/dev/full");
  full.write("x");
  EXPECT_THROW(full.finish(), std::runtime_error);
}

TEST_F(AtomicFileTest, KeepsPermissionsOfTheReplacedFile) {
  const fs::path path = folder_ / "private";
  write_file_atomically(path, "old");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  write_file_atomically(path, "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(read_file(path), "new");
}

TEST_F(AtomicFileTest, ALinkStaysALink) {
  write_file_atomically(folder_ / "real", "old");
  fs::create_symlink("real", folder_ / "link");
  write_file_atomically(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "real"), "new");
  EXPECT_EQ(files(), 2u);
}

TEST_F(AtomicFileTest, ALinkToNothingYetIsWrittenThrough) {
  fs::create_directory(folder_ / "below");
  fs::create_symlink("below/new", folder_ / "link");
  fs::create_symlink("link", folder_ / "link to a link");
  write_file_atomically(folder_ / "link to a link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link to a link"));
  EXPECT_EQ(read_file(folder_ / "below" / "new"), "new");
}

TEST_F(AtomicFileTest, ALinkThatLeadsNowhereIsRefusedAndStays) {
  fs::create_symlink("missing/new", folder_ / "link");
  fs::create_symlink("circle", folder_ / "circle");
  for (const auto& [name, why] :
       {std::pair{"link", "whose folder does not exist"}, {"circle", "leads in a circle"}})
    try {
      write_file_atomically(folder_ / name, "new");
      ADD_FAILURE() << name;
    } catch (const std::runtime_error& error) {
      const std::string said = error.what();
      EXPECT_NE(said.find(why), std::string::npos) << said;
    }
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "circle"));
}

TEST_F(AtomicFileTest, ADeviceStaysADevice) {
  write_file_atomically("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

// As /dev/stdout is one, where a command's output goes into a pipe: what it leads to has no path.
TEST_F(AtomicFileTest, ALinkToAPipeIsWrittenInto) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const fs::path link = "/proc/self/fd/" + std::to_string(ends[1]);
  if (!fs::exists(link)) GTEST_SKIP() << "no /proc here";
  write_file_atomically(link, "through");
  char read_back[8] = {};
  EXPECT_EQ(read(ends[0], read_back, sizeof read_back), 7);
  EXPECT_STREQ(read_back, "through");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(AtomicFileTest, WritersOfOneNameDoNotMix) {
  const fs::path path = folder_ / "shared";
  std::vector<std::thread> writers;
  for (const char letter : {'a', 'b', 'c'})
    writers.emplace_back([&, letter] {
      for (int i = 0; i < 20; ++i) write_file_atomically(path, std::string(100000, letter));
    });
  for (std::thread& writer : writers) writer.join();
  const std::string bytes = read_file(path);
  EXPECT_EQ(bytes, std::string(100000, bytes.at(0)));
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, UnwritableTargetsAreNamedAndNothingIsLeft) {
  const auto refused = [&](const fs::path& path, const std::string& reason) {
    expect_error([&] { write_file_atomically(path, std::string(100000, 'x')); }, path, reason);
  };
  write_file_atomically(folder_ / "file", "");
  refused(folder_ / "missing" / "file", "its folder does not exist");
  refused(folder_ / "file" / "below", "Not a directory");
  refused(folder_, "it is a directory");
  refused(folder_ / "", "not a file name");
  refused(folder_ / std::string(400, 'n'), "File name too long");  // found out by the rename alone
  EXPECT_EQ(files(), 1u);
  if (fs::exists("/dev/full")) refused("/dev/full", "No space left on device");
}

TEST_F(AtomicFileTest, AFullDiskLeavesTheOldFileAndNoTemporary) {
  const fs::path path = folder_ / "file";
  write_file_atomically(path, "old");
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit narrow = {100000, before.rlim_max};  // the third piece no longer fits
  std::string message;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &narrow), 0);
  try {
    AtomicFile file(path);
    for (int i = 0; i < 10; ++i) file.write(std::string(40000, 'x'));
    file.commit();
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, "cannot write " + engine::in_quotes(path) + ": File too large");
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, AReadOnlyFileIsNotReplaced) {
  const fs::path path = folder_ / "file";
  write_file_atomically(path, "old");
  fs::permissions(path, fs::perms::owner_read);
  if (access(path.c_str(), W_OK) == 0) GTEST_SKIP() << "this user may write to read-only files";
  expect_error([&] { write_file_atomically(path, "new"); }, path, "Permission denied");
  EXPECT_EQ(read_file(path), "old");
}

TEST_F(AtomicFileTest, UnreadableFilesAreNamed) {
  const auto refused = [&](const fs::path& path, const std::string& reason, uint64_t most = 1000) {
    expect_error([&] { read_file(path, most); }, path, reason);
  };
  refused(folder_ / "missing", "No such file");
  refused(folder_, "it is a directory");
  write_file_atomically(folder_ / "eleven", "eleven byte");
  refused(folder_ / "eleven", "it holds 11 bytes, more than the 10 allowed", 10);
  EXPECT_EQ(read_file(folder_ / "eleven", 11), "eleven byte");
  refused("/dev/zero", "more than the 1000 allowed");  // has no size and no end
  refused(folder_ / "line\nbreak", "No such file");
  const fs::path secret = folder_ / "secret";
  write_file_atomically(secret, "x");
  fs::permissions(secret, fs::perms::none);
  if (access(secret.c_str(), R_OK) != 0) refused(secret, "Permission denied");
}

TEST_F(AtomicFileTest, ReadsAPipeToItsEnd) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::string sent(200000, 'p');
  std::thread writer([&] { write_file_atomically(pipe, sent); });
  EXPECT_EQ(engine::beginning_of(pipe, 4), "") << "nothing is taken out of a pipe to look at it";
  EXPECT_EQ(read_file(pipe), sent);
  writer.join();
}

TEST_F(AtomicFileTest, WhatAKilledProgramLeftIsKnownByItsName) {
  using engine::name_of_partial;
  EXPECT_EQ(name_of_partial("a.csv.partial-12-0"), "a.csv");
  EXPECT_EQ(name_of_partial("a.partial-1-2.partial-3-4"), "a.partial-1-2");
  for (const char* other : {"a.csv", ".partial-1-2", "a.partial-", "a.partial-1", "a.partial-1-",
                            "a.partial--2", "a.partial-1-2x", "a.partial-x-2", "a.part-1-2"})
    EXPECT_EQ(name_of_partial(other), std::nullopt) << other;
  for (const char* name : {"a.csv.partial-1-0", "a.csv.partial-77-12", "b.csv.partial-1-0", "a.csv"})
    write_file_atomically(folder_ / name, "x");
  fs::create_directory(folder_ / "a.csv.partial-2-2");
  engine::remove_partial_files(folder_, [](const std::string& name) { return name == "a.csv"; });
  EXPECT_EQ(files(), 3u);
  EXPECT_TRUE(fs::exists(folder_ / "b.csv.partial-1-0"));
  EXPECT_TRUE(fs::exists(folder_ / "a.csv"));
  engine::remove_partial_files(folder_ / "absent", [](const std::string&) { return true; });
}

TEST_F(AtomicFileTest, WhatCanBeMadeAgainIsWrittenTheSame) {
  const fs::path path = folder_ / "file";
  for (const auto durability : {engine::Durability::durable, engine::Durability::rebuildable}) {
    write_file_atomically(path, "bytes", durability);
    EXPECT_EQ(read_file(path), "bytes");
    EXPECT_EQ(files(), 1u);
  }
}

TEST(InQuotes, BytesThatAreNoUtf8AreShown) {
  EXPECT_EQ(engine::in_quotes("gr\xc3\xbc\xc3\x9f"), "'gr\xc3\xbc\xc3\x9f'");
  EXPECT_EQ(engine::in_quotes("a\xff\xc3"), "'a\\xff\\xc3'");
  EXPECT_EQ(engine::in_quotes("\xc2\x9b"), "'\\xc2\\x9b'") << "a control character of 8 bits";
  EXPECT_EQ(engine::in_quotes("\xed\xa0\x80\xc0\x80"), "'\\xed\\xa0\\x80\\xc0\\x80'");
  std::string long_name;
  for (int i = 0; i < 200; ++i) long_name += "\xe2\x82\xac";
  const std::string shown = engine::in_quotes(long_name);
  EXPECT_EQ(shown, "'" + long_name.substr(0, 300) + "...'");
  EXPECT_TRUE(engine::is_utf8(engine::in_quotes("x" + long_name)));
  EXPECT_TRUE(engine::is_utf8("\xf0\x9f\x98\x80"));
  EXPECT_FALSE(engine::is_utf8("\xf5\x80\x80\x80"));
}

TEST(InQuotes, ListsAndValuesAreCut) {
  const std::string long_name(5000, 'n');
  EXPECT_EQ(engine::shown(long_name), std::string(100, 'n') + "...");
  const std::string list = engine::in_quotes(std::vector<std::string>(30, long_name));
  EXPECT_LT(list.size(), 600u);
  EXPECT_NE(list.find("...', '"), std::string::npos) << list;
  EXPECT_NE(list.find(" and 26 more"), std::string::npos) << list;
}

TEST(InQuotes, KeepsAnyNameOnOneLine) {
  EXPECT_EQ(engine::in_quotes("a b"), "'a b'");
  EXPECT_EQ(engine::in_quotes(std::string("a\n\x1b[2Jb\x7f")), "'a\\x0a\\x1b[2Jb\\x7f'");
  EXPECT_EQ(engine::in_quotes(std::string(1000, 'n')), "'" + std::string(300, 'n') + "...'");
  EXPECT_EQ(engine::in_quotes(std::vector<std::string>{}), "nothing");
  EXPECT_EQ(engine::in_quotes(std::vector<std::string>{"a", "b"}), "'a', 'b'");
  EXPECT_TRUE(engine::in_quotes(std::vector<std::string>(25, "n")).ends_with("'n' and 5 more"));
}

}  // namespace atomic_file_test
