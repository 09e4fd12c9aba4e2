#include "datasets/zlib_stream.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace datasets {
namespace {

[[noreturn]] void refuse_damaged(const char* what) {
  throw std::runtime_error(std::string("is damaged: its packed pixels ") + what);
}

// Bits come from the low end of each byte (RFC 1951, section 3.1.1).
class Bits {
 public:
  Bits(std::string_view bytes, size_t position) : bytes_(bytes), position_(position) {}

  uint32_t take(int count) {
    fill(count);
    if (count > held_) throw std::runtime_error("is truncated: its packed pixels are cut off");
    const auto value = static_cast<uint32_t>(buffer_ & ((uint64_t{1} << count) - 1));
    drop(count);
    return value;
  }
  // The next bits, zeros where there are none, none taken.
  uint32_t peek(int count) {
    fill(count);
    return static_cast<uint32_t>(buffer_ & ((uint64_t{1} << count) - 1));
  }
  void skip(int count) {
    if (count > held_) throw std::runtime_error("is truncated: its packed pixels are cut off");
    drop(count);
  }
  // The bytes from the next whole one on; reading goes on behind those taken.
  std::string_view rest() {
    drop(held_ % 8);
    position_ -= static_cast<size_t>(held_ / 8);
    buffer_ = 0, held_ = 0;
    return bytes_.substr(position_);
  }
  void skip_bytes(size_t count) { position_ += count; }  // right after rest(), no more than there were

 private:
  void fill(int count) {
    while (held_ < count && position_ < bytes_.size()) {
      buffer_ |= uint64_t{static_cast<uint8_t>(bytes_[position_++])} << held_;
      held_ += 8;
    }
  }
  void drop(int count) { buffer_ >>= count, held_ -= count; }

  std::string_view bytes_;
  size_t position_;
  uint64_t buffer_ = 0;
  int held_ = 0;
};

// A canonical Huffman code (section 3.2.2): short codes by one look into a table, long ones length by length.
class Code {
 public:
  static constexpr int longest = 15, quick = 10;

  Code(const uint8_t* lengths, size_t symbols) {
    std::array<int, longest + 1> counts{};
    for (size_t i = 0; i < symbols; ++i) ++counts[lengths[i]];
    counts[0] = 0;
    int code = 0, before = 0;
    for (int length = 1; length <= longest; ++length) {
      code = (code + counts[length - 1]) << 1;
      first_code_[length] = code, first_symbol_[length] = before, counts_[length] = counts[length];
      before += counts[length];
      if (code + counts[length] > 1 << length) refuse_damaged("hold an impossible code");
    }
    std::array<int, longest + 1> next{}, next_code = first_code_;
    next = first_symbol_;
    for (size_t symbol = 0; symbol < symbols; ++symbol) {
      const int length = lengths[symbol];
      if (length == 0) continue;
      symbols_[static_cast<size_t>(next[length]++)] = static_cast<uint16_t>(symbol);
      const int value = next_code[length]++;
      if (length > quick) continue;
      int reversed = 0;  // codes come with their highest bit first
      for (int bit = 0; bit < length; ++bit) reversed |= (value >> bit & 1) << (length - 1 - bit);
      for (int at = reversed; at < 1 << quick; at += 1 << length)
        table_[static_cast<size_t>(at)] = static_cast<uint16_t>(symbol << 4 | static_cast<size_t>(length));
    }
  }

  int next(Bits& bits) const {
    const uint32_t ahead = bits.peek(longest);
    if (const uint16_t entry = table_[ahead & ((1 << quick) - 1)]) {
      bits.skip(entry & 15);
      return entry >> 4;
    }
    int code = 0;
    for (int length = 1; length <= longest; ++length) {
      code = code << 1 | static_cast<int>(ahead >> (length - 1) & 1);
      const int index = code - first_code_[length];
      if (index >= 0 && index < counts_[length]) {
        bits.skip(length);
        return symbols_[static_cast<size_t>(first_symbol_[length] + index)];
      }
    }
    refuse_damaged("hold a code that stands for nothing");
  }

 private:
  std::array<int, longest + 1> first_code_{}, first_symbol_{}, counts_{};
  std::array<uint16_t, 1 << quick> table_{};  // symbol << 4 | length; 0: a longer code, or none
  std::array<uint16_t, 288> symbols_{};
};

struct Codes {
  Code lengths, distances;
};

Codes fixed_codes() {
  std::array<uint8_t, 288> lengths{};
  for (size_t i = 0; i < lengths.size(); ++i)
    lengths[i] = static_cast<uint8_t>(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
  const std::array<uint8_t, 30> distances = [] {
    std::array<uint8_t, 30> all{};
    all.fill(5);
    return all;
  }();
  return {Code(lengths.data(), lengths.size()), Code(distances.data(), distances.size())};
}

// Section 3.2.7: the code lengths of both codes, themselves packed by a third code.
Codes codes_from(Bits& bits) {
  const size_t literals = bits.take(5) + 257, distances = bits.take(5) + 1, of_lengths = bits.take(4) + 4;
  if (literals > 286 || distances > 30) refuse_damaged("hold an impossible code");
  constexpr std::array<uint8_t, 19> order = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                             11, 4,  12, 3, 13, 2, 14, 1, 15};
  std::array<uint8_t, 19> third{};
  for (size_t i = 0; i < of_lengths; ++i) third[order[i]] = static_cast<uint8_t>(bits.take(3));
  const Code code(third.data(), third.size());
  std::array<uint8_t, 286 + 30> lengths{};
  const size_t count = literals + distances;
  for (size_t i = 0; i < count;) {
    const int symbol = code.next(bits);
    if (symbol < 16) {
      lengths[i++] = static_cast<uint8_t>(symbol);
      continue;
    }
    if (symbol == 16 && i == 0) refuse_damaged("hold an impossible code");
    const uint8_t value = symbol == 16 ? lengths[i - 1] : 0;
    const size_t repeats = symbol == 16   ? bits.take(2) + 3
                           : symbol == 17 ? bits.take(3) + 3
                                          : bits.take(7) + 11;
    if (repeats > count - i) refuse_damaged("hold an impossible code");
    for (size_t k = 0; k < repeats; ++k) lengths[i++] = value;
  }
  return {Code(lengths.data(), literals), Code(lengths.data() + literals, distances)};
}

// One block's worth of literals and copies, as far as there is room. False where the room ended first.
bool unpack_block(Bits& bits, const Codes& codes, std::string& bytes, size_t& filled) {
  constexpr std::array<uint16_t, 29> length_base = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                    15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                    67, 83, 99, 115, 131, 163, 195, 227, 258};
  constexpr std::array<uint8_t, 29> length_bits = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  constexpr std::array<uint16_t, 30> distance_base = {
      1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
      193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
  for (;;) {
    const int symbol = codes.lengths.next(bits);
    if (symbol == 256) return true;
    if (filled == bytes.size()) return false;
    if (symbol < 256) {
      bytes[filled++] = static_cast<char>(symbol);
      continue;
    }
    const auto l = static_cast<size_t>(symbol - 257);
    if (l >= length_base.size()) refuse_damaged("hold a length that does not exist");
    size_t length = length_base[l] + bits.take(length_bits[l]);
    const auto d = static_cast<size_t>(codes.distances.next(bits));  // below 30, as many as there are codes
    const size_t distance = distance_base[d] + bits.take(d < 2 ? 0 : static_cast<int>(d / 2 - 1));
    if (distance > filled) refuse_damaged("reach back before their beginning");
    const bool fits = length <= bytes.size() - filled;
    if (!fits) length = bytes.size() - filled;
    for (size_t k = 0; k < length; ++k, ++filled) bytes[filled] = bytes[filled - distance];
    if (!fits) return false;
  }
}

bool unpack_stored(Bits& bits, std::string& bytes, size_t& filled) {
  const std::string_view rest = bits.rest();
  const auto at = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(rest[i])); };
  if (rest.size() < 4) throw std::runtime_error("is truncated: its packed pixels are cut off");
  const size_t length = at(0) | at(1) << 8;
  if ((length ^ 0xffff) != (at(2) | at(3) << 8)) refuse_damaged("hold a block of two lengths");
  if (length > rest.size() - 4) throw std::runtime_error("is truncated: its packed pixels are cut off");
  const size_t taken = std::min(length, bytes.size() - filled);
  bytes.replace(filled, taken, rest.substr(4, taken));
  filled += taken;
  bits.skip_bytes(4 + length);
  return taken == length;
}

}  // namespace

uint32_t adler32(std::string_view bytes) {
  uint32_t a = 1, b = 0;
  while (!bytes.empty()) {
    constexpr size_t at_once = 5552;  // so many sums stay below 2^32
    for (const char c : bytes.substr(0, at_once)) a += static_cast<uint8_t>(c), b += a;
    a %= 65521, b %= 65521;
    bytes.remove_prefix(std::min(bytes.size(), at_once));
  }
  return b << 16 | a;
}

std::string unpack_zlib_stream(std::string_view stream, size_t size) {
  constexpr size_t best_ratio = 1032;  // 258 bytes from two bits: deflate packs nothing tighter
  if (size / best_ratio > stream.size())
    throw std::runtime_error("is truncated: its " + std::to_string(stream.size()) +
                             " packed bytes cannot hold the " + std::to_string(size) + " of its pixels");
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(stream[i])); };
  if (stream.size() < 2 || (byte(0) & 15) != 8 || byte(0) >> 4 > 7 || (byte(0) << 8 | byte(1)) % 31 != 0 ||
      (byte(1) & 32) != 0)
    refuse_damaged("are no zlib stream");

  std::string bytes(size, '\0');
  size_t filled = 0;
  Bits bits(stream, 2);
  bool last = false, whole = true;
  while (!last && whole) {
    last = bits.take(1) == 1;
    const uint32_t kind = bits.take(2);
    if (kind == 3) refuse_damaged("hold a block of no kind");
    if (kind == 0)
      whole = unpack_stored(bits, bytes, filled);
    else
      whole = unpack_block(bits, kind == 1 ? fixed_codes() : codes_from(bits), bytes, filled);
  }
  if (filled < size)
    throw std::runtime_error("is truncated: it holds " + std::to_string(filled) + " of the " +
                             std::to_string(size) + " bytes of its pixels");
  const std::string_view sum = bits.rest();
  if (whole && sum.size() >= 4) {
    const auto at = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(sum[i])); };
    if ((at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3)) != adler32(bytes))
      refuse_damaged("do not agree with their checksum (Adler-32)");
  }
  return bytes;
}

}  // namespace datasets
