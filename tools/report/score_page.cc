#include "tools/report/score_page.h"

#include <algorithm>
#include <cmath>

#include "tools/report/picture_tiles.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

using namespace html;

constexpr std::string_view score_page_style = R"css(
.told{padding:20px 28px;margin-top:24px}.told p{margin:0}.told .big{font-size:40px;font-weight:680;letter-spacing:-.02em;
line-height:1.2}.told .fine{color:var(--muted);font-size:14px;margin-top:4px}.called{color:var(--alarm)}
.reasons{margin:0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px}.reasons b{font-weight:600}
.reasons span{color:var(--muted);white-space:nowrap}.ranked td,.ranked th{vertical-align:top}
@media(max-width:560px){.ranked thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}.ranked tr{display:flex;
flex-wrap:wrap;gap:0 14px;padding:6px 0;border-top:1px solid var(--line)}.ranked tr>*{border-top:0;padding:1px 9px}
.ranked .reason{flex-basis:100%}.ranked td[data-label]::before{content:attr(data-label) " ";color:var(--muted)}}
)css";

std::string samples_word(size_t count) {
  return std::to_string(count) + (count == 1 ? " sample" : " samples");
}

int64_t above_threshold(const ScorePage& page) {
  return std::count_if(page.scores.begin(), page.scores.end(),
                       [&](float score) { return static_cast<double>(score) > page.threshold; });
}

std::string score_heading(const ScorePage& page) {
  std::string out = "<header><div class=\"over\">svdd score</div>\n" +
                    tag("h1", "Scores of " + last_name(page.input)) + "\n<ul class=\"chips\">";
  const auto chip = [&](std::string_view before, const std::string& value) {
    out += "<li>" + tag("span", before) + ' ' + escape_xml(value) + "</li>";
  };
  chip("by", page.method);
  chip("model", last_name(page.model));
  chip("", samples_word(page.scores.size()));
  return out + "</ul></header>\n";
}

std::string false_alarms_words(const ScorePage& page) {
  const auto n = static_cast<double>(page.scores.size());
  std::string words = "Were all of them normal, about " + number_text(*page.false_alarm_rate * n, 2) +
                      " would be called so, too";
  if (!page.false_alarms_between || n == 0) return words + '.';
  const auto [low, high] = *page.false_alarms_between;
  return words + ": by chance " + std::to_string(low) + " to " + std::to_string(high) + " (" +
         percent(static_cast<double>(low) / n, 1) + " to " + percent(static_cast<double>(high) / n, 1) +
         ") in 95 of 100 cases, for the threshold hangs on " + samples_word(page.normal_scores.size()) + '.';
}

std::string summary_card(const ScorePage& page) {
  const auto n = static_cast<double>(page.scores.size());
  const int64_t called = above_threshold(page);
  std::string out =
      "<section class=\"card told\" aria-label=\"Summary\">" +
      tag("p class=\"big\"", std::to_string(called) + " of " + std::to_string(page.scores.size())) + "<p>" +
      (page.scores.size() == 1 ? "is" : "are") + " called anomalous" +
      (n > 0 ? " (" + percent(static_cast<double>(called) / n, 1) + ")" : "") + ": above the threshold of " +
      number_text(page.threshold) + ".</p>\n" + tag("p class=\"fine\"", page.where_from);
  if (page.false_alarm_rate) out += tag("p class=\"fine\"", false_alarms_words(page));
  if (page.select)
    out += tag("p class=\"fine\"",
               page.selected == 0 ? "None is selected as a discovery at " + short_rate(*page.select) + "."
                                  : std::to_string(page.selected) + " are selected as discoveries: at most " +
                                        short_rate(*page.select) + " of these are normal on average.");
  return out + "</section>\n";
}

std::string score_alarms(const ScorePage& page) {
  std::string out;
  if (!page.drift.empty())
    out += "<div class=\"alarm\" role=\"note\"><b>Drift</b>" + escape_xml(page.drift) + "</div>\n";
  if (!page.damaged.empty()) {
    constexpr size_t most = 20;
    out += "<div class=\"alarm\" role=\"note\"><b>" + std::to_string(page.damaged.size()) +
           " without a score</b><ul>";
    for (size_t i = 0; i < std::min(most, page.damaged.size()); ++i) out += tag("li", page.damaged[i]);
    if (page.damaged.size() > most)
      out += tag("li", "and " + std::to_string(page.damaged.size() - most) + " more");
    out += "</ul></div>\n";
  }
  if (page.remarks.empty()) return out;
  out += "<ul class=\"remarks\">";
  for (const std::string& remark : page.remarks) out += tag("li", remark);
  return out + "</ul>\n";
}

std::string score_histogram(const ScorePage& page) {
  std::vector<float> finite;
  std::copy_if(page.scores.begin(), page.scores.end(), std::back_inserter(finite),
               [](float score) { return std::isfinite(score); });
  std::string description = "Histogram of " + samples_word(page.scores.size());
  if (!finite.empty()) {
    const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
    description += ", from " + number_text(*low) + " to " + number_text(*high);
  }
  description +=
      "; " + std::to_string(above_threshold(page)) + " above the threshold of " + number_text(page.threshold);
  HistogramChart chart{"Scores",           description, "anomaly score",
                       page.normal_scores, page.scores, page.threshold};
  chart.normal_name = page.normal_name, chart.anomalous_name = "scored here", chart.anomalous_style = "s5";
  return "<h2>All scores</h2>\n<p>Larger is more anomalous." +
         std::string(
             page.normal_scores.empty()
                 ? ""
                 : " Beside them those of the normal samples that the model goes by: where the two lie "
                   "apart, the new samples are unlike those.") +
         "</p>\n<div class=\"row roc\">\n" +
         figure(histogram_chart(chart), "Scores",
                page.normal_scores.empty() ? "They add up to 100 %" : "Each group adds up to 100 %") +
         "</div>\n";
}

std::string short_name(const ShownSample& sample) {
  return sample.short_name.empty() ? last_name(sample.name) : sample.short_name;
}

std::string p_value_text(const ShownSample& sample) {
  return sample.p_value ? number_text(*sample.p_value, 2) : "";
}

// "photo.png, score 1.2, p-value 0.01, called anomalous"
std::string sample_words(const ShownSample& sample) {
  return sample.name + ", score " + number_text(sample.score, 4) +
         (sample.p_value ? ", p-value " + p_value_text(sample) : "") +
         (sample.anomalous ? ", called anomalous" : ", not called anomalous") +
         (sample.selected ? ", selected" : "");
}

std::string mark_of(const ShownSample& sample) {
  return std::string(sample.anomalous ? "anomalous" : "normal") + (sample.selected ? ", selected" : "");
}

// `first`: of the pictures of a sheet, every `together` side by side for a sample.
std::string picture_list(const ScorePage& page, const std::string& png, const std::string& id,
                         const Tiles& tiles, size_t count, int64_t together) {
  std::string out = stored_sheet(id, png) + "<ol class=\"sheet" + (together > 1 ? " pairs" : "") + "\">\n";
  for (size_t i = 0; i < count; ++i) {
    const ShownSample& sample = page.shown[i];
    out += std::string("<li") + (sample.anomalous ? " class=\"wrong\"" : "") + ">" +
           cut_out(id, tiles, static_cast<int64_t>(i) * together, sample_words(sample), together) +
           tag("b", number_text(sample.score, 4)) + "<span title=\"" + escape_xml(sample.name) + "\">" +
           escape_xml(short_name(sample)) + "</span>" +
           (sample.p_value ? tag("span", "p " + p_value_text(sample)) : "") +
           tag("span class=\"mark\"", mark_of(sample)) + "</li>\n";
  }
  return out + "</ol>\n";
}

std::string shown_words(const ScorePage& page) {
  const size_t shown = page.shown.size(), all = page.scores.size();
  if (all == 1) return "It is the only sample.";
  return shown == all ? "All " + samples_word(all) + ", the most anomalous first."
                      : "The " + std::to_string(shown) + " with the highest scores of " + samples_word(all) +
                            "; the other " + std::to_string(all - shown) +
                            " have their scores in the table that the command wrote.";
}

std::string score_images(const ScorePage& page) {
  std::string out;
  if (page.map_count > 0)
    out +=
        "<h2>Why the highest</h2>\n<p>Beside each image, orange covers what its score goes with: the score "
        "falls "
        "where that part is covered with the image's mean colour (occlusion)." +
        std::string(page.map_pictures == 3
                        ? " In the third picture it covers the pixels that the score answers to most, up or "
                          "down (its gradient, the mean over noisy copies of the image)."
                        : "") +
        "</p>\n" +
        figure(
            picture_list(page, page.maps, "maps", {page.map_pictures, page.map_width, page.map_height},
                         static_cast<size_t>(page.map_count), page.map_pictures),
            page.map_pictures == 3 ? "Image, and maps of its score by occlusion and by gradient"
                                   : "Image, and map of its score",
            "The strongest orange is where covering lowers the score most, in each image by itself. Under it "
            "score, file, p-value, and what the threshold makes of it") +
        '\n';
  else if (!page.unexplained.empty())
    out += "<h2>Why the highest</h2>\n" + tag("p", page.unexplained) + '\n';
  return out + "<h2>The most anomalous</h2>\n" + tag("p", shown_words(page)) + '\n' +
         figure(picture_list(page, page.thumbnails, "thumbnails",
                             {page.thumbnail_columns, page.thumbnail_width, page.thumbnail_height},
                             page.shown.size(), 1),
                "As the model sees them",
                "Brought to its size and colours. Outlined and marked: above the threshold");
}

// Those that matter beside the first of them.
std::string column_reasons(const ShownSample& sample) {
  constexpr float least = 0.05f;
  std::string out;
  for (const ColumnShare& share : sample.columns)
    if (share.change > 0 && share.change >= least * sample.columns[0].change)
      out += "<li><b>" + escape_xml(share.name) + "</b> " + escape_xml(share.value) + " <span>usually " +
             escape_xml(share.usual) + "; score −" + number_text(share.change, 2) + "</span></li>";
  return out.empty() ? "" : "<ul class=\"reasons\">" + out + "</ul>";
}

std::string score_rows(const ScorePage& page) {
  const bool explained = std::any_of(page.shown.begin(), page.shown.end(),
                                     [](const ShownSample& sample) { return !sample.columns.empty(); });
  const bool tested = !page.shown.empty() && page.shown[0].p_value;
  std::string table =
      std::string("<table class=\"ranked\"><thead><tr><th>") + (page.are_files ? "File" : "Row") +
      "</th><th class=\"n\">Score</th>" + (tested ? "<th class=\"n\">p-value</th>" : "") + "<th>Called</th>" +
      (explained ? "<th>Columns that the score goes with</th>" : "") + "</tr></thead><tbody>\n";
  for (const ShownSample& sample : page.shown)
    table += "<tr>" + tag("th", page.are_files ? short_name(sample) : "row " + sample.name) +
             "<td class=\"n\" data-label=\"score\">" + number_text(sample.score, 4) + "</td>" +
             (tested ? "<td class=\"n\" data-label=\"p\">" + p_value_text(sample) + "</td>" : "") + "<td>" +
             (sample.anomalous ? tag("b class=\"called\"", mark_of(sample)) : escape_xml(mark_of(sample))) +
             "</td>" + (explained ? "<td class=\"reason\">" + column_reasons(sample) + "</td>" : "") +
             "</tr>\n";
  std::string words = shown_words(page);
  if (!page.are_files) words += " Rows are counted from 0, as in that table.";
  if (explained)
    words +=
        " Of each the columns without which its score falls most: name, value, what is usual (the median of "
        "the "
        "training rows), and by how much it falls.";
  if (!page.unexplained.empty()) words += ' ' + page.unexplained;
  return "<h2>The most anomalous</h2>\n" + tag("p", words) + '\n' +
         table_card("The most anomalous samples", table + "</tbody></table>");
}

std::string score_origin(const ScorePage& page) {
  std::string out = "<h2>Where this comes from</h2>\n";
  std::string table = "<table class=\"stacked\">\n";
  for (const auto& [name, value] :
       {std::pair<const char*, const std::string&>{"Input", page.input}, {"Model", page.model}})
    table += "<tr>" + tag("th", name) + "<td><code>" + escape_xml(value) + "</code></td></tr>\n";
  return out + table_card("Input and model", table + "</table>");
}

}  // namespace

std::string score_page(const ScorePage& page) {
  const std::string title = "Scores of " + last_name(page.input) + ": " +
                            std::to_string(above_threshold(page)) + " of " +
                            std::to_string(page.scores.size()) + " anomalous";
  return document(title,
                  score_heading(page) + score_alarms(page) + summary_card(page) +
                      (page.thumbnails.empty() ? score_rows(page) : score_images(page)) +
                      score_histogram(page) + score_origin(page),
                  score_page_style);
}

}  // namespace tools
