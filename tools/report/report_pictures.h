// The sections of the page that show test images: the surest, the false alarms and the missed anomalies; and the most anomalous,
// each beside the map of its score.
#pragma once
#include <string>

#include "tools/report/report_charts.h"

namespace tools {

// HTML, or "" where the run has no pictures. Under each picture, where scores.csv tells them, stand its score and
// class.
std::string pictures(const RunFolder& run, Notes& notes);
std::string maps(const RunFolder& run);

}  // namespace tools
