#include "tools/report/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/files/atomic_file.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/networks/networks.h"
#include "tools/input/own_input.h"
#include "tools/report/report_calibration.h"
#include "tools/report/report_charts.h"
#include "tools/report/report_html.h"
#include "tools/report/report_pictures.h"
#include "tools/report/svg_chart.h"
#include "tools/run/results.h"
#include "tools/run/run_folder.h"
#include "tools/run/run_output.h"

namespace tools {
namespace {

using namespace html;

struct Figure {  // a key of results.json and how to show it
  const char *key, *name, *why;
  enum { rate, fraction, number, time, megabytes, interval } kind;
};

constexpr std::array figures = {
    Figure{"auc", "AUC", "How often an anomalous test sample scores above a normal one; ties count half",
           Figure::rate},
    Figure{"auc_ci95", "95 % interval of the AUC", "Stratified bootstrap over the test samples",
           Figure::interval},
    Figure{"average_precision", "Average precision", "Step sum over the precision-recall curve",
           Figure::rate},
    Figure{"fpr95", "False positives at 95 %", "Share of normals flagged when 95 % of anomalies are caught",
           Figure::rate},
    Figure{"f1", "F1", "At the stored threshold", Figure::fraction},
    Figure{"best_f1", "Best F1", "Over all thresholds, chosen knowing the labels: a bound", Figure::fraction},
    Figure{"ae_auc", "AUC of the autoencoder", "Its reconstruction error as the score, after pretraining",
           Figure::rate},
    Figure{"untrained_auc", "AUC of the untrained network", "Distances from the centre at random weights",
           Figure::rate},
    Figure{"threshold", "Threshold", "Scores above it are called anomalous", Figure::number},
    Figure{"best_f1_threshold", "Threshold of the best F1", "", Figure::number},
    Figure{"score_std", "Standard deviation of scores", "Near 0 where the network has collapsed",
           Figure::number},
    Figure{"distinct_scores", "Distinct scores", "1 where the network has collapsed", Figure::number},
    Figure{"n_train", "Training samples", "", Figure::number},
    Figure{"n_train_used", "of them used", "Fewer where a recipe cuts to whole batches", Figure::number},
    Figure{"n_test", "Test samples", "", Figure::number},
    Figure{"normals", "of them normal", "", Figure::number},
    Figure{"anomalies", "of them anomalous", "", Figure::number},
    Figure{"n_validation", "Validation samples", "Normal, held out of the training data", Figure::number},
    Figure{"validation_outside", "of them above the threshold", "", Figure::rate},
    Figure{"pretrain_seconds", "Pretraining", "", Figure::time},
    Figure{"train_seconds", "Training", "", Figure::time},
    Figure{"score_seconds", "Scoring the test set", "", Figure::time},
    Figure{"peak_memory_mb", "Peak memory", "", Figure::megabytes}};

struct Word {  // a key of results.json that the receipt shows, in this order
  const char *key, *name;
};

constexpr std::array receipt_words = {Word{"weights_sha256", "Weights, SHA-256"},
                                      Word{"scores_sha256", "Scores, SHA-256"},
                                      Word{"train_data_sha256", "Training data, SHA-256"},
                                      Word{"test_data_sha256", "Test data, SHA-256"},
                                      Word{"data_source", "Data from"},
                                      Word{"seed", "Seed"},
                                      Word{"version", "Version"},
                                      Word{"device", "Device"},
                                      Word{"backend", "Backend"},
                                      Word{"threads", "Threads"},
                                      Word{"command_line", "Command line"}};

// Keys that a method adds of its own: numbers join the figures, words the receipt.
bool is_extra(const std::string& key) {
  constexpr std::array elsewhere = {"method",   "dataset", "normal",      "objective", "collapsed",
                                    "warnings", "remarks", "class_names", "data_notes"};
  const auto same = [&](const auto& known) { return key == known.key; };
  return std::find(elsewhere.begin(), elsewhere.end(), key) == elsewhere.end() &&
         std::none_of(figures.begin(), figures.end(), same) &&
         std::none_of(receipt_words.begin(), receipt_words.end(), same);
}

std::string name(const RunFolder& run) {
  const std::string method = run.results.text("method"), data = run.results.text("dataset");
  return (method.empty() ? "A run" : display_name(method)) +
         (data.empty() ? "" : " on " + display_name(last_name(data)));
}

std::string title(const RunFolder& run) {
  const auto auc = run.results.rate("auc");
  return name(run) + (normal_classes(run).empty() ? "" : ", normal class " + normal_classes(run)) +
         (auc ? ": AUC " + percent(*auc) : "");
}

std::string heading(const RunFolder& run) {
  std::string out =
      "<header><div class=\"over\">svdd run</div>\n" + tag("h1", name(run)) + "\n<ul class=\"chips\">";
  const auto chip = [&](const std::string& value, std::string_view before, std::string_view after) {
    if (!value.empty())
      out += "<li>" + tag("span", before) + ' ' + escape_xml(value) + ' ' + tag("span", after) + "</li>";
  };
  chip(normal_classes(run), run.results.items("normal").size() > 1 ? "normal classes" : "normal class", "");
  chip(run.results.text("objective"), "objective", "");
  chip(run.results.text("seed"), "seed", "");
  for (const auto& [key, thing] : {std::pair{"n_train", "training sample"}, {"n_test", "test sample"}})
    chip(run.results.text(key), "", std::string(thing) + (run.results.text(key) == "1" ? "" : "s"));
  chip(run.results.text("device"), "on", "");
  return out + "</ul></header>\n";
}

std::string in_words(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

std::string with_capital(std::string sentence) {
  if (!sentence.empty() && sentence[0] >= 'a' && sentence[0] <= 'z')
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  return sentence;
}

// What is wrong in red; what is merely so, in the page's own colours.
std::string alarms(const RunFolder& run) {
  std::string out;
  if (run.results.flag("collapsed"))
    out +=
        "<div class=\"alarm\" role=\"note\"><b>The network has collapsed.</b>It sends (nearly) every sample "
        "to the same point, so its scores carry no information, whatever the AUC says.</div>\n";
  std::vector<std::string> remarks = run.results.texts("remarks");
  for (const std::string& warning : run.results.texts("warnings"))
    if (warning.starts_with("no AUC: "))  // in earlier versions' results a warning
      remarks.push_back(warning);
    else
      out += "<div class=\"alarm\" role=\"note\"><b>Warning</b>" + escape_xml(warning) + "</div>\n";
  for (const std::string& line : run.results.texts("data_notes")) remarks.push_back(line);
  if (remarks.empty()) return out;
  out += "<ul class=\"remarks\">";
  for (const std::string& remark : remarks) out += tag("li", with_capital(remark));
  return out + "</ul>\n";
}

// "3.20 points above the autoencoder"; "" where there is nothing to compare with.
std::string compared(const std::string& what, double auc, std::optional<double> other) {
  if (!other) return "";
  const std::string points = fixed_text(100 * std::fabs(auc - *other), 2);
  if (points == "0.00") return "level with " + what;
  return points + " points " + (auc > *other ? "above " : "below ") + what;
}

std::string why_no_auc(const RunFolder& run) {
  if (run.scores && run.scores->scores.empty()) return "scores.csv holds no samples.";
  if (run.scores && !run.scores->both())
    return std::string("The test set holds ") + (run.scores->normal.empty() ? "anomalous" : "normal") +
           " samples only; an AUC needs both.";
  return "results.json gives none; it needs a test set with normal and anomalous samples.";
}

std::string hero(const RunFolder& run) {
  const auto auc = run.results.rate("auc"), untrained = run.results.rate("untrained_auc"),
             ae = run.results.rate("ae_auc");
  const auto interval = run.results.interval("auc_ci95");
  if (!auc)
    return "<section class=\"card hero\"><p><b>No AUC.</b> " + escape_xml(why_no_auc(run)) +
           "</p></section>\n";
  std::string out = "<section class=\"card hero\"><div><p>Area under the ROC curve</p><div class=\"auc\">" +
                    fixed_text(100 * *auc, 2) + "<small> %</small></div>";
  if (interval)
    out += "<p>95 % interval " + fixed_text(100 * interval->first, 2) + " – " + percent(interval->second) +
           "</p><p class=\"fine\">over test samples (bootstrap), not over seeds; last epoch</p>";
  std::vector<ComparisonRow> rows = {{display_name(run.results.text("method")), *auc, {}, {}}};
  if (rows[0].name.empty()) rows[0].name = "This run";
  if (interval) rows[0].low = interval->first, rows[0].high = interval->second;
  if (ae) rows.push_back({"Autoencoder, reconstruction error", *ae, {}, {}});
  if (untrained) rows.push_back({"Untrained network", *untrained, {}, {}});
  out += "</div><div class=\"charted\">" + comparison_chart("AUC of this run and of its baselines", rows) +
         "</div>";
  std::string verdict = compared("the untrained network", *auc, untrained);
  const std::string second = compared("the autoencoder's reconstruction error", *auc, ae);
  verdict += verdict.empty() || second.empty() ? second : ", " + second;
  if (!verdict.empty()) {
    out += "<p class=\"verdict\">This run stands " + verdict + '.';
    if (untrained && has_not_helped(*auc, *untrained, interval ? interval->second : *auc))
      out += " <b>Training has not helped:</b> random weights rank the test set at least as well.";
    out += "</p>";
  }
  return out + "</section>\n";
}

std::string tiles(const RunFolder& run) {
  std::string out;
  const auto tile = [&](const std::string& figure, const std::string& words) {
    out += "<div><b>" + escape_xml(figure) + "</b><span>" + escape_xml(words) + "</span></div>";
  };
  if (const auto v = run.results.rate("average_precision")) tile(percent(*v), "average precision");
  if (const auto v = run.results.rate("fpr95"))
    tile(percent(*v), "normals flagged when 95 % of anomalies are caught");
  if (const auto v = run.results.rate("f1")) tile(fixed_text(*v, 3), "F1 at the stored threshold");
  if (const auto v = run.results.rate("best_f1")) tile(fixed_text(*v, 3), "best F1 of any threshold");
  double seconds = 0;
  for (const char* key : {"pretrain_seconds", "train_seconds"})
    seconds += run.results.number(key).value_or(0);
  if (seconds > 0) tile(duration(seconds), "to train, pretraining included");
  return out.empty() ? "" : "<div class=\"tiles\">" + out + "</div>\n";
}

// What the quick baselines reach on the same data.
std::string beside(const RunFolder& run) {
  std::string out;
  if (const auto yardsticks = run.results.entries().find("yardsticks")) {
    struct Line {
      std::string title;
      double auc;
      bool own;
    };
    std::vector<Line> lines;
    const std::string method = run.results.text("method");
    if (const auto auc = run.results.rate("auc"))
      lines.push_back({display_name(method) + " (this run)", *auc, true});
    const engine::JsonEntry of = yardsticks->at("of");
    for (size_t i = 0; i < of.size(); ++i)
      if (const auto one = of.at(i).find("method"); !one || one->as<std::string>() != method)
        lines.push_back({of.at(i).as<std::string>("title"), of.at(i).as<double>("auc"), false});
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.auc > b.auc; });
    const std::string trained = run.results.text("n_train"), tested = run.results.text("n_test");
    out += "<h2>Beside it</h2>\n<p>What quick baselines reach on the same data, trained on " +
           std::to_string(yardsticks->as<int64_t>("trained_on")) + " samples and tested on " +
           std::to_string(yardsticks->as<int64_t>("tested_on")) +
           (trained.empty() || tested.empty() ? "" : "; this run on " + trained + " and " + tested) +
           ". A method that does not beat them has learned nothing here.</p>\n";
    std::string table = "<table><thead><tr><th>Method</th><th class=\"n\">AUC</th></tr></thead><tbody>\n";
    for (const Line& line : lines)
      table += "<tr><td>" + (line.own ? tag("strong", line.title) : escape_xml(line.title)) +
               "</td><td class=\"n\">" + (line.own ? tag("strong", percent(line.auc)) : percent(line.auc)) +
               "</td></tr>\n";
    out += table_card("Quick baselines beside this run", table + "</tbody></table>");
  }
  return out;
}

// What was picked for these data, as `picks` in results.json tells: what, what was picked, why, and how to pick otherwise.
std::string picks(const RunFolder& run) {
  const auto list = run.results.entries().find("picks");
  if (!list || list->size() == 0) return "";
  std::string table =
      "<table "
      "class=\"picks\"><thead><tr><th>What</th><th>Picked</th><th>Why</th><th>Otherwise</th></tr></thead>"
      "<tbody>\n";
  for (size_t i = 0; i < list->size(); ++i) {
    const engine::JsonEntry pick = list->at(i);
    const auto text = [&](const char* key) {
      const auto words = pick.find(key);
      return words ? words->as<std::string>() : std::string();
    };
    table += "<tr>" + tag("th", text("what")) + tag("td", text("picked")) +
             tag("td class=\"why\"", text("why")) + "<td>" +
             (text("otherwise").empty() ? "" : tag("code", text("otherwise"))) + "</td></tr>\n";
  }
  return "<h2>What it picked, and why</h2>\n<p>By what the data are; each can be picked otherwise.</p>\n" +
         table_card("What it picked, and why", table + "</tbody></table>");
}

std::string all_figures(const RunFolder& run) {
  std::string rows;
  const auto row = [&](const std::string& name, const std::string& value, const std::string& why) {
    rows += "<tr>" + tag("th", name) + "<td class=\"n\">" + escape_xml(value) + "</td><td class=\"why\">" +
            escape_xml(why) + "</td></tr>\n";
  };
  for (const Figure& f : figures) {
    if (std::string_view(f.key) == "n_train_used" &&
        run.results.number("n_train") == run.results.number("n_train_used"))
      continue;
    if (f.kind == Figure::interval) {
      if (const auto v = run.results.interval(f.key))
        row(f.name, fixed_text(100 * v->first, 2) + " – " + percent(v->second), f.why);
    } else if (const auto v = f.kind == Figure::rate || f.kind == Figure::fraction
                                  ? run.results.rate(f.key)
                                  : run.results.number(f.key)) {
      row(f.name,
          f.kind == Figure::rate        ? percent(*v)
          : f.kind == Figure::fraction  ? fixed_text(*v, 4)
          : f.kind == Figure::time      ? duration(*v)
          : f.kind == Figure::megabytes ? number_text(*v, 4) + " MB"
                                        : number_text(*v, 6),
          f.why);
    }
  }
  for (const auto& [key, value] : run.results.all().items())
    if (value.is_number() && is_extra(key))
      row(in_words(key),
          value.is_number_float() ? number_text(value.get<double>(), 6) : run.results.text(key), "");
  if (rows.empty()) return "";
  return "<h2>All figures</h2>\n<p>Of the last epoch, not of the best one.</p>\n" +
         table_card("All figures", "<table class=\"stacked\">\n" + rows + "</table>");
}

// Whether the fingerprint is that of scores.csv, which holds every float32 in full.
std::string checked(const RunFolder& run, const std::string& fingerprint) {
  if (!run.scores || fingerprint.empty()) return "";
  if (svdd::scores_sha256(run.scores->scores) == fingerprint)
    return " <span class=\"ok\">✓ matches scores.csv</span>";
  return " (scores.csv gives another: it is of another run, edited or rounded)";
}

// As it can be typed again: results.json holds the words after the program's name.
std::string command_line(const RunFolder& run) {
  const std::vector<std::string> words = run.results.items("command_line");
  if (words.size() < 2) return run.results.text("command_line");
  std::string out = "svdd";
  for (const std::string& word : words) out += ' ' + in_shell(word);
  return out;
}

// The text of the network in a configuration, with a published one's comments; empty where there is none.
std::string network_text(const std::string& config) {
  const auto settings = nlohmann::json::parse(config, nullptr, false);
  const auto entry = settings.is_object() ? settings.find("network") : settings.end();
  if (entry == settings.end() || !entry->is_string()) return "";
  const std::string network = entry->get<std::string>();
  if (svdd::is_network_text(network)) return network;
  for (const svdd::NetworkInfo& published : svdd::networks())
    if (published.name == network) return std::string(svdd::published_text(network));
  return "";
}

std::string receipt(const RunFolder& run) {
  std::string rows;
  const auto row = [&](const std::string& name, const std::string& value, const std::string& after) {
    if (!value.empty())
      rows +=
          "<tr>" + tag("th", name) + "<td><code>" + escape_xml(value) + "</code>" + after + "</td></tr>\n";
  };
  for (const auto& [key, name] : receipt_words) {
    const std::string value =
        std::string_view(key) == "command_line" ? command_line(run) : run.results.text(key);
    row(name, value, std::string_view(key) == "scores_sha256" ? checked(run, value) : "");
  }
  for (const auto& [key, value] : run.results.all().items())
    if ((value.is_string() || value.is_boolean()) && is_extra(key))
      row(in_words(key), run.results.text(key), "");
  if (rows.empty() && !run.config) return "";
  std::string out =
      "<h2>Receipt</h2>\n<p>The same configuration and data give the same weights and scores, whatever the "
      "number of threads.</p>\n";
  if (!rows.empty()) out += table_card("Receipt", "<table class=\"stacked\">\n" + rows + "</table>");
  if (!run.config) return out;
  const std::string config = (run.path / "config.json").lexically_normal().string();
  out += tag("pre class=\"command\" tabindex=\"0\"", "svdd train --config " + in_shell(config)) + '\n';
  out += "<details><summary>Full configuration</summary>" + tag("pre tabindex=\"0\"", *run.config) +
         "</details>\n";
  if (const std::string network = network_text(*run.config); !network.empty())
    out += "<details><summary>The network, layer by layer</summary>" + tag("pre tabindex=\"0\"", network) +
           "</details>\n";
  return out;
}

std::string page(const RunFolder& run) {
  Notes notes;
  std::string body;  // one after the other: sections leave notes, which come last and in this order
  body += heading(run);
  body += alarms(run);
  body += hero(run);
  body += tiles(run);
  body += separation(run, notes);
  body += calibration(run, notes);
  body += maps(run);
  body += classes(run, notes);
  body += pictures(run, notes);
  body += plane_map(run);
  body += training(run, notes);
  body += beside(run);
  body += picks(run);
  body += all_figures(run);
  body += receipt(run);
  if (!run.config)
    notes.push_back("config.json is missing: no configuration, no command that repeats the run.");
  if (!notes.empty()) {
    body += "<footer><b>Left out of this page, or to be looked at</b><ul>";
    for (const std::string& words : notes) body += tag("li", words);
    body += "</ul></footer>\n";
  }
  return document(title(run), body);
}

}  // namespace

void write_report(const std::filesystem::path& run_folder) {
  std::vector<std::filesystem::path> read;
  for (const std::string& name : run_file_names())
    if (name != "report.html") read.push_back(run_folder / name);
  refuse_own_input("the report", run_folder / "report.html", read);
  engine::write_file_atomically(run_folder / "report.html", page(read_run_folder(run_folder)),
                                engine::Durability::rebuildable);
}

}  // namespace tools
