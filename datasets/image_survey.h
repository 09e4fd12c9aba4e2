// What a folder of images holds, from a look at a few of them: enough to choose how they are to be seen.
#pragma once
#include <cstdint>
#include <filesystem>

namespace datasets {

struct ImageSurvey {
  int64_t images = 0;             // files that are images, or are named like one
  int64_t looked_at = 0;          // of those, sound ones that were decoded
  int64_t height = 0, width = 0;  // the median of each, of those; 0: none was sound
  bool coloured = false;          // R, G and B differ in some pixel of some of them
};

// Of the normal training images of a folder (normal_images_of in defect_folder.h). At most `most` are decoded, evenly chosen by
// name, so that a folder of photographs takes no longer than a moment; damaged ones are passed over, for whoever loads the folder
// says so. Where the folder is missing, cannot be read or holds no images: no images.
ImageSurvey survey_images(const std::filesystem::path& folder, int64_t most = 24);

}  // namespace datasets
