#include "engine/files/protobuf.h"

#include <bit>

namespace engine {

namespace {
constexpr uint32_t wire_varint = 0, wire_with_length = 2, wire_32_bits = 5;
}

// Seven bits a byte, the lowest first; the eighth says that more follow.
void ProtobufMessage::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

void ProtobufMessage::key(uint32_t field, uint32_t wire_type) { varint(uint64_t{field} << 3 | wire_type); }

// Negative ones take ten bytes: they are written as the 64-bit number with the same bits.
void ProtobufMessage::integer(uint32_t field, int64_t value) {
  key(field, wire_varint);
  varint(static_cast<uint64_t>(value));
}

void ProtobufMessage::real(uint32_t field, float value) {
  key(field, wire_32_bits);
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xff);
}

void ProtobufMessage::text(uint32_t field, std::string_view value) {
  key(field, wire_with_length);
  varint(value.size());
  bytes_ += value;
}

void ProtobufMessage::message(uint32_t field, const ProtobufMessage& inner) { text(field, inner.bytes()); }

}  // namespace engine
