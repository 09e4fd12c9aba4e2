// German traffic signs (GTSRB; Stallkamp et al., Neural Networks 2012), 43 classes, as 3 x 32 x 32 images.
//
// The published form is a folder of .ppm files of many sizes for each class, with a table GT-*.csv beside
// them (semicolons; Filename, Roi.X1, Roi.Y1, Roi.X2, Roi.Y2, ClassId): of each image the region of interest
// is cut out, columns X1 … X2-1 and rows Y1 … Y2-1, which removes a border of about a tenth as Deep SVDD's
// protocol has it, resampled (resampling.h) and rounded to bytes. The other form is byte records
// (byte_records.h) of images that are 32 x 32 already: train_class14.bin and test_subset.bin, the stop signs
// and a part of the official test.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace datasets {

const std::vector<std::string>& gtsrb_class_names();

// What may lie in the folder of the set: either form, and the official archives' and torchvision's
// subfolders.
const std::vector<std::string>& gtsrb_entries();

// Reads the form that is there; the default normal class is 14, the stop sign. The test images' classes come
// from GT-final_test.csv beside them, in the folder itself, or in the one above. Throws std::runtime_error
// naming the file or folder that is missing or damaged, or the line of a table that is.
Dataset load_gtsrb_folder(const std::filesystem::path& folder);

}  // namespace datasets
