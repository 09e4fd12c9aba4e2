#include "svdd/clustering/work_sharing.h"

#include <algorithm>
#include <utility>

#include "engine/stopping.h"

namespace svdd {

int threads_for(const Machine& on, int64_t pieces) {
  if (pieces <= 1) return 1;
  return static_cast<int>(std::min<int64_t>(pieces, on.threads()));
}

int64_t block_size(int64_t n, int threads) {
  constexpr int64_t step = 16, most = 480;
  const int64_t blocks = std::max<int64_t>((n + most - 1) / most, 4 * threads),
                even = (n + blocks - 1) / blocks;
  return std::max<int64_t>(least_block, (even + step - 1) / step * step);
}

Turns::Turns(int64_t total, ShareDone share_done)
    : total_(total), share_done_(std::move(share_done)), caller_(std::this_thread::get_id()) {}

bool Turns::take(int64_t& turn) {
  engine::check_stop();
  turn = next_++;
  if (share_done_ && std::this_thread::get_id() == caller_)
    share_done_(static_cast<double>(std::min(turn, total_)) / static_cast<double>(total_));
  return turn < total_;
}

void on_threads(engine::ThreadPool& pool, const Turns& turns, const std::function<void()>& work) {
  pool.run(std::min<int64_t>(pool.threads(), turns.total()), [&](engine::Range) { work(); });
}

}  // namespace svdd
