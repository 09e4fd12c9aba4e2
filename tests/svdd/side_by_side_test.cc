#include "svdd/training/side_by_side.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "datasets/strokes.h"
#include "engine/backends/cpu/cpu.h"
#include "svdd/methods/deep_svdd.h"
#include "tests/in_a_child.h"

namespace side_by_side_test {

using svdd::run_side_by_side;

std::string receipt_of(const datasets::OneVsRest& task, uint64_t seed, int threads) {
  svdd::DeepSvddOptions options;
  options.seed = seed;
  options.pretraining.epochs = options.training.epochs = 2;
  options.pretraining.batch_size = options.training.batch_size = 20;
  const auto backend = engine::make_cpu_backend({.threads = threads});
  const auto detector = svdd::make_deep_svdd(options, *backend);
  svdd::Monitor quiet;
  detector->fit({task.train, task.train_classes}, quiet);
  return detector->weights_sha256();
}

TEST(SideBySide, EachRunIsTheOneItWouldHaveBeenAlone) {
  const auto task = datasets::one_vs_rest(datasets::load_strokes(50, 1), {3});
  constexpr int count = 5;
  std::vector<std::string> together(count);
  std::vector<std::function<void()>> runs;
  for (int i = 0; i < count; ++i)
    runs.push_back(
        [&, i] { together[static_cast<size_t>(i)] = receipt_of(task, static_cast<uint64_t>(i), 1); });
  run_side_by_side(runs, 3);
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(together[static_cast<size_t>(i)], receipt_of(task, static_cast<uint64_t>(i), 2))
        << "seed " << i;
  EXPECT_NE(together[0], together[1]);
}

TEST(SideBySide, RunsAllOnceAndThrowsTheFirstFailureOfTheList) {
  std::atomic<int> ran{0};
  std::vector<std::function<void()>> runs;
  for (int i = 0; i < 20; ++i)
    runs.push_back([&, i] {
      ++ran;
      if (i == 7 || i == 12) throw std::runtime_error("run " + std::to_string(i));
    });
  try {
    run_side_by_side(runs, 4);
    FAIL() << "no failure was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "run 7");
  }
  EXPECT_EQ(ran, 20);
}

TEST(SideBySide, RefusesNoRunAtOnceAndTakesAnEmptyList) {
  EXPECT_THROW(run_side_by_side({}, 0), std::invalid_argument);
  run_side_by_side({}, 2);
}

// Where the system starts no more threads, those that there are do it all.
TEST(SideBySide, GoesOnWithTheThreadsThatCouldBeStarted) {
  if (under_a_sanitizer || !SVDD_HAVE_THREADS)
    GTEST_SKIP() << "no limit of memory, or no threads, in this build";
  EXPECT_EQ(in_a_child([] {
              const rlim_t most = address_space() + (rlim_t{64} << 20);
              const rlimit limit{most, most};
              if (setrlimit(RLIMIT_AS, &limit) != 0) return 1;
              std::atomic<int> ran{0};
              run_side_by_side(std::vector<std::function<void()>>(500, [&] { ++ran; }), 500);
              return ran == 500 ? 0 : 2;
            }),
            0);
}

}  // namespace side_by_side_test
