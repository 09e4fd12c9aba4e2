// Why a sample has its score, for any method: what the score would be without a part of the sample.
//
// Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, for images (occlusion); for rows the same,
// one column at a time. A part's change is score(x) − score(x without it): how much of the anomaly goes with it. Changes of
// parts that tell the same do not add up: without either of two, the other still tells it.
#pragma once
#include <cstdint>
#include <vector>

#include "datasets/samples.h"
#include "svdd/detector.h"

namespace svdd {

// Of rows of D numbers, n x D in C order: what each loses when the column stands at its usual value, such as the median of
// the training rows. std::invalid_argument unless there are D usual values, all finite, and as Detector::score does.
std::vector<float> column_changes(Detector& detector, const datasets::Samples& rows,
                                  const std::vector<float>& usual);

// Of an image (C, H, W): for each pixel, H x W, the mean change over the squares that hold it, each filled with the image's own
// mean colour. Squares have a sixth of the shorter side, at least 2, and lie half of that apart. std::invalid_argument unless
// there is one sample and it is an image, and as Detector::score does.
std::vector<float> occlusion_map(Detector& detector, const datasets::Samples& image);
// How many squares those are, each of which is scored.
int64_t occlusion_squares(int64_t height, int64_t width);

// The median of each column of at least one row: of an even number the lower of the two in the middle.
std::vector<float> column_medians(const datasets::Samples& rows);

}  // namespace svdd
