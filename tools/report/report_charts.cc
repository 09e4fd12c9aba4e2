#include "tools/report/report_charts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "engine/files/in_quotes.h"
#include "svdd/evaluation/metrics.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"
#include "tools/report/svg_parts.h"

namespace tools {
namespace {

using namespace html;

std::string note(Notes& notes, std::string words) {  // returns "", the section it stands for
  notes.push_back(std::move(words));
  return "";
}

double flagged(const RunFolder& run, const std::vector<float>& scores) {
  const auto above =
      std::count_if(scores.begin(), scores.end(), [&run](float s) { return s > *run.threshold; });
  return static_cast<double>(above) / static_cast<double>(scores.size());
}

bool spans_decades(const std::vector<double>& losses) {
  double low = 0, high = 0;
  for (const double v : losses) {
    if (!std::isfinite(v)) continue;
    if (v <= 0) return false;
    low = low == 0 ? v : std::min(low, v), high = std::max(high, v);
  }
  return high > 10 * low;
}

// The radii as they are; where they are many, all of them muted and the median of every epoch before them.
LineChart radii_chart(const Phase& phase) {
  constexpr size_t most_curves = 8, most_in_background = 120;
  LineChart chart{"Radius in phase " + phase.name, "Radius by epoch", "epoch", "radius", {}, {}};
  for (const Series& radius : phase.radii)
    if (!radius.x.empty()) chart.series.push_back(radius);
  const size_t count = chart.series.size();
  if (count <= most_curves) return chart;
  std::map<double, std::vector<double>> by_epoch;
  for (const Series& radius : chart.series)
    for (size_t i = 0; i < radius.x.size(); ++i) by_epoch[radius.x[i]].push_back(radius.y[i]);
  Series median{"median", {}, {}};
  for (auto& [epoch, values] : by_epoch) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    median.x.push_back(epoch), median.y.push_back(*middle);
  }
  const size_t stride = (count + most_in_background - 1) / most_in_background;
  for (size_t i = 0; i < count; i += stride) chart.background.push_back(std::move(chart.series[i]));
  chart.background_name = stride == 1 ? "each of " + std::to_string(count)
                                      : "one in " + std::to_string(stride) + " of " + std::to_string(count);
  chart.series = {std::move(median)};
  return chart;
}

// The points by `group`, the largest first; of more than eight, all beyond the sixth are one muted group
// without a name. In each, a part for every value of `part`, which tooltips tell.
template <class Group, class Part>
std::vector<ScatterGroup> grouped(const std::vector<MapPoint>& points, Group group, Part part,
                                  const std::string& group_word, const std::string& part_word) {
  std::map<std::string, std::vector<const MapPoint*>> members;
  for (const MapPoint& p : points) members[group(p)].push_back(&p);
  std::vector<std::pair<std::string, std::vector<const MapPoint*>>> sorted(members.begin(), members.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  const size_t coloured =
      sorted.size() > 8 ? 6 : sorted.size();  // the seventh colour is nearly the muted one
  std::vector<ScatterGroup> out;
  for (size_t k = 0; k < sorted.size(); ++k) {
    const auto& [name, of_group] = sorted[k];
    if (k < coloured) out.push_back({name, svg::colour(k), {}});
    if (k == coloured) out.push_back({"", "quiet", {}});
    std::map<std::string, ScatterPart> parts;
    for (const MapPoint* p : of_group) {
      ScatterPart& one = parts[part(*p)];
      one.x.push_back(p->x), one.y.push_back(p->y);
    }
    for (auto& [words, one] : parts) {
      one.words = group_word + name + part_word + words;
      out.back().parts.push_back(std::move(one));
    }
  }
  return out;
}

std::string clusters_words(const std::vector<ScatterGroup>& by_cluster) {
  const bool more = by_cluster.back().name.empty();
  return std::string("Numbers name the spheres") +
         (more ? "; grey: smaller ones, after the six largest" : "") + ". Point at one to read its class";
}

}  // namespace

// "3", "3 (cat)" where results.json names its classes, or "-1" where that is its name.
std::string class_label(const RunFolder& run, const std::string& number) {
  const std::vector<std::string> names = run.results.texts("class_names");
  if (std::find(names.begin(), names.end(), number) != names.end()) return number;  // it is called so
  size_t index = names.size();
  std::from_chars(number.data(), number.data() + number.size(), index);
  return index < names.size() ? number + " (" + names[index] + ')' : number;
}

std::string normal_classes(const RunFolder& run) {
  std::string out;
  for (const std::string& item : run.results.items("normal"))
    out += (out.empty() ? "" : ", ") + class_label(run, item);
  return out;
}

std::string separation(const RunFolder& run, Notes& notes) {
  if (!run.scores) return note(notes, "scores.csv is missing: no ROC curve, no histograms.");
  if (run.scores->scores.empty())
    return note(notes, "scores.csv holds no samples: no ROC curve, no histograms.");
  std::string charts, at_threshold;
  std::optional<RocPoint> operating;
  if (run.scores->nans > 0) {
    note(notes, std::to_string(run.scores->nans) + " scores in scores.csv are NaN: no ROC curve.");
  } else if (!run.scores->both()) {
    note(notes, std::string("scores.csv holds ") + (run.scores->normal.empty() ? "anomalous" : "normal") +
                    " samples only: no ROC curve.");
  } else {
    if (run.threshold) {
      operating = RocPoint{flagged(run, run.scores->normal), flagged(run, run.scores->anomalous)};
      at_threshold = " At the stored threshold it catches " + percent(operating->true_positive_rate, 1) +
                     " of the anomalies and flags " + percent(operating->false_positive_rate, 1) +
                     " of the normal samples.";
    }
    const svdd::RocCurve roc = svdd::roc_curve(run.scores->scores, run.scores->labels);
    const double auc = svdd::roc_auc(run.scores->scores, run.scores->labels);
    const auto stated = run.results.rate("auc");
    if (stated && std::fabs(*stated - auc) > 1e-6)
      note(notes, "scores.csv gives an AUC of " + percent(auc) + ", results.json one of " + percent(*stated) +
                      ": the two are not of one run, or scores.csv was edited.");
    RocChart chart{"ROC curve", "Area under the curve " + percent(auc), {}, auc, operating};
    for (size_t i = 0; i < roc.fpr.size(); ++i) chart.curve.push_back({roc.fpr[i], roc.tpr[i]});
    charts += figure(roc_chart(chart), "ROC curve", "Every threshold's trade of false alarms for catches");
  }
  const HistogramChart histogram{"Scores of the test samples",
                                 "Histograms of normal and anomalous scores",
                                 "anomaly score",
                                 run.scores->normal,
                                 run.scores->anomalous,
                                 run.threshold};
  charts += figure(histogram_chart(histogram), "Scores of the test samples",
                   "Each group adds up to 100 %; the larger the score, the more anomalous");
  return tag("h2", run.scores->both() ? "How well it tells them apart" : "Scores") + '\n' +
         tag("p",
             "Scores of all " + std::to_string(run.scores->scores.size()) + " test samples." + at_threshold) +
         "\n<div class=\"row roc\">\n" + charts + "</div>\n";
}

// Each anomalous class against all normal samples, the hardest first: what the one AUC averages over.
std::string classes(const RunFolder& run, Notes& notes) {
  constexpr size_t most_rows = 60;
  if (!run.scores || run.scores->classes.empty() || run.scores->nans > 0 || !run.scores->both()) return "";
  struct Row {
    std::string name;
    std::vector<float> scores;
    double auc = 0;
  };
  std::map<std::string, std::vector<float>> by_class;
  for (size_t i = 0; i < run.scores->scores.size(); ++i)
    if (run.scores->labels[i] == 1) by_class[run.scores->classes[i]].push_back(run.scores->scores[i]);
  if (by_class.size() < 2) return "";
  if (by_class.size() > most_rows)
    return note(notes, "The test set has " + std::to_string(by_class.size()) +
                           " anomalous classes: no table by class.");
  std::vector<Row> rows;
  for (const auto& [name, scores] : by_class) {
    std::vector<float> joined = run.scores->normal;
    std::vector<int32_t> labels(joined.size(), 0);
    joined.insert(joined.end(), scores.begin(), scores.end());
    labels.resize(joined.size(), 1);
    rows.push_back({name, scores, svdd::roc_auc(joined, labels)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.auc < b.auc; });
  std::string table =
      "<table><thead><tr><th>Anomalous class</th><th class=\"n\">Samples</th><th class=\"n\">AUC</th>"
      "<td class=\"bar\"></td>";
  if (run.threshold) table += "<th class=\"n\">Caught</th>";
  table += "</tr></thead><tbody>\n";
  for (const Row& row : rows) {
    table += "<tr>" + tag("th", class_label(run, row.name)) + "<td class=\"n\">" +
             std::to_string(row.scores.size()) + "</td><td class=\"n\">" + percent(row.auc) +
             "</td><td class=\"bar\"><span class=\"meter\"><i style=\"width:" + fixed_text(100 * row.auc, 1) +
             "%\"></i></span></td>";
    if (run.threshold) table += "<td class=\"n\">" + percent(flagged(run, row.scores), 1) + "</td>";
    table += "</tr>\n";
  }
  return "<h2>Class by class</h2>\n<p>Each anomalous class against all normal samples, the hardest first: "
         "what the AUC above averages over.</p>\n" +
         table_card("AUC by class", table + "</tbody></table>");
}

// Where several spheres hold the training samples, these by cluster and by class; else the test samples,
// normal and anomalous.
std::string plane_map(const RunFolder& run) {
  if (!run.map || run.map->empty()) return "";
  const bool clustered =
      std::all_of(run.map->begin(), run.map->end(), [](const MapPoint& p) { return !p.cluster.empty(); });
  const std::string of =
      std::to_string(run.map->size()) + (clustered ? " training samples" : " test samples");
  const auto map = [&](const char* title, std::vector<ScatterGroup> groups, bool names_inside) {
    return scatter_chart(
        {title, "Representations of " + of + " in a plane, by t-SNE", std::move(groups), names_inside});
  };
  std::string charts;
  if (clustered) {
    const auto cluster = [](const MapPoint& p) { return p.cluster; };
    const auto class_of = [&](const MapPoint& p) { return class_label(run, p.class_name); };
    const std::vector<ScatterGroup> by_cluster = grouped(*run.map, cluster, class_of, "cluster ", ", class "),
                                    by_class = grouped(*run.map, class_of, cluster, "class ", ", cluster ");
    charts =
        figure(map("Representations by cluster", by_cluster, true), "By cluster", clusters_words(by_cluster));
    if (by_class.size() > 1)
      charts += figure(map("Representations by class", by_class, true), "By true class",
                       "The same places; training has not seen these names unless it was given them");
  } else {
    std::vector<ScatterGroup> groups(2);
    groups[0] = {"anomalous", "anomalous", {}, true}, groups[1] = {"normal", "normal", {}, false};
    std::map<std::pair<bool, std::string>, ScatterPart> parts;
    for (const MapPoint& p : *run.map) {
      ScatterPart& part = parts[{!p.anomalous, class_label(run, p.class_name)}];
      part.x.push_back(p.x), part.y.push_back(p.y);
    }
    for (auto& [key, part] : parts) {
      ScatterGroup& group = groups[key.first ? 1 : 0];
      part.words = "class " + key.second + ", " + group.name;
      group.parts.push_back(std::move(part));
    }
    std::erase_if(groups, [](const ScatterGroup& g) { return g.parts.empty(); });
    charts = figure(map("Representations, normal and anomalous", std::move(groups), false),
                    "Normal and anomalous", "Square: an anomaly. Point at one to read its class");
  }
  return "<h2>Map of the representations</h2>\n" +
         tag("p", "What the network makes of " + of +
                      ", spread out in a plane by t-SNE: neighbours here are neighbours there. Distances "
                      "between groups, and their sizes, mean little.") +
         "\n<div class=\"row map\">\n" + charts + "</div>\n";
}

std::string training(const RunFolder& run, Notes& notes) {
  constexpr size_t most_phases = 12;
  if (!run.history) return note(notes, "history.csv is missing: no loss curves.");
  if (run.history->empty()) return note(notes, "history.csv holds no epochs: no loss curves.");
  struct Curve {
    LineChart chart;
    std::string caption, words;
  };
  std::vector<Curve> curves;
  const size_t drawn = std::min(run.history->size(), most_phases);
  if (drawn < run.history->size())
    note(notes, "history.csv holds " + std::to_string(run.history->size()) + " phases: only the first " +
                    std::to_string(drawn) + " are drawn.");
  const std::span<const Phase> phases(run.history->data(), drawn);
  for (const Phase& phase : phases) {
    LineChart chart{"Loss of phase " + phase.name, "Loss by epoch", "epoch", "loss", {}, {}};
    chart.series.push_back({"loss", phase.epochs, phase.losses});
    chart.log_y = spans_decades(phase.losses);
    for (size_t i = 1; i < phase.rates.size(); ++i) {
      const double before = phase.rates[i - 1], now = phase.rates[i];
      if (std::isfinite(before) && std::isfinite(now) && before != now)
        chart.marks.push_back({phase.epochs[i], "lr " + number_text(now, 3)});
    }
    if (chart.marks.size() > 8) chart.marks.clear();  // a smooth schedule has no milestones to mark
    if (phase.nans > 0)
      note(notes, std::to_string(phase.nans) + " losses of phase " + engine::in_quotes(phase.name) +
                      " in history.csv are missing or not finite: gaps in its curve.");
    const std::string words = std::to_string(phase.epochs.size()) + " epochs" +
                              (chart.log_y ? ", logarithmic" : "") +
                              (chart.marks.empty() ? "" : "; dotted: the learning rate changes");
    curves.push_back({std::move(chart), "Loss: " + phase.name, words});
  }
  for (const Phase& phase : phases)
    if (!phase.test_auc.x.empty())
      curves.push_back({{"AUC of the test set in phase " + phase.name,
                         "AUC by epoch",
                         "epoch",
                         "AUC in %",
                         {phase.test_auc},
                         {}},
                        "Test AUC: " + phase.name,
                        "To look at: the last epoch counts, whichever is best"});
  for (const Phase& phase : phases) {
    LineChart radii = radii_chart(phase);
    if (radii.series.empty()) continue;
    const bool one = radii.series.size() == 1 && radii.background.empty();
    curves.push_back({std::move(radii), (one ? "Radius: " : "Radii: ") + phase.name,
                      one                     ? "Of the sphere that holds the normal samples"
                      : phase.alive.x.empty() ? "Of the spheres that hold the normal samples"
                                              : "Of the spheres that hold the normal samples, each while it "
                                                "lives"});
    if (!phase.alive.x.empty())
      curves.push_back({{"Live spheres in phase " + phase.name,
                         "Number by epoch",
                         "epoch",
                         "live spheres",
                         {phase.alive},
                         {}},
                        "Live spheres: " + phase.name,
                        "Those with too few samples of their own die after an epoch"});
  }
  std::string out;
  for (const Curve& curve : curves) out += figure(line_chart(curve.chart), curve.caption, curve.words);
  return "<h2>Training</h2>\n<p>Point at a curve to read single epochs.</p>\n<div class=\"row charts\">\n" +
         out + "</div>\n";
}

}  // namespace tools
