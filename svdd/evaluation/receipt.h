// The receipt of a deterministic run: equal hashes, equal bits.
//
// What the bits should be is a contract, and it has a number: engine/README.md, "Receipt 1".
#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/files/nd_array.h"
#include "engine/layers.h"

namespace svdd {

inline constexpr int receipt_number = 1;

// SHA-256 over the parameters and buffers in name order, float32, little-endian, C order.
std::string weights_sha256(std::vector<engine::NamedTensor> state);

// The same over the arrays of a model without a network, of any number type.
std::string arrays_sha256(std::vector<std::pair<std::string, engine::NdArray>> arrays);

// SHA-256 over float32 scores in index order, little-endian.
std::string scores_sha256(std::span<const float> scores);

// The same of any numbers, such as the samples of a data set, whatever the order of the processor's bytes.
std::string values_sha256(std::span<const float> values);

}  // namespace svdd
