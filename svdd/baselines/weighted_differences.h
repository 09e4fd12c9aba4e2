// The gradients of scores that are made of a row's distances to points: each pulls along its difference from the row.
#pragma once
#include <functional>
#include <vector>

#include "datasets/samples.h"

namespace svdd {

// Σ_i w_i·(x − x_i) of each row x, count x features, over the points x_i of as many features: `weigh` turns the squared
// distances of x to all points into their w_i, in place. In double, in the order of the points.
std::vector<float> weighted_differences(const datasets::Samples& rows, const datasets::Samples& points,
                                        const std::function<void(std::vector<double>& squares)>& weigh);

}  // namespace svdd
