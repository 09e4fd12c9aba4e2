// The section of the page that holds the calibration to its word: the rate of false alarms that was asked for beside the one
// seen on the normal test samples, at the threshold and for all p-values.
#pragma once
#include <string>

#include "tools/report/report_charts.h"

namespace tools {

// HTML, or "" where the run was not calibrated.
std::string calibration(const RunFolder& run, Notes& notes);

}  // namespace tools
