// A network for images of any size, after the pattern of the published ones (Ruff et al. 2018, section 4.2): modules of 5×5
// convolutions, batch normalisation, leaky ReLU and 2×2 max pooling, then a dense layer of 128 numbers.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace svdd::recipes {

// As a text (networks/network_text.h). There are as many modules as both sides can be halved to 3 or more, six at most and
// one at least. The last has 128 filters, the one before half as many, and so on, but never fewer than 8: each halving of the sides
// takes three quarters of the work away, each doubling of the filters on both sides of a convolution brings it back. 3x32x32 gives the
// filters of cifar10_LeNet.
std::string image_network(const std::vector<int64_t>& shape);

}  // namespace svdd::recipes
