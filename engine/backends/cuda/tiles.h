// How kernels cut their outputs into register tiles, and which tile a launch takes.
//
// A tile is what one thread computes: several outputs, each a chain of its own, that share what is loaded.
// Large tiles load less for each multiply-add; small ones make more threads. Bits do not depend on the
// choice.
#pragma once
#include <algorithm>
#include <cstdint>

// #pragma unroll for nvcc; the C++ compiler that tests the kernels does not know it.
#if defined(__CUDACC__)
#define SVDD_UNROLL _Pragma("unroll")
#else
#define SVDD_UNROLL
#endif

namespace engine::cuda {

inline constexpr int64_t divided_up(int64_t count, int64_t by) { return (count + by - 1) / by; }

// What a warp does in one round of its loop, of which it makes `rounds`. `words` are loaded for each lane:
// those of 32 lanes cross to the registers in one cycle of a multiprocessor.
struct WarpWork {
  int64_t warps, rounds;
  int64_t instructions;  // issued
  int64_t words;
  int64_t latency;  // the cycles that a round takes a warp that is alone
};

// Cycles on a card with 132 multiprocessors (an H100; the order of the candidates is the same on an A100 with
// 108): that of the scheduler with the most warps, or of the loads, or of a single warp's chain, whichever
// lasts longest.
inline int64_t estimated_cycles(const WarpWork& w) {
  constexpr int64_t multiprocessors = 132, schedulers = 4 * multiprocessors;
  const int64_t issue = divided_up(w.warps, schedulers) * w.instructions;
  const int64_t loads = divided_up(w.warps * w.words, multiprocessors);
  return w.rounds * std::max({issue, loads, w.latency});
}

}  // namespace engine::cuda
