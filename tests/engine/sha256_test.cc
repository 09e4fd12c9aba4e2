#include "engine/files/sha256.h"

#include <gtest/gtest.h>

#include <string>

namespace sha256_test {

std::string of(const std::string& text) { return engine::sha256_hex(text.data(), text.size()); }

// FIPS 180-4's examples, as NIST publishes them ("SHA-256 example values").
TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
               "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(of(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Around the block of 64 bytes and the 56 that leave room for the length.
TEST(Sha256, PaddingAtEveryLength) {
  EXPECT_EQ(of(std::string(55, 'a')), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(of(std::string(56, 'a')), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  EXPECT_EQ(of(std::string(64, 'a')), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
  std::string text(1000, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  for (const size_t piece : {1u, 7u, 63u, 64u, 65u, 130u}) {
    engine::Sha256 hash;
    for (size_t at = 0; at < text.size(); at += piece)
      hash.update(text.data() + at, std::min(piece, text.size() - at));
    EXPECT_EQ(hash.hex(), of(text)) << piece;
  }
}

TEST(Sha256, AFingerprintMayBeTakenOnTheWay) {
  engine::Sha256 hash;
  hash.update("ab", 2);
  EXPECT_EQ(hash.hex(), of("ab"));
  EXPECT_EQ(hash.hex(), of("ab"));
  hash.update("c", 1);
  EXPECT_EQ(hash.hex(), of("abc"));
}

}  // namespace sha256_test
