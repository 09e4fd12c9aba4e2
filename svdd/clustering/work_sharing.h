// Blocks of rows, shared out among threads as they become free. No result may depend on who takes which. A computation
// has one ThreadPool from its beginning to its end: t-SNE alone shares work out a thousand times.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include "svdd/clustering/machine.h"

#include "engine/threads.h"

namespace svdd {

// How far a long computation has come, in [0, 1]; called on the thread that began it, now and then. May be
// empty.
using ShareDone = std::function<void(double)>;

// How many threads serve what `on` asks for, where there are so many pieces of work for them.
int threads_for(const Machine& on, int64_t pieces);

// Rows in a block, at least 96: as many as serve the caches, fewer where that would leave threads without work.
inline constexpr int64_t least_block = 96;
int64_t block_size(int64_t n, int threads);

// Hands out 0 … total-1, each once, in order.
class Turns {
 public:
  explicit Turns(int64_t total, ShareDone share_done = {});

  // Whether there is another one; throws engine::Stopped where a stop is requested. Tells `share_done` what the turns
  // before it come to.
  bool take(int64_t& turn);
  int64_t total() const { return total_; }

 private:
  int64_t total_;
  ShareDone share_done_;
  std::atomic<int64_t> next_ = 0;
  std::thread::id caller_;
};

// Runs `work`, which has state of its own and takes turns until there are none left, on the pool's threads, on no more
// of them than there are turns; returns when all are done, and throws what one of them threw.
void on_threads(engine::ThreadPool& pool, const Turns& turns, const std::function<void()>& work);

}  // namespace svdd
