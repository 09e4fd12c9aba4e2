#include "tools/report/svg_parts.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/elementary.h"
#include "tools/report/svg_chart.h"

namespace tools::svg {
namespace {

constexpr int series_colours = 8;  // --series-1 … --series-8

std::string attribute(std::string_view name, double value) {
  return ' ' + std::string(name) + "=\"" + px(value) + '"';
}

std::string tenths(long long v) { return px(static_cast<double>(v) / 10); }

double log10_of(double positive) {  // the engine's own logarithm: the C library's differs between systems
  int exponent;
  const double mantissa = std::frexp(positive, &exponent);
  return (exponent * 0.69314718055994531 + engine::elementary::log(static_cast<float>(mantissa))) /
         2.302585092994045684;
}

double power_of_ten(int exponent) {
  double power = 1;
  for (int i = 0; i < std::abs(exponent); ++i) power = exponent > 0 ? power * 10 : power / 10;
  return power;
}

double exp10_of(double exponent) {
  const double whole = std::floor(exponent);
  const float rest = static_cast<float>((exponent - whole) * 2.302585092994045684);
  return engine::elementary::exp(rest) * power_of_ten(static_cast<int>(whole));
}

}  // namespace

std::string px(double length) {
  std::string text = fixed_text(length, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string short_percent(double fraction, int digits) { return number_text(100 * fraction, digits) + " %"; }

bool drawable(double value) { return std::isfinite(value) && std::fabs(value) < 1e300; }

std::string colour(size_t series) { return "s" + std::to_string(series % series_colours + 1); }

std::string line(double x1, double y1, double x2, double y2, std::string_view style) {
  return "<line class=\"" + std::string(style) + '"' + attribute("x1", x1) + attribute("y1", y1) +
         attribute("x2", x2) + attribute("y2", y2) + "/>";
}

std::string label(double x, double y, std::string_view style, std::string_view words,
                  std::string_view transform) {
  std::string out = "<text class=\"" + std::string(style) + '"' + attribute("x", x) + attribute("y", y);
  if (!transform.empty()) out += " transform=\"" + std::string(transform) + '"';
  return out + '>' + escape_xml(words) + "</text>";
}

std::string box(double x, double y, double width, double height, std::string_view style) {
  return "<rect class=\"" + std::string(style) + '"' + attribute("x", x) + attribute("y", y) +
         attribute("width", width) + attribute("height", height) + "/>";
}

std::string dot(double x, double y, double radius, std::string_view style) {
  return "<circle class=\"" + std::string(style) + '"' + attribute("cx", x) + attribute("cy", y) +
         attribute("r", radius) + "/>";
}

std::string open(int width, int height, std::string_view title, std::string_view description) {
  return "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " + std::to_string(width) + ' ' +
         std::to_string(height) + "\" xmlns=\"http://www.w3.org/2000/svg\"><title>" + escape_xml(title) +
         "</title><desc>" + escape_xml(description) + "</desc>\n";
}

std::string path(const std::string& data, std::string_view style) {
  return "<path class=\"" + std::string(style) + "\" d=\"" + data + "\"/>\n";
}

void Path::add(double x, double y) {
  const Point p{std::llround(10 * x), std::llround(10 * y)};
  const size_t n = points_.size();
  if (n > start_ && points_[n - 1] == p) return;
  if (n > start_ + 1) {
    const Point &a = points_[n - 2], &b = points_[n - 1];
    const bool onward_y = a.x == b.x && b.x == p.x && (a.y < b.y) == (b.y < p.y);
    const bool onward_x = a.y == b.y && b.y == p.y && (a.x < b.x) == (b.x < p.x);
    if (onward_x || onward_y) points_.pop_back();
  }
  points_.push_back(p);
}

void Path::gap() {
  text_ += drawn();
  start_ = points_.size();
}

std::string Path::data() const { return text_ + drawn(); }

std::string Path::drawn() const {
  std::string out;
  for (size_t i = start_; i < points_.size(); ++i)
    out += (i == start_ ? 'M' : 'L') + tenths(points_[i].x) + ' ' + tenths(points_[i].y);
  if (points_.size() == start_ + 1) out += "h0";  // with round caps a lone point shows as a dot
  return out;
}

Axis::Axis(double low, double high, double from, double to, bool logarithmic)
    : low_(low), high_(high), from_(from), to_(to), logarithmic_(logarithmic) {
  if (logarithmic) low_ = log10_of(low), high_ = log10_of(high);
  const double size = std::max(std::fabs(low_), std::fabs(high_));
  if (high_ - low_ <= 1e-9 * size || high_ - low_ < 1e-290) {  // a constant: give it room on both sides
    const double room = logarithmic || size < 1e-290 ? 0.5 : 0.1 * size;
    low_ -= room, high_ += room;
  }
}

double Axis::operator()(double v) const {
  return from_ + (to_ - from_) * (((logarithmic_ ? log10_of(v) : v) - low_) / (high_ - low_));
}

std::vector<double> Axis::ticks(int wanted) const {
  if (logarithmic_ && high_ - low_ > 0.8) return decades(wanted);
  // Within less than a decade the round numbers of a linear axis serve a logarithmic one too.
  const double low = logarithmic_ ? exp10_of(low_) : low_, high = logarithmic_ ? exp10_of(high_) : high_;
  const double rough = (high - low) / wanted;
  double unit = 1;
  while (unit * 10 <= rough) unit *= 10;
  while (unit > rough) unit /= 10;
  const double ratio = rough / unit;
  const double step = unit * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
  const double slack = 1e-9 * (high - low);
  std::vector<double> out;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + slack; ++k)
    out.push_back(k == 0 ? 0 : k * step);  // not -0
  return out;
}

std::vector<double> Axis::decades(int wanted) const {
  constexpr double slack = 1e-6;  // beyond the error of the logarithm
  const double count = high_ - low_;
  const int stride = std::max(1, static_cast<int>(std::ceil(count / wanted)));
  const std::vector<double> steps = count < 2.5 ? std::vector<double>{1, 2, 5} : std::vector<double>{1};
  std::vector<double> out;
  for (int e = static_cast<int>(std::floor(low_)); e <= high_ + slack; ++e) {
    if (e % stride != 0) continue;
    for (const double s : steps) {
      const double v = s * power_of_ten(e), at = log10_of(v);
      if (at >= low_ - slack && at <= high_ + slack) out.push_back(v);
    }
  }
  return out;
}

std::string frame(const Plot& plot, const Axis& x, const Axis& y, std::string_view x_label,
                  std::string_view y_label, bool percent_x, bool percent_y) {
  std::string out;
  const auto text = [](double v, bool as_percent) {
    return as_percent ? short_percent(v, 6) : number_text(v, 10);
  };
  for (const double v : y.ticks(5)) {
    out += line(plot.left, y(v), plot.right, y(v), "grid");
    out += label(plot.left - 8, y(v) + 4, "tick end", text(v, percent_y));
  }
  for (const double v : x.ticks(6)) {
    if (x_label == "epoch" && v != std::round(v)) continue;  // of a short run: there is no epoch between two
    out += line(x(v), plot.bottom, x(v), plot.bottom + 4, "axis");
    out += label(x(v), plot.bottom + 18, "tick middle", text(v, percent_x));
  }
  out += line(plot.left, plot.bottom, plot.right, plot.bottom, "axis");
  out += label((plot.left + plot.right) / 2, plot.bottom + 37, "name middle", x_label);
  const double middle = (plot.top + plot.bottom) / 2;
  return out + label(13, middle, "name middle", y_label, "rotate(-90 13 " + px(middle) + ")") + '\n';
}

namespace {

// Where each name of a legend stands: its row, and its left end.
std::vector<std::pair<int, double>> legend_places(double left, double right, const LegendNames& names) {
  // The width of a letter on average, where letters are largest: text is laid out by the browser alone.
  constexpr double letter = 9.4;
  std::vector<std::pair<int, double>> places;
  int row = 0;
  double x = left;
  for (const auto& [style, name] : names) {
    const double width = 16 + letter * static_cast<double>(name.size());
    if (x > left && x + width > right) ++row, x = left;
    places.emplace_back(row, x);
    x += width + 14;
  }
  return places;
}

}  // namespace

int legend_rows(double left, double right, const LegendNames& names) {
  return names.empty() ? 0 : legend_places(left, right, names).back().first + 1;
}

std::string legend(const Plot& plot, const LegendNames& names) {
  std::string out;
  const auto places = legend_places(plot.left, plot.right, names);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto [row, x] = places[i];
    const double above = legend_row_height * (places.back().first - row);
    out += box(x, plot.top - 20 - above, 11, 11, "swatch " + names[i].first);
    out += label(x + 16, plot.top - 10 - above, "tick start", names[i].second);
  }
  return out;
}

std::string beside(double x, double y, const Plot& plot, std::string_view style, std::string_view words) {
  const bool to_the_left = x > (plot.left + plot.right) / 2;
  return label(x + (to_the_left ? -6 : 6), y, std::string(style) + (to_the_left ? " end" : " start"), words);
}

}  // namespace tools::svg
