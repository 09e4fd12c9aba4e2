// Why a sample has its score: what the score would be without a part of the sample, for any method; and the score's gradient,
// for those that have one.
//
// Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, for images (occlusion); for rows the same,
// one column at a time. A part's change is score(x) − score(x without it): how much of the anomaly goes with it. Changes of
// parts that tell the same do not add up: without either of two, the other still tells it.
//
// The gradient costs a forward and a backward pass where the parts cost a score each, and tells of small changes alone: that of a
// network is rough, and what it says of an image is readable only as a mean over its neighbourhood. Smilkov, Thorat, Kim, Viégas
// and Wattenberg, "SmoothGrad: removing noise by adding noise", 2017.
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

// Of an image (C, H, W) with values in [0, 1] or about: for each pixel, H x W, how much the score changes with it, up or down:
// the largest over the channels of |mean of the score's gradient over noisy copies of the image| (the largest: Simonyan,
// Vedaldi and Zisserman, 2014). The noise is N(0, σ²), σ a share of the image's own range, and the same for every image: of the
// stream "smoothgrad" of seed 0. std::invalid_argument as of occlusion_map, for numbers that are not what the fields say, and
// as Detector::score_gradient does.
struct SmoothGrad {
  int64_t copies = 50;  // at least 1
  double noise =
      0.15;  // at least 0, finite; 0: the gradient at the image itself. The paper's share is 0.1 to 0.2
};
std::vector<float> gradient_map(Detector& detector, const datasets::Samples& image,
                                const SmoothGrad& how = {});

// The median of each column of at least one row: of an even number the lower of the two in the middle.
std::vector<float> column_medians(const datasets::Samples& rows);

}  // namespace svdd
