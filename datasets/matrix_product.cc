#include "datasets/matrix_product.h"

#include <algorithm>
#include <cstring>

#include "engine/stopping.h"
#include "engine/threads.h"

namespace datasets {
namespace {

// Two doubles side by side, as every processor we build for has them: the compiler's own vectors, no
// intrinsics.
using Pair = double __attribute__((vector_size(16)));

inline Pair load(const double* from) {
  Pair pair;
  std::memcpy(&pair, from, sizeof(pair));
  return pair;
}

// tile[4 i + j] += Σ_d a[4 d + i] b[4 d + j]: sixteen chains in eight registers.
void add_tile(const double* a, const double* b, int64_t depth, double* tile) {
  Pair c00 = load(tile), c01 = load(tile + 2), c10 = load(tile + 4), c11 = load(tile + 6),
       c20 = load(tile + 8), c21 = load(tile + 10), c30 = load(tile + 12), c31 = load(tile + 14);
  for (int64_t d = 0; d < depth; ++d, a += 4, b += 4) {
    const Pair left = load(b), right = load(b + 2);
    c00 += a[0] * left, c01 += a[0] * right;
    c10 += a[1] * left, c11 += a[1] * right;
    c20 += a[2] * left, c21 += a[2] * right;
    c30 += a[3] * left, c31 += a[3] * right;
  }
  const Pair sums[8] = {c00, c01, c10, c11, c20, c21, c30, c31};
  std::memcpy(tile, sums, sizeof(sums));
}

// Rows 4 ga … of a against groups [first, last) of b.
void add_stripe(const PackedRows& a, int64_t ga, const PackedRows& b, int64_t first, int64_t last, double* c,
                int64_t stride) {
  const int64_t height = std::min<int64_t>(4, a.rows() - 4 * ga);
  for (int64_t gb = first; gb < last; ++gb) {
    const int64_t width = std::min<int64_t>(4, b.rows() - 4 * gb);
    double tile[16] = {};
    double* corner = c + 4 * ga * stride + 4 * gb;
    for (int64_t i = 0; i < height; ++i) std::copy_n(corner + i * stride, width, tile + 4 * i);
    add_tile(a.group(ga), b.group(gb), a.depth(), tile);
    for (int64_t i = 0; i < height; ++i) std::copy_n(tile + 4 * i, width, corner + i * stride);
  }
}

}  // namespace

PackedRows::PackedRows(int64_t rows, int64_t depth)
    : rows_(rows), depth_(depth), numbers_(static_cast<size_t>((rows + 3) / 4 * 4 * depth)) {}

PackedRows PackedRows::of_rows(const double* from, int64_t rows, int64_t depth) {
  PackedRows packed(rows, depth);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t d = 0; d < depth; ++d) packed.at(r, d) = from[r * depth + d];
  return packed;
}

PackedRows PackedRows::of_columns(const double* from, int64_t rows, int64_t depth) {
  PackedRows packed(rows, depth);
  for (int64_t d = 0; d < depth; ++d)
    for (int64_t r = 0; r < rows; ++r) packed.at(r, d) = from[d * rows + r];
  return packed;
}

void add_product(const PackedRows& a, const PackedRows& b, double* c, int64_t stride, Part part,
                 engine::ThreadPool& pool) {
  // Sixteen groups of b, a few hundred kilobytes for the depths in use, stay in the cache while a passes by.
  constexpr int64_t at_once = 16;
  const int64_t columns = (b.groups() + at_once - 1) / at_once;
  pool.run(columns, [&](engine::Range range) {
    for (int64_t column = range.first; column < range.last; ++column) {
      const int64_t first = column * at_once, end = std::min(first + at_once, b.groups());
      for (int64_t ga = part == Part::all ? 0 : first; ga < a.groups(); ++ga) {
        engine::check_stop();
        add_stripe(a, ga, b, first, part == Part::all ? end : std::min(end, ga + 1), c, stride);
      }
    }
  });
}

}  // namespace datasets
