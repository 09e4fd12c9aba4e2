// Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011).
//
// A draw depends on three things only: the seed, the name of its stream and its index there. When and where
// it is made, by which thread or backend, is of no matter, which is what lets one receipt hold everywhere.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace engine {

// One Philox 4x32-10 block: four 32-bit words for a 128-bit counter under a 64-bit key.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// The draws of one purpose, e.g. RandomStream(seed, "init/conv1.weight") or RandomStream(seed, "shuffle/12").
class RandomStream {
 public:
  RandomStream(uint64_t seed, std::string_view name);

  uint32_t bits(uint64_t index) const;                         // uniform over all 32-bit words
  uint64_t bits64(uint64_t index) const;                       // uniform over all 64-bit words
  float uniform(uint64_t index) const;                         // [0, 1), a multiple of 2^-24
  float uniform(uint64_t index, float low, float high) const;  // low + (high - low)·uniform
  float normal(uint64_t index) const;                          // N(0, 1), Box-Muller
  uint64_t below(uint64_t n, uint64_t index) const;            // {0 … n-1}, n >= 1; bias below n·2^-64

 private:
  std::array<uint32_t, 4> block(uint64_t index) const;
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 2> stream_;
};

// A uniformly drawn order of 0 … n-1 (Fisher-Yates).
std::vector<int32_t> permutation(int64_t n, const RandomStream& stream);

}  // namespace engine
