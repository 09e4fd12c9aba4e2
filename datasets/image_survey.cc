#include "datasets/image_survey.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "datasets/defect_folder.h"
#include "datasets/image_file.h"
#include "datasets/image_folder.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

int64_t median(std::vector<int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

ImageSurvey survey_images(const fs::path& folder, int64_t most) {
  std::vector<fs::path> images;
  try {
    images = images_in(normal_images_of(folder));
  } catch (const engine::Stopped&) {
    throw;
  } catch (const std::runtime_error&) {
    return {};
  }
  ImageSurvey survey{.images = static_cast<int64_t>(images.size())};
  std::vector<int64_t> heights, widths;
  const int64_t looks = std::min(most, survey.images);
  for (int64_t i = 0; i < looks; ++i) {
    engine::check_stop();
    try {
      const Image image = read_image(images[static_cast<size_t>(i * survey.images / looks)]);
      heights.push_back(image.height), widths.push_back(image.width);
      survey.coloured = survey.coloured || image.has_colour();
    } catch (const engine::Stopped&) {
      throw;
    } catch (const std::runtime_error&) {
    }
  }
  survey.looked_at = static_cast<int64_t>(heights.size());
  if (survey.looked_at > 0) survey.height = median(heights), survey.width = median(widths);
  return survey;
}

}  // namespace datasets
