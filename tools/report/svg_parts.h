// What every chart is drawn from: marks as SVG elements, paths, axes with round numbers, the frame around a
// plot. Lengths are in units of the drawing, in which letters are 12 high on a wide page, and up to 20 where the drawing
// is small (chart_style): there must be room for both. `style` names classes of
// chart_style().
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tools::svg {

std::string open(int width, int height, std::string_view title, std::string_view description);
std::string line(double x1, double y1, double x2, double y2, std::string_view style);
std::string label(double x, double y, std::string_view style, std::string_view words,
                  std::string_view transform = "");
std::string box(double x, double y, double width, double height, std::string_view style);
std::string dot(double x, double y, double radius, std::string_view style);
std::string path(const std::string& data, std::string_view style);

std::string px(double length);  // to a tenth
std::string short_percent(double fraction, int digits = 3);
std::string colour(size_t series);  // the style of the n-th curve, from 0; they come round again
bool drawable(double value);        // finite and within ±1e300

// A path through points, in tenths of a unit. Points that fall together, and those inside a horizontal or
// vertical run, are left out: a ROC curve of 10,000 samples is mostly such runs.
class Path {
 public:
  void add(double x, double y);
  void gap();                // the next point starts a new piece
  std::string data() const;  // of the attribute d

 private:
  struct Point {
    long long x, y;
    bool operator==(const Point&) const = default;
  };
  std::string drawn() const;

  std::vector<Point> points_;
  size_t start_ = 0;
  std::string text_;
};

// Maps values to positions along one side of the plot, and knows its round numbers.
class Axis {
 public:
  // `low` is drawn at `from`, `high` at `to`; all four finite, on a logarithmic axis low > 0. A range of
  // one value is widened on both sides.
  Axis(double low, double high, double from, double to, bool logarithmic = false);
  double operator()(double value) const;
  // Round numbers inside the range: about `wanted` of them, or powers of ten (with their 2 and 5 where few).
  std::vector<double> ticks(int wanted) const;

 private:
  std::vector<double> decades(int wanted) const;
  double low_, high_, from_, to_;  // logarithmic: low_ and high_ are exponents of ten
  bool logarithmic_;
};

struct Plot {  // the rectangle inside the axes
  double left, top, right, bottom;
};

// Grid lines, both axes with their numbers (as percentages where said) and names.
std::string frame(const Plot& plot, const Axis& x, const Axis& y, std::string_view x_label,
                  std::string_view y_label, bool percent_x, bool percent_y);

// Words above the plot, each behind a swatch, in as many rows as they need: pairs of style and name.
using LegendNames = std::vector<std::pair<std::string, std::string>>;
inline constexpr double legend_row_height = 18;
int legend_rows(double left, double right, const LegendNames& names);
std::string legend(const Plot& plot, const LegendNames& names);

// A word beside a vertical line at x, on the side where there is room.
std::string beside(double x, double y, const Plot& plot, std::string_view style, std::string_view words);

}  // namespace tools::svg
