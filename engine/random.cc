#include "engine/random.h"

#include <numeric>

#include "engine/elementary.h"

namespace engine {

// [book: philox]
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> x, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * x[0], p1 = uint64_t{0xCD9E8D57} * x[2];
    x = {static_cast<uint32_t>(p1 >> 32) ^ x[1] ^ key[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ x[3] ^ key[1], static_cast<uint32_t>(p0)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return x;
}

RandomStream::RandomStream(uint64_t seed, std::string_view name)
    : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)} {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a: the stream's number is its name
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  stream_ = {static_cast<uint32_t>(hash), static_cast<uint32_t>(hash >> 32)};
}

std::array<uint32_t, 4> RandomStream::block(uint64_t index) const {
  return philox4x32(
      {static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32), stream_[0], stream_[1]}, key_);
}

uint32_t RandomStream::bits(uint64_t index) const { return block(index)[0]; }

uint64_t RandomStream::bits64(uint64_t index) const {
  const auto words = block(index);
  return uint64_t{words[1]} << 32 | words[0];
}

float RandomStream::uniform(uint64_t index) const { return static_cast<float>(bits(index) >> 8) * 0x1p-24f; }

float RandomStream::uniform(uint64_t index, float low, float high) const {
  return low + (high - low) * uniform(index);
}

float RandomStream::normal(uint64_t index) const {
  const auto words = block(index);
  const float u = static_cast<float>((words[0] >> 8) + 1) * 0x1p-24f;  // (0, 1]: its logarithm is finite
  const float turn = static_cast<float>(words[1] >> 8) * 0x1p-24f;
  float sine, cosine;
  elementary::sincos_turns(turn, sine, cosine);
  return std::sqrt(-2.0f * elementary::log(u)) * cosine;
}

uint64_t RandomStream::below(uint64_t n, uint64_t index) const {  // high word of the 128-bit product n · bits
  const uint64_t word = bits64(index), low = (word & 0xffffffffu) * (n & 0xffffffffu);
  const uint64_t a = (word >> 32) * (n & 0xffffffffu) + (low >> 32), b = (word & 0xffffffffu) * (n >> 32);
  const uint64_t middle = (a & 0xffffffffu) + b;
  return (word >> 32) * (n >> 32) + (a >> 32) + (middle >> 32);
}

// [book: permutation]
std::vector<int32_t> permutation(int64_t n, const RandomStream& stream) {
  std::vector<int32_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (int64_t i = n - 1; i > 0; --i) {
    const auto j = stream.below(static_cast<uint64_t>(i) + 1, static_cast<uint64_t>(i));
    std::swap(order[static_cast<size_t>(i)], order[j]);
  }
  return order;
}

}  // namespace engine
