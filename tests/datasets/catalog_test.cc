#include "datasets/catalog.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "datasets/cifar10.h"
#include "datasets/idx.h"
#include "tests/datasets/scratch.h"

namespace {

namespace fs = std::filesystem;
using datasets::Dataset;
using scratch::contains, scratch::Environment, scratch::error_of;

// A tiny data set of 28 x 28 images whose first training label tells where it came from.
void write_tiny(const fs::path& folder, int32_t mark) {
  Dataset data{"tiny", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, {}, {}};
  data.train = {{1, 28, 28}, std::vector<uint8_t>(2 * 784), {mark, 0}};
  data.test = {{1, 28, 28}, std::vector<uint8_t>(784), {1}};
  datasets::write_idx_folder(folder, data);
}

int32_t mark_of(const Dataset& data) { return data.train.labels.at(0); }

// Nothing of the user's own: no $SVDD_DATA, an empty cache, an empty working folder.
class CatalogTest : public testing::Test {
 protected:
  CatalogTest() { fs::current_path(folder_.path()); }
  ~CatalogTest() override { fs::current_path(before_); }

  const fs::path before_ = fs::current_path();
  const scratch::Folder folder_;
  const fs::path root_ = folder_ / "root";
  const Environment data_{"SVDD_DATA", nullptr}, home_{"HOME", (folder_ / "home").c_str()},
      cache_{"XDG_CACHE_HOME", nullptr};
};

TEST_F(CatalogTest, TheTableIsSound) {
  for (const datasets::KnownDataset& known : datasets::known_datasets()) {
    EXPECT_EQ(datasets::known_dataset(known.name), &known);
    EXPECT_FALSE(known.description.empty());
    EXPECT_GT(datasets::sample_size(known.shape), 0);
    EXPECT_FALSE(known.class_names.empty());
    EXPECT_TRUE(known.read);
    EXPECT_EQ(known.entries.empty(), known.built_in());
    EXPECT_EQ(known.urls.empty(), known.files.empty());
    EXPECT_EQ(known.how_to_get.empty(), known.built_in() || !known.urls.empty());
    for (const datasets::OfficialFile& file : known.files) {
      EXPECT_GT(file.size, 0u);
      EXPECT_EQ(file.md5.size(), 32u) << file.name;
      EXPECT_EQ(file.sha256.size(), 64u) << file.name;
    }
  }
  EXPECT_EQ(datasets::known_dataset("mnist "), nullptr);
}

TEST_F(CatalogTest, StrokesNeedNoFiles) {
  EXPECT_EQ(datasets::load("strokes").train.count(), 10000);
  EXPECT_TRUE(contains(error_of([] { datasets::find("strokes"); }), "built in"));
}

TEST_F(CatalogTest, FoldersAreSearchedInOrder) {
  const fs::path option = folder_ / "option";
  const fs::path cache = folder_ / "home/.cache/svdd";
  write_tiny(cache / "mnist", 4);
  EXPECT_EQ(mark_of(datasets::load("mnist")), 4);
  write_tiny("data/mnist", 3);
  EXPECT_EQ(mark_of(datasets::load("mnist")), 3);
  write_tiny(root_ / "mnist", 2);
  const Environment data("SVDD_DATA", root_.c_str());
  EXPECT_EQ(mark_of(datasets::load("mnist")), 2);
  fs::create_directory(option);
  EXPECT_EQ(mark_of(datasets::load("mnist", option)), 2);  // not there: the next one
  write_tiny(option / "mnist", 1);
  EXPECT_EQ(mark_of(datasets::load("mnist", option)), 1);
  EXPECT_EQ(datasets::data_folders(option), (std::vector<fs::path>{option, root_, "data", cache}));
}

TEST_F(CatalogTest, TheCacheFollowsXdg) {
  const Environment xdg("XDG_CACHE_HOME", (folder_ / "xdg").c_str());
  EXPECT_EQ(datasets::data_folders().back(), folder_ / "xdg/svdd");
  EXPECT_EQ(datasets::fetch_folder("mnist"), folder_ / "xdg/svdd/mnist");
  EXPECT_EQ(datasets::fetch_folder("mnist", "here"), fs::path("here/mnist"));
}

TEST_F(CatalogTest, KnowsTheLayoutsOfOthers) {
  write_tiny(root_ / "MNIST/raw", 1);
  write_tiny(root_ / "FashionMNIST/raw", 2);
  EXPECT_EQ(mark_of(datasets::load("mnist", root_)), 1);
  EXPECT_EQ(mark_of(datasets::load("fashion-mnist", root_)), 2);
  EXPECT_EQ(mark_of(datasets::load("mnist", root_ / "MNIST/raw")), 1);
}

TEST_F(CatalogTest, AFolderNamedForAnotherSetDoesNotPass) {
  write_tiny(root_ / "mnist", 1);
  write_tiny(root_ / "FashionMNIST/raw", 2);
  EXPECT_EQ(datasets::find("mnist", root_ / "mnist"), root_ / "mnist");
  EXPECT_THROW(datasets::find("fashion-mnist", root_ / "mnist"), std::runtime_error);
  EXPECT_THROW(datasets::find("fashion-mnist", (root_ / "mnist").string() + "/"), std::runtime_error);
  EXPECT_THROW(datasets::find("mnist", root_ / "FashionMNIST/raw"), std::runtime_error);
}

TEST_F(CatalogTest, NotFoundSaysWhereAndWhatToDo) {
  fs::create_directories(root_);
  const std::string message = error_of<std::runtime_error>([&] { datasets::load("mnist", root_); });
  EXPECT_TRUE(contains(message, root_.string()));
  EXPECT_TRUE(contains(message, "'data'"));
  EXPECT_TRUE(contains(message, "home/.cache/svdd"));
  EXPECT_TRUE(contains(message, "fetch them, or name the folder"));
  EXPECT_TRUE(contains(error_of([&] { datasets::load("mnist", folder_ / "none"); }), "the data folder '"));
  try {
    datasets::load("mnist", root_);
  } catch (const datasets::NotFound& error) {
    EXPECT_EQ(error.name, "mnist");
    EXPECT_TRUE(error.can_be_fetched);
  }
}

TEST_F(CatalogTest, DataOfOnesOwnLieInADataFolderToo) {
  write_tiny(root_ / "letters", 5);
  fs::create_directories(root_ / "tables");
  scratch::write(root_ / "tables" / "parts.csv", "a,b\n1,2\n3,4\n5,6\n");
  const Environment data("SVDD_DATA", root_.c_str());
  EXPECT_EQ(mark_of(datasets::load("letters")), 5);
  EXPECT_EQ(datasets::find_own("letters"), root_ / "letters");
  for (const char* name : {"tables/parts.csv", "tables/parts"}) {
    EXPECT_EQ(datasets::find_own(name), root_ / "tables/parts.csv");
    EXPECT_EQ(datasets::load(name).train.shape, std::vector<int64_t>{2});
  }
  // What the path itself names, a known name, and a path that says where it leads from.
  write_tiny(fs::path("letters"), 6);
  EXPECT_EQ(mark_of(datasets::load("letters")), 6);
  write_tiny(root_ / "mnist", 7);
  for (const std::string& name :
       {std::string("letters"), std::string("mnist"), std::string("./tables/parts.csv"),
        (root_ / "none").string(), std::string("")})
    EXPECT_EQ(datasets::find_own(name), std::nullopt) << name;
  const std::string message = error_of<std::invalid_argument>([] { datasets::load("leters"); });
  EXPECT_TRUE(
      contains(message, "nor a file or folder of that name here or in '" + root_.string() + "', 'data', "))
      << message;
  EXPECT_TRUE(contains(message, "did you mean 'letters'?")) << message;
  EXPECT_TRUE(
      contains(error_of([] { datasets::load("tables/part.csv"); }), "did you mean 'tables/parts.csv'?"));
}

TEST_F(CatalogTest, OneOfSeveralTablesIsNamed) {
  fs::create_directories(root_ / "tables");
  const auto message = [&] {
    return error_of<std::invalid_argument>([&] { datasets::load((root_ / "tables").string()); });
  };
  scratch::write(root_ / "tables" / "pima.csv",
                 "a,b\n1,2\n3,4\n5,6\n");  // a known set is asked for by its name
  EXPECT_TRUE(contains(message(), "holds a table: name it, such as '" + (root_ / "tables/pima.csv").string()))
      << message();
  scratch::write(root_ / "tables" / "best.csv", "a,b\n1,2\n3,4\n5,6\n");
  EXPECT_TRUE(contains(message(), "holds 2 tables: name one of them, such as '")) << message();
}

TEST_F(CatalogTest, ABrokenLinkIsNotSuggestedForItself) {
  fs::create_directories(root_);
  fs::create_symlink("nowhere", root_ / "dangling");
  const Environment data("SVDD_DATA", root_.c_str());
  EXPECT_FALSE(contains(error_of([] { datasets::load("dangling"); }), "did you mean"));
}

TEST_F(CatalogTest, APipeIsToBeWrittenToAFile) {
  ASSERT_EQ(mkfifo("rows.csv", 0600), 0);
  for (const char* name : {"rows.csv", "/dev/null"})
    EXPECT_TRUE(
        contains(error_of<std::invalid_argument>([&] { datasets::load(name); }), "is a pipe or a device"))
        << name;
}

TEST_F(CatalogTest, UnknownNamesGetASuggestion) {
  EXPECT_TRUE(
      contains(error_of<std::invalid_argument>([] { datasets::load("minst"); }), "did you mean 'mnist'?"));
  EXPECT_TRUE(contains(error_of([] { datasets::load("fashion_mnist"); }), "did you mean 'fashion-mnist'?"));
  EXPECT_TRUE(contains(error_of([] { datasets::require_known("stroke"); }), "did you mean 'strokes'?"));
  const std::string message = error_of([] { datasets::load("imagenet-21k"); });
  EXPECT_FALSE(contains(message, "did you mean"));
  EXPECT_TRUE(contains(message, "strokes, mnist, fashion-mnist, cifar10, gtsrb, mobifall, pima, speech"));
}

TEST_F(CatalogTest, AFolderThatCannotBeReadIsNotAnEmptyOne) {
  const fs::path closed = root_ / "closed";
  fs::create_directories(closed);
  fs::permissions(closed, fs::perms::none);
  if (access(closed.c_str(), R_OK) == 0) GTEST_SKIP() << "this user may read every folder";
  EXPECT_TRUE(contains(error_of([&] { datasets::load(closed.string()); }), "cannot read the folder"));
  fs::permissions(closed, fs::perms::owner_all);
}

TEST_F(CatalogTest, LoadsAFolderByItsPath) {
  write_tiny(root_, 7);
  const Dataset data = datasets::load(root_.string());
  EXPECT_EQ(mark_of(data), 7);
  EXPECT_EQ(data.name, root_.string());
  EXPECT_EQ(data.classes(), 8);
  fs::create_directory(folder_ / "empty");
  EXPECT_TRUE(
      contains(error_of([&] { datasets::load((folder_ / "empty").string()); }), "train-images-idx3-ubyte"));
  scratch::write(folder_ / "file", "x");
  EXPECT_TRUE(contains(error_of([&] { datasets::load((folder_ / "file").string()); }), "is a file"));
}

TEST_F(CatalogTest, AKnownNameStandsForItsShapeAndClasses) {
  write_tiny(root_ / "fashion-mnist", 3);
  const Dataset data = datasets::load("fashion-mnist", root_);
  EXPECT_EQ(data.name, "fashion-mnist");
  ASSERT_EQ(data.classes(), 10);
  EXPECT_EQ(data.class_names[9], "Ankle boot");
  Dataset other{"other", {"0"}, {}, {}};
  other.train = {{1, 2, 2}, {1, 2, 3, 4}, {0}};
  other.test = other.train;
  datasets::write_idx_folder(root_ / "mnist", other);
  const std::string message = error_of<std::runtime_error>([&] { datasets::load("mnist", root_); });
  EXPECT_TRUE(contains(message, "is not mnist: it holds samples of shape 1x2x2"));
}

TEST_F(CatalogTest, LoadsWhateverAFolderHolds) {
  fs::create_directories(root_ / "cifar");
  for (const std::string& name : datasets::cifar10_file_names())
    scratch::write(root_ / "cifar" / name, std::string(3073, '\5'));
  EXPECT_EQ(datasets::load((root_ / "cifar").string()).train.count(), 5);

  fs::create_directories(root_ / "parts/train/good");
  scratch::write(root_ / "parts/train/good/1.pgm", "P2 2 1 255 0 255");
  datasets::LoadOptions options;
  EXPECT_EQ(datasets::load((root_ / "parts").string(), options).train.shape, (std::vector<int64_t>{1, 1, 2}));
  options.image_shape = {3, 2, 2};
  EXPECT_EQ(datasets::load((root_ / "parts").string(), options).train.shape, options.image_shape);
  EXPECT_EQ(datasets::load((root_ / "parts/train/good").string()).train.count(), 1);

  scratch::write(root_ / "table.csv", "a,label\n1,0\n2,0\n3,1\n");
  options.test_fraction = 0.5;
  const Dataset table = datasets::load((root_ / "table.csv").string(), options);
  EXPECT_EQ(table.train.count(), 2);
  EXPECT_EQ(table.default_normal, std::vector<int>{0});
}

TEST_F(CatalogTest, KnownTablesKeepTheirPublishedSplit) {
  std::string rows;
  for (int i = 0; i < 20; ++i)
    rows += "1,2,3,4,5,6,7," + std::to_string(i) + "," + (i < 12 ? "0" : "1") + "\n";
  fs::create_directories(root_ / "tabular");
  scratch::write(root_ / "tabular/pima.csv", rows);
  const Dataset data = datasets::load("pima", root_);
  EXPECT_EQ(data.name, "pima");
  EXPECT_EQ(data.train.count(), 12);
  EXPECT_EQ(data.test.count(), 8);
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"normal", "anomaly"}));
  scratch::write(root_ / "tabular/pima.csv", "1,2,0\n3,4,1\n");
  EXPECT_TRUE(
      contains(error_of([&] { datasets::load("pima", root_); }), "is not pima: it holds samples of shape 2"));
}

TEST_F(CatalogTest, PackedFilesAreNamed) {
  fs::create_directories(root_ / "cifar10/cifar-10-batches-bin");
  scratch::write(root_ / "cifar10/cifar-10-batches-bin/data_batch_1.bin.xz", "x");
  EXPECT_TRUE(contains(error_of([&] { datasets::load("cifar10", root_); }), "unpack them with xz -dk"));
  EXPECT_TRUE(contains(error_of([&] { datasets::load("mobifall", root_); }), "ask its authors"));
}

TEST(CatalogRealData, LoadsMnist) {
  SKIP_WITHOUT_REAL_DATA("mnist");
  const datasets::OneVsRest task = one_vs_rest(datasets::load("mnist"), {3});
  EXPECT_EQ(task.train.count(), 6131);
  EXPECT_EQ(task.test.count(), 10000);
}

}  // namespace
