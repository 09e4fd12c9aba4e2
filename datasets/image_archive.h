// Archives of images as NumPy's arrays, (N, H, W) or (N, H, W, C) with 1 or 3 channels, last or behind N:
//
//   x_train, y_train, x_test, y_test                    Keras' mnist.npz and its like
//   train_images, train_labels, test_images, ...        MedMNIST (Yang et al. 2023); its val_images are passed over
//   kmnist-train-imgs.npz, kmnist-train-labels.npz, ... KMNIST and K49 (Clanuwat et al. 2018): four files of one array
//   images or X, labels or y                            one array, from which the test half is drawn where it is labelled
//
// Labels are whole numbers from 0 to 999, (N) or (N, 1). Pixels as pixel_values.h says; other sizes than the network's are
// resampled.
#pragma once
#include <filesystem>

#include "datasets/dataset.h"
#include "datasets/image_survey.h"
#include "datasets/load_options.h"

namespace datasets {

// Whether the file is a zip archive that holds such images. Of a file that cannot be read, false.
bool is_image_archive(const std::filesystem::path& path);
// Whether the folder holds the four files of KMNIST or K49.
bool is_kmnist_folder(const std::filesystem::path& folder);

// What its training images are like, of which there are none in any other file.
ImageSurvey survey_archive(const std::filesystem::path& path);

// Throw std::runtime_error naming the file and the array where shapes, labels or pixels are none of these.
Dataset load_image_archive(const std::filesystem::path& path, const LoadOptions& options = {});
Dataset load_kmnist_folder(const std::filesystem::path& folder, const LoadOptions& options = {});

}  // namespace datasets
