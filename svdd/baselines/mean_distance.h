// ‖x − mean of the training data‖²: no method at all, and what every method should beat.
#pragma once
#include <vector>

#include "datasets/samples.h"

namespace svdd {

// Of each test sample, both sets prepared; sums in double, in C order. There is at least one training sample.
std::vector<float> distances_to_mean(const datasets::Samples& train, const datasets::Samples& test);

}  // namespace svdd
