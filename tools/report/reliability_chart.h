// Asked rates of false alarms beside those that were seen, as inline SVG (svg_chart.h).
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace tools {

struct ReliabilityPoint {
  double asked, seen, low, high;  // rates, in [0, 1]: chance would have `seen` between low and high
};

struct ReliabilityChart {
  std::string title, description;                   // for screen readers
  std::vector<ReliabilityPoint> points;             // by what was asked, ascending
  std::optional<ReliabilityPoint> operating_point;  // of the stored threshold
};

std::string reliability_chart(const ReliabilityChart& chart);

}  // namespace tools
