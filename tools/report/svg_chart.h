// Small charts as inline SVG for the HTML reports: lines, points, a ROC curve, two score histograms, figures
// side by side.
//
// Every chart is a pure function from numbers to text: the same numbers give the same bytes under any locale.
// There are no scripts; a light and a dark palette come from chart_style(), which a page includes once;
// single values show as tooltips (<title>), and every chart carries a title and a description for screen
// readers. All texts are escaped here. Values that cannot be drawn (NaN, infinite, beyond ±1e300, or not
// positive on a logarithmic axis) leave a gap.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

// `value` with at most `digits` significant digits after rounding and no trailing zeros: 0.1234,
// 1500, 2.5e-7. Whole digits are never rounded away below 1e7. NaN is "nan", infinities are "inf" and "-inf".
std::string number_text(double value, int digits = 4);

// `value` with exactly `decimals` digits after the point: 92.30.
std::string fixed_text(double value, int decimals);

// Text made safe for HTML and XML contents and attributes; control characters are dropped.
std::string escape_xml(std::string_view text);

// The colours and strokes of all charts, for a <style> element.
std::string_view chart_style();

struct Series {
  std::string name;
  std::vector<double> x, y;  // of one length; x ascending
};

struct LineMark {  // a vertical hairline with a word beside it, e.g. where the learning rate drops
  double x;
  std::string label;
};

struct LineChart {
  std::string title, description;  // for screen readers
  std::string x_label, y_label;
  std::vector<Series> series;
  std::vector<LineMark> marks;
  std::vector<Series> background = {};  // thin and muted, behind the others; not to be told apart
  std::string background_name = "";     // of all of them, for the legend
  bool log_y = false;
  int width = 520, height = 300;  // in units of which the letters are 12 high
};

// Throws std::invalid_argument where x and y of a series differ in length.
std::string line_chart(const LineChart& chart);

struct ScatterPart {  // points that one tooltip names
  std::string words;
  std::vector<double> x, y;  // of one length
};

struct ScatterGroup {
  std::string name;   // in the legend, or beside its points
  std::string style;  // its colour: "normal", "anomalous", "quiet", or svg::colour(k)
  std::vector<ScatterPart> parts;
  bool square = false;  // squares instead of discs: to be told apart without colours
};

// Points of a plane whose axes mean nothing: no numbers, and one scale for both.
struct ScatterChart {
  std::string title, description;    // for screen readers
  std::vector<ScatterGroup> groups;  // drawn in this order
  bool names_inside = false;         // at the middle (median) of each group's points, instead of in a legend
  int width = 520, height = 440;
};

// Throws std::invalid_argument where x and y of a part differ in length.
std::string scatter_chart(const ScatterChart& chart);

struct RocPoint {
  double false_positive_rate, true_positive_rate;
};

struct RocChart {
  std::string title, description;
  std::vector<RocPoint> curve;  // in [0,1], from (0,0) to (1,1)
  double auc = 0;
  std::optional<RocPoint> operating_point;  // of the stored threshold
};

std::string roc_chart(const RocChart& chart);

struct HistogramChart {
  std::string title, description, x_label;
  std::span<const float> normal, anomalous;  // scores, drawn as shares of their group in shared bins
  std::optional<double> threshold;
  std::string normal_name = "normal", anomalous_name = "anomalous";  // in the legend
  std::string anomalous_style = "anomalous";                         // its colour, as of a ScatterGroup
};

// A long tail (beyond the outer 0.5 %) is gathered in the outermost bar, and the chart says so.
std::string histogram_chart(const HistogramChart& chart);

struct ComparisonRow {
  std::string name;
  double value;                     // a fraction
  std::optional<double> low, high;  // its interval
};

// Fractions on one percent axis that starts at chance (0.5) or lower; the first row is the emphasised one.
std::string comparison_chart(std::string_view title, const std::vector<ComparisonRow>& rows);

}  // namespace tools
