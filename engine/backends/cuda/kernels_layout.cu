// Numbers on their way into a batch, out of it, and between arrays.
#include "engine/backends/cuda/half_warp.cuh"
#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {
namespace {

__global__ void __launch_bounds__(block_threads) fill_all(float* to, int64_t stored, float value) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i < stored) to[i] = value;
}

__global__ void __launch_bounds__(block_threads) fill_samples(Batch to, float value) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x, size = to.block_size();
  if (i >= to.size()) return;
  const int last_used = to.samples - (to.blocks - 1) * lanes;  // lanes of the last block
  to.data[i] = i >= to.size() - size && static_cast<int>(i % lanes) >= last_used ? 0.0f : value;
}

struct Sent {
  float numbers[most_sent];
};

__global__ void __launch_bounds__(block_threads) receive(Sent from, int count, float* to) {
  const int i = static_cast<int>(blockIdx.x * block_threads + threadIdx.x);
  if (i < count) to[i] = from.numbers[i];
}

// ---- rows in C order, and blocks of sixteen samples: a transposition, tile by tile through shared memory, so
// that both sides are read and written in runs of at least 64 bytes

constexpr int tile = 64;  // numbers of each of the sixteen rows

struct InOrder {  // which row a sample has
  __device__ int64_t operator()(int sample) const { return sample; }
};
struct ByArray {
  const float* index;
  __device__ int64_t operator()(int sample) const { return static_cast<int64_t>(index[sample]); }
};
struct BySent {
  int32_t index[most_sent];
  __device__ int64_t operator()(int sample) const { return index[sample]; }
};

// Writes the blocks of samples that the grid names. size: numbers per sample.
template <class RowOf>
__global__ void __launch_bounds__(block_threads)
    interleave_tiles(const float* rows, RowOf row_of, int samples, int64_t size, float* to) {
  __shared__ float numbers[lanes][tile + 1];  // one more, so that a column's numbers lie in different banks
  const int64_t first = int64_t{blockIdx.y} * tile;
  const int left = static_cast<int>(size - first < tile ? size - first : tile),
            t = static_cast<int>(threadIdx.x);
  for (int i = t; i < lanes * tile; i += block_threads) {
    const int lane = i / tile, column = i % tile, sample = static_cast<int>(blockIdx.x) * lanes + lane;
    if (column < left)
      numbers[lane][column] = sample < samples ? rows[row_of(sample) * size + first + column] : 0.0f;
  }
  __syncthreads();
  float* block = to + (blockIdx.x * size + first) * lanes;
  for (int i = t; i < left * lanes; i += block_threads) block[i] = numbers[i % lanes][i / lanes];
}

__global__ void __launch_bounds__(block_threads)
    deinterleave_tiles(const float* from, int samples, int64_t size, float* rows) {
  __shared__ float numbers[lanes][tile + 1];
  const int64_t first = int64_t{blockIdx.y} * tile;
  const int left = static_cast<int>(size - first < tile ? size - first : tile),
            t = static_cast<int>(threadIdx.x);
  const float* block = from + (blockIdx.x * size + first) * lanes;
  for (int i = t; i < left * lanes; i += block_threads) numbers[i % lanes][i / lanes] = block[i];
  __syncthreads();
  for (int i = t; i < lanes * tile; i += block_threads) {
    const int64_t lane = i / tile, column = i % tile, sample = blockIdx.x * int64_t{lanes} + lane;
    if (column < left && sample < samples) rows[sample * size + first + column] = numbers[lane][column];
  }
}

// One thread for each number, where a sample has only a few.
template <class RowOf>
__global__ void __launch_bounds__(block_threads)
    interleave_numbers(const float* rows, RowOf row_of, int samples, int size, int64_t stored, float* to) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i >= stored) return;
  const int lane = static_cast<int>(i % lanes);
  const int64_t run = i / lanes;
  const int sample = static_cast<int>(run / size) * lanes + lane;
  to[i] = sample < samples ? rows[row_of(sample) * size + run % size] : 0.0f;
}

dim3 tiles_of(int blocks, int64_t size) {
  return dim3(static_cast<unsigned>(blocks), blocks_for(size, tile));
}
int64_t per_sample(const Batch& b) { return b.block_size() / lanes; }

template <class RowOf>
void interleave_rows(cudaStream_t stream, const float* rows, const RowOf& row_of, int samples, int64_t size,
                     float* to) {
  const int blocks = (samples + lanes - 1) / lanes;
  constexpr int few = 8;
  if (size <= few) {
    const int64_t stored = blocks * size * lanes;
    launch(stream, interleave_numbers<RowOf>, blocks_for(stored), block_threads, rows, row_of, samples,
           static_cast<int>(size), stored, to);
  } else {
    launch(stream, interleave_tiles<RowOf>, tiles_of(blocks, size), block_threads, rows, row_of, samples,
           size, to);
  }
}

// ---- rows of a table

__global__ void __launch_bounds__(block_threads)
    read_row_kernel(const float* table, const float* position, float* row, int64_t count, int64_t stored) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i < stored) row[i] = i < count ? table[static_cast<int64_t>(*position) * count + i] : 0.0f;
}

__global__ void __launch_bounds__(block_threads)
    write_row_kernel(const float* row, const float* position, float* table, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i < count) table[static_cast<int64_t>(*position) * count + i] = row[i];
}

}  // namespace

void fill(cudaStream_t stream, float* to, int64_t stored, float value) {
  launch(stream, fill_all, blocks_for(stored), block_threads, to, stored, value);
}
void fill(cudaStream_t stream, const Batch& to, float value) {
  launch(stream, fill_samples, blocks_for(to.size()), block_threads, to, value);
}

void send(cudaStream_t stream, const float* host_numbers, int64_t count, float* to, int64_t stored) {
  Sent sent{};
  std::copy_n(host_numbers, count, sent.numbers);
  launch(stream, receive, blocks_for(stored), block_threads, sent, static_cast<int>(stored), to);
}

void interleave(cudaStream_t stream, const float* rows, const Batch& to) {
  interleave_rows(stream, rows, InOrder{}, to.samples, per_sample(to), to.data);
}
void take(cudaStream_t stream, const float* rows, const float* index, const Batch& to) {
  interleave_rows(stream, rows, ByArray{index}, to.samples, per_sample(to), to.data);
}
void gather(cudaStream_t stream, const float* rows, std::span<const int32_t> host_index, const Batch& to) {
  const int64_t size = per_sample(to);
  for (size_t first = 0; first < host_index.size(); first += most_sent) {
    const auto part = host_index.subspan(first, std::min<size_t>(most_sent, host_index.size() - first));
    BySent sent{};
    std::copy(part.begin(), part.end(), sent.index);
    interleave_rows(stream, rows, sent, static_cast<int>(part.size()), size,
                    to.data + static_cast<int64_t>(first) * size);
  }
}
void deinterleave(cudaStream_t stream, const Batch& from, float* rows) {
  launch(stream, deinterleave_tiles, tiles_of(from.blocks, per_sample(from)), block_threads, from.data,
         from.samples, per_sample(from), rows);
}

void read_row(cudaStream_t stream, const float* table, const float* position, float* row, int64_t count,
              int64_t stored) {
  launch(stream, read_row_kernel, blocks_for(stored), block_threads, table, position, row, count, stored);
}
void write_row(cudaStream_t stream, const float* row, const float* position, float* table, int64_t count) {
  launch(stream, write_row_kernel, blocks_for(count), block_threads, row, position, table, count);
}

}  // namespace engine::cuda
