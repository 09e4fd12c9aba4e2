// Folders of image files as data sets, by where the images lie:
//
//   FOLDER/train/good/*, test/good/*, test/<defect>/*     MVTec AD's layout: a class for each kind of defect
//   FOLDER/train/normal/*, test/normal/*, test/<other>/*  the same with another word for normal (table_classes.h)
//   FOLDER/train/*, test/good/*, test/<defect>/*          training images that lie together are normal
//   FOLDER/train/<class>/*, test/<class>/*                classes none of which reads as normal: one must be named
//   FOLDER/normal/*, abnormal/*, ...                      no halves: of the normal ones a share is held out for the test,
//                                                         and all others are for the test
//   FOLDER/<class>/*                                      the same; of all classes a share is held out
//   FOLDER/*                                              all normal, and nothing to test on
//
// Of a folder that holds one of these with a normal class and no other images (line1/normal, line1/abnormal in FOLDER), that
// one is taken, and a note says so. Beside train and test other folders (ground_truth) are left alone. Without a test folder the test half is empty. Of a
// class's folder without images of its own the images are those below it (image_folder.h).
#pragma once
#include <filesystem>

#include "datasets/dataset.h"
#include "datasets/load_options.h"

namespace datasets {

// Whether it is one of them but for the last: there are images in subfolders, and none right inside.
bool is_defect_folder(const std::filesystem::path& folder);

// The folder whose images are those of the normal, or else of the first, class; the folder itself where it is none of these.
std::filesystem::path normal_images_of(const std::filesystem::path& folder);

// Class 0, the default normal one, is the one that reads so, or "good"; the others are named by their folders. Images are
// brought to options.image_shape, or to the shape of the first sound one in normal_images_of. Damaged files and those of
// other formats are passed over, and Dataset::notes says which. Throws std::runtime_error naming the folder that is missing
// or holds no images, or no sound one, where more than half of all are damaged, where several folders read as normal, and
// where load_images throws.
Dataset load_defect_folder(const std::filesystem::path& folder, const LoadOptions& options = {});

// A folder with images right inside: all are training data of class 0 ("normal"), and there is nothing to
// test on. Throws as above.
Dataset load_image_folder(const std::filesystem::path& folder, const LoadOptions& options = {});

}  // namespace datasets
