// A look at a folder of images: sizes, colour, layouts.
#include "datasets/image_survey.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/datasets/scratch.h"

namespace image_survey_test {
namespace {

namespace fs = std::filesystem;

void write_picture(const fs::path& path, int height, int width, const std::string& pixel) {
  fs::create_directories(path.parent_path());
  std::string text = "P3 " + std::to_string(width) + ' ' + std::to_string(height) + " 255";
  for (int i = 0; i < height * width; ++i) text += ' ' + pixel;
  scratch::write(path, text);
}

TEST(ImageSurvey, MediansAndColour) {
  const scratch::Folder folder;
  const fs::path& f = folder.path();
  write_picture(f / "a.ppm", 5, 9, "7 7 7");
  write_picture(f / "b.ppm", 6, 20, "7 7 7");
  write_picture(f / "c.ppm", 40, 8, "7 7 7");
  datasets::ImageSurvey survey = datasets::survey_images(f);
  EXPECT_EQ(survey.images, 3);
  EXPECT_EQ(survey.looked_at, 3);
  EXPECT_EQ(survey.height, 6);
  EXPECT_EQ(survey.width, 9);
  EXPECT_FALSE(survey.coloured);
  write_picture(f / "d.ppm", 6, 9, "7 8 7");
  scratch::write(f / "e.png", "no picture");
  survey = datasets::survey_images(f);
  EXPECT_EQ(survey.images, 5);
  EXPECT_EQ(survey.looked_at, 4);
  EXPECT_TRUE(survey.coloured);
  EXPECT_EQ(datasets::survey_images(f, 1).looked_at, 1);
  EXPECT_EQ(datasets::survey_images(f, 1).images, 5);
}

TEST(ImageSurvey, TrainingImagesCountAndMasksDoNot) {
  const scratch::Folder folder;
  const fs::path& f = folder.path();
  write_picture(f / "train/good/a.ppm", 5, 5, "7 7 7");
  write_picture(f / "test/bad/a.ppm", 50, 50, "7 0 7");
  write_picture(f / "ground_truth/bad/a.ppm", 50, 50, "7 0 7");
  const datasets::ImageSurvey defects = datasets::survey_images(f);
  EXPECT_EQ(defects.images, 1);
  EXPECT_EQ(defects.height, 5);
  EXPECT_FALSE(defects.coloured);
  write_picture(f / "nested/x/y/a.ppm", 8, 5, "7 7 7");
  EXPECT_EQ(datasets::survey_images(f / "nested").height, 8);
  EXPECT_EQ(datasets::survey_images(f / "none").images, 0);
  EXPECT_EQ(datasets::survey_images(f / "train/good/a.ppm").looked_at, 0);
}

}  // namespace
}  // namespace image_survey_test
