#include "svdd/recipes/set_aside.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "datasets/hold_out.h"
#include "engine/files/in_quotes.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/methods/deep_options.h"

namespace svdd::recipes {
namespace {

std::string training_samples(int64_t n) {
  return std::to_string(n) + (n == 1 ? " training sample" : " training samples");
}

void hold_out_to_calibrate(SetAside& parts, double contamination, const CalibrationWish& wish, bool own) {
  constexpr int64_t enough = 50;
  constexpr double usual_share = 0.2;
  const int64_t n = parts.train.count();
  const double share = wish.share.value_or(n >= enough && own ? usual_share : 0);
  const std::string calibration = "calibration " + engine::number_text(share);
  const auto held = static_cast<int64_t>(share * static_cast<double>(n));
  if (held == 0) {
    if (wish.false_alarm_rate)
      throw ImpossibleCalibration(
          "false-alarm-rate needs normal samples that are not trained on, and none of the " +
          training_samples(n) + " are held out: calibration 0.2 holds a fifth out");
    if (wish.share.value_or(0) > 0)
      throw ImpossibleCalibration(calibration + " of " + training_samples(n) +
                                  " is not one: name a larger share");
    return;
  }
  if (n - held < 2)
    throw ImpossibleCalibration(calibration + " leaves " + std::to_string(n - held) + " of " +
                                training_samples(n) + " to train on; hold fewer out");
  const double least = 1 / static_cast<double>(held + 1);
  parts.false_alarm_rate = wish.false_alarm_rate.value_or(std::max(contamination, least));
  if (parts.false_alarm_rate == 0 || held < samples_for_rate(parts.false_alarm_rate))
    throw ImpossibleCalibration("false-alarm-rate " + engine::number_text(parts.false_alarm_rate) +
                                " needs more samples: the " + std::to_string(held) +
                                " that are held out can tell rates from " + engine::number_text(least) +
                                " on; a larger calibration holds out more, or name a larger rate");
  auto held_out = datasets::hold_out_calibration(parts.train, parts.train_classes, share, wish.seed);
  parts.train = std::move(held_out.train);
  parts.train_classes = std::move(held_out.train_classes);
  parts.calibration = std::move(held_out.calibration);
}

void hold_out_a_sixth(SetAside& parts, const Settings& settings) {
  if (!settings.deep()) throw std::logic_error("a sixth is held out of batches, which this method has not");
  const int64_t all = parts.train.count();
  auto kept = datasets::hold_out_validation(parts.train, parts.train_classes,
                                            settings.deep()->training.batch_size, settings.seed());
  parts.train = std::move(kept.train);
  parts.train_classes = std::move(kept.train_classes);
  parts.validation = std::move(kept.validation);
  parts.validation_classes = std::move(kept.validation_classes);
  parts.left_out = all - parts.train.count() - parts.validation.count();
}

}  // namespace

SetAside set_aside(datasets::Samples train, std::vector<int32_t> classes, const Method& method,
                   const Settings& settings, const CalibrationWish& wish, bool own) {
  SetAside parts;
  parts.train = std::move(train);
  parts.train_classes = std::move(classes);
  hold_out_to_calibrate(parts, settings.contamination(), wish, own);
  if (method.protocol == Protocol::sixth_held_out) hold_out_a_sixth(parts, settings);
  return parts;
}

}  // namespace svdd::recipes
