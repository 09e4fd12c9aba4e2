// The command on picture files: folders told by what is in them, damaged files, values of another range.
#include <gtest/gtest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/files/npy.h"
#include "refusals.h"
#include "small_data.h"
#include "svdd/recipes/data_traits.h"

namespace {

using namespace tools_test;
using svdd::recipes::DataKind;

// A PPM picture: `pixel(y, x)` gives the text of three numbers.
template <class Pixel>
void write_picture(const fs::path& path, int side, Pixel pixel) {
  fs::create_directories(path.parent_path());
  std::string text = "P3 " + std::to_string(side) + ' ' + std::to_string(side) + " 255";
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) text += ' ' + std::string(pixel(y, x));
  write_text(path, text);
}

std::string grey(int level) {
  const std::string text = std::to_string(level & 255);
  return text + ' ' + text + ' ' + text;
}

void write_grey_folder(const fs::path& folder, int count, int side) {
  for (int i = 0; i < count; ++i)
    write_picture(folder / (std::to_string(100 + i) + ".ppm"), side,
                  [&](int y, int x) { return grey((y * 7 + x * (i + 3)) * 28 / side * 5); });
}

std::string shape_in(const Outcome& outcome) {
  const size_t at = outcome.err.find(" brought to ");
  return at == std::string::npos ? "" : outcome.err.substr(at + 12, outcome.err.find('\n', at) - at - 12);
}

TEST(ImageInput, AFlatFolderIsWhatItsPicturesAre) {
  const Scratch scratch;
  const fs::path f = scratch.path;
  write_grey_folder(f / "pictures", 4, 9);  // grey, though stored as RGB
  EXPECT_EQ(svdd::recipes::traits_of((f / "pictures").string()).kind, DataKind::digits);
  write_picture(f / "pictures/999.ppm", 9, [](int y, int x) { return y == 8 && x == 8 ? "9 9 8" : grey(x); });
  EXPECT_EQ(svdd::recipes::traits_of((f / "pictures").string()).kind, DataKind::colour_images);
  write_small_data(f);
  EXPECT_EQ(svdd::recipes::traits_of((f / "small").string()).kind, DataKind::digits);
  write_grey_folder(f / "parts/train/good", 2, 9);
  EXPECT_EQ(svdd::recipes::traits_of((f / "parts").string()).kind, DataKind::digits);
  EXPECT_EQ(svdd::recipes::traits_of((f / "none").string()).kind, DataKind::digits);
}

TEST(ImageInput, ColourIsTrainedOnInColour) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path f = scratch.path;
  // Two colours of equal grey.
  const auto write = [&](const std::string& folder, const char* colour) {
    for (int i = 0; i < 8; ++i)
      write_picture(f / folder / (std::to_string(i) + ".ppm"), 12, [&](int y, int x) {
        return (y - 5) * (y - 5) + (x - 6) * (x - 6) < 9 + i ? colour : "20 20 20";
      });
  };
  write("train", "200 100 0");
  const Outcome trained =
      run_svdd(f, words_of("train --data train --out run --epochs 1 --ae-epochs 1 --threads 1"));
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(shape_in(trained), "3x32x32 (RGB)");
  EXPECT_NE(trained.err.find("warning: only 8 training samples"), std::string::npos) << trained.err;
  const auto results = nlohmann::json::parse(text_of(f / "run/results.json"));
  EXPECT_EQ(results["network"], "cifar10_LeNet");
  EXPECT_EQ(results["data_notes"][0], "8 images brought to 3x32x32 (RGB)");
}

TEST(ImageInput, MethodsWithoutANetworkSeeWhatNetworksSee) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path f = scratch.path;
  write_grey_folder(f / "large", 6, 120);
  for (const std::string method : {"kde", "kernel-svdd", "isolation-forest"}) {
    const Outcome outcome =
        run_svdd(f, words_of("train --data large --threads 1 --method " + method + " --out " + method));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(shape_in(outcome), "1x64x64 (grey)") << outcome.err;
  }
  // A test half beside it, and other colours: the model's own size and colours count.
  write_grey_folder(f / "parts/train/good", 2, 9);
  write_grey_folder(f / "parts/test/good", 2, 9);
  write_picture(f / "parts/test/bad/0.ppm", 9, [](int y, int x) { return std::to_string(y * x) + " 9 8"; });
  const Outcome evaluated = run_svdd(f, words_of("evaluate --model kde --data parts --normal 0"));
  EXPECT_EQ(evaluated.status, 0) << evaluated.err;
  EXPECT_EQ(shape_in(evaluated), "1x64x64 (grey)") << evaluated.err;
}

TEST(ImageInput, SizeNetworkAndEpochsArePickedAndSaid) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path f = scratch.path;
  write_grey_folder(f / "parts/train/good", 12, 70);
  write_grey_folder(f / "parts/test/good", 3, 70);
  write_grey_folder(f / "parts/test/bent", 3, 80);
  const auto train = [&](const std::string& more) {
    const Outcome o = run_svdd(f, words_of("train --data parts --threads 1 --ae-epochs 1 " + more));
    EXPECT_EQ(o.status, 0) << more << o.err;
    return o;
  };
  // A few steps are no measure of minutes.
  const Outcome picked = train("--out picked --epochs 1");
  EXPECT_NE(picked.err.find(
                "picked image size 1x64x64: the normal images are 70x70 (the median), none in colour; 64x64 "
                "where the shorter side reaches it, else 32x32 (otherwise: --image-size N or HxW)"),
            std::string::npos)
      << picked.err;
  EXPECT_EQ(picked.err.find("by the first steps"), std::string::npos) << picked.err;
  const auto results = nlohmann::json::parse(text_of(f / "picked/results.json"));
  EXPECT_EQ(results["network"], "images_1x64x64");
  ASSERT_EQ(results["picks"].size(), 3u) << results["picks"].dump();
  EXPECT_EQ(results["picks"][0]["what"], "image size");
  EXPECT_EQ(results["picks"][1]["picked"], "4 convolutions, then 128 numbers");
  EXPECT_EQ(results["picks"][2]["what"], "batch");
  const auto config = nlohmann::json::parse(text_of(f / "picked/config.json"));
  EXPECT_EQ(config["image_size"], "1x64x64");
  EXPECT_EQ(config["batch_size"], 32);
  // What is named is not picked; other words for the same are the same run.
  const Outcome named = train("--out named --epochs 1 --image-size 64x64 --batch-size 32 --ae-batch-size 32");
  EXPECT_EQ(named.err.find("picked image"), std::string::npos) << named.err;
  EXPECT_EQ(nlohmann::json::parse(text_of(f / "named/results.json"))["scores_sha256"],
            results["scores_sha256"]);
  const Outcome again = run_svdd(f, words_of("train --config picked/config.json --out again --quiet"));
  EXPECT_EQ(nlohmann::json::parse(text_of(f / "again/results.json"))["weights_sha256"],
            results["weights_sha256"])
      << again.err;

  // Another network that says what it sees takes the place of the size that was picked, too.
  const Outcome other =
      run_svdd(f, {"train", "--config", "picked/config.json", "--out", "other", "--quiet", "--network",
                   "input 1x32x32, conv 4 3x3, leaky_relu, max_pool, dense 8"});
  EXPECT_EQ(other.status, 0) << other.err;
  EXPECT_EQ(nlohmann::json::parse(text_of(f / "other/config.json"))["image_size"], "1x32x32");
  // One that does not leaves the size to be picked.
  const Outcome sized = run_svdd(f, {"train", "--data", "parts", "--epochs", "1", "--ae-epochs", "1", "--out",
                                     "sized", "--network", "conv 4 3x3, leaky_relu, max_pool, dense 8"});
  EXPECT_EQ(sized.status, 0) << sized.err;
  EXPECT_NE(sized.err.find("picked image size 1x64x64"), std::string::npos) << sized.err;

  const Outcome timed = train("--out timed --epochs 120");
  EXPECT_NE(timed.err.find("by the first steps this will take "), std::string::npos) << timed.err;
  // Another size, not square, in colour, with a network that takes any.
  const Outcome wide = run_svdd(
      f, {"train", "--data", "parts", "--out", "wide", "--threads", "1", "--no-pretrain", "--epochs", "1",
          "--image-size", "3x24x40", "--network", "conv 8 3x3, batch_norm, leaky_relu, max_pool, dense 8"});
  ASSERT_EQ(wide.status, 0) << wide.err;
  EXPECT_EQ(shape_in(wide), "3x24x40 (RGB)") << wide.err;
  EXPECT_EQ(run_svdd(f, words_of("score --model wide --input parts/test/bent")).status, 0);
  for (const std::string method : {"dasvdd", "autoencoder", "multi-radius"}) {
    const Outcome o = run_svdd(f, words_of("train --data parts --image-size 20x30 --threads 1 --method " +
                                           method + " --limit 12 --out of-" + method +
                                           (method == "dasvdd" ? " --epochs 1" : " --ae-epochs 1")));
    EXPECT_EQ(o.status, 0) << method << o.err;
    EXPECT_EQ(nlohmann::json::parse(text_of(f / ("of-" + method) / "results.json"))["network"],
              "images_1x20x30");
  }
  expect_refused(
      f,
      {{"train --data parts --out no --image-size 0", 2, "--image-size is '0'; expected a side"},
       {"train --data parts --out no --image-size 64x", 2, "expected a side"},
       {"train --data parts --out no --image-size 2x8x8", 2, "expected a side"},
       {"train --data parts --out no --image-size 9000", 2, "sides from 4 to 1024"},
       {"train --data parts --out no --image-size 32 --network mnist_LeNet", 2, "the network sees 1x28x28"},
       {"train --data strokes --out no --normal 3 --image-size 32", 2, "a size of its own"}});
}

class Scoring : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    const fs::path f = scratch_->path;
    write_grey_folder(f / "train", 6, 28);
    run_svdd(f, words_of("train --data train --method kde --out run --quiet --threads 1"));
  }
  static void TearDownTestSuite() { delete scratch_; }
  void SetUp() override { REQUIRE_SVDD(); }

  static Scratch* scratch_;
  const fs::path f = scratch_->path;
};
Scratch* Scoring::scratch_ = nullptr;

TEST_F(Scoring, ADamagedFileTakesNoScoreFromTheOthers) {
  write_grey_folder(f / "some", 4, 28);
  write_text(f / "some/101.ppm", "P3 28 28 255 1 2 3");
  write_text(f / "some/x.heic", "II*");
  const Outcome outcome = run_svdd(f, words_of("score --model run --input some"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 4) << outcome.out;
  EXPECT_NE(outcome.out.find("\nsome/103.ppm,"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("passed over: image 'some/101.ppm' is truncated"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("1 file passed over: 1 .heic"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("svdd: 1 of the 4 images in 'some' could not be read and has no score"),
            std::string::npos)
      << outcome.err;
  const Outcome to_file = run_svdd(f, words_of("score --model run --input some --output out.csv --quiet"));
  EXPECT_EQ(to_file.status, 1);
  EXPECT_EQ(text_of(f / "out.csv"), outcome.out);

  const Outcome single = run_svdd(f, words_of("score --model run --input some/101.ppm"));
  EXPECT_EQ(single.status, 1);
  EXPECT_EQ(single.out, "");
  // To train on them is another matter: it is a remark.
  const Outcome trained = run_svdd(f, words_of("train --data some --method kde --out other --threads 1"));
  EXPECT_EQ(trained.status, 0);
  EXPECT_NE(trained.err.find("1 damaged file passed over: image 'some/101.ppm'"), std::string::npos)
      << trained.err;
}

// The same picture as PGM and as TIFF (little-endian, one strip), in a folder, by name and in a stream of paths.
TEST_F(Scoring, TiffIsReadOrThePackageNamed) {
  std::string pixels;
  for (int i = 0; i < 28 * 28; ++i) pixels += static_cast<char>(i * 5 % 100);
  const auto number = [](uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 255);
    return text;
  };
  std::string tiff = std::string("II*\0", 4) + number(8, 4) + number(9, 2);
  for (const auto& [tag, value] : {std::pair<uint32_t, uint32_t>{256, 28},
                                   {257, 28},
                                   {258, 8},
                                   {259, 1},
                                   {262, 1},
                                   {273, 8 + 2 + 9 * 12 + 4},
                                   {277, 1},
                                   {278, 28},
                                   {279, 28 * 28}})
    tiff += number(tag, 2) + number(4, 2) + number(1, 4) + number(value, 4);
  tiff += number(0, 4) + pixels;
  fs::create_directory(f / "both");
  write_text(f / "both/a.pgm", "P5 28 28 255\n" + pixels);
  write_text(f / "both/b.tif", tiff);
  const std::string score = "score --quiet --model run --input ";
  const std::string of_pgm = run_svdd(f, words_of(score + "both/a.pgm")).out;
  const Outcome alone = run_svdd(f, words_of(score + "both/b.tif")),
                both = run_svdd(f, words_of(score + "both"));
  EXPECT_EQ(both.status, 0) << both.err;
  if (!SVDD_HAVE_TIFF) {
    EXPECT_EQ(alone.status, 1);
    EXPECT_NE(alone.err.find("install Debian's libtiff-dev and build svdd again"), std::string::npos)
        << alone.err;
    return;
  }
  std::string expected = of_pgm;
  expected.replace(expected.find("both/a.pgm"), 10, "both/b.tif");
  EXPECT_EQ(alone.out, expected) << alone.err;
  EXPECT_EQ(both.out, of_pgm + expected.substr(expected.find("both/")));
  write_text(f / "paths", "both/b.tif\n");
  EXPECT_EQ(run_svdd(f, words_of(score + "-"), {}, f / "paths").out, expected);
}

TEST_F(Scoring, ImagesOfAnotherRangeAreNotScoredInSilence) {
  const auto score = [&](float least, float most) {
    std::vector<float> values(28 * 28, least);
    values[5] = most;
    engine::write_npy(f / "values.npy", engine::NdArray::from({1, 28, 28}, values));
    return run_svdd(f, words_of("score --model run --input values.npy"));
  };
  EXPECT_EQ(score(0, 1).err.find("values"), std::string::npos);
  EXPECT_EQ(score(-0.2f, 1.3f).err.find("values from"), std::string::npos);
  const Outcome noted = score(-2, 2.5f);
  EXPECT_EQ(noted.status, 0);
  EXPECT_NE(noted.err.find("values from -2 to 2.5"), std::string::npos) << noted.err;
  const Outcome bytes = score(0, 255);
  EXPECT_EQ(bytes.status, 1);
  EXPECT_EQ(bytes.out, "");
  EXPECT_NE(
      bytes.err.find("from 0 to 255, and the model was trained on images from 0 to 1: divide them by 255"),
      std::string::npos)
      << bytes.err;
}

}  // namespace
