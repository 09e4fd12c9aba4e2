// The section of the page that shows test images: the surest, the false alarms and the missed anomalies.
#pragma once
#include <string>

#include "tools/report/report_charts.h"

namespace tools {

// HTML, or "" where the run has no pictures. Under each picture, where scores.csv tells them, stand its score and
// class.
std::string pictures(const RunFolder& run, Notes& notes);

}  // namespace tools
