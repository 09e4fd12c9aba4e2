#include "datasets/image_survey.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "datasets/image_file.h"
#include "datasets/image_folder.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr int deepest = 4;  // folders below folders: beyond that it is no layout of a data set

// By name, those of a folder before those of its subfolders.
void gather_images(const fs::path& folder, int depth, std::vector<fs::path>& images) {
  if (holds_images(folder)) {
    const std::vector<fs::path> here = images_in(folder);
    images.insert(images.end(), here.begin(), here.end());
  }
  if (depth == deepest) return;
  std::vector<fs::path> subfolders;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    const std::string name = entry->path().filename().string();
    if (entry->is_directory(unknown) && name.front() != '.' && name != "ground_truth")
      subfolders.push_back(entry->path());
  }
  std::sort(subfolders.begin(), subfolders.end());
  for (const fs::path& subfolder : subfolders) gather_images(subfolder, depth + 1, images);
}

int64_t median(std::vector<int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

ImageSurvey survey_images(const fs::path& folder, int64_t most) {
  std::error_code error;
  const fs::path train = folder / "train";
  std::vector<fs::path> images;
  gather_images(fs::is_directory(train, error) ? train : folder, 0, images);
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
