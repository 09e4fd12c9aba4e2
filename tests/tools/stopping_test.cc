// A signal is heard in every long phase of every command: soon, with one line and status 1, and nothing half-written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "small_data.h"

namespace tools_test {
namespace {

using Clock = std::chrono::steady_clock;
using engine::NdArray;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

// rows x columns numbers in no order, of which nothing is equal.
NdArray numbers(int64_t rows, int64_t columns) {
  std::vector<float> values(static_cast<size_t>(rows * columns));
  uint64_t state = 1;
  for (float& value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<float>(state >> 40) * 0x1p-24f;
  }
  return NdArray::from({rows, columns}, values);
}

// Everything below a folder, by name.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    names.push_back(fs::relative(entry.path(), folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

// Whether the process has set a handler for the signal; nothing once it is gone.
std::optional<bool> handles(pid_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("SigCgt:", 0) == 0)
      return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  return std::nullopt;
}

// Waits until it has, or has ended: how long a command takes to get there depends on the machine and on what the build is
// instrumented with.
void await_handler(pid_t process, int signal) {
  const auto began = Clock::now();
  while (seconds_since(began) < 60 && handles(process, signal) == false)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

class Stopping : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_SVDD(); }

  static bool is_resumable(const std::string& said) {
    return said.find("is kept: svdd train --resume --out run goes on from there") != std::string::npos;
  }
  // How far a fit has come when the signal arrives depends on the machine.
  static void expect_nothing_or_resumable(const std::string& said) {
    EXPECT_TRUE(is_resumable(said) || said == "svdd: stopped by a signal; nothing was kept\n") << said;
  }

  // Starts it, sends the signal a moment after it listens, and expects that it ends soon as a stopped command does. Phases last
  // many times the moment. Returns what it said.
  std::string stopped(const std::string& line, double after = 0.7, int signal = SIGINT) const {
    const Scratch streams;
    const auto before = names_in(folder_);
    const pid_t child = start_svdd(folder_, words_of(line), streams.path / "out", streams.path / "err");
    await_handler(child, signal);
    std::this_thread::sleep_for(std::chrono::duration<double>(after));
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, WNOHANG), 0)
        << line << "\nended by itself: " << text_of(streams.path / "err");
    const auto sent = Clock::now();
    kill(child, signal);
    waitpid(child, &status, 0);
    EXPECT_LT(seconds_since(sent), 10) << line;
    EXPECT_TRUE(WIFEXITED(status)) << line;
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 1) << line;
    std::string said = text_of(streams.path / "err");
    const size_t at = said.rfind("svdd: stopped by a signal; ");
    EXPECT_NE(at, std::string::npos) << line << '\n' << said;
    if (at != std::string::npos) said = said.substr(at);
    EXPECT_EQ(said.find('\n'), said.size() - 1) << line << '\n' << said;
    if (is_resumable(said)) fs::remove_all(folder_ / "run");
    EXPECT_EQ(names_in(folder_), before) << line;
    return said;
  }

  const Scratch scratch_;
  const fs::path& folder_ = scratch_.path;
};

constexpr const char* nothing = "svdd: stopped by a signal; nothing was kept\n";

TEST_F(Stopping, ShallowMethods) {
  engine::write_npz(folder_ / "wide.npz",
                    {{"X", numbers(2500, 2500)}});  // principal components, half a minute
  engine::write_npz(folder_ / "long.npz", {{"X", numbers(60'000, 8)}});
  const std::string train = "train --quiet --threads 1 --out run --data ";
  EXPECT_EQ(stopped(train + "wide.npz --method isolation-forest --pca 0.95", 1.5), nothing);
  EXPECT_EQ(stopped(train + "long.npz --method kernel-svdd --nu 0.5"), nothing);
  EXPECT_EQ(stopped(train + "long.npz --method kde", 0.7, SIGTERM), nothing);
}

TEST_F(Stopping, Clustering) {
  engine::write_npy(folder_ / "rows.npy", numbers(150'000, 16));
  EXPECT_EQ(stopped("cluster --quiet --threads 1 --input rows.npy --output labels.csv", 1.2), nothing);
  EXPECT_EQ(
      stopped("cluster --quiet --input rows.npy --output labels.csv --variant silhouette", 1.2, SIGTERM),
      nothing);
}

TEST_F(Stopping, Networks) {
  engine::write_npz(folder_ / "long.npz", {{"X", numbers(60'000, 8)}});
  const std::string train = "train --quiet --threads 1 --out run --data long.npz ";
  // An epoch of a minute, which is not waited for; k-means; FINCH; the search for gamma; a dictionary.
  expect_nothing_or_resumable(stopped(train + "--no-pretrain --batch-size 2 --widths 1024,1024"));
  expect_nothing_or_resumable(stopped(train + "--method multi-sphere --no-pretrain", 0.4));
  expect_nothing_or_resumable(stopped(train + "--method multi-radius --no-pretrain", 0.4));
  expect_nothing_or_resumable(stopped(train + "--method dasvdd", 0.4));
  expect_nothing_or_resumable(stopped(
      "train --quiet --threads 1 --out run --data strokes --normal 3 --method multi-sphere --spheres 5",
      1.2));
}

// Whenever it comes: before the wait, in it, and while the other side holds the pipe open and says nothing.
TEST_F(Stopping, AWaitForInput) {
  const fs::path pipe = folder_ / "options.json";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string line = "train --quiet --data strokes --normal 3 --out run --config options.json";
  for (const double after : {0.2, 0.3, 0.5}) EXPECT_EQ(stopped(line, after), nothing);
  const int silent = open(pipe.c_str(), O_RDWR);
  EXPECT_EQ(stopped(line, 0.3), nothing);
  close(silent);
  ASSERT_EQ(mkfifo((folder_ / "rows.csv").c_str(), 0600), 0);
  EXPECT_EQ(stopped("cluster --quiet --input rows.csv --output labels.csv", 0.3), nothing);
}

// Whoever should read the results has stopped reading: a pipe is full, and its other end is open.
TEST_F(Stopping, AWaitForAReader) {
  engine::write_npy(folder_ / "rows.npy", numbers(200'000, 3));
  engine::write_npz(folder_ / "train.npz", {{"X", numbers(100, 3)}});
  ASSERT_EQ(
      run_svdd(folder_, words_of("train --quiet --data train.npz --method mahalanobis --out model")).status,
      0);
  ASSERT_EQ(mkfifo((folder_ / "results").c_str(), 0600), 0);
  const int reader = open((folder_ / "results").c_str(), O_RDWR);
  ASSERT_GE(reader, 0);
  const auto is_full = [&] {
    pollfd output{reader, POLLOUT, 0};
    return poll(&output, 1, 0) == 0;
  };
  const auto empty = [&] {
    char taken[4096];
    for (pollfd input{reader, POLLIN, 0}; poll(&input, 1, 0) == 1;)
      if (read(reader, taken, sizeof taken) <= 0) break;
  };
  for (const char* line : {"score --quiet --model model --input rows.npy",
                           "score --quiet --model model --input rows.npy --output results",
                           "score --quiet --model model --input -"})
    for (const int signal : {SIGTERM, SIGINT}) {
      const bool streamed = std::string(line).ends_with("-"),
                 to_file = std::string(line).ends_with("results");
      const Scratch streams;
      std::string rows;
      for (int i = 0; i < 20'000; ++i) rows += "1,2,3\n";
      write_text(streams.path / "in", rows);
      const pid_t child =
          start_svdd(folder_, words_of(line), to_file ? streams.path / "out" : folder_ / "results",
                     streams.path / "err", streams.path / "in");
      EXPECT_TRUE(wait_while_running(child, is_full)) << line << text_of(streams.path / "err");
      kill(child, signal);
      int status = 0;
      const auto sent = Clock::now();
      while (waitpid(child, &status, WNOHANG) == 0) {
        if (seconds_since(sent) > 20) kill(child, SIGKILL);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      EXPECT_TRUE(WIFEXITED(status)) << line << ": it waited for ever";
      EXPECT_EQ(WEXITSTATUS(status), 1);
      const std::string said = text_of(streams.path / "err");
      if (streamed)
        EXPECT_TRUE(said == nothing || said.ends_with(" samples were answered before it\n")) << said;
      else
        EXPECT_EQ(said, nothing) << line;
      empty();
    }
  close(reader);
}

// As a shell starts its background jobs.
TEST_F(Stopping, TheTestsHearSignalsThatTheyWereStartedToIgnore) {
  ASSERT_EQ(mkfifo((folder_ / "options.json").c_str(), 0600), 0);
  const auto before = signal(SIGINT, SIG_IGN);
  const Scratch streams;
  const pid_t child =
      start_svdd(folder_, words_of("train --quiet --data strokes --normal 3 --out run --config options.json"),
                 streams.path / "out", streams.path / "err");
  signal(SIGINT, before);
  await_handler(child, SIGTERM);  // the last but one that it listens to; SIGINT is the first
  EXPECT_EQ(handles(child, SIGINT), true);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(Stopping, Bench) { EXPECT_EQ(stopped("bench kernels --threads 1 --repeat 1000"), nothing); }

TEST_F(Stopping, AShortEpochIsEndedAndTheNoticeComesAtOnce) {
  write_small_data(folder_);
  const Scratch streams;
  const std::string line =
      "train --data small --normal 3 --out run --epochs 1000000 --no-pretrain --batch-size 16 --threads 1";
  const pid_t child = start_svdd(folder_, words_of(line), streams.path / "out", streams.path / "err");
  for (int i = 0; i < 2000 && text_of(folder_ / "run" / "log.txt").find("deep-svdd") == std::string::npos;
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const std::string said = text_of(streams.path / "err");
  EXPECT_NE(said.find("svdd: stops at the end of an epoch"), std::string::npos) << said;
  EXPECT_NE(said.find("svdd: stopped by a signal; what is done is kept: svdd train --resume --out run goes "
                      "on from there"),
            std::string::npos)
      << said;
  EXPECT_TRUE(fs::exists(folder_ / "run" / "checkpoint.safetensors"));
}

TEST_F(Stopping, ATableKeepsWhatIsDone) {
  datasets::write_idx_folder(folder_ / "data" / "mnist", datasets::load_strokes(40, 4));
  const Scratch streams;
  const std::string line =
      "reproduce deep-svdd-mnist --data-dir data --batch-size 16 --jobs 2 --seeds 1 --methods one-class "
      "--out table "
      "--epochs 100000 --ae-epochs 1";
  const pid_t child = start_svdd(folder_, words_of(line), streams.path / "out", streams.path / "err");
  const auto training = [&] {
    const std::string log = text_of(folder_ / "table/runs/one-class/0/seed-1/log.txt");
    return log.find("deep-svdd") != std::string::npos;
  };
  for (int i = 0; i < 2000 && !training(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto sent = Clock::now();
  kill(child, SIGINT);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_LT(seconds_since(sent), 3);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const std::string said = text_of(streams.path / "err");
  EXPECT_NE(
      said.find("svdd: stopped by a signal; what is done is kept: the same command goes on from there\n"),
      std::string::npos)
      << said;
}

TEST_F(Stopping, MapsThatAreMadeAreKept) {
  ASSERT_EQ(
      run_svdd(folder_, words_of("train --data strokes --normal 3 --method kde --limit 40 --out run --quiet"))
          .status,
      0);
  const std::vector<float> values(6000 * 784, 0.5f);
  engine::write_npy(folder_ / "many.npy", NdArray::from({6000, 1, 28, 28}, values));
  const Scratch streams;
  const pid_t child =
      start_svdd(folder_, words_of("explain --model run --input many.npy --out maps --most 6000"),
                 streams.path / "out", streams.path / "err");
  const auto some_made = [&] {
    return fs::exists(folder_ / "maps") && names_in(folder_ / "maps").size() > 2;
  };
  EXPECT_TRUE(wait_while_running(child, some_made)) << text_of(streams.path / "err");
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const auto made = names_in(folder_ / "maps").size() - 1;  // beside maps.csv
  const std::string said = text_of(streams.path / "err");
  EXPECT_NE(
      said.find("svdd: stopped by a signal; " + std::to_string(made) + " maps of 6000 are kept in 'maps'\n"),
      std::string::npos)
      << said;
  const std::string list = text_of(folder_ / "maps" / "maps.csv");
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), static_cast<std::ptrdiff_t>(made) + 1);
}

TEST_F(Stopping, ASecondSignalEndsAtOnce) {
  ASSERT_EQ(mkfifo((folder_ / "data.npz").c_str(), 0600), 0);
  write_small_data(folder_);
  const Scratch streams;
  // Steps of one batch that is half a second long: the first signal waits for the end of an operation at least.
  const pid_t child = start_svdd(
      folder_,
      words_of("train --data strokes --normal 3 --out run --device reference --no-pretrain --epochs 5"),
      streams.path / "out", streams.path / "err");
  for (int i = 0; i < 2000 && !fs::exists(folder_ / "run" / "log.txt"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  kill(child, SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  kill(child, SIGINT);
  int status = 0;
  waitpid(child, &status, 0);
  // Either the epoch's end was a moment away, or the second signal has ended it.
  EXPECT_TRUE((WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) ||
              (WIFEXITED(status) && WEXITSTATUS(status) == 1));
}

}  // namespace
}  // namespace tools_test
