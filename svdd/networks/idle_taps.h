// Kernels that are larger than what they look at: taps that lie on padding wherever the kernel stands multiply zeros, and their weights
// never learn.
#pragma once
#include <string>
#include <vector>

#include "svdd/networks/networks.h"

namespace svdd {

// One sentence for each convolution of the encoder of which most taps never meet the input, naming the layer; none where all
// is well.
std::vector<std::string> idle_taps(const NetworkPlan& plan);

}  // namespace svdd
