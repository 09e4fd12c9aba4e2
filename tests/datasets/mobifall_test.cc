#include "datasets/mobifall.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "datasets/mobifall_windows.h"
#include "tests/datasets/scratch.h"

namespace {

namespace fs = std::filesystem;
using datasets::Dataset, datasets::load_mobifall_folder, datasets::LoadOptions, datasets::Recording;
using scratch::contains, scratch::error_of;
using Signal = std::vector<std::array<float, 3>>;

constexpr double unit = 9.80665 / 1024.0;

TEST(Resampled, IsLinearBetweenTheSamples) {
  Recording recording;
  recording.microseconds = {0, 4000, 14000, 14000, 40000};
  recording.axes = {{{0, 1, -8}}, {{4, 1, -8}}, {{14, 1, -8}}, {{100, 1, -8}}, {{126, 1, -8}}};
  const Signal signal = datasets::resampled(recording);
  ASSERT_EQ(signal.size(), 5u);
  const double expected[] = {0, 10, 106, 116, 126};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_FLOAT_EQ(signal[i][0], static_cast<float>(expected[i] * unit)) << i;
    EXPECT_FLOAT_EQ(signal[i][1], static_cast<float>(unit));
    EXPECT_FLOAT_EQ(signal[i][2], static_cast<float>(-8 * unit));
  }
  EXPECT_TRUE(datasets::resampled({}).empty());
  EXPECT_EQ(datasets::resampled({{0}, {{{1, 2, 3}}}}).size(), 1u);
}

Signal signal_of(size_t n) {
  Signal signal;
  for (size_t i = 0; i < n; ++i) signal.push_back({static_cast<float>(i), 0.5f, -1.0f});
  return signal;
}

TEST(Windows, ActivitiesAreCutWithoutOverlap) {
  const std::vector<float> windows = datasets::activity_windows(signal_of(1000));
  ASSERT_EQ(windows.size(), 2400u);
  EXPECT_EQ(windows[399], 399);
  EXPECT_EQ(windows[400], 0.5f);
  EXPECT_EQ(windows[800], -1);
  EXPECT_EQ(windows[1200], 400);
  EXPECT_TRUE(datasets::activity_windows(signal_of(399)).empty());
}

TEST(Windows, FallsAreCentredOnTheLargestAcceleration) {
  Signal signal = signal_of(1000);
  const auto first = [&](size_t peak) {
    Signal with = signal;
    with[peak] = {0, 0, -2000};
    const std::vector<float> window = datasets::fall_window(with);
    EXPECT_EQ(window.size(), 1200u);
    return window[0];
  };
  EXPECT_EQ(first(500), 300);
  EXPECT_EQ(first(201), 1);
  EXPECT_EQ(first(50), 0);
  EXPECT_EQ(first(900), 600);
  EXPECT_TRUE(datasets::fall_window(signal_of(399)).empty());
  EXPECT_EQ(datasets::fall_window(signal_of(400)).size(), 1200u);
}

// Trials of `samples` samples at 100 Hz: subjects 1 to 3 walk and fall, subject 4 only falls.
class MobifallTest : public testing::Test {
 protected:
  void write_recording(int samples = 850) const {
    std::string acc = "trial,t_us,ax,ay,az\n", trials = "trial,subject,group,activity,trial_no\n";
    int trial = 0;
    const auto add = [&](int subject, const char* group, const char* activity) {
      trials += std::to_string(trial) + "," + std::to_string(subject) + "," + group + "," + activity + ",1\n";
      for (int i = 0; i < samples; ++i)
        acc += std::to_string(trial) + "," + std::to_string(10000 * i) + "," + std::to_string(subject) +
               ",2,3\n";
      ++trial;
    };
    for (int subject = 1; subject <= 4; ++subject) {
      add(subject, "FALL", "SDL");
      if (subject < 4) add(subject, "ADL", "WAL");
    }
    scratch::write(folder_ / "acc.csv", acc);
    scratch::write(folder_ / "trials.csv", trials);
  }
  std::string complaint() const {
    return error_of<std::runtime_error>([&] { load_mobifall_folder(folder_.path()); });
  }
  void write_text(const std::string& row, const std::string& label) const {
    for (const char* half : {"train", "test"}) {
      scratch::write(folder_ / (std::string(half) + "_mobiFall.txt"), row);
      scratch::write(folder_ / (std::string(half) + "_mobiFall_labels.txt"), label);
    }
  }

  const scratch::Folder folder_;
};

TEST_F(MobifallTest, NobodyIsInBothHalves) {
  write_recording();
  const Dataset data = load_mobifall_folder(folder_.path());
  data.check();
  EXPECT_EQ(data.train.shape, (std::vector<int64_t>{3, 20, 20}));
  // Two of three walkers are left for training, with two windows of walking and one fall each.
  EXPECT_EQ(data.train.class_counts(14)[12], 4);
  EXPECT_EQ(data.train.class_counts(14)[8], 2);
  EXPECT_EQ(data.test.class_counts(14)[12], 2);
  EXPECT_EQ(data.test.class_counts(14)[8], 2);
  const auto subjects = [](const datasets::Split& half) {  // ax tells the subject
    std::vector<float> all;
    for (size_t i = 0; i < half.values.size(); i += 1200) all.push_back(half.values[i]);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  };
  const std::vector<float> train = subjects(data.train), test = subjects(data.test);
  EXPECT_EQ(train.size() + test.size(), 4u);
  EXPECT_EQ(test.back(), static_cast<float>(4 * unit));
  LoadOptions options;
  options.test_fraction = 0;
  EXPECT_EQ(load_mobifall_folder(folder_.path(), options).test.count(), 1);  // the one who only falls
}

TEST_F(MobifallTest, DamagedRecordingsAreNamed) {
  write_recording(300);
  EXPECT_TRUE(contains(complaint(), "no trial long enough"));
  write_recording();
  const std::string acc = scratch::read(folder_ / "acc.csv"), trials = scratch::read(folder_ / "trials.csv");
  scratch::write(folder_ / "acc.csv", acc + "0,1,2,3,4\n");
  EXPECT_TRUE(contains(complaint(), "trial 0 goes on after another one"));
  scratch::write(folder_ / "acc.csv", acc + "99,1,2,3,4\n");
  EXPECT_TRUE(contains(complaint(), "trial 99, which is not in trials.csv"));
  scratch::write(folder_ / "acc.csv", acc + "6,1,2,3,4\n");
  EXPECT_TRUE(contains(complaint(), "column 2: '1' is no whole number from 8490000 to"));
  scratch::write(folder_ / "acc.csv", acc + "6,8500000,2,x,4\n");
  EXPECT_TRUE(contains(complaint(), "column 4: 'x'"));
  scratch::write(folder_ / "acc.csv", acc + "6,8500000,2\n");
  EXPECT_TRUE(contains(complaint(), "there are 3 fields, expected 5"));
  scratch::write(folder_ / "acc.csv", "trial,time\n");
  EXPECT_TRUE(contains(complaint(), "there is no column 't_us'"));
  scratch::write(folder_ / "acc.csv", acc);
  scratch::write(folder_ / "trials.csv", trials + "9,1,ADL,FLY,1\n");
  EXPECT_TRUE(contains(complaint(), "there is no activity 'FLY'"));
  scratch::write(folder_ / "trials.csv", trials + "6,1,ADL,WAL,1\n");
  EXPECT_TRUE(contains(complaint(), "trial 6 is there twice"));
  fs::remove(folder_ / "trials.csv");
  EXPECT_TRUE(contains(complaint(), "trials.csv"));
}

TEST_F(MobifallTest, GapsAreNotFilled) {
  std::string acc = "trial,t_us,ax,ay,az\n", trials = "trial,subject,group,activity\n";
  for (int trial = 0; trial < 150; ++trial) {
    acc += std::to_string(trial) + ",0,1,2,3\n" + std::to_string(trial) + ",3600000000,1,2,3\n";
    trials += std::to_string(trial) + "," + std::to_string(trial) + ",ADL,WAL\n";
  }
  scratch::write(folder_ / "acc.csv", acc);
  scratch::write(folder_ / "trials.csv", trials);
  EXPECT_TRUE(contains(complaint(), "acc.csv', line 3, column 2: trial 0 has a gap of 3600 s"));
  acc = "trial,t_us,ax,ay,az\n";
  for (int i = 0; i < 1800; ++i) acc += "0," + std::to_string(2'000'000LL * i) + ",1,2,3\n";
  scratch::write(folder_ / "acc.csv", acc);
  EXPECT_TRUE(contains(complaint(), "trial 0 holds 1800 samples in 3598 s; expected about 100 a second"));
}

TEST_F(MobifallTest, TheTextForm) {
  std::string row;
  for (int i = 0; i < 1200; ++i) row += (i > 0 ? "," : "") + std::to_string(i) + ".000e+00";
  write_text(row + "\n" + row + "\n", "2.0000e+00\n14\n");
  const Dataset data = load_mobifall_folder(folder_.path());
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{2, 14}));
  EXPECT_EQ(data.classes(), 15);
  std::vector<float> expected(1200);
  std::iota(expected.begin(), expected.end(), 0.0f);
  EXPECT_EQ(data.test.select({1}).values, expected);
  EXPECT_EQ(data.default_normal.size(), 9u);

  write_text(row + ",7\n", "2\n");
  EXPECT_TRUE(contains(complaint(), "train_mobiFall.txt', line 1: there are 1201 numbers, expected 1200"));
  write_text(row, "2\n3\n");
  EXPECT_TRUE(contains(complaint(), "holds 1 windows but"));
  for (const char* label : {"0", "15", "2.5", "2,3"}) {
    write_text(row, label);
    EXPECT_TRUE(contains(complaint(), "expected one activity, a whole number from 1 to 14")) << label;
  }
}

TEST(MobifallRealData, WindowsOfTheRecording) {
  const fs::path folder = scratch::real_data("mobifall");
  if (folder.empty() || !fs::exists(folder / "acc.csv"))
    GTEST_SKIP() << "needs mobifall/acc.csv in $SVDD_DATA";
  const Dataset data = load_mobifall_folder(folder);
  data.check();
  const auto train = data.train.class_counts(14), test = data.test.class_counts(14);
  int64_t falls = 0, activities = 0;
  for (const size_t k : {1, 3, 4, 8}) falls += train[k] + test[k];
  for (const int k : data.default_normal) {
    EXPECT_GT(train[static_cast<size_t>(k)], 0) << data.class_names[static_cast<size_t>(k)];
    EXPECT_GT(test[static_cast<size_t>(k)], 0) << data.class_names[static_cast<size_t>(k)];
    activities += train[static_cast<size_t>(k)] + test[static_cast<size_t>(k)];
  }
  EXPECT_EQ(falls, 288);  // every trial gives one
  EXPECT_GT(activities, 1500);
  // At rest the phone feels gravity: |a| when standing is 9.91 +- 0.10 m/s² in the recording.
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < data.train.count(); ++i) {
    if (data.train.labels[static_cast<size_t>(i)] != 9) continue;
    const float* window = data.train.values.data() + i * 1200;
    for (int64_t s = 0; s < 400; ++s, ++count)
      sum += std::sqrt(static_cast<double>(window[s] * window[s] + window[400 + s] * window[400 + s] +
                                           window[800 + s] * window[800 + s]));
  }
  ASSERT_GT(count, 0);
  EXPECT_NEAR(sum / static_cast<double>(count), 9.91, 0.1);
}

}  // namespace
