// MobiFall: a smartphone's accelerometer in daily activities and falls, as windows of 4 seconds: 3 axes x 400
// samples at 100 Hz, seen as an image of 3 x 20 x 20.
//
// The windows behind Ghafoori and Leckie (SDM 2020) are text: train_mobiFall.txt and test_mobiFall.txt, a
// line of 1200 comma-separated numbers for each window, and train_mobiFall_labels.txt and
// test_mobiFall_labels.txt with its activity, 1 to 14; normal are 2, 5, 6, 7, 9 to 13, falls 1, 3, 4 and 8.
// How they were cut is not published.
//
// From the raw recording (acc.csv: trial, t_us, ax, ay, az in units of g/1024 with g = 9.80665 m/s²;
// trials.csv: trial, subject, group, activity) we cut our own (mobifall_windows.h). Its activities are
// numbered so that the same numbers are falls.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/load_options.h"

namespace datasets {

// train_mobiFall.txt and acc.csv: either tells which form lies in a folder.
const std::vector<std::string>& mobifall_entries();

// Reads the text form where it is there, the recording where not. Values are as in the files, the recording's
// in m/s²; the classes carry the numbers above (class 0 is nothing), and the default normal ones are the
// daily activities. The recording is split by subject: of those with daily activities a share
// (options.test_fraction, a third where nothing is said, rounded down) is drawn by the seed (stream
// "split/subjects"); they and the subjects who only fell are the test half, so nobody is in both. Throws
// std::runtime_error, naming the file and the line, for what is missing, damaged, or of another length.
Dataset load_mobifall_folder(const std::filesystem::path& folder, const LoadOptions& options = {});

}  // namespace datasets
