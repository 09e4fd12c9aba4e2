// Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding), for writing. A message is its fields one
// after another, each a number that tells field and kind, and then the value.
//
// By hand, because an ONNX model (onnx.h) needs four kinds of field only: whole numbers, floats, texts, and messages in
// messages. That is this one small file; the library would be a dependency for writing a few bytes, with a compiler of its
// own in the build.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

class ProtobufMessage {
 public:
  // Fields may repeat and come in any order. `field`: its number in the message's .proto file, 1 to 2^29 − 1.
  void integer(uint32_t field, int64_t value);           // int32, int64, enum, bool
  void real(uint32_t field, float value);                // float
  void text(uint32_t field, std::string_view value);     // string, bytes
  void message(uint32_t field, const ProtobufMessage&);  // a message, which is a text to the wire

  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value);
  void key(uint32_t field, uint32_t wire_type);

  std::string bytes_;
};

}  // namespace engine
