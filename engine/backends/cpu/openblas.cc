#include "engine/backends/cpu/openblas.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/checked_size.h"

#if SVDD_HAVE_OPENBLAS
#include <cblas.h>
#include <dlfcn.h>
#include <sys/mman.h>
#endif

namespace engine::cpu::openblas {

#if SVDD_HAVE_OPENBLAS

namespace {

struct Library {
  decltype(&cblas_sgemm) sgemm = nullptr;
  std::string problem;
};

// One thread inside OpenBLAS: ours are outside, over tiles that the shapes alone decide. It must know before it is
// loaded, because it starts its threads then, which at the end of a process that has little memory left wait for more
// for ever.
Library load() {
  constexpr const char* threads = "OPENBLAS_NUM_THREADS";
  const bool ours = std::getenv(threads) == nullptr;
  if (ours) setenv(threads, "1", 0);
  void* library = dlopen(SVDD_OPENBLAS_SONAME, RTLD_NOW | RTLD_LOCAL);
  Library found;
  if (!library) found.problem = dlerror();
  if (!library) library = dlopen(SVDD_OPENBLAS_PATH, RTLD_NOW | RTLD_LOCAL);  // not where the loader looks
  if (ours) unsetenv(threads);
  if (!library) return found;
  found.sgemm = reinterpret_cast<decltype(&cblas_sgemm)>(dlsym(library, "cblas_sgemm"));
  const auto set_threads =
      reinterpret_cast<decltype(&openblas_set_num_threads)>(dlsym(library, "openblas_set_num_threads"));
  if (set_threads) set_threads(1);
  found.problem = found.sgemm && set_threads ? "" : "it is no OpenBLAS";
  return found;
}

// Loaded by the first who asks for it, and for good.
const Library& library() {
  static const Library loaded = load();
  return loaded;
}

// Grows to the largest size asked for and stays: no allocation in a repeated step.
float* scratch(std::vector<float>& memory, int64_t count) {
  if (static_cast<int64_t>(memory.size()) < count) memory.resize(static_cast<size_t>(count));
  return memory.data();
}
float* column_scratch(int64_t count) {
  thread_local std::vector<float> memory;
  return scratch(memory, count);
}

// c = alpha·op(a)·op(b) + beta·c in row-major order.
void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda,
           const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  const auto i = [](int64_t v) {
    if (v > std::numeric_limits<blasint>::max())
      throw std::length_error("[openblas] a matrix of " + std::to_string(v) +
                              " columns or rows is too large for it");
    return static_cast<blasint>(v);
  };
  library().sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                  transpose_b ? CblasTrans : CblasNoTrans, i(m), i(n), i(k), 1.0f, a, i(lda), b, i(ldb), beta,
                  c, i(ldc));
}

// Calls visit(tap row of the column matrix, its position, position in the image or -1) for one block.
template <class Visit>
void for_taps(const Batch& x, const Batch& y, Window v, Visit visit) {
  for (int64_t c = 0; c < x.c; ++c)
    for (int64_t k = 0; k < v.kernel; ++k)
      for (int64_t l = 0; l < v.kernel; ++l) {
        const int64_t tap = (c * v.kernel + k) * v.kernel + l;
        for (int64_t i = 0; i < y.h; ++i)
          for (int64_t j = 0; j < y.w; ++j) {
            const int64_t a = i * v.stride + k - v.padding, b = j * v.stride + l - v.padding;
            const bool inside = a >= 0 && a < x.h && b >= 0 && b < x.w;
            visit(tap, i * y.w + j, inside ? c * x.positions() + a * x.w + b : -1);
          }
      }
}

// im2col of one block: [c·k·k][positions of y][16].
void to_columns(const Batch& x, int64_t block, const Batch& y, Window v, float* columns) {
  const float* image = x.at(block, 0);
  const int64_t row = y.positions() * lanes;
  for_taps(x, y, v, [&](int64_t tap, int64_t position, int64_t source) {
    float* to = columns + tap * row + position * lanes;
    if (source < 0)
      std::fill_n(to, lanes, 0.0f);
    else
      std::copy_n(image + source * lanes, lanes, to);
  });
}

}  // namespace

bool available() { return true; }

void require(int threads) {
  constexpr size_t for_each = size_t{128} << 20, besides = size_t{64} << 20;
  const size_t bytes = static_cast<size_t>(threads) * for_each + besides;
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw std::runtime_error("OpenBLAS takes " + std::to_string(bytes >> 20) + " MB of address space for " +
                             std::to_string(threads) + (threads == 1 ? " thread" : " threads") +
                             ", which are not there: take fewer threads, or the built-in products");
  munmap(memory, bytes);
  if (const std::string& problem = library().problem; !problem.empty())
    throw std::runtime_error("OpenBLAS cannot be loaded (" + problem +
                             "): install it (Debian: libopenblas0), or use the built-in products");
}

void conv2d(const Batch& x, const float* w, const float* bias, Window v, const Batch& y, ThreadPool& pool) {
  const int64_t taps = x.c * v.kernel * v.kernel, row = y.positions() * lanes;
  pool.run(x.blocks, [&](Range r) {
    float* columns = column_scratch(checked_product("[openblas] memory", {taps, row}));
    for (int64_t block = r.first; block < r.last; ++block) {
      to_columns(x, block, y, v, columns);
      for (int64_t o = 0; o < y.c; ++o) std::fill_n(y.at(block, o), row, bias ? bias[o] : 0.0f);
      sgemm(false, false, y.c, row, taps, w, taps, columns, row, 1.0f, y.at(block, 0), row);
    }
  });
}

void conv2d_input_gradient(const Batch& gy, const float* w, Window v, const Batch& gx, ThreadPool& pool) {
  const int64_t taps = gx.c * v.kernel * v.kernel, row = gy.positions() * lanes;
  pool.run(gx.blocks, [&](Range r) {
    float* columns = column_scratch(checked_product("[openblas] memory", {taps, row}));
    for (int64_t block = r.first; block < r.last; ++block) {
      sgemm(true, false, taps, row, gy.c, w, taps, gy.at(block, 0), row, 0.0f, columns, row);
      float* image = gx.at(block, 0);
      std::fill_n(image, gx.block_size(), 0.0f);
      for_taps(gx, gy, v, [&](int64_t tap, int64_t position, int64_t source) {
        if (source < 0) return;
        const float* from = columns + tap * row + position * lanes;
        for (int64_t l = 0; l < lanes; ++l) image[source * lanes + l] += from[l];
      });
    }
  });
}

void conv2d_weight_gradient(const Batch& x, const Batch& gy, Window v, float* gw, ThreadPool& pool) {
  const int64_t taps = x.c * v.kernel * v.kernel, row = gy.positions() * lanes, size = gy.c * taps;
  thread_local std::vector<float> memory;
  float* partial = scratch(
      memory,
      checked_product("[openblas] memory", {x.blocks, size}));  // of each block, added in order afterwards
  pool.run(x.blocks, [&](Range r) {
    float* columns = column_scratch(checked_product("[openblas] memory", {taps, row}));
    for (int64_t block = r.first; block < r.last; ++block) {
      to_columns(x, block, gy, v, columns);
      sgemm(false, true, gy.c, taps, row, gy.at(block, 0), row, columns, row, 0.0f, partial + block * size,
            taps);
    }
  });
  std::copy_n(partial, size, gw);
  for (int64_t block = 1; block < x.blocks; ++block)
    for (int64_t i = 0; i < size; ++i) gw[i] += partial[block * size + i];
}

void product(const MatrixProduct& job, ThreadPool& pool) {
  const int64_t m = job.y.c, k = job.x.c;
  const bool transposed = job.column_stride != 1;  // w is (k, m) in memory
  pool.run(job.x.blocks, [&](Range r) {
    for (int64_t block = r.first; block < r.last; ++block) {
      for (int64_t o = 0; o < m; ++o) std::fill_n(job.y.at(block, o), lanes, job.bias ? job.bias[o] : 0.0f);
      sgemm(transposed, false, m, lanes, k, job.w, transposed ? m : k, job.x.at(block, 0), lanes, 1.0f,
            job.y.at(block, 0), lanes);
    }
  });
}

void dense_weight_gradient(const Batch& x, const Batch& gy, float* gw, ThreadPool& pool) {
  // Rows of the result in tiles fixed by its shape; each tile adds the blocks in order.
  constexpr int64_t tile = 32;
  pool.run((gy.c + tile - 1) / tile, [&](Range r) {
    for (int64_t t = r.first; t < r.last; ++t) {
      const int64_t first = t * tile, rows = std::min(tile, gy.c - first);
      for (int64_t block = 0; block < x.blocks; ++block)
        sgemm(false, true, rows, x.c, lanes, gy.at(block, first), lanes, x.at(block, 0), lanes,
              block == 0 ? 0.0f : 1.0f, gw + first * x.c, x.c);
    }
  });
}

#else

namespace {
[[noreturn]] void absent() {
  throw std::runtime_error("this build has no OpenBLAS; install libopenblas-dev and build again");
}
}  // namespace

bool available() { return false; }
void require(int) { absent(); }
void conv2d(const Batch&, const float*, const float*, Window, const Batch&, ThreadPool&) { absent(); }
void conv2d_input_gradient(const Batch&, const float*, Window, const Batch&, ThreadPool&) { absent(); }
void conv2d_weight_gradient(const Batch&, const Batch&, Window, float*, ThreadPool&) { absent(); }
void product(const MatrixProduct&, ThreadPool&) { absent(); }
void dense_weight_gradient(const Batch&, const Batch&, float*, ThreadPool&) { absent(); }

#endif

}  // namespace engine::cpu::openblas
