#include "tools/report/report_calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "svdd/evaluation/reliability.h"
#include "tools/report/reliability_chart.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

using namespace html;

ReliabilityPoint shares_of(const svdd::Reliability& r) {
  const auto n = static_cast<double>(r.samples);
  return {r.rate, static_cast<double>(r.seen) / n, static_cast<double>(r.low) / n,
          static_cast<double>(r.high) / n};
}

// "12 of 160 (7.50 %); chance has it between 3 and 18".
std::string seen_words(const svdd::Reliability& r) {
  return std::to_string(r.seen) + " of " + std::to_string(r.samples) + " (" +
         percent(static_cast<double>(r.seen) / static_cast<double>(r.samples), 1) + ")";
}

std::string kept_or_not(const svdd::Reliability& r) {
  return r.seen > r.high ? "more than chance allows" : r.seen < r.low ? "fewer than expected" : "as promised";
}

std::string rates_table(const std::vector<svdd::Reliability>& rows) {
  std::string table =
      "<table><thead><tr><th class=\"n\">Asked</th><th class=\"n\">Expected</th><th class=\"n\">Seen</th>"
      "<th class=\"n\">By chance</th><th>Kept?</th></tr></thead><tbody>\n";
  for (const svdd::Reliability& r : rows)
    table += "<tr><th class=\"n\">" + short_rate(r.rate) + "</th><td class=\"n\">" +
             number_text(r.rate * static_cast<double>(r.samples), 3) + "</td><td class=\"n\">" +
             std::to_string(r.seen) + "</td><td class=\"n\">" + std::to_string(r.low) + " – " +
             std::to_string(r.high) + "</td>" +
             tag("td", r.seen > r.high  ? "too many"
                       : r.seen < r.low ? "fewer"
                                        : "kept") +
             "</tr>\n";
  return table + "</tbody></table>\n";
}

// Every rate k / (m + 1) that p-values come in, or a hundred of them.
std::vector<double> rates_of(size_t calibration_samples) {
  constexpr size_t most = 100;
  const size_t steps = calibration_samples + 1, drawn = std::min(steps, most);
  std::vector<double> rates;
  for (size_t i = 0; i <= drawn; ++i)
    rates.push_back(static_cast<double>(i * steps / drawn) / static_cast<double>(steps));
  return rates;
}

}  // namespace

std::string calibration(const RunFolder& run, Notes& notes) {
  const auto stated = run.results.entries().find("calibration");
  if (!stated) return "";
  const double asked = stated->as<double>("false_alarm_rate");
  if (!(asked > 0 && asked < 1)) stated->at("false_alarm_rate").wrong("a rate in (0, 1)");
  std::string out =
      "<h2>False alarms: asked and seen</h2>\n<p>The threshold was set by " +
      std::to_string(stated->as<int64_t>("samples")) +
      " normal samples that were not trained on: a new normal sample is above it with a probability of at "
      "most " +
      short_rate(asked) + ".";
  if (const auto seen = stated->find("seen"))
    out += " Of the normal test samples " + percent(seen->as<double>(), 2) + " are.";
  out += "</p>\n";
  if (!run.scores || run.scores->normal.empty()) return out;
  if (run.scores->nans > 0) return out;
  if (!run.calibration_scores) {
    notes.push_back("model/ is missing: false alarms are not shown at other rates than the threshold's.");
    return out;
  }
  const std::vector<float>& held_out = *run.calibration_scores;
  std::vector<ReliabilityPoint> points;
  for (const svdd::Reliability& r :
       svdd::reliability(held_out, run.scores->normal, rates_of(held_out.size())))
    points.push_back(shares_of(r));
  std::vector<double> usual = {0.01, 0.02, 0.05, 0.1, 0.2};
  if (std::find(usual.begin(), usual.end(), asked) == usual.end()) usual.push_back(asked);
  std::sort(usual.begin(), usual.end());
  const std::vector<svdd::Reliability> rows = svdd::reliability(held_out, run.scores->normal, usual);
  const svdd::Reliability& at =
      *std::find_if(rows.begin(), rows.end(), [&](const svdd::Reliability& r) { return r.rate == asked; });
  const std::string between =
      "With " + std::to_string(held_out.size()) + " samples to calibrate and " + std::to_string(at.samples) +
      " to test, chance has " + std::to_string(at.low) + " to " + std::to_string(at.high) +
      " of them there in 95 of 100 cases; seen: " + seen_words(at) + ", " + kept_or_not(at) + ".";
  out += tag("p", between + (at.seen > at.high ? " The test samples are not like those of the calibration, "
                                                 "or come from another source."
                                               : ""));
  ReliabilityChart chart{"Reliability of the p-values", between, points, shares_of(at)};
  return out + "\n<div class=\"row roc\">\n" +
         figure(reliability_chart(chart), "Reliability of the p-values",
                "For every rate, the share of the normal test samples with a p-value of at most that; on the "
                "diagonal is what was asked. Below it: cautious, as equal scores make it") +
         figure(table_card("False alarms at usual rates", rates_table(rows)), "At usual rates",
                "Normal test samples that would be called anomalous; by chance: in 95 of 100 cases") +
         "</div>\n";
}

}  // namespace tools
