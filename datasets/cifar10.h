// CIFAR-10 (Krizhevsky 2009), binary version: data_batch_1.bin … data_batch_5.bin and test_batch.bin, each 10
// 000 records of a class and a 3 x 32 x 32 image (byte_records.h).
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace datasets {

const std::vector<std::string>& cifar10_class_names();

// The six names, the training batches first.
const std::vector<std::string>& cifar10_file_names();

// Reads the six files of a folder, in their order. Any number of records will do. Throws std::runtime_error
// naming the file that is missing, damaged or of another kind.
Dataset load_cifar10_folder(const std::filesystem::path& folder);

}  // namespace datasets
