#include "engine/stopping.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "engine/files/sha256.h"

namespace stopping_test {

struct Withdrawn {
  ~Withdrawn() { engine::withdraw_stop(); }
};

TEST(Stopping, AWishIsHeardUntilItIsWithdrawn) {
  const Withdrawn later;
  EXPECT_NO_THROW(engine::check_stop());
  engine::request_stop();
  EXPECT_TRUE(engine::stop_requested());
  EXPECT_THROW(engine::check_stop(), engine::Stopped);
  EXPECT_THROW(engine::sha256_hex("x", 1), engine::Stopped);
  engine::withdraw_stop();
  EXPECT_NO_THROW(engine::check_stop());
}

TEST(Stopping, NoReaderOfFilesTakesItForAnErrorOfItsOwn) {
  const Withdrawn later;
  engine::request_stop();
  bool taken = false;
  try {
    try {
      engine::check_stop();
    } catch (const std::runtime_error&) {
      taken = true;
    }
  } catch (const engine::Stopped& stopped) {
    EXPECT_STREQ(stopped.what(), "stopped as asked");
  }
  EXPECT_FALSE(taken);
}

TEST(Stopping, GraceDelaysItOnItsThreadAlone) {
  const Withdrawn later;
  engine::request_stop();
  {
    const engine::StopGrace short_one(0.05);
    {
      const engine::StopGrace long_one(1000), within(0.01);
      EXPECT_NO_THROW(engine::check_stop());
      std::thread([] { EXPECT_THROW(engine::check_stop(), engine::Stopped); }).join();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    EXPECT_THROW(engine::check_stop(), engine::Stopped);
  }
  EXPECT_THROW(engine::check_stop(), engine::Stopped);
}

}  // namespace stopping_test
