#include "datasets/gtsrb.h"

#include <gtest/gtest.h>

#include "tests/datasets/scratch.h"

namespace {

namespace fs = std::filesystem;
using datasets::Dataset, datasets::load_gtsrb_folder;
using scratch::contains, scratch::error_of;

const std::string csv_header = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n";

// width x height pixels: red grows by 10 to the right, green by 10 downwards, blue is 7.
std::string ppm(int width, int height) {
  std::string text = "P3 " + std::to_string(width) + " " + std::to_string(height) + " 255\n";
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) text += std::to_string(10 * x) + " " + std::to_string(10 * y) + " 7 ";
  return text;
}

class GtsrbTest : public testing::Test {
 protected:
  GtsrbTest() {
    fs::create_directories(train_ / "00014");
    fs::create_directories(test_);
    scratch::write(train_ / "00014/00000_00000.ppm", ppm(6, 5));
    scratch::write(train_ / "00014/GT-00014.csv", csv_header + "00000_00000.ppm;6;5;2;1;3;2;14\r\n");
    scratch::write(test_ / "00000.ppm", ppm(4, 4));
    scratch::write(test_ / "GT-final_test.csv", csv_header + "00000.ppm;4;4;0;0;4;4;33\n");
  }
  std::string complaint_about(const std::string& row) const {
    scratch::write(train_ / "00014/GT-00014.csv", csv_header + row);
    return error_of<std::runtime_error>([&] { load_gtsrb_folder(folder_.path()); });
  }

  const scratch::Folder folder_;
  const fs::path train_ = folder_ / "Final_Training/Images", test_ = folder_ / "Final_Test/Images";
};

TEST_F(GtsrbTest, CutsTheRegionOfInterestOut) {
  const Dataset data = load_gtsrb_folder(folder_.path());
  data.check();
  EXPECT_EQ(data.train.shape, (std::vector<int64_t>{3, 32, 32}));
  EXPECT_EQ(data.train.labels, std::vector<int32_t>{14});
  EXPECT_EQ(data.test.labels, std::vector<int32_t>{33});
  EXPECT_EQ(data.class_names[14], "stop");
  EXPECT_EQ(data.classes(), 43);
  EXPECT_EQ(data.default_normal, std::vector<int>{14});
  // One pixel, column 2, row 1, fills the whole.
  EXPECT_EQ(data.train.bytes, [] {
    std::vector<uint8_t> bytes(1024, 20);
    bytes.insert(bytes.end(), 1024, 10);
    bytes.insert(bytes.end(), 1024, 7);
    return bytes;
  }());
  EXPECT_EQ(data.test.bytes[0], 0);
  EXPECT_EQ(data.test.bytes[31], 30);
  EXPECT_EQ(data.test.bytes[31 * 32], 0);
  EXPECT_EQ(data.test.bytes[1024 + 31 * 32], 30);
}

TEST_F(GtsrbTest, DamageIsNamed) {
  EXPECT_TRUE(contains(complaint_about("00000_00000.ppm;6;5;2;1;7;2;14\n"),
                       "GT-00014.csv', line 2, column 6: '7' is no whole number from 3 to 6"));
  EXPECT_TRUE(contains(complaint_about("00000_00000.ppm;6;5;2;1;2;2;14\n"), "from 3 to 6"));
  EXPECT_TRUE(contains(complaint_about("00000_00000.ppm;6;5;-1;1;2;2;14\n"), "from 0 to 5"));
  EXPECT_TRUE(contains(complaint_about("00000_00000.ppm;6;5;2;1;3;2;43\n"), "from 0 to 42"));
  EXPECT_TRUE(contains(complaint_about("00000_00000.ppm;6;5;2;1;3;2\n"), "there are 7 fields, expected 8"));
  EXPECT_TRUE(contains(complaint_about("../../secret.ppm;6;5;2;1;3;2;14\n"), "is no file's name"));
  const std::string row = "00000_00000.ppm;6;5;2;1;3;2;14\n";
  EXPECT_TRUE(contains(complaint_about(row + row), "line 3, column 1: '00000_00000.ppm' is named twice"));
  EXPECT_TRUE(contains(complaint_about("none.ppm;6;5;2;1;3;2;14\n"), "none.ppm"));
  scratch::write(train_ / "00014/00000_00000.ppm", ppm(6, 5).substr(0, 40));
  EXPECT_TRUE(contains(complaint_about("00000_00000.ppm;6;5;2;1;3;2;14\n"), "truncated"));
  scratch::write(train_ / "00014/GT-00014.csv", "Filename;Width\n");
  EXPECT_TRUE(contains(error_of([&] { load_gtsrb_folder(folder_.path()); }), "there is no column 'Roi.X1'"));
  fs::remove_all(train_ / "00014");
  EXPECT_TRUE(contains(error_of([&] { load_gtsrb_folder(folder_.path()); }), "no training images in"));
}

TEST_F(GtsrbTest, TheTestTableMayLieAbove) {
  fs::rename(test_ / "GT-final_test.csv", folder_ / "GT-final_test.csv");
  EXPECT_EQ(load_gtsrb_folder(folder_.path()).test.count(), 1);
  fs::remove(folder_ / "GT-final_test.csv");
  EXPECT_TRUE(contains(error_of([&] { load_gtsrb_folder(folder_.path()); }), "put GT-final_test.csv"));
  fs::remove_all(folder_ / "Final_Test");
  EXPECT_EQ(load_gtsrb_folder(folder_.path()).test.count(), 0);
}

TEST(Gtsrb, ReadsByteRecords) {
  const scratch::Folder folder;
  scratch::write(folder / "train_class14.bin", "\x0e" + std::string(3072, 'a'));
  EXPECT_TRUE(contains(error_of([&] { load_gtsrb_folder(folder.path()); }), "test_subset.bin"));
  scratch::write(folder / "test_subset.bin", "\x2a" + std::string(3072, 'b'));
  const Dataset data = load_gtsrb_folder(folder.path());
  EXPECT_EQ(data.train.labels, std::vector<int32_t>{14});
  EXPECT_EQ(data.test.labels, std::vector<int32_t>{42});
}

TEST(GtsrbRealData, StopSignsAgainstTheRest) {
  const fs::path folder = scratch::real_data("gtsrb");
  if (folder.empty() || !fs::exists(folder / "train_class14.bin"))
    GTEST_SKIP() << "needs gtsrb/train_class14.bin in $SVDD_DATA";
  const Dataset data = load_gtsrb_folder(folder);
  EXPECT_EQ(data.train.class_counts(43)[14], 780);
  EXPECT_EQ(data.test.count(), 3360);
  EXPECT_EQ(data.test.class_counts(43)[14], 270);
  EXPECT_EQ(one_vs_rest(data, data.default_normal).train.count(), 780);
}

}  // namespace
