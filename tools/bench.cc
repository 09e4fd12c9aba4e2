#include "tools/bench.h"

#include <algorithm>
#include <iostream>
#include <map>

#include "datasets/strokes.h"
#include "engine/files/in_quotes.h"
#include "svdd/deep_svdd.h"
#include "tools/svg_chart.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

// The fastest epoch of each phase: what the machine can do, the least disturbed by its other work.
class Stopwatch final : public svdd::Monitor {
 public:
  void epoch(const svdd::EpochReport& report) override {
    const auto [best, first] = seconds_.emplace(report.phase, report.seconds);
    if (!first) best->second = std::min(best->second, report.seconds);
  }
  const std::map<std::string, double>& seconds() const { return seconds_; }

 private:
  std::map<std::string, double> seconds_;
};

}  // namespace

int run_bench(const BenchOptions& options) {
  if (options.what != "training")
    throw UsageError("there is no benchmark " + engine::in_quotes(options.what) + "; expected training");
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  const datasets::OneVsRest task = datasets::one_vs_rest(datasets::load_strokes(), {3});
  svdd::DeepSvddOptions deep_svdd = svdd::published_options(svdd::Recipe::pytorch);
  deep_svdd.training.epochs = deep_svdd.pretraining.epochs = 3;
  deep_svdd.training.lr_milestones = deep_svdd.pretraining.lr_milestones = {};
  Stopwatch stopwatch;
  svdd::make_deep_svdd(deep_svdd, *backend)->fit({task.train, task.train_classes}, stopwatch);

  std::cout << backend->name() << "; " << deep_svdd.network << ", " << task.train.count()
            << " samples of strokes, batches of " << deep_svdd.training.batch_size
            << "; the fastest of 3 epochs\n";
  for (const auto& [phase, seconds] : stopwatch.seconds())
    std::cout << "  " << phase << std::string(14 - std::min<size_t>(14, phase.size()), ' ')
              << number_text(seconds, 3) << " s per epoch, "
              << number_text(static_cast<double>(task.train.count()) / seconds, 3) << " samples/s\n";
  return 0;
}

}  // namespace tools
