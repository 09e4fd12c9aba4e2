// The wire format against bytes from its specification and by hand.
#include "engine/files/protobuf.h"

#include <gtest/gtest.h>

namespace {

using engine::ProtobufMessage;

std::string hex(const std::string& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

TEST(Protobuf, TheExamplesOfTheSpecification) {
  ProtobufMessage number;
  number.integer(1, 150);
  EXPECT_EQ(hex(number.bytes()), "089601");
  ProtobufMessage words;
  words.text(2, "testing");
  EXPECT_EQ(hex(words.bytes()), "120774657374696e67");
  ProtobufMessage outer;
  outer.message(3, number);
  EXPECT_EQ(hex(outer.bytes()), "1a03089601");
}

TEST(Protobuf, EdgesOfNumbers) {
  ProtobufMessage m;
  m.integer(1, 0);
  m.integer(1, 127);
  m.integer(1, 128);
  EXPECT_EQ(hex(m.bytes()), "0800087f088001");
  ProtobufMessage negative;
  negative.integer(1, -1);
  EXPECT_EQ(hex(negative.bytes()), "08ffffffffffffffffff01");
  ProtobufMessage far_field;  // 20 << 3 needs two bytes
  far_field.integer(20, 1);
  EXPECT_EQ(hex(far_field.bytes()), "a00101");
}

TEST(Protobuf, FloatsAndLongTexts) {
  ProtobufMessage m;
  m.real(2, 1.0f);
  m.real(2, -0.5f);
  EXPECT_EQ(hex(m.bytes()), "150000803f15000000bf");
  ProtobufMessage longer;
  longer.text(1, std::string(300, 'x'));
  EXPECT_EQ(hex(longer.bytes().substr(0, 4)), "0aac0278");
  EXPECT_EQ(longer.bytes().size(), 303u);
  ProtobufMessage empty;
  empty.text(1, "");
  EXPECT_EQ(hex(empty.bytes()), "0a00");
}

}  // namespace
