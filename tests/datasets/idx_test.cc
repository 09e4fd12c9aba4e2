#include "datasets/idx.h"

#include <gtest/gtest.h>

#if SVDD_HAVE_ZLIB
#include <zlib.h>
#endif

#include <numeric>

#include "tests/datasets/scratch.h"

namespace {

namespace fs = std::filesystem;
using datasets::Dataset, datasets::IdxImages;
using scratch::contains, scratch::error_of;

std::string words(std::initializer_list<uint32_t> values) {
  std::string bytes;
  for (const uint32_t value : values)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255u);
  return bytes;
}

std::string images_file() { return words({0x803, 2, 2, 3}) + "abcdefghijkl"; }

std::string error_for_images(const scratch::Folder& folder, const std::string& contents,
                             const std::string& name = "images") {
  scratch::write(folder / name, contents);
  const std::string message = error_of<std::runtime_error>([&] { datasets::read_idx_images(folder / name); });
  EXPECT_TRUE(contains(message, (folder / name).string()));
  return message;
}

Dataset two_digits() {
  Dataset data{"small", {"0", "1", "2"}, {}, {}};
  data.train = {{1, 2, 3}, std::vector<uint8_t>(24), {0, 2, 1, 0}};
  data.test = {{1, 2, 3}, std::vector<uint8_t>(12), {1, 1}};
  std::iota(data.train.bytes.begin(), data.train.bytes.end(), uint8_t{200});
  std::iota(data.test.bytes.begin(), data.test.bytes.end(), uint8_t{0});
  return data;
}

TEST(Idx, ReadsImagesOfAnySize) {
  const scratch::Folder folder;
  scratch::write(folder / "images", images_file());
  const IdxImages images = datasets::read_idx_images(folder / "images");
  EXPECT_EQ(images.count, 2);
  EXPECT_EQ(images.rows, 2);
  EXPECT_EQ(images.columns, 3);
  EXPECT_EQ(std::string(images.bytes.begin(), images.bytes.end()), "abcdefghijkl");
}

TEST(Idx, ReadsLabelsUpTo255) {
  const scratch::Folder folder;
  scratch::write(folder / "labels", words({0x801, 3}) + std::string("\x00\x07\xff", 3));
  EXPECT_EQ(datasets::read_idx_labels(folder / "labels"), (std::vector<int32_t>{0, 7, 255}));
}

TEST(Idx, WritesTheBytesOfTheFormat) {
  const scratch::Folder folder;
  datasets::write_idx_images(folder / "images",
                             {2, 2, 3, {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'}});
  EXPECT_EQ(scratch::read(folder / "images"), images_file());
  datasets::write_idx_labels(folder / "labels", {0, 255});
  EXPECT_EQ(scratch::read(folder / "labels"), words({0x801, 2}) + std::string("\x00\xff", 2));
}

TEST(Idx, RefusesToWriteWhatDoesNotFit) {
  const scratch::Folder folder;
  EXPECT_THROW(datasets::write_idx_images(folder / "i", {2, 2, 2, {1, 2, 3}}), std::invalid_argument);
  EXPECT_THROW(datasets::write_idx_images(folder / "i", {0, 2, 2, {}}), std::invalid_argument);
  EXPECT_THROW(datasets::write_idx_labels(folder / "l", {256}), std::invalid_argument);
  EXPECT_THROW(datasets::write_idx_labels(folder / "l", {-1}), std::invalid_argument);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Idx, MalformedFilesEachSayWhatIsWrong) {
  const scratch::Folder folder;
  EXPECT_TRUE(contains(error_of([&] { datasets::read_idx_images(folder / "none"); }), "there is no file"));
  EXPECT_TRUE(contains(error_of([&] { datasets::read_idx_images(folder.path()); }), "is a folder"));
  EXPECT_TRUE(contains(error_for_images(folder, ""), "is empty"));
  EXPECT_TRUE(contains(error_for_images(folder, std::string("\0\0", 2)), "within the IDX header"));
  EXPECT_TRUE(contains(error_for_images(folder, words({0x803, 2, 2})), "within the IDX header"));
  EXPECT_TRUE(contains(error_for_images(folder, images_file().substr(0, 27)),
                       "promises 12 bytes of data, 11 are there"));
  EXPECT_TRUE(contains(error_for_images(folder, images_file() + "x"), "goes on after the 12 bytes"));
  EXPECT_TRUE(contains(error_for_images(folder, words({0x801, 1}) + "a"), "the names may be swapped"));
  EXPECT_TRUE(contains(error_for_images(folder, "GIF89a, for example"),
                       "begins with 0x47494638, expected 0x00000803"));
  EXPECT_TRUE(contains(error_for_images(folder, words({0x803, 0, 2, 3})), "size of 0"));
  EXPECT_TRUE(contains(error_for_images(folder, words({0x803, 2, 0, 3})), "size of 0"));
}

TEST(Idx, AbsurdSizesAreNotAllocated) {
  const scratch::Folder folder;
  const uint32_t most = 0xffffffff;
  EXPECT_TRUE(contains(error_for_images(folder, words({0x803, most, most, most}) + "abc"),
                       "4294967295x4294967295x4294967295"));
  EXPECT_TRUE(contains(error_for_images(folder, words({0x803, 60000, 28, 28}) + "abc"), "60000x28x28"));
  EXPECT_TRUE(contains(error_for_images(folder, words({0x803, 1u << 31, 1u << 31, 4}) + "abc"), "truncated"));
}

TEST(IdxFolder, RoundTrip) {
  const scratch::Folder folder;
  const Dataset written = two_digits();
  datasets::write_idx_folder(folder / "a/b", written);
  const Dataset read = datasets::load_idx_folder(folder / "a/b");
  EXPECT_EQ(read.train.bytes, written.train.bytes);
  EXPECT_EQ(read.train.labels, written.train.labels);
  EXPECT_EQ(read.test.bytes, written.test.bytes);
  EXPECT_EQ(read.test.labels, written.test.labels);
  EXPECT_EQ(read.train.shape, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(read.class_names, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_NO_THROW(read.check());
}

TEST(IdxFolder, NamesMayHaveAPointInTheirMiddle) {
  const scratch::Folder folder;
  datasets::write_idx_folder(folder.path(), two_digits());
  for (const char* name : {"train-images", "train-labels", "t10k-images", "t10k-labels"}) {
    const std::string kind = std::string(name).ends_with("images") ? "idx3-ubyte" : "idx1-ubyte";
    fs::rename(folder / (std::string(name) + "-" + kind), folder / (std::string(name) + "." + kind));
  }
  EXPECT_TRUE(datasets::is_idx_folder(folder.path()));
  EXPECT_EQ(datasets::load_idx_folder(folder.path()).train.bytes, two_digits().train.bytes);
}

TEST(IdxFolder, ColourDoesNotFit) {
  const scratch::Folder folder;
  Dataset data = two_digits();
  data.train.shape = data.test.shape = {3, 1, 2};
  EXPECT_TRUE(contains(
      error_of<std::invalid_argument>([&] { datasets::write_idx_folder(folder.path(), data); }), "3x1x2"));
}

TEST(IdxFolder, SaysWhichFileIsMissing) {
  const scratch::Folder folder;
  EXPECT_FALSE(datasets::is_idx_folder(folder.path()));
  datasets::write_idx_folder(folder.path(), two_digits());
  fs::remove(folder / "t10k-labels-idx1-ubyte");
  EXPECT_TRUE(datasets::is_idx_folder(folder.path()));
  EXPECT_TRUE(
      contains(error_of([&] { datasets::load_idx_folder(folder.path()); }), "t10k-labels-idx1-ubyte"));
}

TEST(IdxFolder, HalvesAndCountsMustFit) {
  const scratch::Folder folder;
  datasets::write_idx_folder(folder.path(), two_digits());
  datasets::write_idx_labels(folder / "train-labels-idx1-ubyte", {1, 2, 0});
  EXPECT_TRUE(contains(error_of([&] { datasets::load_idx_folder(folder.path()); }), "holds 4 images"));
  datasets::write_idx_folder(folder.path(), two_digits());
  datasets::write_idx_images(folder / "t10k-images-idx3-ubyte", {2, 3, 2, std::vector<uint8_t>(12)});
  EXPECT_TRUE(contains(error_of([&] { datasets::load_idx_folder(folder.path()); }), "1x3x2"));
}

#if SVDD_HAVE_ZLIB

std::string gzip(const std::string& bytes) {
  z_stream state{};
  EXPECT_EQ(deflateInit2(&state, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&state, bytes.size()), '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  state.avail_in = static_cast<uInt>(bytes.size());
  state.next_out = reinterpret_cast<Bytef*>(packed.data());
  state.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  packed.resize(state.total_out);
  deflateEnd(&state);
  return packed;
}

TEST(IdxGzip, ReadsOneOrSeveralMembers) {
  const scratch::Folder folder;
  scratch::write(folder / "one.gz", gzip(images_file()));
  EXPECT_EQ(datasets::read_idx_images(folder / "one.gz").bytes.size(), 12u);
  scratch::write(folder / "two.gz", gzip(images_file().substr(0, 18)) + gzip(images_file().substr(18)));
  EXPECT_EQ(datasets::read_idx_images(folder / "two.gz").bytes,
            datasets::read_idx_images(folder / "one.gz").bytes);
}

TEST(IdxGzip, PlainIsPreferred) {
  const scratch::Folder folder;
  datasets::write_idx_folder(folder.path(), two_digits());
  const fs::path labels = folder / "train-labels-idx1-ubyte", packed = folder / "train-labels-idx1-ubyte.gz";
  scratch::write(packed, "no gzip at all");
  EXPECT_NO_THROW(datasets::load_idx_folder(folder.path()));
  scratch::write(packed, gzip(scratch::read(labels)));
  fs::remove(labels);
  EXPECT_EQ(datasets::load_idx_folder(folder.path()).train.labels, two_digits().train.labels);
}

TEST(IdxGzip, DamagedStreams) {
  const scratch::Folder folder;
  const std::string packed = gzip(images_file());
  EXPECT_TRUE(contains(error_for_images(folder, "no gzip at all", "a.gz"), "not a sound gzip file"));
  EXPECT_TRUE(contains(error_for_images(folder, packed.substr(0, 12), "a.gz"), "gzip stream ends early"));
  EXPECT_TRUE(contains(error_for_images(folder, packed.substr(0, packed.size() - 3), "a.gz"),
                       "gzip stream ends early"));
  EXPECT_TRUE(contains(error_for_images(folder, packed + "tail", "a.gz"), "not a sound gzip file"));
  std::string flipped = packed;
  flipped[packed.size() - 7] ^= 1;  // in the checksum
  EXPECT_TRUE(contains(error_for_images(folder, flipped, "a.gz"), "not a sound gzip file"));
  EXPECT_TRUE(contains(error_for_images(folder, "", "a.gz"), "is empty"));
}

// Tapes and block devices fill up with zeros; gzip takes them.
TEST(IdxGzip, ZerosMayFollow) {
  const scratch::Folder folder;
  const std::string packed = gzip(images_file());
  for (const size_t zeros : {1, 512, 200000}) {
    scratch::write(folder / "a.gz", packed + std::string(zeros, '\0'));
    EXPECT_EQ(datasets::read_idx_images(folder / "a.gz").bytes.size(), 12u) << zeros;
  }
  const std::string after = error_for_images(folder, packed + std::string(100000, '\0') + "tail", "a.gz");
  EXPECT_TRUE(contains(after, "other bytes follow its stream and 100000 zero bytes, beginning with 'tail'"))
      << after;
  EXPECT_TRUE(contains(error_for_images(folder, packed + "tail", "a.gz"), "beginning with 'tail'"));
  EXPECT_NE(error_for_images(folder, packed + "\x1f\x8b", "a.gz"), "");  // the beginning of another member
}

TEST(IdxGzip, SaysWhatAFileIsInstead) {
  const scratch::Folder folder;
  for (const char* page : {"<!DOCTYPE html>\n<html>", "\n <HTML><head>", "\xef\xbb\xbf<html lang=en>"})
    EXPECT_TRUE(contains(error_for_images(folder, page, "a.gz"), "it is a web page")) << page;
  EXPECT_TRUE(contains(error_for_images(folder, images_file(), "a.gz"), "IDX data that are not compressed"));
  EXPECT_TRUE(contains(error_for_images(folder, "PK\x03\x04 and so on", "a.gz"), "zip archive"));
  EXPECT_TRUE(contains(error_for_images(folder, gzip(images_file()), "a"), "its name does not end in .gz"));
  EXPECT_TRUE(contains(error_for_images(folder, gzip(gzip(images_file())), "a.gz"), "compressed twice"));
}

TEST(IdxGzip, NeverUnpacksMoreThanPromised) {
  const scratch::Folder folder;
  // 64 MB of zeros behind a header that promises 12 bytes.
  const std::string bomb = gzip(words({0x803, 2, 2, 3}) + std::string(size_t{1} << 26, '\0'));
  EXPECT_TRUE(contains(error_for_images(folder, bomb, "bomb.gz"), "goes on after the 12 bytes"));
  // A promise beyond what so small a file can unpack to, and one within it that is not kept.
  EXPECT_TRUE(
      contains(error_for_images(folder, gzip(words({0x803, 60000, 280, 280}) + "abc"), "a.gz"), "can hold"));
  EXPECT_TRUE(
      contains(error_for_images(folder, gzip(words({0x803, 10, 28, 28}) + "abc"), "a.gz"), "3 are there"));
}

#else

TEST(IdxGzip, WithoutZlibSaysHowToUnpack) {
  const scratch::Folder folder;
  const std::string message = error_for_images(folder, "anything", "a.gz");
  EXPECT_TRUE(contains(message, "no zlib"));
  EXPECT_TRUE(contains(message, "gunzip -k"));
}

#endif

TEST(IdxRealData, MnistClassCounts) {
  SKIP_WITHOUT_REAL_DATA("mnist");
  const Dataset mnist = datasets::load_idx_folder(scratch::real_data("mnist"));
  EXPECT_EQ(mnist.train.shape, (std::vector<int64_t>{1, 28, 28}));
  EXPECT_EQ(mnist.train.class_counts(10),
            (std::vector<int64_t>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
  EXPECT_EQ(mnist.test.class_counts(10),
            (std::vector<int64_t>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  const std::vector<int32_t> first = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
  EXPECT_TRUE(std::equal(first.begin(), first.end(), mnist.train.labels.begin()));
  const double mean =
      std::accumulate(mnist.train.bytes.begin(), mnist.train.bytes.end(), 0.0) / 255 / 47040000;
  EXPECT_NEAR(mean, 0.1307, 0.00005);
}

TEST(IdxRealData, FashionMnistIsBalanced) {
  SKIP_WITHOUT_REAL_DATA("fashion-mnist");
  const Dataset fashion = datasets::load_idx_folder(scratch::real_data("fashion-mnist"));
  EXPECT_EQ(fashion.train.class_counts(10), std::vector<int64_t>(10, 6000));
  EXPECT_EQ(fashion.test.class_counts(10), std::vector<int64_t>(10, 1000));
  const double mean =
      std::accumulate(fashion.train.bytes.begin(), fashion.train.bytes.end(), 0.0) / 255 / 47040000;
  EXPECT_NEAR(mean, 0.2860, 0.00005);
}

}  // namespace
