// Archives of images: Keras', MedMNIST's and KMNIST's; IDX of other numbers; EMNIST.
#include "datasets/image_archive.h"

#include <gtest/gtest.h>

#include <cmath>

#include "datasets/catalog.h"
#include "datasets/idx.h"
#include "datasets/pixel_values.h"
#include "engine/files/npz.h"
#include "tests/datasets/scratch.h"

namespace {
namespace image_archive_test {

using datasets::Dataset, datasets::write_idx_images, datasets::write_idx_labels;
using engine::NdArray;
using scratch::contains, scratch::error_of;
using Bytes = std::vector<uint8_t>;
using Floats = std::vector<float>;
using Arrays = std::vector<std::pair<std::string, NdArray>>;

NdArray images(std::vector<int64_t> shape, uint8_t first = 0) {
  Bytes bytes(static_cast<size_t>(datasets::sample_size(shape)));
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(first + i);
  return NdArray::from(std::move(shape), bytes);
}

TEST(ImageArchive, HalvesAreToldByTheirNames) {
  const scratch::Folder folder;
  const NdArray three = NdArray::from({3}, Bytes{0, 1, 1}), two = NdArray::from({2, 1}, Bytes{1, 0});
  for (const Arrays& arrays : {Arrays{{"x_train", images({3, 2, 4})},
                                      {"y_train", three},
                                      {"x_test", images({2, 2, 4}, 9)},
                                      {"y_test", two}},
                               Arrays{{"train_images", images({3, 2, 4})},
                                      {"train_labels", three},
                                      {"val_images", images({1, 2, 4})},
                                      {"test_images", images({2, 2, 4}, 9)},
                                      {"test_labels", two}}}) {
    engine::write_npz(folder / "a.npz", arrays);
    ASSERT_TRUE(datasets::is_image_archive(folder / "a.npz"));
    const Dataset data = datasets::load((folder / "a.npz").string());
    data.check();
    EXPECT_EQ(data.train.shape, (std::vector<int64_t>{1, 2, 4}));
    EXPECT_EQ(data.train.labels, (std::vector<int32_t>{0, 1, 1}));
    EXPECT_EQ(data.test.labels, (std::vector<int32_t>{1, 0}));
    EXPECT_EQ(data.test.bytes[0], 9);
    EXPECT_TRUE(contains(data.notes.at(0), "is taken for the training images"));
  }
  const Dataset sized = datasets::load_image_archive(folder / "a.npz", {.image_shape = {3, 4, 4}});
  EXPECT_EQ(sized.train.shape, (std::vector<int64_t>{3, 4, 4}));
  EXPECT_EQ(sized.train.values.size(), 3u * 48);
  EXPECT_TRUE(contains(sized.notes.back(), "'val_images' is passed over"));
}

TEST(ImageArchive, ChannelsMayComeLast) {
  const scratch::Folder folder;
  engine::write_npz(folder / "a.npz", {{"images", images({2, 1, 2, 3})}});
  const Dataset data = datasets::load_image_archive(folder / "a.npz");
  EXPECT_EQ(data.train.shape, (std::vector<int64_t>{3, 1, 2}));
  EXPECT_EQ(data.train.bytes, (Bytes{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
  EXPECT_EQ(data.default_normal, std::vector<int>{0});
  EXPECT_TRUE(datasets::survey_archive(folder / "a.npz").coloured);
  engine::write_npz(folder / "a.npz", {{"images", images({2, 3, 4, 5})}});
  EXPECT_EQ(datasets::load_image_archive(folder / "a.npz").train.shape, (std::vector<int64_t>{3, 4, 5}));
}

TEST(ImageArchive, HalvesOfTwoSizesAreBroughtToOneAndSaid) {
  const scratch::Folder folder;
  const NdArray y = NdArray::from({2}, Bytes{0, 1});
  engine::write_npz(
      folder / "a.npz",
      {{"x_train", images({2, 4, 4})}, {"y_train", y}, {"x_test", images({2, 6, 2, 3})}, {"y_test", y}});
  const Dataset data = datasets::load_image_archive(folder / "a.npz", {.image_shape = {1, 4, 4}});
  EXPECT_EQ(data.test.shape, data.train.shape);
  EXPECT_EQ(data.notes.back(),
            "the test images are 3x6x2, the training images 1x4x4: all are brought to 1x4x4");
}

// Whoever wants few training samples gets those that are chosen from all, and no others are brought to size.
TEST(ImageArchive, AFewTrainingSamplesAreThoseOfAll) {
  const scratch::Folder folder;
  const NdArray y = NdArray::from({8}, Bytes{0, 1, 0, 1, 2, 0, 0, 1});
  engine::write_npz(
      folder / "halves.npz",
      {{"x_train", images({8, 2, 3})}, {"y_train", y}, {"x_test", images({8, 2, 3}, 50)}, {"y_test", y}});
  engine::write_npz(folder / "whole.npz", {{"images", images({8, 2, 3})}, {"labels", y}});
  for (const char* name : {"halves.npz", "whole.npz"})
    for (const std::vector<int64_t>& size : {std::vector<int64_t>{}, {1, 4, 4}})
      for (const int64_t limit : {1, 2}) {
        const Dataset all = datasets::load_image_archive(folder / name, {.image_shape = size}),
                      few = datasets::load_image_archive(folder / name,
                                                         {.image_shape = size, .most_of_class = limit});
        few.check();
        EXPECT_LE(few.train.count(), 3 * limit) << name;
        EXPECT_GT(all.train.count(), 3) << name;
        EXPECT_EQ(few.class_names, all.class_names);
        for (const std::vector<int>& normal : {std::vector<int>{0}, {1, 0}}) {
          const datasets::OneVsRest of_all = one_vs_rest(all, normal, limit),
                                    of_few = one_vs_rest(few, normal, limit);
          EXPECT_EQ(of_few.train.values, of_all.train.values) << name;
          EXPECT_EQ(of_few.train_classes, of_all.train_classes);
          EXPECT_EQ(of_few.test.values, of_all.test.values);
          EXPECT_EQ(of_few.test_rows, of_all.test_rows);
        }
      }
}

TEST(ImageArchive, LabelsThatAreNoWholeNumbersAreNamed) {
  const scratch::Folder folder;
  engine::write_npz(folder / "a.npz",
                    {{"images", images({2, 4, 4})}, {"labels", NdArray::from({2}, Floats{0.5f, 1})}});
  const std::string said = error_of([&] { datasets::load_image_archive(folder / "a.npz"); });
  EXPECT_TRUE(contains(said, "a.npz', array 'labels', taken for the labels: ")) << said;
}

// Passed over, anomalies would be taken for normal.
TEST(ImageArchive, LabelsThatDoNotFitAreAnError) {
  const scratch::Folder folder;
  for (const auto& labels : {engine::NdArray::from({2}, std::vector<int64_t>{0, 1}),
                             engine::NdArray::from({3, 2}, std::vector<int64_t>(6))}) {
    engine::write_npz(folder / "a.npz", {{"images", images({3, 2, 4})}, {"labels", labels}});
    EXPECT_TRUE(contains(error_of([&] { datasets::load((folder / "a.npz").string()); }),
                         "should hold one label for each of the 3 images"));
  }
}

TEST(ImageArchive, TablesAreNone) {
  const scratch::Folder folder;
  engine::write_npz(folder / "t.npz", {{"X", images({4, 2})}, {"windows", images({4, 2, 2})}});
  EXPECT_FALSE(datasets::is_image_archive(folder / "t.npz"));
  EXPECT_EQ(datasets::load((folder / "t.npz").string()).train.shape, std::vector<int64_t>{2});
  scratch::write(folder / "t.npz", "PK\3\4 and no more");
  EXPECT_FALSE(datasets::is_image_archive(folder / "t.npz"));
}

TEST(ImageArchive, WhatDoesNotFitIsNamed) {
  const scratch::Folder folder;
  const auto complaint = [&](const Arrays& arrays) {
    engine::write_npz(folder / "a.npz", arrays);
    return error_of<std::runtime_error>([&] { datasets::load_image_archive(folder / "a.npz"); });
  };
  const NdArray y = NdArray::from({2}, Bytes{0, 1});
  EXPECT_TRUE(
      contains(complaint({{"x_train", images({2, 2, 2})}, {"x_test", images({2, 2, 2})}, {"y_test", y}}),
               "no array holds the labels of 'x_train' (2, 2, 2)"));
  EXPECT_TRUE(contains(
      complaint({{"images", images({2, 2, 2})}, {"y", NdArray::from({2}, std::vector<int32_t>{0, -1})}}),
      "holds the label -1"));
  EXPECT_TRUE(contains(complaint({{"images", NdArray::from({1, 1, 2}, std::vector<int16_t>{-3, 4000})}}),
                       "holds int16 values from -3 to 4000; expected whole numbers from 0 to 255"));
  EXPECT_TRUE(contains(complaint({{"images", NdArray::from({1, 1, 2}, Floats{0, std::nanf("")})}}), "NaN"));
  EXPECT_TRUE(contains(complaint({{"images", NdArray::from({1, 1, 2}, Floats{0.5f, 7})}}),
                       "float32 values from 0 to 7"));
}

TEST(ImageArchive, PixelsOfOtherTypes) {
  EXPECT_EQ(datasets::pixels_of(NdArray::from({2}, std::vector<int64_t>{0, 255}), "a").bytes,
            (Bytes{0, 255}));
  EXPECT_EQ(datasets::pixels_of(NdArray::from({2}, Floats{0, 255}), "a").bytes, (Bytes{0, 255}));
  EXPECT_EQ(datasets::pixels_of(NdArray::from({2}, Floats{0, 0.25f}), "a").values, (Floats{0, 0.25f}));
  EXPECT_EQ(datasets::pixels_of(NdArray::from({2}, std::vector<int8_t>{0, 1}), "a").bytes, (Bytes{0, 1}));
}

TEST(Kmnist, IsFourArchives) {
  const scratch::Folder folder;
  for (const std::string set : {"kmnist", "k49"}) {
    const scratch::Folder own;
    const auto write = [&](const std::string& name, const NdArray& array) {
      engine::write_npz(own / (set + name), {{"arr_0", array}});
    };
    write("-train-imgs.npz", images({3, 4, 4}));
    write("-train-labels.npz", NdArray::from({3}, Bytes{0, 2, 1}));
    write("-test-imgs.npz", images({2, 4, 4}));
    write("-test-labels.npz", NdArray::from({2}, Bytes{2, 0}));
    const Dataset data = datasets::load(own.path().string());
    data.check();
    EXPECT_EQ(data.train.labels, (std::vector<int32_t>{0, 2, 1}));
    EXPECT_EQ(data.classes(), 3);
    write("-test-labels.npz", NdArray::from({3}, Bytes{2, 0, 1}));
    EXPECT_TRUE(contains(error_of([&] { datasets::load(own.path().string()); }), "no array of 2 labels"));
  }
}

// 0x0B: 16 bits, big-endian.
TEST(IdxNumbers, OtherTypesAreRead) {
  const scratch::Folder folder;
  const auto write = [&](char type, char sizes, const std::string& body) {
    std::string bytes{'\0', '\0', type, sizes};
    for (char i = 0; i < sizes; ++i)
      bytes += std::string("\0\0\0", 3) + (i == 0 ? '\1' : i == 1 ? '\1' : '\2');
    scratch::write(folder / "a", bytes + body);
    return folder / "a";
  };
  EXPECT_EQ(datasets::read_idx_images(write('\x0b', 3, std::string("\0\1\0\xff", 4))).bytes, (Bytes{1, 255}));
  EXPECT_EQ(datasets::read_idx_images(write('\x09', 3, "\1\2")).bytes, (Bytes{1, 2}));
  EXPECT_EQ(datasets::read_idx_images(write('\x0c', 3, std::string("\0\0\0\5\0\0\0\6", 8))).bytes,
            (Bytes{5, 6}));
  EXPECT_EQ(datasets::read_idx_images(write('\x0d', 3, std::string("\x3f\x80\0\0\x3e\x80\0\0", 8))).values,
            (Floats{1, 0.25f}));
  EXPECT_EQ(
      datasets::read_idx_images(write('\x0e', 3, std::string("\x3f\xf0\0\0\0\0\0\0\x3f\xd0\0\0\0\0\0\0", 16)))
          .values,
      (Floats{1, 0.25f}));
  EXPECT_EQ(datasets::read_idx_labels(write('\x0c', 1, std::string("\0\0\1\7", 4))),
            std::vector<int32_t>{263});
  EXPECT_TRUE(contains(error_of([&] { datasets::read_idx_images(write('\x09', 3, "\1\xff")); }),
                       "stored as signed?"));
  EXPECT_TRUE(
      contains(error_of([&] { datasets::read_idx_images(write('\x0b', 3, "\1\2")); }), "is truncated"));
  EXPECT_TRUE(contains(error_of([&] { datasets::read_idx_images(write('\x0a', 3, "\1\2")); }),
                       "expected 0x00000803"));
  EXPECT_TRUE(contains(error_of([&] { datasets::read_idx_labels(write('\x0c', 1, "\xff\xff\xff\xff")); }),
                       "the label -1"));
}

TEST(Emnist, IsTurnedAndNamed) {
  const scratch::Folder folder;
  const auto write_set = [&](const std::string& set) {
    const auto write = [&](const std::string& name, const datasets::IdxImages& part,
                           const std::vector<int32_t>& labels) {
      write_idx_images(folder / (set + name + "-images-idx3-ubyte"), part);
      write_idx_labels(folder / (set + name + "-labels-idx1-ubyte"), labels);
    };
    write("-train", {2, 2, 2, {1, 2, 3, 4, 5, 6, 7, 8}}, {1, 2});
    write("-test", {1, 2, 2, {1, 2, 3, 4}}, {2});
  };
  write_set("emnist-letters");
  scratch::write(folder / "emnist-letters-mapping.txt", "1 65 97\n2 66 98\n");
  for (const auto& path : {folder.path(), folder / "emnist-letters-train-images-idx3-ubyte"}) {
    const Dataset data = datasets::load(path.string());
    EXPECT_EQ(data.train.bytes, (Bytes{1, 3, 2, 4, 5, 7, 6, 8}));
    EXPECT_EQ(data.class_names, (std::vector<std::string>{"0", "A", "B"}));
    EXPECT_EQ(data.test.labels, std::vector<int32_t>{2});
  }
  write_set("emnist-digits");
  EXPECT_TRUE(contains(error_of([&] { datasets::load(folder.path().string()); }),
                       "holds several sets, 'emnist-digits', 'emnist-letters': name the file"));
  EXPECT_EQ(datasets::load((folder / "emnist-digits-train-images-idx3-ubyte").string()).classes(), 3);
}

}  // namespace image_archive_test
}  // namespace
