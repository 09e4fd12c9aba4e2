// How parameters begin. Each parameter draws from a stream of its own name, so that neither the order in
// which networks are built nor a layer added elsewhere changes its start.
#pragma once
#include <cstdint>
#include <string_view>

#include "engine/array.h"

namespace engine {

// Inputs and outputs of one weight (out, in, k, k), (in, out, k, k) for transposed convolutions, or (out,
// in), as PyTorch counts them: fan_in = extent 1 · k·k, fan_out = extent 0 · k·k.
struct Fans {
  int64_t in, out;
};
Fans fans_of(const Shape& weight);

// U(−bound, bound) from the stream "init/<name>".
void uniform_init(Array& parameter, double bound, uint64_t seed, std::string_view name);

// PyTorch's default for weights (Kaiming-uniform with a = √5): bound = 1/√fan_in. For a bias the bound of its
// weight.
double default_bound(Fans fans);
// Glorot and Bengio 2010: bound = gain·√(6 / (fan_in + fan_out)).
double xavier_bound(Fans fans, double gain);
// The gain that goes with leaky ReLU: √(2 / (1 + slope²)).
double leaky_relu_gain(double slope = 0.01);

}  // namespace engine
