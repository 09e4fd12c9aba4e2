// From the options of `svdd train` to a detector.
#pragma once
#include <memory>

#include "svdd/detector.h"
#include "tools/options/options.h"

namespace tools {

// `input`: the shape of one sample, for the networks that take any. Throws UsageError for options that do not
// fit together, such as a network for samples of another shape.
std::unique_ptr<svdd::Detector> make_detector(const TrainOptions& options, const std::vector<int64_t>& input,
                                              engine::Backend& backend);

}  // namespace tools
