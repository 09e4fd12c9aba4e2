// Blocks of rows, shared out among threads as they become free. No result may depend on who takes which.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "engine/backends/cpu/cpu.h"

namespace svdd {

// How far a long computation has come, in [0, 1]; called on the thread that began it, now and then. May be
// empty.
using ShareDone = std::function<void(double)>;

// How many threads `on` asks for.
int threads_of(const engine::CpuOptions& on);

// Rows in a block: as many as serve the caches, fewer where that would leave threads without work.
int64_t block_size(int64_t n, int threads);

// Hands out 0 … total-1, each once, in order.
class Turns {
 public:
  explicit Turns(int64_t total, ShareDone share_done = {});

  // Whether there is another one. Tells `share_done` what the turns before it come to.
  bool take(int64_t& turn);

 private:
  int64_t total_;
  ShareDone share_done_;
  std::atomic<int64_t> next_ = 0;
  std::thread::id caller_;
};

// Runs `work`, with state of its own, on so many threads; returns when all are done.
void on_threads(int threads, const std::function<void()>& work);

}  // namespace svdd
