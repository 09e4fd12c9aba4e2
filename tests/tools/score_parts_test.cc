// svdd score on files and folders that may be larger than memory: read a part at a time, with the scores of the whole.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/files/npy.h"
#include "engine/random.h"
#include "refusals.h"
#include "small_data.h"
#include "tests/in_a_child.h"
#include "tools/input/score_input.h"

namespace score_parts_test {

using namespace tools_test;
using engine::NdArray;
using tools::ScoreInput;

ScoreInput in_parts(const fs::path& path, const std::vector<int64_t>& shape, int64_t numbers) {
  ScoreInput all;
  all.samples.shape = shape;
  const auto reader = tools::open_score_input(path, shape, {}, numbers);
  while (const std::optional<ScoreInput> part = reader->next()) {
    EXPECT_LE(part->samples.values.size(), static_cast<size_t>(std::max(numbers, all.samples.size())));
    const auto add = [](auto& to, const auto& more) { to.insert(to.end(), more.begin(), more.end()); };
    add(all.samples.values, part->samples.values);
    add(all.names, part->names);
    add(all.notes, part->notes);
    add(all.damaged, part->damaged);
  }
  return all;
}

void expect_the_same(const fs::path& path, const std::vector<int64_t>& shape) {
  const ScoreInput whole = tools::read_score_input(path, shape);
  for (const int64_t numbers : {1, 9, 12, 1000}) {
    const ScoreInput parts = in_parts(path, shape, numbers);
    EXPECT_EQ(parts.samples.values, whole.samples.values) << numbers;
    EXPECT_EQ(parts.names, whole.names);
    EXPECT_EQ(parts.notes, whole.notes);
    EXPECT_EQ(parts.damaged, whole.damaged);
  }
}

template <class Act>
std::string refusal(const Act& act) {
  try {
    act();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST(ScoreParts, AreTheWhole) {
  const Scratch scratch;
  const fs::path npy = scratch.path / "x.npy";
  std::vector<float> values(7 * 4);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) / 20;
  engine::write_npy(npy, NdArray::from({7, 4}, values));
  expect_the_same(npy, {4});
  engine::write_npy(npy, NdArray::from({7, 2, 2}, values));
  expect_the_same(npy, {1, 2, 2});
  values[27] = 1.75f;  // a little out of range, and only in the last part: said once
  engine::write_npy(npy, NdArray::from({7, 1, 2, 2}, values));
  expect_the_same(npy, {1, 2, 2});
  EXPECT_EQ(in_parts(npy, {1, 2, 2}, 4).notes.size(), 1u);
  engine::write_npy(npy, NdArray::from({3, 2, 2}, std::vector<uint8_t>(12, 51)));
  expect_the_same(npy, {1, 2, 2});

  fs::create_directory(scratch.path / "images");
  for (const char* name : {"a.pgm", "b.pgm", "d.pgm"})
    write_text(scratch.path / "images" / name, std::string("P2 2 2 255 1 2 3 ") + std::to_string(name[0]));
  write_text(scratch.path / "images" / "c.pgm", "P2 2 2 255 1");
  write_text(scratch.path / "images" / "e.txt", "none");
  expect_the_same(scratch.path / "images", {1, 2, 2});
}

TEST(ScoreParts, WhatIsWrongIsNamedByItsPlaceInTheWhole) {
  const Scratch scratch;
  const fs::path npy = scratch.path / "x.npy";
  std::vector<float> values(7 * 4, 0.5f);
  values[22] = std::numeric_limits<float>::quiet_NaN();
  engine::write_npy(npy, NdArray::from({7, 4}, values));
  const auto parts = [&](const std::vector<int64_t>& shape) {
    return refusal([&] { in_parts(npy, shape, 8); });
  };
  EXPECT_NE(parts({4}).find("row 5 (counted from 0) holds NaN in column 3 (counted from 1)"),
            std::string::npos)
      << parts({4});
  EXPECT_EQ(parts({4}), refusal([&] { tools::read_score_input(npy, {4}); }));
  values[22] = 200;
  engine::write_npy(npy, NdArray::from({7, 2, 2}, values));
  EXPECT_NE(parts({1, 2, 2}).find("divide them by 255"), std::string::npos) << parts({1, 2, 2});
  engine::write_npy(npy, NdArray::from({7, 2, 2}, std::vector<int16_t>(28)));
  EXPECT_NE(parts({1, 2, 2}).find("int16"), std::string::npos) << parts({1, 2, 2});
  engine::write_npy(npy, NdArray::from({0, 4}, std::vector<float>()));
  EXPECT_NE(parts({4}).find("holds no samples"), std::string::npos) << parts({4});
  EXPECT_NE(parts({5}).find("expected samples of 5"), std::string::npos) << parts({5});
}

// 150 MB of numbers, of which no more than some 32 MB, in a few forms, are there at a time; and the scores, and the text of
// some of them. With --report, which shows samples, all of them are.
TEST(ScoreParts, AFileLargerThanItsMemory) {
  REQUIRE_SVDD();
  if (under_a_sanitizer) GTEST_SKIP() << "its memory is its own";
  const Scratch scratch;
  const fs::path f = scratch.path;
  const engine::RandomStream noise(1, "tests/score_parts");
  std::vector<float> train(200 * 64);
  for (size_t i = 0; i < train.size(); ++i) train[i] = noise.normal(i);
  std::string csv;
  for (size_t row = 0; row < 200; ++row)
    for (size_t column = 0; column < 64; ++column)
      csv += std::to_string(train[row * 64 + column]) + (column == 63 ? '\n' : ',');
  write_text(f / "train.csv", csv);
  ASSERT_EQ(run_svdd(f, words_of("train --data train.csv --method mahalanobis --out run --quiet")).status, 0);
  constexpr int64_t rows = 600000;
  engine::write_npy(f / "large.npy", NdArray::from({1, 64}, std::vector<float>(64)));
  std::string head = text_of(f / "large.npy").substr(0, 128);
  const size_t count = head.find("(1, 64), }     ");
  ASSERT_NE(count, std::string::npos);
  head.replace(count, 15, "(600000, 64), }");
  write_text(f / "large.npy", head);
  fs::resize_file(f / "large.npy", 128 + rows * 64 * 4);  // zeros, on no disk
  EXPECT_EQ(
      in_a_child([&] {
        if (run_svdd(f, words_of("score --model run --input large.npy --output s.csv --quiet")).status != 0)
          return 1;
        rusage used = {};
        getrusage(RUSAGE_CHILDREN, &used);
        return used.ru_maxrss / 1024 < 250 ? 0 : 2;  // MB
      }),
      0);
  const std::string scores = text_of(f / "s.csv");
  EXPECT_EQ(std::count(scores.begin(), scores.end(), '\n'), rows + 1);
  EXPECT_NE(scores.find("\n599999,"), std::string::npos) << "rows count on across parts";
}

}  // namespace score_parts_test
