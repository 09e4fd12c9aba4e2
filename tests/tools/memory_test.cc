// Wherever memory runs out: one line, status 1, and nothing lost.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "small_data.h"

namespace tools_test {
namespace {

#ifdef SVDD_FAILING_MALLOC
TEST(Memory, AnAllocationThatFailsEndsInOneLine) {
  REQUIRE_SVDD();
#ifndef __GLIBC__
  GTEST_SKIP() << "needs the C library of GNU";
#endif
  const Scratch scratch;
  write_small_data(scratch.path);
  const std::string options = " --threads 1 --checkpoint-seconds 0";
  ASSERT_EQ(run_svdd(scratch.path, words_of(small_train + options + " --out whole")).status, 0);
  const auto receipt = [&](const char* run) {
    const std::string results = text_of(scratch.path / run / "results.json");
    return results.substr(results.find("\"weights_sha256\""), 200);
  };
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  int finished = 0;
  for (long at = 40; at < 40000000 && finished < 2; at += 1 + at / 3)
    for (const bool on : {false, true}) {
      setenv("LD_PRELOAD", SVDD_FAILING_MALLOC, 1);
      setenv("FAIL_AT", std::to_string(at).c_str(), 1);
      on ? static_cast<void>(setenv("FAIL_ON", "1", 1)) : static_cast<void>(unsetenv("FAIL_ON"));
      const Outcome outcome = run_svdd(scratch.path, words_of(small_train + options));
      for (const char* name : {"LD_PRELOAD", "FAIL_AT", "FAIL_ON"}) unsetenv(name);
      if (outcome.status == 0) {
        ++finished;
        continue;
      }
      EXPECT_EQ(outcome.status, 1) << at << " " << outcome.err;
      EXPECT_TRUE(outcome.err.starts_with("svdd: there is not enough memory for ") &&
                  outcome.err.find('\n') + 1 == outcome.err.size())
          << at;
      if (!fs::exists(scratch.path / "run")) continue;
      const Outcome resumed = run_svdd(scratch.path, words_of(small_train + options + " --resume"));
      EXPECT_EQ(resumed.status, 0) << at << " " << resumed.err;
      EXPECT_EQ(receipt("run"), receipt("whole")) << at;
      fs::remove_all(scratch.path / "run");
    }
}
#endif

}  // namespace
}  // namespace tools_test
