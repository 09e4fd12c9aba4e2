// Folders of image files as data sets: the layout of MVTec AD, and no layout at all.
//
//   FOLDER/train/good/*           normal
//   FOLDER/test/good/*            normal
//   FOLDER/test/<defect>/*        anomalous, a class for each kind of defect
//
// Subfolders of train other than good are classes too; other folders beside train and test (ground_truth) are
// left alone. Where there is no test folder, the test half is empty.
#pragma once
#include <filesystem>

#include "datasets/dataset.h"
#include "datasets/load_options.h"

namespace datasets {

bool is_defect_folder(const std::filesystem::path& folder);  // whether FOLDER/train/good is there

// Class 0, the default normal one, is "good", the others are the defects by name. Images are brought to
// options.image_shape, or to the shape of the first sound one in train/good. Damaged files and those of other formats
// are passed over, and Dataset::notes says which. Throws std::runtime_error naming the folder that is missing or holds
// no images, or no sound one, where more than half of all are damaged, and where load_images throws.
Dataset load_defect_folder(const std::filesystem::path& folder, const LoadOptions& options = {});

// A folder with images right inside: all are training data of class 0 ("normal"), and there is nothing to
// test on. Throws as above.
Dataset load_image_folder(const std::filesystem::path& folder, const LoadOptions& options = {});

}  // namespace datasets
