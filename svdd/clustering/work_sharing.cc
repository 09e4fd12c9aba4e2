#include "svdd/clustering/work_sharing.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "svdd/side_by_side.h"

namespace svdd {

int threads_of(const engine::CpuOptions& on) {
  return on.threads > 0 ? on.threads : engine::machine_threads();
}

int64_t block_size(int64_t n, int threads) {
  constexpr int64_t step = 16, most = 480;
  const int64_t blocks = std::max<int64_t>((n + most - 1) / most, 4 * threads),
                even = (n + blocks - 1) / blocks;
  return std::max<int64_t>(6 * step, (even + step - 1) / step * step);
}

Turns::Turns(int64_t total, ShareDone share_done)
    : total_(total), share_done_(std::move(share_done)), caller_(std::this_thread::get_id()) {}

bool Turns::take(int64_t& turn) {
  turn = next_++;
  if (share_done_ && std::this_thread::get_id() == caller_)
    share_done_(static_cast<double>(std::min(turn, total_)) / static_cast<double>(total_));
  return turn < total_;
}

void on_threads(int threads, const std::function<void()>& work) {
  if (threads < 1) return;
  run_side_by_side(std::vector<std::function<void()>>(static_cast<size_t>(threads), work), threads);
}

}  // namespace svdd
