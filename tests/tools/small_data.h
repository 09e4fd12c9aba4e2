// A data set small enough to train on in a moment, and a model of it.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "datasets/idx.h"
#include "datasets/strokes.h"
#include "svdd_process.h"

namespace tools_test {

inline const std::string small_train =
    "train --data small --normal 3 --out run --epochs 2 --ae-epochs 1 --batch-size 16 --ae-batch-size 16 "
    "--quiet";

// A scratch folder with the IDX folder `small`: 40 training and 4 test images of each of the ten stroke
// digits.
inline void write_small_data(const fs::path& folder) {
  datasets::write_idx_folder(folder / "small", datasets::load_strokes(40, 4));
}

}  // namespace tools_test

// The tests of the command need the command.
#define REQUIRE_SVDD()                                            \
  ASSERT_TRUE(std::filesystem::exists(tools_test::svdd_binary())) \
      << "no svdd command at " << tools_test::svdd_binary() << ": build it first"
