// Our own fused multiply-add beside the processor's instruction (beside the C library's where there is none): single
// numbers and the portable lanes, to the bit. SVDD_FMA_TRIPLES=1000000000 compares so many of each kind of random triples.
#include "engine/fused_multiply_add.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

namespace fused_multiply_add_test {

using namespace engine;

namespace {

#include "engine/backends/cpu/simd.h"  // without a word of the instruction set: the portable lanes

struct Triple {
  float a, b, c;
};

#if defined(__x86_64__) && !defined(__FMA__)
[[gnu::target("fma")]] void by_the_processor(const Triple* t, size_t count, float* to) {
  for (size_t i = 0; i < count; ++i) to[i] = __builtin_fmaf(t[i].a, t[i].b, t[i].c);
}
bool processor_has_it() { return __builtin_cpu_supports("fma"); }
#else
void by_the_processor(const Triple* t, size_t count, float* to) {
  for (size_t i = 0; i < count; ++i) to[i] = __builtin_fmaf(t[i].a, t[i].b, t[i].c);
}
bool processor_has_it() { return true; }
#endif

bool same(float x, float y) {
  return std::bit_cast<uint32_t>(x) == std::bit_cast<uint32_t>(y) || (x != x && y != y);
}

std::string text(const Triple& t, float found, float expected) {
  char line[200];
  std::snprintf(line, sizeof line, "fma(%a, %a, %a) is %a and should be %a", static_cast<double>(t.a),
                static_cast<double>(t.b), static_cast<double>(t.c), static_cast<double>(found),
                static_cast<double>(expected));
  return line;
}

// How many of the triples (a multiple of four) come out differently; the first few are told.
int differences(const std::vector<Triple>& triples, const std::vector<float>& expected) {
  EXPECT_TRUE(triples.size() % 4 == 0 && triples.size() == expected.size());
  int count = 0;
  const auto compare = [&](size_t i, float found, const char* whose) {
    if (same(found, expected[i])) return;
    if (++count <= 5) ADD_FAILURE() << whose << text(triples[i], found, expected[i]);
  };
  for (size_t i = 0; i < triples.size(); i += 4) {
    float a[4], b[4], c[4], found[4];
    for (size_t l = 0; l < 4; ++l) a[l] = triples[i + l].a, b[l] = triples[i + l].b, c[l] = triples[i + l].c;
    fma(V::load(a), V::load(b), V::load(c)).store(found);
    for (size_t l = 0; l < 4; ++l) {
      compare(i + l, found[l], "in lanes: ");
      compare(i + l, software::fused_multiply_add(a[l], b[l], c[l]), "one number: ");
      compare(i + l, fused_multiply_add(a[l], b[l], c[l]), "as the engine calls it: ");
      float alone[3][4] = {{1, 1, 1, 1}, {1, 1, 1, 1}, {}};  // beside lanes that need no care
      alone[0][l] = a[l], alone[1][l] = b[l], alone[2][l] = c[l];
      fma(V::load(alone[0]), V::load(alone[1]), V::load(alone[2])).store(alone[2]);
      compare(i + l, alone[2][l], "in one lane: ");
    }
  }
  return count;
}

int differences(const std::vector<Triple>& triples) {
  std::vector<float> expected(triples.size());
  if (processor_has_it())
    by_the_processor(triples.data(), triples.size(), expected.data());
  else
    for (size_t i = 0; i < triples.size(); ++i)
      expected[i] = std::fma(triples[i].a, triples[i].b, triples[i].c);
  return differences(triples, expected);
}

class Draws {  // SplitMix64: fast, and of no matter for any receipt
 public:
  uint64_t bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int between(int low, int high) {
    return low + static_cast<int>(bits() % static_cast<uint64_t>(high - low + 1));
  }
  // A number of that exponent, whose fraction is anything, or few ones, at both ends, as ties have it.
  float number(int exponent) {
    const uint64_t draw = bits();
    uint32_t fraction = static_cast<uint32_t>(draw) & 0x7fffff;
    if (draw >> 62 == 1) fraction = 0x800000 >> (draw >> 32 & 31) & 0x7fffff;
    if (draw >> 62 == 2) fraction = (0u - (1u << (draw >> 32 & 31) % 24)) & 0x7fffff;
    if (draw >> 62 == 3) fraction = (1u << (draw >> 32 & 31) % 23 | 1u << (draw >> 40 & 31) % 23);
    const uint32_t biased = static_cast<uint32_t>(std::min(std::max(exponent + 127, 0), 254));
    return std::bit_cast<float>(static_cast<uint32_t>(draw >> 61 & 1) << 31 | biased << 23 | fraction);
  }

 private:
  uint64_t state_ = 1;
};

Triple any_bits(Draws& draws) {
  const uint64_t ab = draws.bits(), c = draws.bits();
  return {std::bit_cast<float>(static_cast<uint32_t>(ab)),
          std::bit_cast<float>(static_cast<uint32_t>(ab >> 32)),
          std::bit_cast<float>(static_cast<uint32_t>(c))};
}
// c is −a·b in float, or a few units of its last place beside it.
Triple cancelling(Draws& draws) {
  const int ea = draws.between(-70, 60), eb = draws.between(-70, 60);
  const float a = draws.number(ea), b = draws.number(eb);
  const float product = -(a * b);
  return {
      a, b,
      std::bit_cast<float>(std::bit_cast<uint32_t>(product) + static_cast<uint32_t>(draws.between(-3, 3)))};
}
// The product begins anywhere from far above c to far below its last place.
Triple overlapping(Draws& draws) {
  const int ec = draws.between(-126, 126), distance = draws.between(-60, 30), ea = draws.between(-40, 40);
  return {draws.number(ea), draws.number(ec + distance - ea), draws.number(ec)};
}
// The product is about half of c's last place: to double such a sum is nearly always a tie.
Triple nearly_tied(Draws& draws) {
  const int ec = draws.between(-120, 127), ea = draws.between(-20, 20);
  return {draws.number(ea), draws.number(ec - 24 - ea + draws.between(-1, 1)), draws.number(ec)};
}
// The result is denormal or nearly so.
Triple tiny(Draws& draws) {
  const int ea = draws.between(-126, -10), result = draws.between(-152, -120);
  return {draws.number(ea), draws.number(result - ea), draws.number(draws.between(-170, -124))};
}
// The result is at the end of the range.
Triple huge(Draws& draws) {
  const int ea = draws.between(20, 100);
  return {draws.number(ea), draws.number(127 - ea + draws.between(-2, 1)),
          draws.number(draws.bits() & 1 ? 127 : draws.between(90, 127))};
}

}  // namespace

TEST(FusedMultiplyAdd, IsTheProcessorsOnRandomTriples) {
  const char* asked = std::getenv("SVDD_FMA_TRIPLES");
  const int64_t count = asked ? std::atoll(asked) : 1'000'000;
  constexpr int64_t at_once = 4096;
  Draws draws;
  std::vector<Triple> triples(at_once);
  for (const auto kind : {any_bits, cancelling, overlapping, nearly_tied, tiny, huge})
    for (int64_t done = 0; done < count; done += at_once) {
      for (Triple& t : triples) t = kind(draws);
      ASSERT_EQ(differences(triples), 0);
    }
}

// Every triple of numbers at which something begins or ends.
TEST(FusedMultiplyAdd, IsTheProcessorsInEveryCorner) {
  using Limits = std::numeric_limits<float>;
  std::vector<float> corners;
  for (const float x : {0.0f,
                        0x1p-149f,
                        0x1p-148f,
                        0x1.8p-148f,
                        0x1.fffffcp-127f,
                        0x1p-126f,
                        0x1.000002p-126f,
                        0x1p-125f,
                        0x1p-75f,
                        0x1.000002p-75f,
                        0x1p-74f,
                        0x1.fffffep-63f,
                        0x1p-63f,
                        0x1p-25f,
                        0x1.000002p-25f,
                        0x1p-24f,
                        0x1.000002p-24f,
                        0x1.fffffep-25f,
                        0x1p-23f,
                        0x1.fffffep-2f,
                        0.5f,
                        0x1.fffffep-1f,
                        1.0f,
                        0x1.000002p0f,
                        0x1.000004p0f,
                        1.5f,
                        0x1.fffffep0f,
                        2.0f,
                        3.0f,
                        0x1.fffffep23f,
                        0x1p24f,
                        0x1.000002p63f,
                        0x1.fffffep63f,
                        0x1p64f,
                        0x1p103f,
                        0x1.fffffep102f,
                        0x1p127f,
                        0x1.fffffcp127f,
                        Limits::max(),
                        Limits::infinity(),
                        Limits::quiet_NaN()})
    corners.push_back(x), corners.push_back(-x);
  std::vector<Triple> triples;
  for (const float a : corners)
    for (const float b : corners)
      for (const float c : corners) triples.push_back({a, b, c});
  while (triples.size() % 4 != 0) triples.push_back(triples.back());
  EXPECT_EQ(differences(triples), 0);
}

// For targets with nothing to compare with; the first are wrong where one only adds in double.
TEST(FusedMultiplyAdd, RoundsOnce) {
  const float infinity = std::numeric_limits<float>::infinity(),
              nan = std::numeric_limits<float>::quiet_NaN();
  const float largest = std::numeric_limits<float>::max();
  const std::vector<std::pair<Triple, float>> known{
      {{0x1.000002p-24f, 0x1.fffffcp-1f, 0x1.000002p0f}, 0x1.000002p0f},  // 2^-70 below a tie, down
      {{0x1.000002p-24f, 0x1.fffffep-1f, 0x1p0f}, 0x1.000002p0f},         // above it, up
      {{-0x1.000002p-24f, 0x1.fffffcp-1f, -0x1.000002p0f}, -0x1.000002p0f},
      {{0x1p-75f, 0x1p-75f, 0x1p-148f}, 0x1p-148f},  // a tie of denormal numbers, to the even
      {{0x1p-75f, 0x1p-75f, 0x1p-149f}, 0x1p-148f},
      {{0x1p-75f, 0x1.8p-75f, 0x1p-149f}, 0x1p-148f},
      {{0x1.000002p-75f, 0x1.fffffcp-76f, 0x1p-149f}, 0x1p-149f},
      {{0x1.fffffep0f, 0x1.fffffep0f, -0x1.fffffcp1f}, 0x1p-46f},  // what the product's rounding cuts off
      {{0x1p64f, 0x1p63f, 0x1p102f}, 0x1p127f},
      {{largest, 1.0f, 0x1p103f}, infinity},  // half a last place: a tie
      {{largest, 1.0f, 0x1.fffffep102f}, largest},
      {{largest, largest, -infinity}, -infinity},
      {{largest, 2.0f, -largest}, largest},  // overflows on the way alone
      {{infinity, 0.0f, 1.0f}, nan},
      {{infinity, 1.0f, -infinity}, nan},
      {{1.0f, 1.0f, nan}, nan},
      {{0.0f, 1.0f, -0.0f}, 0.0f},
      {{-0.0f, 1.0f, -0.0f}, -0.0f},
      {{1.0f, 1.0f, -1.0f}, 0.0f},
      {{-0x1p-100f, 0x1p-100f, 0.0f}, -0.0f},
      {{0x1p-100f, -0x1p-100f, 0x1p-149f}, 0x1p-149f}};
  std::vector<Triple> triples;
  std::vector<float> expected;
  for (const auto& [triple, result] : known) triples.push_back(triple), expected.push_back(result);
  while (triples.size() % 4 != 0) triples.push_back({0, 0, 0}), expected.push_back(0);
  EXPECT_EQ(differences(triples, expected), 0);
}

}  // namespace fused_multiply_add_test
