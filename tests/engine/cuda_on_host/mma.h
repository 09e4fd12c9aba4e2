// Stands in for CUDA's <mma.h>: of nvcuda::wmma the part that the backend uses, tiles of 16×8 times 8×16
// numbers in TF32. As on a card, a warp holds a tile together, each thread a few of its numbers, and all of
// its threads have to take part in a product. Which thread holds which number is documented for none of these
// functions, and no kernel may depend on it.
//
// Stricter than a card: an operand that was not rounded to TF32 before it is multiplied becomes NaN (a card
// would cut it off), as does the product of a fragment that was never loaded; pointers must be aligned to 32
// bytes and rows a multiple of four numbers apart.
#pragma once
#include <cuda_runtime.h>

#include <limits>
#include <stdexcept>
#include <type_traits>

namespace nvcuda::wmma {

struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };
namespace precision {
struct tf32;
}

// To 10 bits of mantissa, to nearest, halves away from zero.
inline float __float_to_tf32(float v) {
  if (!std::isfinite(v)) return v;
  return std::bit_cast<float>((std::bit_cast<uint32_t>(v) + 0x1000u) & ~0x1fffu);
}

template <class Use, int M, int N, int K, class Number, class Order = void>
struct fragment {
  static_assert(M == 16 && N == 16 && K == 8, "the one size that TF32 has");
  static constexpr int rows = std::is_same_v<Use, matrix_b> ? K : M;
  static constexpr int columns = std::is_same_v<Use, matrix_a> ? K : N;
  static constexpr int num_elements = rows * columns / 32;
  float x[num_elements];

  fragment() {
    for (float& v : x) v = std::numeric_limits<float>::quiet_NaN();
  }
  // Number i of the calling thread is that of this row and column; and back.
  static int index(int i) { return i * 32 + cuda_on_host::lane(); }
  static int row(int i) { return index(i) / columns; }
  static int column(int i) { return index(i) % columns; }
};

namespace on_host {

inline void expect_aligned(const void* p, unsigned pitch) {
  if (reinterpret_cast<uintptr_t>(p) % 32 != 0 || pitch % 4 != 0)
    throw std::runtime_error(
        "a tile that is not aligned to 32 bytes, or whose rows are not a multiple of 4 apart");
}

// Where a warp lays its operands for all its threads to see. Blocks take their turns, so one for each warp of
// a block is enough.
struct Operands {
  float a[16 * 8], b[8 * 16];
};
inline Operands& operands_of_warp() {
  static Operands of[1024 / 32];
  return of[(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) / 32];
}

inline float operand(float v) {
  return std::bit_cast<uint32_t>(v) & 0x1fffu ? std::numeric_limits<float>::quiet_NaN() : v;
}

}  // namespace on_host

template <class Use, int M, int N, int K, class Number, class Order>
void fill_fragment(fragment<Use, M, N, K, Number, Order>& tile, float value) {
  for (float& v : tile.x) v = value;
}

template <class Use, int M, int N, int K, class Order>
void load_matrix_sync(fragment<Use, M, N, K, precision::tf32, Order>& tile, const float* from,
                      unsigned pitch) {
  on_host::expect_aligned(from, pitch);
  for (int i = 0; i < tile.num_elements; ++i)
    tile.x[i] = std::is_same_v<Order, row_major>
                    ? from[tile.row(i) * static_cast<int64_t>(pitch) + tile.column(i)]
                    : from[tile.column(i) * static_cast<int64_t>(pitch) + tile.row(i)];
}

template <int M, int N, int K>
void load_matrix_sync(fragment<accumulator, M, N, K, float>& tile, const float* from, unsigned pitch,
                      layout_t order) {
  on_host::expect_aligned(from, pitch);
  for (int i = 0; i < tile.num_elements; ++i)
    tile.x[i] = order == mem_row_major ? from[tile.row(i) * static_cast<int64_t>(pitch) + tile.column(i)]
                                       : from[tile.column(i) * static_cast<int64_t>(pitch) + tile.row(i)];
}

template <int M, int N, int K>
void store_matrix_sync(float* to, const fragment<accumulator, M, N, K, float>& tile, unsigned pitch,
                       layout_t order) {
  on_host::expect_aligned(to, pitch);
  for (int i = 0; i < tile.num_elements; ++i)
    (order == mem_row_major ? to[tile.row(i) * static_cast<int64_t>(pitch) + tile.column(i)]
                            : to[tile.column(i) * static_cast<int64_t>(pitch) + tile.row(i)]) = tile.x[i];
}

template <int M, int N, int K, class OrderA, class OrderB>
void mma_sync(fragment<accumulator, M, N, K, float>& d,
              const fragment<matrix_a, M, N, K, precision::tf32, OrderA>& a,
              const fragment<matrix_b, M, N, K, precision::tf32, OrderB>& b,
              const fragment<accumulator, M, N, K, float>& c) {
  on_host::Operands& shared = on_host::operands_of_warp();
  for (int i = 0; i < a.num_elements; ++i) shared.a[a.index(i)] = on_host::operand(a.x[i]);
  for (int i = 0; i < b.num_elements; ++i) shared.b[b.index(i)] = on_host::operand(b.x[i]);
  __syncwarp();
  for (int i = 0; i < d.num_elements; ++i) {
    float sum = c.x[i];
    for (int k = 0; k < K; ++k)
      sum = std::fma(shared.a[d.row(i) * K + k], shared.b[k * N + d.column(i)], sum);
    d.x[i] = sum;
  }
  __syncwarp();  // before the next product lays its own there
}

}  // namespace nvcuda::wmma
