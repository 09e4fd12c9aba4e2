#include "svdd/networks/idle_taps.h"

#include <cstdint>

namespace svdd {
namespace {

// How many of a kernel's taps along one axis meet the input at some place.
int64_t meeting(const engine::LayerDescription& l, int64_t input, int64_t output) {
  const int64_t last = (output - 1) * l.stride;  // where the kernel stands last, from where it stands first
  int64_t count = 0;
  for (int64_t tap = 0; tap < l.kernel; ++tap) {
    // The first place at which it is no longer above the input; it meets it there, or is below it already.
    const int64_t behind = l.padding - tap,
                  at = behind <= 0 ? 0 : (behind + l.stride - 1) / l.stride * l.stride;
    if (at <= last && at + tap - l.padding < input) ++count;
  }
  return count;
}

}  // namespace

std::vector<std::string> idle_taps(const NetworkPlan& plan) {
  std::vector<std::string> found;
  for (const engine::PlannedLayer& p : plan.encoder) {
    const engine::LayerDescription& l = p.layer;
    if (l.kind != engine::LayerKind::conv || p.input.size() != 3) continue;
    const int64_t rows = meeting(l, p.input[1], p.output[1]), columns = meeting(l, p.input[2], p.output[2]);
    if (2 * rows * columns >= l.kernel * l.kernel) continue;
    found.push_back(
        engine::title_of(l) + ": of the " + std::to_string(l.kernel * l.kernel) + " taps of a kernel only " +
        std::to_string(rows * columns) + " ever meet its input of " + std::to_string(p.input[1]) + "x" +
        std::to_string(p.input[2]) +
        "; all others lie on padding wherever it stands, and never learn: a smaller kernel does the same");
  }
  return found;
}

}  // namespace svdd
