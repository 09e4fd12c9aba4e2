#include "datasets/defect_folder.h"

#include <gtest/gtest.h>

#include "datasets/catalog.h"
#include "tests/datasets/scratch.h"

namespace {

namespace fs = std::filesystem;
using datasets::Dataset, datasets::load_defect_folder, datasets::LoadOptions;
using scratch::contains, scratch::error_of;

class DefectFolderTest : public testing::Test {
 protected:
  DefectFolderTest() {
    write("train/good/b.pgm", 20);
    write("train/good/a.pgm", 10);
    write("test/good/c.pgm", 30);
    write("test/scratch/d.pgm", 40);
    write("test/crack/e.pgm", 50);
    write("ground_truth/crack/e.pgm", 255);
  }
  void write(const std::string& name, int level) const {
    fs::create_directories((root_ / name).parent_path());
    scratch::write(root_ / name, "P2 1 1 255 " + std::to_string(level));
  }

  const scratch::Folder folder_;
  const fs::path root_ = folder_ / "parts";
};

TEST_F(DefectFolderTest, GoodIsNormalAndDefectsAreClasses) {
  const Dataset data = load_defect_folder(root_);
  data.check();
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"good", "crack", "scratch"}));
  EXPECT_EQ(data.train.shape, (std::vector<int64_t>{1, 1, 1}));
  EXPECT_EQ(data.train.values, (std::vector<float>{10 / 255.0f, 20 / 255.0f}));
  EXPECT_EQ(data.test.values, (std::vector<float>{30 / 255.0f, 50 / 255.0f, 40 / 255.0f}));
  EXPECT_EQ(data.test.labels, (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(data.default_normal, std::vector<int>{0});
  EXPECT_EQ(one_vs_rest(data, {0}).test_labels, (std::vector<int32_t>{0, 1, 1}));
}

TEST_F(DefectFolderTest, ImagesAreBroughtToTheShapeAskedFor) {
  LoadOptions options;
  options.image_shape = {3, 2, 2};
  const Dataset data = load_defect_folder(root_, options);
  EXPECT_EQ(data.test.shape, options.image_shape);
  EXPECT_EQ(data.test.values.size(), 36u);
  EXPECT_EQ(data.test.values[12], 50 / 255.0f);
  options.image_shape = {784};
  EXPECT_THROW(load_defect_folder(root_, options), std::invalid_argument);
}

TEST_F(DefectFolderTest, ATestIsNotNeeded) {
  fs::remove_all(root_ / "test");
  const Dataset data = load_defect_folder(root_);
  EXPECT_EQ(data.train.count(), 2);
  EXPECT_EQ(data.test.count(), 0);
  EXPECT_EQ(data.class_names, std::vector<std::string>{"good"});
  EXPECT_EQ(one_vs_rest(data, {0}).test.count(), 0);
}

// Of training images no more are read than are wanted: what comes after them may be damaged.
TEST_F(DefectFolderTest, AFewTrainingSamplesAreReadAlone) {
  scratch::write(root_ / "train/good/aa.pgm", "P2 1 1 255 x");  // between the two
  LoadOptions options;
  for (const int64_t most : {1, 2}) {
    options.most_of_class = most;
    const Dataset all = load_defect_folder(root_), few = load_defect_folder(root_, options);
    few.check();
    EXPECT_EQ(few.train.count(), most);
    EXPECT_EQ(one_vs_rest(few, {0}, most).train.values, one_vs_rest(all, {0}, most).train.values);
    EXPECT_EQ(few.test.values, all.test.values);
    EXPECT_EQ(few.test.files, all.test.files);
    EXPECT_EQ(few.notes.size(), most == 2 ? 2u : 1u) << "only what is read is found damaged";
  }
  // A test half is drawn from all there is.
  fs::rename(root_ / "test/crack", root_ / "crack");
  fs::rename(root_ / "train/good", root_ / "good");
  fs::remove_all(root_ / "train"), fs::remove_all(root_ / "test"), fs::remove_all(root_ / "ground_truth");
  options.most_of_class = 1;
  EXPECT_EQ(load_defect_folder(root_, options).train.values, load_defect_folder(root_).train.values);
}

TEST_F(DefectFolderTest, OtherFoldersAreRefused) {
  fs::create_directories(root_ / "test/empty");
  EXPECT_TRUE(contains(error_of<std::runtime_error>([&] { load_defect_folder(root_); }), "no images in"));
  fs::remove_all(root_ / "test/empty");
  write("test/crack/e.pgm", 256);  // all of its kind
  EXPECT_TRUE(contains(error_of([&] { load_defect_folder(root_); }), "above its maximum"));
  write("test/crack/e.pgm", 50);
  fs::rename(root_ / "train/good", root_ / "train/fine");
  EXPECT_TRUE(datasets::load(root_.string()).default_normal.empty())
      << "none of the training classes reads so";
  fs::remove_all(root_ / "train/fine");
  fs::remove_all(root_ / "test");
  fs::remove_all(root_ / "ground_truth");
  EXPECT_FALSE(datasets::is_defect_folder(root_));
  EXPECT_TRUE(
      contains(error_of<std::invalid_argument>([&] { datasets::load(root_.string()); }), "train/good"));
}

TEST_F(DefectFolderTest, AFewDamagedFilesArePassedOverAndSaid) {
  write("train/good/0.pgm", 256);  // the first of all: the shape comes from the first sound one
  const Dataset data = load_defect_folder(root_);
  EXPECT_EQ(data.train.count(), 2);
  ASSERT_EQ(data.notes.size(), 2u);
  EXPECT_EQ(data.notes[0], "5 images brought to 1x1x1 (grey)");
  EXPECT_TRUE(contains(data.notes[1], "1 damaged file passed over: image '"));
  for (const char* name : {"1", "2", "3", "4", "5"}) write("train/good/" + std::string(name) + ".pgm", 256);
  EXPECT_TRUE(contains(error_of<std::runtime_error>([&] { load_defect_folder(root_); }),
                       "more than half are damaged (6)"));
}

// Images that people have sorted otherwise.
class Layouts : public testing::Test {
 protected:
  void write(const std::string& name, int count = 1) {
    fs::create_directories((root_ / name).parent_path());
    for (int i = 0; i < count; ++i)
      scratch::write(root_ / (name + std::to_string(i) + ".pgm"), "P2 1 1 255 " + std::to_string(++level_));
  }
  Dataset load() const {
    Dataset data = datasets::load(root_.string());
    data.check();
    return data;
  }

  const scratch::Folder folder_;
  const fs::path root_ = folder_ / "parts";
  int level_ = 0;
};

TEST_F(Layouts, NormalAndAbnormal) {
  write("normal/a", 10);
  write("abnormal/b", 3);
  const Dataset data = load();
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"normal", "abnormal"}));
  EXPECT_EQ(data.default_normal, std::vector<int>{0});
  EXPECT_EQ(data.train.count(), 6);
  EXPECT_EQ(data.test.count(), 7) << "four normal ones, and all others";
  EXPECT_TRUE(data.test_was_held_out);
  EXPECT_EQ(data.test.files.back(), (root_ / "abnormal" / "b2.pgm").string());
  EXPECT_EQ(one_vs_rest(data, {0}).test_labels, (std::vector<int32_t>{0, 0, 0, 0, 1, 1, 1}));
  const LoadOptions all{.test_fraction = 0.0};
  EXPECT_EQ(datasets::load(root_.string(), all).train.count(), 10);
  EXPECT_EQ(datasets::normal_images_of(root_), root_ / "normal");
}

TEST_F(Layouts, HalvesWithOtherWords) {
  write("train/OK/a", 3);
  write("test/OK/b", 2);
  write("test/broken/deep/c", 2);
  const Dataset data = load();
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"OK", "broken"}));
  EXPECT_EQ(data.test.labels, (std::vector<int32_t>{0, 0, 1, 1}));
}

TEST_F(Layouts, TrainingImagesThatLieTogether) {
  write("train/a", 3);
  write("test/good/b", 2);
  write("test/hole/c");
  const Dataset data = load();
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"good", "hole"}));
  EXPECT_EQ(data.train.count(), 3);
  EXPECT_EQ(data.test.count(), 3);
}

TEST_F(Layouts, ClassesNoneOfWhichReadsAsNormal) {
  write("train/cat/a", 2);
  write("train/dog/b", 3);
  write("test/cat/c");
  write("test/dog/d");
  Dataset data = load();
  EXPECT_TRUE(data.default_normal.empty());
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{0, 0, 1, 1, 1}));
  fs::remove_all(root_ / "test");
  fs::rename(root_ / "train" / "cat", root_ / "cat");
  fs::rename(root_ / "train" / "dog", root_ / "dog");
  fs::remove(root_ / "train");
  data = load();
  EXPECT_EQ(data.train.count() + data.test.count(), 5);
  EXPECT_EQ(data.test.count(), 2) << "a share of all";
}

// Unpacked archives have one more folder about all.
TEST_F(Layouts, OneFolderAboutTheClassesIsSeenThrough) {
  const fs::path outer = folder_ / "outer";
  const auto put = [&](const std::string& name) {
    fs::create_directories((outer / name).parent_path());
    scratch::write(outer / name, "P2 1 1 255 10");
  };
  for (const char* image :
       {"lines/line1/normal/a.pgm", "lines/line1/normal/b.pgm", "lines/line1/abnormal/c.pgm"})
    put(image);
  fs::create_directories(outer / "documents");
  const Dataset data = datasets::load(outer.string());
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"normal", "abnormal"}));
  EXPECT_EQ(data.train.count() + data.test.count(), 3);
  EXPECT_EQ(data.name, outer.string());
  EXPECT_TRUE(
      contains(data.notes.back(), "the classes are the folders in '" + (outer / "lines/line1").string()));
  EXPECT_EQ(datasets::normal_images_of(outer), outer / "lines/line1/normal");
  // Halves too.
  fs::rename(outer / "lines/line1", outer / "lines/train");
  fs::create_directories(outer / "lines/test");
  fs::rename(outer / "lines/train/abnormal", outer / "lines/test/abnormal");
  EXPECT_EQ(datasets::load(outer.string()).test.count(), 1);
  // The normal class alone, with folders in it, is no wrapping.
  fs::remove_all(outer);
  for (const char* image : {"normal/monday/a.pgm", "normal/tuesday/b.pgm"}) put(image);
  EXPECT_EQ(datasets::load(outer.string()).class_names[0], "normal");
  EXPECT_EQ(datasets::load(outer.string()).train.count(), 2);
}

TEST_F(Layouts, SeveralNormalOnesAreRefused) {
  write("normal/a");
  write("ok/b");
  EXPECT_TRUE(contains(error_of([&] { load(); }), "'normal', 'ok', which all read as normal"));
}

TEST_F(DefectFolderTest, AFlatFolderIsAllNormal) {
  const Dataset data = datasets::load_image_folder(root_ / "train/good");
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{0, 0}));
  EXPECT_EQ(data.test.count(), 0);
  fs::remove_all(root_ / "train/good");
  EXPECT_THROW(datasets::load_image_folder(root_ / "train"), std::runtime_error);
}

TEST(DefectFolderRealData, MvtecScrew) {
  SKIP_WITHOUT_REAL_DATA("mvtec-screw");
  LoadOptions options;
  options.image_shape = {1, 32, 32};
  const Dataset data = load_defect_folder(scratch::real_data("mvtec-screw"), options);
  EXPECT_EQ(data.train.class_counts(2), (std::vector<int64_t>{320, 0}));
  EXPECT_EQ(data.test.class_counts(2), (std::vector<int64_t>{41, 119}));
}

}  // namespace
