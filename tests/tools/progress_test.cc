#include "tools/run/progress.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/files/atomic_file.h"

namespace tools {
namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// What stands on the terminal's current line after every rewriting: columns of each drawn state.
std::vector<std::string> drawn(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = text.find('\r'); at != std::string::npos; at = text.find('\r', at + 1)) {
    const size_t end = text.find("\x1b[K", at);
    if (end != std::string::npos && end > at + 1) out.push_back(text.substr(at + 1, end - at - 1));
  }
  return out;
}

int columns(const std::string& line) {
  int n = 0;
  for (const char c : line) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return n;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Clock {  // a second passes with every step taken in the tests
  double now = 0;
  Progress::Options options(bool terminal) {
    Progress::Options out;
    out.terminal = terminal;
    out.clock = [this] { return now; };
    return out;
  }
};

TEST(Progress, WritesFewPlainLinesWhereThereIsNoTerminal) {
  std::ostringstream out;
  Clock clock;
  {
    Progress progress(out, clock.options(false));
    progress.begin("train", 150);
    for (int epoch = 1; epoch <= 150; ++epoch) {
      clock.now += 1;
      progress.step(epoch, 1.0 / epoch, "lr 1e-4");
    }
    progress.end();
  }
  const std::vector<std::string> written = lines(out.str());
  ASSERT_EQ(written.size(), 12u);  // the first, ten tenths, what it took
  EXPECT_EQ(written.front(), "train  epoch 1/150  loss 1  lr 1e-4  1 epochs/s  0:01");
  EXPECT_EQ(written[1], "train  epoch 15/150  loss 0.066667  lr 1e-4  1 epochs/s  0:15");
  EXPECT_EQ(written[10], "train  epoch 150/150  loss 0.0066667  lr 1e-4  1 epochs/s  2:30");
  EXPECT_EQ(written.back(), "train done  150 epochs in 2:30  loss 0.0066667");
  EXPECT_FALSE(has(out.str(), "\r") || has(out.str(), "\x1b"));
}

TEST(Progress, RewritesOneLineOnATerminal) {
  std::ostringstream out;
  Clock clock;
  {
    Progress progress(out, clock.options(true));
    progress.begin("train", 4);
    for (int epoch = 1; epoch <= 4; ++epoch) {
      clock.now += 30;
      progress.step(epoch, 0.5);
    }
    EXPECT_EQ(lines(out.str()).size(), 1u);  // no newline yet
    progress.end();
  }
  const std::vector<std::string> states = drawn(out.str());
  ASSERT_EQ(states.size(), 5u);
  EXPECT_EQ(states[1], "train  epoch 1/4  ━━━━━━──────────────────  loss 0.5  30 s/epoch  1:30 left");
  EXPECT_EQ(states[4], "train  epoch 4/4  ━━━━━━━━━━━━━━━━━━━━━━━━  loss 0.5  30 s/epoch  0:00 left");
  EXPECT_TRUE(out.str().ends_with("\r\x1b[Ktrain done  4 epochs in 2:00  loss 0.5\n"));
}

TEST(Progress, RedrawsTenTimesASecondAtMost) {
  std::ostringstream out;
  Clock clock;
  Progress progress(out, clock.options(true));
  progress.begin("score", 10000);
  for (int batch = 1; batch <= 10000; ++batch) {
    clock.now += 0.0001;  // one second in all
    progress.step(batch, {});
  }
  EXPECT_LE(drawn(out.str()).size(), 13u);
  EXPECT_TRUE(has(drawn(out.str()).back(), "10000/10000"));
}

TEST(Progress, NeverFillsTheLastColumn) {
  for (int width = 1; width <= 120; ++width) {
    std::ostringstream out;
    Clock clock;
    Progress::Options options = clock.options(true);
    options.columns = width;
    {
      Progress progress(out, options);
      progress.begin("pretraining the autoencoder", 1000000);
      clock.now = 12345;
      progress.step(54321, 1234.5678, "lr 1e-4  Lernrate für größere Schritte");
    }
    for (const std::string& state : drawn(out.str())) EXPECT_LE(columns(state), std::max(1, width - 1));
  }
}

TEST(Progress, SurvivesOddNumbers) {
  for (const bool terminal : {false, true}) {
    std::ostringstream out;
    Clock clock;
    Progress progress(out, clock.options(terminal));
    progress.step(3, 1.0);  // before any phase
    progress.end();
    EXPECT_EQ(out.str(), "");
    progress.begin("nothing", 0);
    progress.end();
    progress.begin("negative", -5);
    progress.step(-1, std::nan(""));
    progress.step(2147483647, HUGE_VAL);
    progress.begin("resumed beyond its end", 3, 1000);
    progress.step(1, 1.0);
    progress.begin("overshoot", 3);
    progress.step(99, -std::nan(""));
    progress.end();
    EXPECT_TRUE(has(out.str(), "nothing done  0 epochs in 0:00"));
    EXPECT_TRUE(has(out.str(), "overshoot  epoch 3/3"));
    EXPECT_TRUE(has(out.str(), "loss nan") && has(out.str(), "loss inf"));
    EXPECT_FALSE(has(out.str(), "-nan"));
  }
}

TEST(Progress, CountsOnlyItsOwnStepsWhenResumed) {
  std::ostringstream out;
  Clock clock;
  Progress progress(out, clock.options(false));
  progress.begin("train", 100, 80);
  clock.now += 2;
  progress.step(81, {});
  EXPECT_EQ(lines(out.str()).back(), "train  epoch 81/100  2 s/epoch  0:02");
  for (int epoch = 82; epoch <= 100; ++epoch) progress.step(epoch, {});
  progress.end();
  EXPECT_EQ(lines(out.str()).back(), "train done  20 epochs in 0:02");
}

TEST(Progress, UnknownTotalsGetALineAtEveryDoubling) {
  std::ostringstream out;
  Clock clock;
  Progress progress(out, clock.options(false));
  progress.begin("read", 0);
  for (int i = 1; i <= 1000; ++i) progress.step(i, {});
  EXPECT_EQ(lines(out.str()).size(), 10u);  // 1, 2, 4 … 512
  progress.end();
  EXPECT_TRUE(has(out.str(), "epoch 1000"));
}

TEST(Progress, NotesStandAboveTheRewrittenLine) {
  std::ostringstream out;
  Clock clock;
  Progress progress(out, clock.options(true));
  progress.begin("train", 10);
  progress.note("centre: least |c| 0.1\nwith an \x1b[31mescape");
  EXPECT_TRUE(has(out.str(), "\r\x1b[Kcentre: least |c| 0.1 with an  [31mescape\n\rtrain"));
}

TEST(Progress, LeavesAFreshLineWhenARunFails) {
  std::ostringstream out;
  Clock clock;
  try {
    Progress progress(out, clock.options(true));
    progress.begin("train", 10);
    throw std::runtime_error("as if training failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_TRUE(out.str().ends_with("\x1b[K\n"));
}

TEST(Progress, QuietWritesTheLogAlone) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("svdd_progress_test." + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  engine::write_file_atomically(folder / "log.txt", "an earlier line\n");
  std::ostringstream out;
  Clock clock;
  {
    Progress::Options options = clock.options(true);
    options.quiet = true;
    options.log_file = folder / "log.txt";
    Progress progress(out, options);
    progress.note("device cpu");
    progress.begin("train", 2);
    progress.step(1, 0.5);
    progress.step(2, 0.25);
    progress.end();
  }
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(
      engine::read_file(folder / "log.txt"),
      "an earlier line\ndevice cpu\ntrain  epoch 1/2  loss 0.5  0:00\ntrain  epoch 2/2  loss 0.25  0:00\n"
      "train done  2 epochs in 0:00  loss 0.25\n");
  Progress::Options nowhere;
  nowhere.log_file = folder / "missing" / "log.txt";
  EXPECT_THROW(Progress(out, nowhere), std::runtime_error);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tools
