#include "engine/backend.h"

#include <utility>

namespace engine {

namespace {
class CallsAgain final : public Replayable {
 public:
  explicit CallsAgain(std::function<void()> calls) : calls_(std::move(calls)) {}
  void run() override { calls_(); }

 private:
  std::function<void()> calls_;
};
}  // namespace

std::unique_ptr<Replayable> Backend::capture(std::function<void()> calls) {
  return std::make_unique<CallsAgain>(std::move(calls));
}

}  // namespace engine
