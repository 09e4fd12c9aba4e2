// What is set aside from one's normal training samples before a fit: some to calibrate the threshold with, and the sixth
// that a method's protocol keeps for validation. One rule for the command, C and Python, so that they learn from the same.
#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

#include "datasets/samples.h"
#include "svdd/methods/method.h"

namespace svdd::recipes {

struct CalibrationWish {
  std::optional<double> share =
      {};  // in [0, 1); nothing: 0.2 of data of one's own from 50 samples on, else none
  std::optional<double> false_alarm_rate = {};  // in (0, 1); nothing: the contamination
  uint64_t seed = 0;                            // which samples are held out
};

// A wish that the number of samples cannot meet; the message begins with the option's name, "calibration 0.9 leaves ...".
struct ImpossibleCalibration : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

struct SetAside {
  datasets::Samples train;
  std::vector<int32_t> train_classes;  // as many as there are samples, or none
  datasets::Samples calibration;       // none: no values; then there is no rate either
  double false_alarm_rate = 0;
  datasets::Samples validation;  // TrainingSet::held_out, where the method's protocol has it
  std::vector<int32_t> validation_classes;
  int64_t left_out = 0;  // samples that the protocol drops: they fill no batch
};

// `own`: whether the data are one's own (DataTraits::own). The calibration samples are drawn first. ImpossibleCalibration;
// std::invalid_argument as datasets/hold_out.h throws.
SetAside set_aside(datasets::Samples train, std::vector<int32_t> classes, const Method& method,
                   const Settings& settings, const CalibrationWish& wish, bool own);

}  // namespace svdd::recipes
