// Samples set aside: a test half of a table that comes whole, and a validation part of training data.
#pragma once
#include <cstdint>

#include "datasets/dataset.h"

namespace datasets {

// The tabular protocol (Hojjati and Armanfard, TKDE 2024, released code): the rows are shuffled by the seed
// (stream "split/test"), the first floor(fraction · n) of them are the test half, the rest the training half,
// both in shuffled order and with all classes in them; one_vs_rest then leaves the anomalies out of training,
// or not. Throws std::invalid_argument unless 0 <= fraction < 1.
struct Halves {
  Split train, test;
};
Halves hold_out_test(const Split& all, double fraction, uint64_t seed);

// The multi-sphere protocol (Ghafoori and Leckie, SDM 2020): the normal training data are shuffled by the
// seed (stream "split/validation"), the first floor(n / 6) of them kept for validation, and the others, in
// shuffled order, cut to whole batches: samples that fill no batch are dropped, unless there is less than one
// batch.
struct Validated {
  Samples train, validation;
  std::vector<int32_t> train_classes, validation_classes;
};
// Throws std::invalid_argument where `batch_size` is below 1, `classes` are neither as many as the samples
// nor none, or nothing is left to train on.
Validated hold_out_validation(const Samples& train, const std::vector<int32_t>& classes, int64_t batch_size,
                              uint64_t seed);

// Normal training samples set aside for calibration (svdd::Detector::calibrate): of n the floor(share · n) that come first
// where all are shuffled by the seed (stream "split/calibration"); the others stay in their order. std::invalid_argument
// unless 0 <= share < 1, and for other numbers of classes than of samples.
struct Calibrated {
  Samples train, calibration;
  std::vector<int32_t> train_classes;
};
Calibrated hold_out_calibration(const Samples& train, const std::vector<int32_t>& classes, double share,
                                uint64_t seed);

}  // namespace datasets
