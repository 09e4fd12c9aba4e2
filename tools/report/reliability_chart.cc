#include "tools/report/reliability_chart.h"

#include "tools/report/svg_chart.h"
#include "tools/report/svg_parts.h"

namespace tools {

using namespace svg;

std::string reliability_chart(const ReliabilityChart& chart) {
  constexpr int width = 440, height = 428;
  const LegendNames names = {{"s1", "seen"}, {"band quiet", "where chance would have it"}};
  constexpr double left = 76, right = width - 30.0;
  const Plot plot{left, 16 + legend_row_height * legend_rows(left, right, names), right, height - 46.0};
  const Axis x(0, 1, plot.left, plot.right), y(0, 1, plot.bottom, plot.top);
  std::string out = svg::open(width, height, chart.title, chart.description);
  out += frame(plot, x, y, "false alarms asked for", "normal samples called anomalous", true, true);
  std::string band;  // up along its upper side, and back along the lower one
  const auto corner = [&](double rate, double share) {
    band += (band.empty() ? 'M' : 'L') + px(x(rate)) + ' ' + px(y(share));
  };
  for (const ReliabilityPoint& p : chart.points) corner(p.asked, p.high);
  for (auto p = chart.points.rbegin(); p != chart.points.rend(); ++p) corner(p->asked, p->low);
  if (!band.empty()) out += svg::path(band + 'Z', "area quiet");
  out += line(x(0), y(0), x(1), y(1), "chance");
  Path seen;
  for (const ReliabilityPoint& p : chart.points) seen.add(x(p.asked), y(p.seen));
  if (!chart.points.empty()) out += svg::path(seen.data(), "curve s1");
  out += legend(plot, names);
  for (size_t i = 0; i < chart.points.size(); ++i) {
    const ReliabilityPoint& p = chart.points[i];
    const double from = i == 0 ? 0 : (chart.points[i - 1].asked + p.asked) / 2,
                 to = i + 1 == chart.points.size() ? 1 : (chart.points[i + 1].asked + p.asked) / 2;
    out += "<g class=\"point s1\"><title>asked " + short_percent(p.asked) + ": seen " +
           short_percent(p.seen) + ", by chance " + short_percent(p.low) + " to " + short_percent(p.high) +
           "</title>" + box(x(from), plot.top, x(to) - x(from), plot.bottom - plot.top, "hit") +
           dot(x(p.asked), y(p.seen), 4.5, "spot") + "</g>\n";
  }
  if (const auto& point = chart.operating_point) {
    out += "<g><title>at the threshold: asked " + short_percent(point->asked) + ", seen " +
           short_percent(point->seen) + "</title>" +
           dot(x(point->asked), y(point->seen), 6, "spot anomalous") + "</g>";
    const bool room = point->seen < 0.9;
    out += label(x(point->asked) + 11, y(point->seen) + (room ? -10 : 18), "word start halo", "threshold");
  }
  return out + "</svg>\n";
}

}  // namespace tools
