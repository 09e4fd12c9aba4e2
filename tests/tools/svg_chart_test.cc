#include "tools/report/svg_chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <locale>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/report/reliability_chart.h"

namespace tools {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// Empty where the tags of `xml` nest and close and no attribute holds a number that is none; else what is
// wrong.
std::string flaw(const std::string& xml) {
  std::vector<std::string> open;
  for (size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const size_t end = xml.find('>', at);
    if (end == std::string::npos) return "an open tag at the end";
    const std::string inside = xml.substr(at + 1, end - at - 1);
    const std::string name = inside.substr(0, inside.find_first_of(" /", 1));
    for (const char* bad : {"nan", "inf", "e+"})
      if (inside[0] != '/' && inside.find(std::string("=\"") + bad) != std::string::npos) return inside;
    if (inside[0] == '/') {
      if (open.empty() || "/" + open.back() != inside) return "unexpected <" + inside + ">";
      open.pop_back();
    } else if (inside.back() != '/') {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// The d attribute of the first path with the given class.
std::string path_data(const std::string& svg, const std::string& style) {
  const std::string start = "<path class=\"" + style + "\" d=\"";
  const size_t at = svg.find(start);
  if (at == std::string::npos) return "none";
  return svg.substr(at + start.size(), svg.find('"', at + start.size()) - at - start.size());
}

bool chart_has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

LineChart chart_of(std::vector<double> x, std::vector<double> y) {
  return {"title", "description", "epoch", "loss", {{"loss", std::move(x), std::move(y)}}, {}};
}

TEST(NumberText, RoundsToSignificantDigits) {
  EXPECT_EQ(number_text(0.123456), "0.1235");
  EXPECT_EQ(number_text(0.5), "0.5");
  EXPECT_EQ(number_text(-2.0), "-2");
  EXPECT_EQ(number_text(1500.26), "1500");
  EXPECT_EQ(number_text(123456.7), "123457");
  EXPECT_EQ(number_text(0.00123456, 3), "0.00123");
  EXPECT_EQ(number_text(1e-4), "0.0001");
  EXPECT_EQ(number_text(2.5e-7), "2.5e-7");
  EXPECT_EQ(number_text(1.2345e-120, 3), "1.23e-120");
  EXPECT_EQ(number_text(1e7), "1e7");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(nan), "nan");
  EXPECT_EQ(number_text(-infinity), "-inf");
  EXPECT_EQ(number_text(std::numeric_limits<double>::denorm_min(), 2), "4.9e-324");
}

TEST(FixedText, KeepsItsDecimals) {
  EXPECT_EQ(fixed_text(92.3, 2), "92.30");
  EXPECT_EQ(fixed_text(-0.001, 2), "0.00");
  EXPECT_EQ(fixed_text(-0.01, 2), "-0.01");
  EXPECT_EQ(fixed_text(7, 0), "7");
  EXPECT_EQ(fixed_text(nan, 2), "nan");
  EXPECT_EQ(fixed_text(1e308, 1).size(), 311u);
}

TEST(EscapeXml, LeavesNothingThatOpensATag) {
  EXPECT_EQ(escape_xml("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(escape_xml(std::string_view("a\0b\x1b\n", 5)), "ab\n");
  EXPECT_EQ(escape_xml("η ≥ ½"), "η ≥ ½");
}

TEST(LineChart, DrawsItsPointsWhereTheyBelong) {
  const std::string svg = line_chart(chart_of({0, 1, 2}, {0, 10, 5}));
  EXPECT_EQ(flaw(svg), "");
  // The plot spans x 80 … 506 and, with 6 units of room, y 248 … 22.
  EXPECT_EQ(path_data(svg, "curve s1"), "M80 248L293 22L506 135");
  EXPECT_TRUE(chart_has(svg, "<title>title</title><desc>description</desc>"));
  EXPECT_TRUE(chart_has(svg, "<title>epoch 1: 10</title>"));
  EXPECT_FALSE(chart_has(svg, "<script"));
}

TEST(LineChart, LeavesAGapForWhatCannotBeDrawn) {
  const std::string svg = line_chart(chart_of({0, 1, 2, 3, 4}, {1, 2, nan, 3, 4}));
  EXPECT_EQ(count(path_data(svg, "curve s1"), "M"), 2u);
  const std::string lone = line_chart(chart_of({0, 1, 2, 3}, {1, infinity, 2, nan}));
  EXPECT_EQ(count(path_data(lone, "curve s1"), "h0"), 2u);
  LineChart logarithmic = chart_of({0, 1, 2, 3}, {100, 0, -1, 1});
  logarithmic.log_y = true;
  const std::string log = line_chart(logarithmic);
  EXPECT_EQ(path_data(log, "curve s1"), "M80 22h0M506 248h0");
  EXPECT_EQ(flaw(log), "");
}

TEST(LineChart, LogarithmicAxisHasDecadesAtEqualDistances) {
  LineChart chart = chart_of({0, 1, 2, 3, 4}, {1e-4, 1e-3, 1e-2, 1e-1, 1});
  chart.log_y = true;
  const std::string svg = line_chart(chart);
  EXPECT_EQ(path_data(svg, "curve s1"), "M80 248L186.5 191.5L293 135L399.5 78.5L506 22");
  for (const char* tick : {">0.0001<", ">0.001<", ">0.01<", ">0.1<", ">1<"})
    EXPECT_TRUE(chart_has(svg, tick)) << tick;
}

TEST(LineChart, SeveralSeriesGetALegendAndMarksTheirWords) {
  LineChart chart = chart_of({0, 1}, {1, 2});
  chart.series.push_back({"<radius>", {0, 1}, {2, 1}});
  chart.marks = {{0.25, "lr 1e-5"}, {7, "beyond"}, {nan, "nowhere"}};
  const std::string svg = line_chart(chart);
  EXPECT_EQ(flaw(svg), "");
  EXPECT_EQ(count(svg, "class=\"curve "), 2u);
  EXPECT_TRUE(chart_has(svg, "&lt;radius&gt;"));
  EXPECT_TRUE(chart_has(svg, "lr 1e-5"));
  EXPECT_FALSE(chart_has(svg, "beyond") || chart_has(svg, "nowhere"));
}

TEST(LineChart, EndsOnAnyNumbers) {
  const double largest = std::numeric_limits<double>::max(),
               least = std::numeric_limits<double>::denorm_min();
  const std::vector<std::vector<double>> hostile = {
      {},           {nan, nan},           {infinity, -infinity}, {5},         {0, 0, 0},     {7, 7},
      {-3, -3},     {largest, -largest},  {9e299, -9e299},       {least, 0},  {1e-299, 0},   {1e15, 1e15 + 1},
      {1e-8, 1e-8}, {1e299, 1e-299, 1.0}, {1, 1 + 1e-15},        {1e-320, 1}, {9e299, 9e299}};
  for (const std::vector<double>& values : hostile) {
    for (const bool log_y : {false, true}) {
      std::vector<double> epochs(values.size());
      for (size_t i = 0; i < epochs.size(); ++i) epochs[i] = static_cast<double>(i);
      LineChart chart = chart_of(epochs, values);
      chart.log_y = log_y;
      const std::string svg = line_chart(chart);
      EXPECT_EQ(flaw(svg), "");
      EXPECT_LT(svg.size(), 20000u);
      EXPECT_EQ(flaw(line_chart(chart_of(values, epochs))), "");
    }
  }
}

TEST(LineChart, RefusesSeriesOfTwoLengths) {
  EXPECT_THROW(line_chart(chart_of({0, 1}, {1})), std::invalid_argument);
}

TEST(LineChart, TheBackgroundIsOnePathThatSharesTheAxes) {
  LineChart chart = chart_of({0, 1}, {1, 2});
  chart.background = {{"", {0, 1}, {0, 3}}, {"", {0, 1}, {3, nan}}};
  chart.background_name = "<all>";
  const std::string svg = line_chart(chart);
  EXPECT_EQ(flaw(svg), "");
  EXPECT_EQ(path_data(svg, "background quiet"), "M80 248L506 38M80 38h0");
  EXPECT_EQ(path_data(svg, "curve s1"), "M80 178L506 108");
  EXPECT_TRUE(chart_has(svg, "&lt;all&gt;"));
  EXPECT_LT(svg.find("background quiet"), svg.find("curve s1"));
  chart.background[0].x.pop_back();
  EXPECT_THROW(line_chart(chart), std::invalid_argument);
}

ScatterChart scatter_of(std::vector<double> x, std::vector<double> y) {
  return {"title", "description", {{"group", "s1", {{"part", std::move(x), std::move(y)}}}}};
}

TEST(ScatterChart, BothAxesHaveOneScale) {
  ScatterChart chart = scatter_of({0, 2, 2}, {0, 0, 1});
  chart.width = 132, chart.height = 232;  // 100 by 172 between the margins, the legend above
  const std::string svg = scatter_chart(chart);
  EXPECT_EQ(flaw(svg), "");
  EXPECT_EQ(path_data(svg, "dots s1"), "M16 155h0M116 155h0M116 105h0");
  EXPECT_TRUE(chart_has(svg, "<g><title>part</title>"));
  EXPECT_TRUE(chart_has(svg, "swatch s1") && chart_has(svg, ">group</text>"));
}

TEST(ScatterChart, NamesStandAtTheMedianOfTheirPoints) {
  ScatterChart chart = scatter_of({0, 1, 10}, {0, 0, 10});
  chart.names_inside = true;
  chart.width = 132, chart.height = 132;
  chart.groups[0].name = "<a>";
  chart.groups[0].square = true;
  const std::string svg = scatter_chart(chart);
  EXPECT_EQ(path_data(svg, "dots square s1"), "M16 116h0M26 116h0M116 16h0");
  EXPECT_TRUE(chart_has(svg, "x=\"26\" y=\"120\">&lt;a&gt;</text>")) << svg;
  EXPECT_FALSE(chart_has(svg, "swatch"));
}

TEST(ScatterChart, EndsOnAnyNumbers) {
  const double largest = std::numeric_limits<double>::max();
  const std::vector<std::vector<double>> hostile = {
      {},          {nan, nan},          {infinity, -infinity}, {5},        {0, 0},
      {7, 7, nan}, {largest, -largest}, {9e299, -9e299},       {1e-320, 0}};
  for (const std::vector<double>& values : hostile) {
    EXPECT_EQ(flaw(scatter_chart(scatter_of(values, values))), "");
    EXPECT_EQ(flaw(scatter_chart(scatter_of(values, std::vector<double>(values.size())))), "");
  }
  EXPECT_EQ(flaw(scatter_chart({})), "");
  EXPECT_THROW(scatter_chart(scatter_of({0, 1}, {1})), std::invalid_argument);
}

// The names of many curves stand in as many rows as they need, above the plot and within its width.
TEST(LineChart, ManyNamesTakeSeveralRows) {
  LineChart chart{"t", "d", "x", "y", {}, {}};
  for (int k = 0; k < 8; ++k) chart.series.push_back({"radius_" + std::to_string(k), {0, 1}, {0, 1}});
  const std::string svg = line_chart(chart);
  std::set<std::string> rows;
  for (size_t at = svg.find("swatch"); at != std::string::npos; at = svg.find("swatch", at + 1)) {
    const std::string mark = svg.substr(at, svg.find('>', at) - at);
    EXPECT_LT(std::stod(mark.substr(mark.find(" x=") + 4)), 506 - 16) << mark;
    rows.insert(mark.substr(mark.find(" y=")));
  }
  EXPECT_GT(rows.size(), 1u);
}

TEST(RocChart, PerfectCurveFollowsTheFrame) {
  const std::string svg =
      roc_chart({"ROC", "d", {{0, 0}, {0, 0.5}, {0, 1}, {0.5, 1}, {1, 1}}, 1.0, RocPoint{0, 0.5}});
  EXPECT_EQ(flaw(svg), "");
  EXPECT_EQ(path_data(svg, "curve s1"), "M76 364L76 16L410 16");  // inner points of straight runs are dropped
  EXPECT_TRUE(chart_has(svg, ">100.00 %<"));
  EXPECT_TRUE(chart_has(svg, "class=\"chance\" x1=\"76\" y1=\"364\" x2=\"410\" y2=\"16\""));
  EXPECT_TRUE(chart_has(svg, "at the threshold: 50 % caught, 0 % of normals flagged"));
}

TEST(RocChart, ShowsTheAucAndSkipsPointsOutsideTheUnitSquare) {
  const std::string svg = roc_chart({"ROC", "d", {{0, 0}, {nan, 0.2}, {0.5, 7}, {1, 1}}, 0.87654, {}});
  EXPECT_TRUE(chart_has(svg, ">87.65 %<"));
  EXPECT_EQ(path_data(svg, "curve s1"), "M76 364L410 16");
  EXPECT_EQ(flaw(roc_chart({"ROC", "d", {}, nan, {}})), "");
}

TEST(HistogramChart, CountsEachGroupByItself) {
  const std::vector<float> normal = {0, 0, 0, 1}, anomalous = {1, 1};
  const std::string svg = histogram_chart({"t", "d", "score", normal, anomalous, 0.5});
  EXPECT_EQ(flaw(svg), "");
  EXPECT_TRUE(chart_has(svg, ": 75 % of normal, 0 % of anomalous"));
  EXPECT_TRUE(chart_has(svg, ": 25 % of normal, 100 % of anomalous"));
  EXPECT_EQ(count(svg, " of anomalous</title>"), 2u);  // empty bins have no tooltip
  EXPECT_TRUE(chart_has(svg, "normal (4)") && chart_has(svg, "anomalous (2)"));
  EXPECT_TRUE(chart_has(svg, "<line class=\"threshold\" x1=\"310\""));  // the middle of 74 … 546
  EXPECT_TRUE(chart_has(svg, "threshold 0.5"));
}

TEST(HistogramChart, GathersALongTailAndSaysSo) {
  std::vector<float> normal(1000), anomalous = {1e6f};
  for (size_t i = 0; i < normal.size(); ++i) normal[i] = static_cast<float>(i);
  const std::string svg = histogram_chart({"t", "d", "score", normal, anomalous, 1e5});
  EXPECT_TRUE(chart_has(svg, "last bar: and"));
  EXPECT_FALSE(chart_has(svg, "first bar: and"));
  EXPECT_TRUE(chart_has(svg, "threshold 100000 (outside this axis)"));
}

TEST(HistogramChart, EndsOnAnyScores) {
  const float inf = std::numeric_limits<float>::infinity(), largest = std::numeric_limits<float>::max();
  const std::vector<std::vector<float>> hostile = {
      {}, {static_cast<float>(nan), inf, -inf}, {3, 3, 3}, {0}, {1e-45f, 0}, {largest, -largest}, {-1e30f}};
  for (const std::vector<float>& scores : hostile)
    for (const double threshold : {0.0, nan, infinity})
      EXPECT_EQ(flaw(histogram_chart({"t", "d", "score", scores, {}, threshold})), "");
  EXPECT_TRUE(chart_has(histogram_chart({"t", "d", "score", {}, {}, {}}), "no scores to draw"));
}

TEST(ComparisonChart, StartsAtChanceOrBelow) {
  const std::string above = comparison_chart("AUC", {{"this", 0.9, 0.88, 0.92}, {"that", 0.6, {}, {}}});
  EXPECT_EQ(flaw(above), "");
  EXPECT_TRUE(chart_has(above, "<desc>this 90.00 %; that 60.00 %</desc>"));
  EXPECT_FALSE(chart_has(above, ">40 %<"));
  EXPECT_TRUE(chart_has(comparison_chart("AUC", {{"this", 0.41, {}, {}}}), ">40 %<"));
  EXPECT_EQ(flaw(comparison_chart("AUC", {})), "");
}

TEST(ChartStyle, HasALightAndADarkPalette) {
  EXPECT_TRUE(chart_has(std::string(chart_style()), "prefers-color-scheme:dark"));
  EXPECT_EQ(count(std::string(chart_style()), "--series-8:"), 2u);
}

// Colours as the colour-blind see them: Machado, Oliveira, Fernandes, "A physiologically-based model for simulation of color
// vision deficiency", 2009, complete deficiencies, on linear RGB; distances in CIE L*a*b*, where 2 is just seen.
TEST(ChartStyle, TheColourBlindTellTheSeriesApart) {
  using Triple = std::array<double, 3>;
  const std::array<std::array<Triple, 3>, 4> vision = {
      {{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
       {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
       {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
       {{{1.255528, -0.076749, -0.178779},
         {-0.078411, 0.930809, 0.147602},
         {0.004733, 0.691367, 0.303900}}}}};
  const auto times = [](const std::array<Triple, 3>& m, const Triple& x) {
    Triple y{};
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j) y[i] += m[i][j] * x[j];
    return y;
  };
  const auto lab = [&](const Triple& rgb) {
    Triple xyz = times({{{0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}}}, rgb);
    const Triple white{0.9505, 1, 1.089};
    for (size_t i = 0; i < 3; ++i) {
      const double share = std::max(xyz[i] / white[i], 0.0);
      xyz[i] = share > 0.008856 ? std::cbrt(share) : 7.787 * share + 16.0 / 116;
    }
    return Triple{116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])};
  };
  const std::string style(chart_style());
  size_t palettes = 0;
  for (size_t at = style.find("--series-1:"); at != std::string::npos;
       at = style.find("--series-1:", at + 1)) {
    ++palettes;
    std::vector<Triple> colours;
    for (int k = 1; k <= 8; ++k) {
      const std::string name = "--series-" + std::to_string(k) + ":#";
      const size_t hex = style.find(name, at) + name.size();
      Triple linear{};
      for (size_t c = 0; c < 3; ++c) {
        const double v = std::stoi(style.substr(hex + 2 * c, 2), nullptr, 16) / 255.0;
        linear[c] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
      }
      colours.push_back(linear);
    }
    for (size_t eyes = 0; eyes < vision.size(); ++eyes)
      for (size_t i = 0; i < colours.size(); ++i)
        for (size_t j = 0; j < i; ++j) {
          Triple a = times(vision[eyes], colours[i]), b = times(vision[eyes], colours[j]);
          for (size_t c = 0; c < 3; ++c) a[c] = std::clamp(a[c], 0.0, 1.0), b[c] = std::clamp(b[c], 0.0, 1.0);
          const Triple x = lab(a), y = lab(b);
          const double distance = std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
          EXPECT_GT(distance, 9) << "series " << j + 1 << " and " << i + 1 << ", eyes " << eyes;
        }
  }
  EXPECT_EQ(palettes, 2u);
}

TEST(ReliabilityChart, ShowsTheBandAndTheThreshold) {
  const std::string svg = reliability_chart(
      {"t", "d", {{0, 0, 0, 0}, {0.5, 0.25, 0, 0.75}, {1, 1, 1, 1}}, ReliabilityPoint{0.05, 0.125, 0, 0.2}});
  EXPECT_EQ(flaw(svg), "");
  EXPECT_TRUE(chart_has(svg, "<title>asked 50 %: seen 25 %, by chance 0 % to 75 %</title>"));
  EXPECT_TRUE(chart_has(svg, "<title>at the threshold: asked 5 %, seen 12.5 %</title>"));
  EXPECT_EQ(flaw(reliability_chart({"t", "d", {}, {}})), "");
}

TEST(HistogramChart, NamesItsGroupsAsAsked) {
  const std::vector<float> usual = {0, 1}, found = {1};
  HistogramChart chart{"t", "d", "score", usual, found, {}};
  chart.normal_name = "held <out>", chart.anomalous_name = "scored here", chart.anomalous_style = "s5";
  const std::string svg = histogram_chart(chart);
  EXPECT_EQ(flaw(svg), "");
  EXPECT_TRUE(chart_has(svg, "held &lt;out&gt; (2)") && chart_has(svg, "scored here (1)"));
  EXPECT_TRUE(chart_has(svg, ": 50 % of held &lt;out&gt;, 100 % of scored here</title>"));
  EXPECT_TRUE(chart_has(svg, "class=\"bars s5\""));
  chart.normal = {};
  EXPECT_TRUE(chart_has(histogram_chart(chart), ": 100 % of scored here</title>"));
}

TEST(Charts, ReadTheSameUnderAnyLocale) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const auto draw = [] {
    const std::vector<float> normal = {0.1f, 0.25f}, anomalous = {1234.5f};
    return line_chart(chart_of({0, 1000}, {0.25, 12345.5})) +
           roc_chart({"t", "d", {{0, 0}, {1, 1}}, 0.512, {}}) +
           histogram_chart({"t", "d", "x", normal, anomalous, 0.2}) +
           comparison_chart("c", {{"a", 0.77, {}, {}}});
  };
  const std::string before = draw();
  const std::locale old = std::locale::global(std::locale(std::locale::classic(), new Comma));
  const std::string after = draw();
  std::locale::global(old);
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace tools
