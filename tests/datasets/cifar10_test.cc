#include "datasets/cifar10.h"

#include <gtest/gtest.h>

#include <array>

#include "datasets/byte_records.h"
#include "datasets/catalog.h"
#include "datasets/preprocessing.h"
#include "tests/datasets/scratch.h"

namespace {

namespace fs = std::filesystem;
using datasets::append_byte_records, datasets::Dataset, datasets::Split;
using scratch::contains, scratch::error_of;

std::string record(char label, char level) { return std::string(1, label) + std::string(3072, level); }

TEST(ByteRecords, AreAppended) {
  const scratch::Folder folder;
  scratch::write(folder / "a", std::string("\2\1\2\3\4\0\5\6\7\x8", 10));
  Split split{{1, 2, 2}, {}, {}};
  append_byte_records(folder / "a", 3, split);
  append_byte_records(folder / "a", 3, split);
  EXPECT_EQ(split.labels, (std::vector<int32_t>{2, 0, 2, 0}));
  EXPECT_EQ(split.bytes, (std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(ByteRecords, DamagedFilesChangeNothing) {
  const scratch::Folder folder;
  const auto complaint = [&](const std::string& bytes) {
    scratch::write(folder / "a", bytes);
    Split split{{3, 32, 32}, std::vector<uint8_t>(3072), {7}};
    const std::string message =
        error_of<std::runtime_error>([&] { append_byte_records(folder / "a", 10, split); });
    EXPECT_EQ(split.count(), 1);
    EXPECT_EQ(split.bytes.size(), 3072u);
    return message;
  };
  EXPECT_TRUE(contains(complaint(record(1, 0) + record(10, 0)),
                       "record 1 (counted from 0) has the class 10, expected"));
  EXPECT_TRUE(contains(complaint(record(1, 0) + "x"),
                       "has 3074 bytes, which are no whole number of records of 3073"));
  EXPECT_TRUE(contains(complaint(record(1, 0).substr(0, 3000)), "truncated"));
  EXPECT_TRUE(contains(complaint(""), "is empty"));
  Split split{{3, 32, 32}, {}, {}};
  EXPECT_TRUE(
      contains(error_of([&] { append_byte_records(folder / "none", 10, split); }), "there is no file"));
}

TEST(Cifar10, ReadsTheBatchesInOrder) {
  const scratch::Folder folder;
  for (char b = 0; b < 6; ++b)
    scratch::write(folder.path() / datasets::cifar10_file_names()[static_cast<size_t>(b)],
                   record(b, b) + record(9, b));
  const Dataset data = datasets::load_cifar10_folder(folder.path());
  data.check();
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{0, 9, 1, 9, 2, 9, 3, 9, 4, 9}));
  EXPECT_EQ(data.test.labels, (std::vector<int32_t>{5, 9}));
  EXPECT_EQ(data.train.bytes[8 * 3072], 4);
  EXPECT_EQ(data.class_names[9], "truck");
  fs::remove(folder / "data_batch_3.bin");
  EXPECT_TRUE(contains(error_of([&] { datasets::load_cifar10_folder(folder.path()); }), "data_batch_3.bin"));
}

class Cifar10RealData : public testing::Test {
 protected:
  void SetUp() override {
    try {
      datasets::find("cifar10");
    } catch (const std::runtime_error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

// The sums over all bytes and the constants after GCN with the l1 norm that the authors' PyTorch code
// carries.
TEST_F(Cifar10RealData, CountsMomentsAndPublishedLimits) {
  const Dataset data = datasets::load("cifar10");
  EXPECT_EQ(data.train.class_counts(10), std::vector<int64_t>(10, 5000));
  EXPECT_EQ(data.test.class_counts(10), std::vector<int64_t>(10, 1000));
  constexpr std::array<double, 3> means = {0.4914, 0.4822, 0.4465};
  for (size_t c = 0; c < 3; ++c) {
    double sum = 0;
    for (size_t i = 0; i < 50000; ++i)
      for (size_t p = 0; p < 1024; ++p) sum += data.train.bytes[(i * 3 + c) * 1024 + p];
    EXPECT_NEAR(sum / (255.0 * 50000 * 1024), means[c], 5e-5);
  }
  constexpr std::array<std::array<double, 2>, 10> published = {{{-28.94083454, 13.80296183},
                                                                {-6.68177023, 9.15806771},
                                                                {-34.92446359, 14.41929817},
                                                                {-10.59917293, 11.09318782},
                                                                {-11.94502300, 10.62804545},
                                                                {-9.69196949, 8.94832678},
                                                                {-9.17494001, 13.84701449},
                                                                {-6.87668201, 12.28237138},
                                                                {-15.60350714, 15.24649238},
                                                                {-6.13288297, 8.04609817}}};
  for (int k = 0; k < 10; ++k) {
    const auto fitted = datasets::Preprocessing::fit(datasets::Preprocessing::Gcn::l1, true,
                                                     datasets::one_vs_rest(data, {k}).train);
    EXPECT_NEAR(fitted.min, published[static_cast<size_t>(k)][0], 1e-5) << "class " << k;
    EXPECT_NEAR(fitted.max, published[static_cast<size_t>(k)][1], 1e-5) << "class " << k;
  }
}

}  // namespace
