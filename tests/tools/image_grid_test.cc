#include "tools/report/image_grid.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/files/atomic_file.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace tools {
namespace {

constexpr int grey = 150;  // of the separators

struct Decoded {
  int width = 0, height = 0, channels = 0;
  std::vector<uint8_t> bytes;
  int at(int y, int x, int c = 0) const { return bytes[static_cast<size_t>((y * width + x) * channels + c)]; }
};

Decoded decode(const std::string& png) {
  Decoded out;
  stbi_uc* bytes =
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(png.data()), static_cast<int>(png.size()),
                            &out.width, &out.height, &out.channels, 0);
  if (bytes) out.bytes.assign(bytes, bytes + out.width * out.height * out.channels);
  stbi_image_free(bytes);
  return out;
}

TEST(ImageGrid, MapsValuesToBytes) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const std::vector<float> row = {0.0f, 1.0f, 0.5f, -3.0f, 2.0f, nan, inf, -inf, 1.0f / 255.0f};
  const std::vector<int> expected = {0, 255, 128, 0, 255, 0, 255, 0, 1};
  const Decoded sheet = decode(png_of_grid({row, 1, 1, 1, 9, 8, 1, 0}));
  ASSERT_EQ(sheet.width, 9);
  ASSERT_EQ(sheet.height, 1);
  ASSERT_EQ(sheet.channels, 1);
  for (int x = 0; x < 9; ++x) EXPECT_EQ(sheet.at(0, x), expected[static_cast<size_t>(x)]) << x;
}

TEST(ImageGrid, LaysPicturesOutRowByRow) {
  // Five pictures of 1 x 2, three per row, a separator of one pixel: 10 x 5 with a last place left grey.
  std::vector<float> images;
  for (int i = 0; i < 10; ++i) images.push_back(static_cast<float>(i) / 255.0f);
  const Decoded sheet = decode(png_of_grid({images, 5, 1, 1, 2, 3, 1, 1}));
  ASSERT_EQ(sheet.width, 10);
  ASSERT_EQ(sheet.height, 5);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 10; ++x) {
      const int picture = y / 2 * 3 + x / 3;
      const bool separator = y % 2 == 0 || x % 3 == 0 || picture >= 5;
      EXPECT_EQ(sheet.at(y, x), separator ? grey : picture * 2 + x % 3 - 1) << y << ' ' << x;
    }
  }
}

TEST(ImageGrid, TakesChannelsFromPlanes) {
  const std::vector<float> image = {1, 0, 0, 1, 0.2f, 0.4f};  // red, green, blue planes of 1 x 2
  const Decoded sheet = decode(png_of_grid({image, 1, 3, 1, 2, 8, 2, 0}));
  ASSERT_EQ(sheet.width, 4);
  ASSERT_EQ(sheet.height, 2);
  ASSERT_EQ(sheet.channels, 3);
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 4; ++x) {
      EXPECT_EQ(sheet.at(y, x, 0), x < 2 ? 255 : 0);
      EXPECT_EQ(sheet.at(y, x, 1), x < 2 ? 0 : 255);
      EXPECT_EQ(sheet.at(y, x, 2), x < 2 ? 51 : 102);
    }
  }
}

TEST(ImageGrid, EnlargesSmallPicturesOnly) {
  const auto width = [](int64_t side) {
    const std::vector<float> image(static_cast<size_t>(side * side));
    return decode(png_of_grid({image, 1, 1, side, side, 8, 0, 0})).width;
  };
  EXPECT_EQ(width(28), 56);
  EXPECT_EQ(width(32), 64);
  EXPECT_EQ(width(64), 64);
  EXPECT_EQ(width(1), 56);
}

TEST(ImageGrid, IsTheSheetOfTheContract) {
  const std::vector<float> images(32 * 28 * 28);
  const Decoded sheet = decode(png_of_grid({images, 32, 1, 28, 28}));
  EXPECT_EQ(sheet.width, 8 * 58 + 2);  // 8 per row, doubled, 2 pixels between
  EXPECT_EQ(sheet.height, 4 * 58 + 2);
}

TEST(ImageGrid, SaysWhatItCannotDraw) {
  const std::vector<float> values(12);
  const int64_t huge = std::numeric_limits<int64_t>::max();
  EXPECT_THROW(png_of_grid({{}, 0, 1, 28, 28}), std::invalid_argument);
  EXPECT_THROW(png_of_grid({values, 3, 2, 1, 2}), std::invalid_argument);  // two channels
  EXPECT_THROW(png_of_grid({values, 1, 1, 3, 5}), std::invalid_argument);  // 15 values
  EXPECT_THROW(png_of_grid({values, 1, 1, -3, -4}), std::invalid_argument);
  EXPECT_THROW(png_of_grid({values, huge, 1, huge, huge}), std::invalid_argument);
  EXPECT_THROW(png_of_grid({values, 1, 1, 3, 4, 0}), std::invalid_argument);  // no columns
  EXPECT_THROW(png_of_grid({values, 1, 1, 3, 4, 8, -1}), std::invalid_argument);
  EXPECT_THROW(png_of_grid({values, 1, 1, 3, 4, 8, huge}), std::invalid_argument);
  EXPECT_THROW(png_of_grid({values, 1, 1, 3, 4, 8, 1, huge}), std::invalid_argument);
  EXPECT_THROW(png_of_grid({values, 1, 1, 3, 4, 8, 1, -1}), std::invalid_argument);
}

TEST(ImageGrid, WritesTheFileWholeOrNotAtAll) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("svdd_image_grid_test." + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const std::vector<float> images(4, 0.5f);
  const ImageGrid grid{images, 4, 1, 1, 1};
  write_grid(folder / "normals.png", grid);
  EXPECT_EQ(engine::read_file(folder / "normals.png"), png_of_grid(grid));
  EXPECT_THROW(write_grid(folder / "broken.png", {images, 5, 1, 1, 1}), std::invalid_argument);
  EXPECT_THROW(write_grid(folder / "no folder" / "a.png", grid), std::runtime_error);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files += entry.exists();
  EXPECT_EQ(files, 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tools
