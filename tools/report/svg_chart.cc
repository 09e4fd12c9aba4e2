#include "tools/report/svg_chart.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "tools/report/svg_parts.h"

namespace tools {
namespace {

using namespace svg;

std::string chars(double value, std::chars_format format, int precision) {
  std::array<char, 400> buffer;  // a double has at most 309 whole digits
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision).ptr;
  return {buffer.data(), end};
}

void drop_trailing_zeros(std::string& digits) {
  if (digits.find('.') == std::string::npos) return;
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
}

std::string exact_percent(double fraction) { return fixed_text(100 * fraction, 2) + " %"; }

}  // namespace

std::string number_text(double value, int digits) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  const double size = std::fabs(value);
  std::string text;
  if (size < 1e-4 || size >= 1e7) {
    text = chars(value, std::chars_format::scientific, digits - 1);
    const size_t e = text.find('e');
    std::string mantissa = text.substr(0, e), exponent = text.substr(e + 1);
    drop_trailing_zeros(mantissa);
    const bool negative = exponent[0] == '-';
    exponent.erase(0, std::min(exponent.find_first_not_of("+-0"), exponent.size() - 1));
    return mantissa + (negative ? "e-" : "e") + exponent;
  }
  int whole_digits = 0;  // of 0.00x: minus two
  for (double bound = 1; size >= bound; bound *= 10) ++whole_digits;
  for (double bound = 0.1; size < bound; bound /= 10) --whole_digits;
  text = chars(value, std::chars_format::fixed, std::max(0, digits - whole_digits));
  drop_trailing_zeros(text);
  return text;
}

std::string fixed_text(double value, int decimals) {
  if (!std::isfinite(value)) return number_text(value);
  const std::string text = chars(value, std::chars_format::fixed, decimals);
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text[0] == '-' ? text.substr(1) : text;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string_view chart_style() {
  return R"css(
:root{--chart-ink:#20262d;--chart-muted:#67717c;--chart-grid:#e6e4de;--chart-axis:#b9b6ae;--chart-paper:#fff;
--normal:#2b6cb0;--anomalous:#d2552a;--series-1:#2b6cb0;--series-2:#d2552a;--series-3:#1d8463;--series-4:#5b2c83;
--series-5:#b98a00;--series-6:#d46aa8;--series-7:#6b7480;--series-8:#35a0bd}
@media(prefers-color-scheme:dark){:root{--chart-ink:#e4e7ea;--chart-muted:#98a2ac;--chart-grid:#2c3238;
--chart-axis:#566069;--chart-paper:#1b1f24;--normal:#6cabea;--anomalous:#f28b60;--series-1:#6cabea;
--series-2:#f28b60;--series-3:#3fae85;--series-4:#9a6fd0;--series-5:#f0cf65;--series-6:#f2a9cf;--series-7:#98a2ac;
--series-8:#8fe3ee}}
.chart{display:block;width:100%;max-width:680px;height:auto;font-family:inherit;font-size:12.5px;margin:0 auto}
.chart .big{font-size:26px}
figure,.charted{container-type:inline-size}
@container(max-width:476px){.chart{font-size:14px}}@container(max-width:408px){.chart{font-size:16px}}
@container(max-width:358px){.chart{font-size:18px}}@container(max-width:318px){.chart{font-size:20px}}
.chart .start{text-anchor:start}.chart .middle{text-anchor:middle}.chart .end{text-anchor:end}
.chart .tick{fill:var(--chart-muted);font-variant-numeric:tabular-nums}.chart .name{fill:var(--chart-muted)}
.chart .strong{fill:var(--chart-ink);font-weight:600}.chart .word{fill:var(--chart-ink)}
.chart .big{fill:var(--chart-ink);font-weight:650;letter-spacing:-.01em}
.chart .halo{paint-order:stroke;stroke:var(--chart-paper);stroke-width:4px;stroke-linejoin:round}
.chart .grid{stroke:var(--chart-grid)}.chart .axis{stroke:var(--chart-axis)}
.chart .chance{stroke:var(--chart-axis);stroke-dasharray:3 4}
.chart .mark{stroke:var(--chart-axis);stroke-dasharray:2 3}
.chart .threshold{stroke:var(--chart-ink);stroke-width:1.5;stroke-dasharray:5 4}
.chart .curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.chart .background{fill:none;stroke:var(--c);stroke-width:1;stroke-opacity:.35;stroke-linejoin:round;
stroke-linecap:round}
.chart .dots{fill:none;stroke:var(--c);stroke-width:5;stroke-linecap:round;stroke-opacity:.75}
.chart .dots.square{stroke-width:4;stroke-linecap:square}.chart .border{fill:none;stroke:var(--chart-grid)}
.chart .area{fill:var(--c);fill-opacity:.13;stroke:none}
.chart .bars{fill:var(--c);fill-opacity:.3;stroke:var(--c);stroke-width:1.5;stroke-linejoin:round}
.chart .bars.anomalous{stroke-dasharray:5 2}.chart .swatch{fill:var(--c);rx:2px}.chart .spot{fill:var(--c);stroke:var(--chart-paper);stroke-width:2}
.chart .interval{stroke:var(--c);stroke-width:20;stroke-opacity:.3;stroke-linecap:butt}
.chart .stem{stroke:var(--c);stroke-width:2}.chart .hit{fill:transparent}
.chart .point .spot{opacity:0}.chart .point:hover .spot{opacity:1}.chart .point:hover .hit{fill:var(--chart-grid);
fill-opacity:.5}
.chart .s1{--c:var(--series-1)}.chart .s2{--c:var(--series-2)}.chart .s3{--c:var(--series-3)}
.chart .s4{--c:var(--series-4)}.chart .s5{--c:var(--series-5)}.chart .s6{--c:var(--series-6)}
.chart .s7{--c:var(--series-7)}.chart .s8{--c:var(--series-8)}
.chart .normal{--c:var(--normal)}.chart .anomalous{--c:var(--anomalous)}.chart .quiet{--c:var(--chart-muted)}
)css";
}

std::string line_chart(const LineChart& chart) {
  const int width = chart.width, height = chart.height;
  constexpr size_t most_tooltips = 1000;
  double low_x = 0, high_x = 0, low_y = 0, high_y = 0;
  bool any = false;
  const auto shown = [&](double x, double y) {
    return drawable(x) && drawable(y) && (!chart.log_y || y > 1e-300);
  };
  for (const std::vector<Series>* all : {&chart.series, &chart.background})
    for (const Series& series : *all) {
      if (series.x.size() != series.y.size())
        throw std::invalid_argument("[line_chart] series '" + series.name + "' has " +
                                    std::to_string(series.x.size()) + " x and " +
                                    std::to_string(series.y.size()) + " y; expected as many of both");
      for (size_t i = 0; i < series.x.size(); ++i) {
        const double x = series.x[i], y = series.y[i];
        if (!shown(x, y)) continue;
        low_x = any ? std::min(low_x, x) : x, high_x = any ? std::max(high_x, x) : x;
        low_y = any ? std::min(low_y, y) : y, high_y = any ? std::max(high_y, y) : y;
        any = true;
      }
    }
  std::string out = svg::open(width, height, chart.title, chart.description);
  if (!any) return out + label(width / 2.0, height / 2.0, "name middle", "nothing to draw") + "</svg>\n";

  const bool named = chart.series.size() > 1 || !chart.background.empty();
  LegendNames names;
  for (size_t s = 0; s < chart.series.size(); ++s) names.emplace_back(colour(s), chart.series[s].name);
  if (!chart.background.empty()) names.emplace_back("quiet", chart.background_name);
  constexpr double left = 80;
  const double right = width - 14.0;
  const Plot plot{left, named ? 14 + legend_row_height * legend_rows(left, right, names) : 16.0, right,
                  height - 46.0};
  const Axis x(low_x, high_x, plot.left, plot.right),
      y(low_y, high_y, plot.bottom - 6, plot.top + 6, chart.log_y);
  out += frame(plot, x, y, chart.x_label, chart.y_label, false, false);
  for (const LineMark& mark : chart.marks) {
    if (!drawable(mark.x) || mark.x < low_x || mark.x > high_x) continue;
    out += line(x(mark.x), plot.top, x(mark.x), plot.bottom, "mark");
    out += beside(x(mark.x), plot.top + 12, plot, "tick halo", mark.label);
  }
  const auto draw = [&](const Series& series, Path& curve) {
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (shown(series.x[i], series.y[i]))
        curve.add(x(series.x[i]), y(series.y[i]));
      else
        curve.gap();
    }
  };
  Path behind;
  for (const Series& series : chart.background) draw(series, behind), behind.gap();
  if (!chart.background.empty()) out += svg::path(behind.data(), "background quiet");
  for (size_t s = 0; s < chart.series.size(); ++s) {
    Path curve;
    draw(chart.series[s], curve);
    out += svg::path(curve.data(), "curve " + colour(s));
  }
  if (named) out += legend(plot, names);
  for (size_t s = 0; s < chart.series.size(); ++s) {
    const Series& series = chart.series[s];
    if (series.x.size() * chart.series.size() > most_tooltips) continue;
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!shown(series.x[i], series.y[i])) continue;
      // The strip that answers to the pointer: over the whole height for one curve, near its point for
      // several.
      const double at = x(series.x[i]), up = y(series.y[i]);
      const double half = (plot.right - plot.left) / static_cast<double>(2 * series.x.size());
      out += "<g class=\"point " + colour(s) + "\"><title>" + (named ? escape_xml(series.name) + ", " : "") +
             escape_xml(chart.x_label) + ' ' + number_text(series.x[i], 6) + ": " +
             number_text(series.y[i], 6) + "</title>";
      out += named ? box(at - half, up - 8, 2 * half, 16, "hit")
                   : box(at - half, plot.top, 2 * half, plot.bottom - plot.top, "hit");
      out += dot(at, up, 4.5, "spot") + "</g>\n";
    }
  }
  return out + "</svg>\n";
}

namespace {

double middle_value(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::string scatter_chart(const ScatterChart& chart) {
  double low_x = 0, high_x = 0, low_y = 0, high_y = 0;
  bool any = false;
  const auto shown = [](double x, double y) { return drawable(x) && drawable(y); };
  for (const ScatterGroup& group : chart.groups)
    for (const ScatterPart& part : group.parts) {
      if (part.x.size() != part.y.size())
        throw std::invalid_argument("[scatter_chart] '" + part.words + "' has " +
                                    std::to_string(part.x.size()) + " x and " +
                                    std::to_string(part.y.size()) + " y; expected as many of both");
      for (size_t i = 0; i < part.x.size(); ++i) {
        const double x = part.x[i], y = part.y[i];
        if (!shown(x, y)) continue;
        low_x = any ? std::min(low_x, x) : x, high_x = any ? std::max(high_x, x) : x;
        low_y = any ? std::min(low_y, y) : y, high_y = any ? std::max(high_y, y) : y;
        any = true;
      }
    }
  std::string out = svg::open(chart.width, chart.height, chart.title, chart.description);
  if (!any)
    return out + label(chart.width / 2.0, chart.height / 2.0, "name middle", "nothing to draw") + "</svg>\n";

  const Plot plot{4, chart.names_inside ? 4.0 : 32.0, chart.width - 4.0, chart.height - 4.0};
  constexpr double margin = 12;
  const double width = plot.right - plot.left - 2 * margin, height = plot.bottom - plot.top - 2 * margin;
  const auto range = [](double low, double high) { return high - low > 1e-290 ? high - low : 0; };
  const double range_x = range(low_x, high_x), range_y = range(low_y, high_y);
  double scale = 1;  // of both axes
  if (range_x > 0 || range_y > 0)
    scale = std::min(range_x > 0 ? width / range_x : height / range_y,
                     range_y > 0 ? height / range_y : width / range_x);
  const auto across = [&](double x) {
    return (plot.left + plot.right) / 2 + scale * (x - (low_x + high_x) / 2);
  };
  const auto up = [&](double y) { return (plot.top + plot.bottom) / 2 - scale * (y - (low_y + high_y) / 2); };

  out += box(plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top, "border") + '\n';
  std::string labels;
  std::vector<std::pair<std::string, std::string>> names;
  for (const ScatterGroup& group : chart.groups) {
    names.emplace_back(group.style, group.name);
    std::vector<double> all_x, all_y;
    for (const ScatterPart& part : group.parts) {
      Path dots;
      for (size_t i = 0; i < part.x.size(); ++i) {
        if (!shown(part.x[i], part.y[i])) continue;
        all_x.push_back(across(part.x[i])), all_y.push_back(up(part.y[i]));
        dots.add(all_x.back(), all_y.back());
        dots.gap();
      }
      out += "<g><title>" + escape_xml(part.words) + "</title>" +
             svg::path(dots.data(), (group.square ? "dots square " : "dots ") + group.style) + "</g>\n";
    }
    if (chart.names_inside && !all_x.empty() && !group.name.empty())
      labels += label(middle_value(all_x), middle_value(all_y) + 4, "strong halo middle", group.name);
  }
  return out + (chart.names_inside ? labels + '\n' : legend(plot, names)) + "</svg>\n";
}

std::string roc_chart(const RocChart& chart) {
  constexpr int width = 440, height = 410;
  const Plot plot{76, 16, width - 30.0, height - 46.0};
  const Axis x(0, 1, plot.left, plot.right), y(0, 1, plot.bottom, plot.top);
  std::string out = svg::open(width, height, chart.title, chart.description);
  out +=
      frame(plot, x, y, "normals flagged (false positives)", "anomalies caught (true positives)", true, true);
  out += line(x(0), y(0), x(1), y(1), "chance");
  Path curve;
  for (const RocPoint& p : chart.curve) {
    const double f = p.false_positive_rate, t = p.true_positive_rate;
    if (f >= 0 && f <= 1 && t >= 0 && t <= 1) curve.add(x(f), y(t));
  }
  const std::string data = curve.data();
  if (!data.empty()) {
    out +=
        svg::path(data + 'L' + px(x(1)) + ' ' + px(y(0)) + 'L' + px(x(0)) + ' ' + px(y(0)) + 'Z', "area s1");
    out += svg::path(data, "curve s1");
  }
  out += label(x(1) - 14, y(0.17), "big end halo", exact_percent(chart.auc));
  out += label(x(1) - 14, y(0.10), "name end halo", "area under the curve (AUC)");
  if (const auto& point = chart.operating_point) {
    const double at = x(point->false_positive_rate), up = y(point->true_positive_rate);
    const std::string rates = short_percent(point->true_positive_rate) + " caught, " +
                              short_percent(point->false_positive_rate) + " of normals flagged";
    out += "<g><title>at the threshold: " + rates + "</title>" + dot(at, up, 6, "spot anomalous") + "</g>";
    const bool high = point->true_positive_rate > 0.25 || point->false_positive_rate > 0.5;
    const bool left_half = point->false_positive_rate < 0.5;
    out += label(at + (left_half ? 11 : -8), up + (high ? 18 : -10),
                 left_half ? "word start halo" : "word end halo", "threshold");
  }
  return out + "</svg>\n";
}

namespace {

struct Bins {
  double low, high;
  std::vector<double> normal, anomalous;  // shares of the group
  int64_t below = 0, above = 0;           // scores gathered in the outermost bars
};

Bins count(const HistogramChart& chart) {
  constexpr size_t fewest = 10, most = 48;
  constexpr double tail = 0.005;
  std::vector<float> all;
  for (const auto& group : {chart.normal, chart.anomalous})
    std::copy_if(group.begin(), group.end(), std::back_inserter(all),
                 [](float s) { return std::isfinite(s); });
  size_t bins = fewest;  // Rice's rule, 2·n^(1/3), within bounds
  while (bins < most && bins * bins * bins < 8 * all.size()) ++bins;
  Bins out{0, 0, std::vector<double>(bins, 0.0), std::vector<double>(bins, 0.0)};
  if (all.empty()) return out;
  std::sort(all.begin(), all.end());
  const size_t cut = static_cast<size_t>(tail * static_cast<double>(all.size()));
  const double inner_low = all[cut], inner_high = all[all.size() - 1 - cut], inner = inner_high - inner_low;
  out.low = all.front(), out.high = all.back();
  if (out.low < inner_low - inner / 4) out.low = inner_low;
  if (out.high > inner_high + inner / 4) out.high = inner_high;
  out.below = std::lower_bound(all.begin(), all.end(), static_cast<float>(out.low)) - all.begin();
  out.above = all.end() - std::upper_bound(all.begin(), all.end(), static_cast<float>(out.high));
  const auto fill = [&](std::span<const float> scores, std::vector<double>& shares) {
    int64_t counted = 0;
    for (const float s : scores) {
      if (!std::isfinite(s)) continue;
      const double along = out.high > out.low ? (s - out.low) / (out.high - out.low) : 0.5;
      ++shares[static_cast<size_t>(std::clamp(along, 0.0, 1.0 - 1e-9) * static_cast<double>(bins))];
      ++counted;
    }
    for (double& share : shares) share /= static_cast<double>(std::max<int64_t>(1, counted));
  };
  fill(chart.normal, out.normal);
  fill(chart.anomalous, out.anomalous);
  if (out.low == out.high) {  // one distinct score: its bar stands in the middle
    const double room = std::max(std::fabs(out.low) * 0.1, 1e-30);
    out.low -= room, out.high += room;
  }
  return out;
}

}  // namespace

std::string histogram_chart(const HistogramChart& chart) {
  constexpr int width = 560, height = 420;
  const Bins bins = count(chart);
  const Plot plot{74, 54, width - 14.0, height - 46.0};
  std::string out = svg::open(width, height, chart.title, chart.description);
  const size_t n = bins.normal.size();
  const double highest = std::max(*std::max_element(bins.normal.begin(), bins.normal.end()),
                                  *std::max_element(bins.anomalous.begin(), bins.anomalous.end()));
  if (!(highest > 0))
    return out + label(width / 2.0, height / 2.0, "name middle", "no scores to draw") + "</svg>\n";

  const Axis x(bins.low, bins.high, plot.left, plot.right), y(0, 1.06 * highest, plot.bottom, plot.top);
  out += frame(plot, x, y, chart.x_label, "share of the group", false, true);
  const double step = (plot.right - plot.left) / static_cast<double>(n);
  const auto edge = [&](size_t i) { return plot.left + step * static_cast<double>(i); };
  const auto bars = [&](const std::vector<double>& shares, std::string_view style) {
    Path outline;
    outline.add(edge(0), y(0));
    for (size_t i = 0; i < n; ++i) outline.add(edge(i), y(shares[i])), outline.add(edge(i + 1), y(shares[i]));
    outline.add(edge(n), y(0));
    out += path(outline.data() + 'Z', style);
  };
  bars(bins.anomalous, "bars " + chart.anomalous_style);
  bars(bins.normal, "bars normal");
  std::vector<std::pair<std::string, std::string>> names;
  if (!chart.normal.empty())
    names.emplace_back("normal", chart.normal_name + " (" + std::to_string(chart.normal.size()) + ")");
  if (!chart.anomalous.empty())
    names.emplace_back(chart.anomalous_style,
                       chart.anomalous_name + " (" + std::to_string(chart.anomalous.size()) + ")");
  out += legend(plot, names);
  const double width_of_bin = (bins.high - bins.low) / static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) {
    if (bins.normal[i] == 0 && bins.anomalous[i] == 0) continue;
    const double from = bins.low + width_of_bin * static_cast<double>(i);
    out +=
        "<g class=\"point\"><title>" + number_text(from) + " to " + number_text(from + width_of_bin) + ": " +
        (chart.normal.empty() ? "" : short_percent(bins.normal[i]) + " of " + escape_xml(chart.normal_name)) +
        (chart.normal.empty() || chart.anomalous.empty() ? "" : ", ") +
        (chart.anomalous.empty()
             ? ""
             : short_percent(bins.anomalous[i]) + " of " + escape_xml(chart.anomalous_name)) +
        "</title>" + box(edge(i), plot.top, step, plot.bottom - plot.top, "hit") + "</g>\n";
  }
  if (chart.threshold) {
    const double t = *chart.threshold;
    const std::string words = "threshold " + number_text(t);
    if (t >= bins.low && t <= bins.high) {
      out += line(x(t), plot.top - 4, x(t), plot.bottom, "threshold");
      out += beside(x(t), plot.top + 10, plot, "strong halo", words);
    } else {
      out += label(plot.right, plot.top + 10, "tick end halo", words + " (outside this axis)");
    }
  }
  if (bins.above > 0)  // above the legend
    out += label(plot.right, plot.top - 36, "tick end",
                 "last bar: and " + std::to_string(bins.above) + " above");
  if (bins.below > 0)
    out += label(plot.left, plot.top - 36, "tick start",
                 "first bar: and " + std::to_string(bins.below) + " below");
  return out + "</svg>\n";
}

std::string comparison_chart(std::string_view title, const std::vector<ComparisonRow>& rows) {
  constexpr int width = 520;
  constexpr double row_height = 50;
  double low = 0.5;
  std::string description;
  for (const ComparisonRow& row : rows) {
    low = std::min({low, row.value, row.low.value_or(low)});
    description += (description.empty() ? "" : "; ") + row.name + ' ' + exact_percent(row.value);
  }
  low = std::max(0.0, std::floor(low * 10 + 1e-9) / 10);
  const int height = static_cast<int>(row_height * static_cast<double>(rows.size())) + 44;
  const Plot plot{8, 8, width - 104.0,
                  height - 30.0};  // "100.00 %" stands beside, in the largest letters too
  const Axis x(low, 1, plot.left, plot.right);
  std::string out = svg::open(width, height, title, description);
  for (const double v : x.ticks(5)) {
    out += line(x(v), plot.top, x(v), plot.bottom, std::fabs(v - 0.5) < 1e-9 ? "chance" : "grid");
    const bool first = v <= low + 1e-9;
    out += label(first ? 0 : x(v), plot.bottom + 18, first ? "tick start" : "tick middle",
                 std::fabs(v - 0.5) < 1e-9 ? "chance" : short_percent(v, 6));
  }
  const double base = std::max(low, 0.5);
  for (size_t i = 0; i < rows.size(); ++i) {
    const ComparisonRow& row = rows[i];
    const std::string style = i == 0 ? " s1" : " quiet";
    const double up = plot.top + row_height * (static_cast<double>(i) + 0.66);
    out += "<g><title>" + escape_xml(row.name) + ": " + exact_percent(row.value) + "</title>";
    out += line(x(base), up, x(row.value), up, "stem" + style);
    if (row.low && row.high) out += line(x(*row.low), up, x(*row.high), up, "interval" + style);
    out += dot(x(row.value), up, i == 0 ? 6 : 5, "spot" + style) + "</g>";
    out += label(plot.left, up - 14, i == 0 ? "strong halo start" : "word halo start", row.name);
    out += label(width - 4, up + 4, i == 0 ? "strong end" : "word end", exact_percent(row.value)) + '\n';
  }
  return out + "</svg>\n";
}

}  // namespace tools
