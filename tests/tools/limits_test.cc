// Little memory, few processors, many threads asked for: the command does its work or says in one line why not.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/threads.h"
#include "tests/in_a_child.h"
#include "tests/tools/refusals.h"
#include "tests/tools/small_data.h"

#ifdef __linux__
#include <sched.h>
#endif

namespace {

using namespace tools_test;

const std::string quick = " --epochs 2 --ae-epochs 2 --limit 30 --batch-size 15";

// The command under limits of the shell's, such as "ulimit -v 100000"; 124 where it has not ended after a minute.
Outcome run_limited(const fs::path& folder, const std::string& limits, const std::string& line) {
  const std::string command = "cd " + folder.string() + " && ( " + limits + "; exec timeout 60 " +
                              svdd_binary().string() + " " + line + " ) >out 2>err </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(folder / "out"), text_of(folder / "err")};
}

TEST(Limits, LittleAddressSpaceIsNoReasonToHang) {
  REQUIRE_SVDD();
  if (under_a_sanitizer) GTEST_SKIP() << "a sanitizer needs more address space";
  const Scratch scratch;
  for (const int megabytes : {60, 90, 120, 150, 180})
    for (const char* line : {"--version", "data list", "train --help"}) {
      const std::string limit = "ulimit -v " + std::to_string(megabytes * 1024);
      EXPECT_EQ(run_limited(scratch.path, limit, line).status, 0) << limit << ", " << line;
    }
}

#if SVDD_HAVE_OPENBLAS
// OpenBLAS waits for ever for memory that is not there; we ask beforehand.
TEST(Limits, OpenBlasWithoutItsMemoryIsRefused) {
  REQUIRE_SVDD();
  if (under_a_sanitizer) GTEST_SKIP() << "a sanitizer needs more address space";
  const Scratch scratch;
  for (const int megabytes : {100, 200}) {
    const Outcome run =
        run_limited(scratch.path, "ulimit -v " + std::to_string(megabytes * 1024),
                    "train --data strokes --normal 3 --blas openblas --threads 2 --out run" + quick);
    EXPECT_TRUE(run.status == 1 || run.status == 2) << run.status << ' ' << run.err;
    EXPECT_NE(run.err.find("address space"), std::string::npos) << run.err;
  }
}
#endif

TEST(Limits, MoreThreadsThanTheMemoryHolds) {
  REQUIRE_SVDD();
  if (under_a_sanitizer) GTEST_SKIP() << "a sanitizer needs more address space";
  const Scratch scratch;
  const Outcome limited = run_limited(scratch.path, "ulimit -v 1500000",
                                      "train --data strokes --normal 3 --threads 1000 --out limited" + quick);
  EXPECT_EQ(limited.status, 0) << limited.err;
  const Outcome free =
      run_svdd(scratch.path, words_of("train --data strokes --normal 3 --threads 1 --out free" + quick));
  ASSERT_EQ(free.status, 0) << free.err;
  const auto a = nlohmann::json::parse(text_of(scratch.path / "limited/results.json")),
             b = nlohmann::json::parse(text_of(scratch.path / "free/results.json"));
  EXPECT_EQ(a["weights_sha256"], b["weights_sha256"]);
  EXPECT_EQ(a["scores_sha256"], b["scores_sha256"]);
  EXPECT_LE(a["threads"].get<int>(), engine::machine_threads());
  EXPECT_NE(limited.err.find("--threads 1000: this process may use"), std::string::npos) << limited.err;
  EXPECT_EQ(free.err.find("may use"), std::string::npos) << free.err;
}

#ifdef __linux__
TEST(Limits, ThreadsAreThoseOfTheAffinityMask) {
  REQUIRE_SVDD();
  const Scratch scratch;
  EXPECT_EQ(in_a_child([&] {
              cpu_set_t now, one;
              if (sched_getaffinity(0, sizeof now, &now) != 0) return 1;
              int first = 0;
              while (!CPU_ISSET(first, &now)) ++first;
              CPU_ZERO(&one);
              CPU_SET(first, &one);
              if (sched_setaffinity(0, sizeof one, &one) != 0) return 1;
              const Outcome trained = run_svdd(
                  scratch.path, words_of("train --data strokes --normal 3 --threads 64 --out run" + quick));
              if (trained.status != 0) return 2;
              const auto results = nlohmann::json::parse(text_of(scratch.path / "run/results.json"));
              return results["threads"] == 1 ? 0 : 3;
            }),
            0);
}
#endif

// Results do not depend on the number of threads, and neither, much, does the time.
TEST(Limits, ManyThreadsTakeNoLonger) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const auto seconds = [&](const std::string& threads) {
    const auto begin = std::chrono::steady_clock::now();
    const Outcome run = run_svdd(scratch.path, words_of("train --data strokes --normal 3 --threads " +
                                                        threads + " --out run" + threads + quick));
    EXPECT_EQ(run.status, 0) << run.err;
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const double one = seconds("1"), many = seconds("64");
  EXPECT_LT(many, 10 * one + 5);  // it was 500 times as long
}

TEST(Limits, SizesThatNothingHolds) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const std::string train = "train --data strokes --normal 3 --out run ";
  expect_refused(
      scratch.path,
      {{train + "--network mlp --rep-dim 4611686018427387904", 2, "a representation of 4611686018427387904"},
       {train + "--network mlp --rep-dim 9223372036854775807", 2, "a representation of 9223372036854775807"},
       {train + "--rep-dim 100000000", 2, "a representation of 100000000"},
       {train + "--network mlp --widths 4611686018427387904", 2, "a hidden layer of 4611686018427387904"},
       {train + "--network mlp --widths 64,9223372036854775807", 2, "a hidden layer of 9223372036854775807"},
       {train + "--method dasvdd --network dasvdd_speech --widths 9223372036854775807", 2,
        "a hidden layer"}});
}

}  // namespace
