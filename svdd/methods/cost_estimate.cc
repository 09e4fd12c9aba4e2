#include "svdd/methods/cost_estimate.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "engine/stopping.h"
#include "svdd/methods/deep_options.h"

namespace svdd {
namespace {

datasets::Samples first_of(const datasets::Samples& all, int64_t count) {
  return {all.shape, {all.values.begin(), all.values.begin() + count * all.size()}};
}

// What the last epoch of each phase took: the first ones find caches and memory cold.
struct EpochClock final : Monitor {
  double pretraining = 0, training = 0;
  void epoch(const EpochReport& report) override {
    (report.phase == "autoencoder" ? pretraining : training) = report.seconds;
  }
};

}  // namespace

std::optional<CostEstimate> estimate_cost(const Settings& settings, const datasets::Samples& train,
                                          engine::Backend& backend) {
  const DeepOptions* const asked = settings.deep();
  if (!asked) return std::nullopt;
  constexpr int64_t batches = 4, epochs = 3, least_steps = 100;
  const int64_t count =
      std::min(train.count(), batches * std::max(asked->training.batch_size, asked->pretraining.batch_size));
  CostEstimate cost{.pretrain_epochs = asked->pretrain ? asked->pretraining.epochs : 0,
                    .train_epochs = asked->training.epochs};
  const auto steps = [&](const PhaseOptions& phase, int64_t of_epochs) {
    return of_epochs * ((train.count() + phase.batch_size - 1) / std::max<int64_t>(phase.batch_size, 1));
  };
  if (count == 0 ||
      steps(asked->pretraining, cost.pretrain_epochs) + steps(asked->training, cost.train_epochs) <
          least_steps)
    return std::nullopt;
  Settings few = settings;
  few.deep()->pretraining.epochs = std::min(epochs, asked->pretraining.epochs);
  few.deep()->training.epochs = std::min(epochs, asked->training.epochs);
  few.deep()->pretraining.lr_milestones = few.deep()->training.lr_milestones = {};
  try {
    const datasets::Samples samples = first_of(train, count);
    const std::unique_ptr<Detector> detector = few.make(train.shape, backend);
    EpochClock clock;
    detector->fit({samples}, clock);
    constexpr int64_t many =
        1024;  // enough for the largest batch that is scored, whose memory counts as well
    detector->score(first_of(train, std::min(train.count(), many)));
    const double more = static_cast<double>(train.count()) / static_cast<double>(count);
    if (clock.pretraining == 0) cost.pretrain_epochs = 0;
    if (clock.training == 0) cost.train_epochs = 0;
    cost.pretrain_seconds = clock.pretraining * more * static_cast<double>(cost.pretrain_epochs);
    cost.train_seconds = clock.training * more * static_cast<double>(cost.train_epochs);
    return cost;
  } catch (const engine::Stopped&) {
    throw;
  } catch (const std::exception&) {  // the fit itself will say what is wrong, if anything is
    return std::nullopt;
  }
}

}  // namespace svdd
