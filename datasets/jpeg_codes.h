// The Huffman codes of a JPEG file (ITU-T T.81, annexes C and F.2.2) and the bits that they are read from.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace datasets {

// What the bits of a scan throw where they end within a code: at the end of the file, or before a marker.
struct JpegBitsEnd : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The bits of entropy-coded data from `position` on, up to the first marker (F.2.2.5). Stuffed zeros and fill bytes
// (any number of 0xff before a marker or a stuffed zero) are passed over. Every byte that a bit was taken from goes
// into `clean`, stuffed and without fill bytes.
class JpegBits {
 public:
  JpegBits(std::string_view contents, size_t position, std::string& clean)
      : contents_(contents), position_(position), clean_(clean) {}

  uint32_t take(int count) {  // 0 … 16 bits
    const uint32_t value = peek(count);
    skip(count);
    return value;
  }
  // The next bits, none taken; zeros stand for those that are not there.
  uint32_t peek(int count) {
    if (held_ < count) fill();
    return static_cast<uint32_t>(buffer_ >> (64 - 16) >> (16 - count));
  }
  void skip(int count) {  // after peek() of as many
    if (count > held_) end_too_early();
    buffer_ <<= count, held_ -= count;
  }

  // Ends a stretch of data: the rest of its last byte is padding, and what follows up to the next marker is passed
  // over. Takes that marker and true if it is a restart; leaves it otherwise.
  bool restart();
  // Ends the data. Where the next marker begins, or the file ends.
  size_t finish();

 private:
  void fill();
  void drop_unread();
  [[noreturn]] void end_too_early() const;

  std::string_view contents_;
  size_t position_;
  std::string& clean_;
  uint64_t buffer_ = 0;  // the next bit is the highest
  int held_ = 0;
  bool at_end_ = false;  // position_ is at a marker or at the end of the file
};

class JpegCode {
 public:
  JpegCode() = default;
  // From 16 numbers of codes of each length, and as many symbols as they sum up to. Throws std::runtime_error with
  // the bare reason where no such code exists, or it has more than 255 words: stb_image goes astray on those.
  JpegCode(const uint8_t* counts, const uint8_t* symbols);

  explicit operator bool() const { return defined_; }
  // Throws where the bits are no word of the code.
  int next(JpegBits& bits) const {
    const uint32_t ahead = bits.peek(16);
    if (const uint16_t entry = quick_[ahead >> (16 - quick)]) {
      bits.skip(entry & 15);
      return entry >> 4;
    }
    return next_long(bits, ahead);
  }

 private:
  static constexpr int quick = 9;
  int next_long(JpegBits& bits, uint32_t ahead) const;

  bool defined_ = false;
  std::array<uint16_t, 1 << quick> quick_{};  // symbol << 4 | length; 0: a longer word, or none
  std::array<int, 17> first_code_{}, first_symbol_{}, counts_{};
  std::array<uint8_t, 256> symbols_{};
};

}  // namespace datasets
