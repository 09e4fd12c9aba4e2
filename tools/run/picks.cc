#include "tools/run/picks.h"

#include <algorithm>

#include "svdd/methods/deep_options.h"
#include "svdd/methods/multi_sphere.h"
#include "svdd/networks/networks.h"
#include "tools/commands/counted.h"

namespace tools {
namespace {

std::string size_text(int64_t height, int64_t width) {
  return std::to_string(height) + 'x' + std::to_string(width);
}

// Of one with published settings: none of them is a choice.
bool is_own(const TrainOptions& options) {
  return options.traits.own &&
         (options.traits.kind == svdd::recipes::DataKind::table || !options.traits.own_images.empty());
}

Pick image_size(const TrainOptions& fitted) {
  const datasets::ImageSurvey& survey = fitted.traits.survey;
  const std::vector<int64_t>& size = fitted.image_size;
  const std::string why =
      "the normal images are " + size_text(survey.height, survey.width) + " (the median" +
      (survey.looked_at < survey.images ? " of " + std::to_string(survey.looked_at) : "") + "), " +
      (survey.coloured ? "some in colour" : "none in colour") +
      "; 64x64 where the shorter side reaches it, else 32x32";
  return {"image size", datasets::shape_text(size), why, "--image-size N or HxW"};
}

std::string module_text(const svdd::NetworkPlan& plan) {
  int64_t convolutions = 0;
  for (const engine::PlannedLayer& layer : plan.encoder)
    convolutions += layer.layer.kind == engine::LayerKind::conv;
  return convolutions == 0
             ? counted(static_cast<int64_t>(plan.widths.size()), "hidden layer") +
                   (plan.widths.size() == 1 ? " of " + std::to_string(plan.widths[0]) : "") + ", then " +
                   std::to_string(plan.rep_dim) + " numbers"
             : counted(convolutions, "convolution") + ", then " + std::to_string(plan.rep_dim) + " numbers";
}

}  // namespace

std::vector<Pick> picks(const ResolvedOptions& resolved, const TrainOptions& fitted, const Task& task) {
  std::vector<Pick> all;
  const auto asked = [&](const char* option) { return resolved.names(option); };
  const bool images = fitted.traits.survey.looked_at > 0;
  if (!is_own(fitted)) return all;
  const svdd::DeepOptions* const deep = fitted.settings.deep();
  const bool size_of_network = asked("network") && deep && !svdd::network_info(deep->network).input.empty();
  if (images && !asked("image-size") && !size_of_network) all.push_back(image_size(fitted));
  if (deep) {
    const std::string samples = counted(task.split.train.count(), "sample");
    // Who names the network that tables have anyway has not said how wide it is to be.
    const bool usual = !asked("network") || (!images && !svdd::is_network_text(deep->network));
    if (usual && !asked("widths") && !asked("rep-dim")) {
      const svdd::NetworkPlan plan = svdd::plan_network(
          deep->network, {.input = task.split.train.shape, .rep_dim = deep->rep_dim, .widths = deep->widths});
      all.push_back({"network", module_text(plan),
                     images ? "the pattern of the published ones, down to few pixels"
                            : "one wide layer ranks better on most tables than the papers' narrow ones",
                     images ? "--network NAME, FILE or TEXT" : "--widths A,B,... --rep-dim P"});
    }
    if (!deep->pretrain && !asked("pretrain") && method_takes(fitted.method, "pretrain"))
      all.push_back({"pretraining", "none", "random weights rank better on most tables", "--pretrain true"});
    const bool trains = method_takes(fitted.method, "epochs"),
               pretrains = method_takes(fitted.method, "ae-epochs") && deep->pretrain;
    const std::string ae_epochs =
                          std::to_string(deep->pretraining.epochs) + (trains ? " of the autoencoder" : ""),
                      epochs =
                          std::to_string(deep->training.epochs) + (pretrains ? " of " + fitted.method : "");
    if (!(trains && asked("epochs")) && !(pretrains && asked("ae-epochs")))
      all.push_back(
          {"epochs",
           (pretrains ? ae_epochs : "") + (pretrains && trains ? ", " : "") + (trains ? epochs : ""),
           "steps enough for " + samples + ", and minutes at most",
           std::string(pretrains ? "--ae-epochs N" : "") + (pretrains && trains ? " " : "") +
               (trains ? "--epochs N" : "")});
    const bool by_training = method_takes(fitted.method, "batch-size");
    const std::string batch = by_training ? "batch-size" : "ae-batch-size";
    if (!asked(batch.c_str()))
      all.push_back({"batch", std::to_string((by_training ? deep->training : deep->pretraining).batch_size),
                     "by the number of samples", "--" + batch + " N"});
  }
  if (const auto* spheres = fitted.settings.as<svdd::MultiSphereOptions>(); spheres && !asked("spheres"))
    all.push_back({"spheres", std::to_string(spheres->spheres),
                   "ten samples or more for each, and 100 at most", "--spheres K"});
  if (task.calibration.count() > 0 && !asked("calibration"))
    all.push_back({"hold-out", counted(task.calibration.count(), "normal sample") + " held out to calibrate",
                   "so that the threshold's rate of false alarms is known",
                   "--calibration 0 trains on them too"});
  return all;
}

std::string sentence(const Pick& pick) {
  return pick.what + ' ' + pick.picked + ": " + pick.why + " (otherwise: " + pick.otherwise + ')';
}

}  // namespace tools
