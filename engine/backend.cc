#include "engine/backend.h"

#include <utility>

#include "engine/backends/cpu/cpu.h"
#include "engine/threads.h"

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

double Backend::dense_error(int64_t features) const {
  const double sum = 0x1p-24 * static_cast<double>(features + 1);
  return sum / (1 - sum);
}

void Backend::batch_statistics(const Array& x, double epsilon, double momentum, Array& mean, Array& variance,
                               Array& inverse_std, Array& running_mean, Array& running_variance) {
  const auto m = static_cast<double>(x.shape()[0] * x.shape().positions());
  channel_moments(x, mean, variance);
  this->inverse_std(variance, epsilon, inverse_std);
  update_running(mean, momentum, 1.0, running_mean);
  update_running(variance, momentum, m / (m - 1), running_variance);
}

std::unique_ptr<Backend> Backend::on_host(int threads) const {
  return make_cpu_backend({.threads = threads > 0 ? threads : host_threads()});
}

int Backend::host_threads() const { return machine_threads(); }

std::unique_ptr<Replayable> Backend::capture(std::function<void()> calls) {
  return std::make_unique<CallsAgain>(std::move(calls));
}

}  // namespace engine
