#include "svdd/evaluation/receipt.h"

#include <algorithm>
#include <bit>

#include "engine/files/sha256.h"

namespace svdd {

namespace {
void add(engine::Sha256& hash, std::span<const float> values) {
  if constexpr (std::endian::native == std::endian::little)
    return hash.update(values.data(), values.size_bytes());
  for (const float v : values) {
    const auto bits = std::bit_cast<uint32_t>(v);
    const unsigned char bytes[4] = {static_cast<unsigned char>(bits), static_cast<unsigned char>(bits >> 8),
                                    static_cast<unsigned char>(bits >> 16),
                                    static_cast<unsigned char>(bits >> 24)};
    hash.update(bytes, sizeof bytes);
  }
}
}  // namespace

std::string weights_sha256(std::vector<engine::NamedTensor> state) {
  std::sort(state.begin(), state.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  engine::Sha256 hash;
  for (const engine::NamedTensor& s : state) add(hash, s.tensor.value().to_floats());
  return hash.hex();
}

// An array's bytes are little-endian in C order already: it is what the file holds.
std::string arrays_sha256(std::vector<std::pair<std::string, engine::NdArray>> arrays) {
  std::sort(arrays.begin(), arrays.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  engine::Sha256 hash;
  for (const auto& [name, array] : arrays) hash.update(array.bytes.data(), array.bytes.size());
  return hash.hex();
}

std::string scores_sha256(std::span<const float> scores) { return values_sha256(scores); }

std::string values_sha256(std::span<const float> values) {
  engine::Sha256 hash;
  add(hash, values);
  return hash.hex();
}

}  // namespace svdd
