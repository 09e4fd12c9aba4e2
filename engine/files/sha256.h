// SHA-256 (FIPS 180-4, section 6.2): the fingerprint of weights, scores and files.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace engine {

class Sha256 {
 public:
  void update(const void* bytes, size_t count);
  std::string hex() const;  // of all bytes so far, 64 lower-case digits; more may follow

 private:
  void compress(const uint8_t* block);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};  // section 5.3.3
  std::array<uint8_t, 64> block_ = {};  // its first total_ mod 64 bytes wait for the rest of their block
  uint64_t total_ = 0;                  // bytes so far
};

std::string sha256_hex(const void* bytes, size_t count);

}  // namespace engine
