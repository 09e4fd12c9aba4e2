// Do your functions compute what the engine computes? Calls those of yours.h and compares the bits by a hash.
//   g++ -std=c++20 -O2 -ffp-contract=off check.cc -o check && ./check
// Exit status 0: all are equal; 1: not yet. tests/tools/book_test.cc holds the expected hashes against the engine's own loops.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "yours.h"

// Numbers between -1 and 1, always the same: a linear congruential generator (Knuth's MMIX), of which the upper bits count.
static std::vector<float> numbers(int count, uint64_t state) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    values.push_back(static_cast<float>(state >> 40) * 0x1p-23f - 1);
  }
  return values;
}

// FNV-1a over the bits of the numbers, lowest byte first.
static uint64_t hash_of(const std::vector<float>& values) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const float value : values)
    for (int shift = 0; shift < 32; shift += 8)
      hash = (hash ^ (std::bit_cast<uint32_t>(value) >> shift & 255)) * 0x100000001b3;
  return hash;
}

static bool compare(const char* name, uint64_t expected, const std::vector<float>& yours) {
  const uint64_t found = hash_of(yours);
  std::printf("%-8s expected %016llx  yours %016llx  %s\n", name, static_cast<unsigned long long>(expected),
              static_cast<unsigned long long>(found), found == expected ? "equal" : "not yet");
  return found == expected;
}

int main() {
  const std::vector<float> image = numbers(3 * 12 * 12, 1), filters = numbers(8 * 3 * 5 * 5, 2);
  std::vector<float> squares = numbers(200, 4);
  for (float& d : squares) d = d * d;
  const bool convolved = compare("conv2d", 0x1f74bff115c381d4, conv2d(image, 3, 12, filters, 8, 5, 2));
  const bool centred = compare("centre", 0x9db19ce49a396ef4, centre(numbers(50 * 32, 3), 32));
  const bool measured = compare("radius", 0x621ebb06c0883cef, {radius(squares, 0.1)});
  return convolved && centred && measured ? 0 : 1;
}
