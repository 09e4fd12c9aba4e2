#include "tools/report/report_pictures.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/report/image_grid.h"
#include "tools/report/picture_sheets.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

using namespace html;

// Width and height of a PNG: bytes 16 to 23, big endian, of its first chunk.
std::pair<int64_t, int64_t> extent_of(const std::string& png) {
  if (png.size() < 24) return {0, 0};
  const auto number = [&](size_t at) {
    int64_t value = 0;
    for (size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<uint8_t>(png[i]);
    return value;
  };
  return {number(16), number(20)};
}

// Where the pictures of a sheet lie in it.
struct Tiles {
  int64_t columns, width, height;  // of one picture, without the lines between them
  int64_t sheet_width, sheet_height;
};

// Nothing where the sheet cannot be one of so many pictures: it is of another run, or of another hand.
std::optional<Tiles> tiles_of(const std::string& png, int64_t count) {
  const int64_t gap = ImageGrid().separator;
  const auto [width, height] = extent_of(png);
  if (count == 0) return std::nullopt;
  const int64_t columns = std::min(count, pictures_per_row), rows = (count + columns - 1) / columns;
  const int64_t tile_width = (width - gap) / columns, tile_height = (height - gap) / rows;
  if (tile_width <= gap || tile_height <= gap || columns * tile_width + gap != width ||
      rows * tile_height + gap != height)
    return std::nullopt;
  return Tiles{columns, tile_width - gap, tile_height - gap, width, height};
}

struct Sheet {
  SheetOrder order;
  const std::optional<std::string>& png;
  const char *caption, *words;
};

// "missed", "false alarm", or nothing: what the threshold makes of a sample.
std::string verdict(const RunFolder& run, size_t sample) {
  if (!run.threshold) return "";
  const bool called = static_cast<double>(run.scores->scores[sample]) > *run.threshold;
  const bool anomalous = run.scores->labels[sample] == 1;
  return called == anomalous ? "" : anomalous ? "missed" : "false alarm";
}

// Each picture cut out of the one sheet, which the page holds once, with its score and class below.
std::string captioned(const RunFolder& run, const Sheet& sheet, const std::vector<size_t>& samples,
                      const Tiles& t) {
  const int64_t gap = ImageGrid().separator;
  const std::string id = "sheet-" + std::string(name_of(sheet.order));
  const auto number = [](int64_t v) { return std::to_string(v); };
  std::string out = "<svg class=\"store\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs><image id=\"" +
                    id + "\" width=\"" + number(t.sheet_width) + "\" height=\"" + number(t.sheet_height) +
                    "\" href=\"data:image/png;base64," + base64(*sheet.png) +
                    "\"/></defs></svg>\n<ol class=\"sheet\">\n";
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const size_t sample = samples[i];
    const int64_t x = gap + at % t.columns * (t.width + gap), y = gap + at / t.columns * (t.height + gap);
    const std::string score = number_text(run.scores->scores[sample], 3), judged = verdict(run, sample),
                      of_class =
                          run.scores->classes.empty() ? "" : class_label(run, run.scores->classes[sample]);
    const std::string words = "test sample " + std::to_string(sample) + ", score " + score +
                              (of_class.empty() ? "" : ", class " + of_class) +
                              (judged.empty() ? "" : ", " + judged);
    out += std::string("<li") + (judged.empty() ? "" : " class=\"wrong\"") + "><svg viewBox=\"" + number(x) +
           ' ' + number(y) + ' ' + number(t.width) + ' ' + number(t.height) + "\" role=\"img\"><title>" +
           escape_xml(words) + "</title><use href=\"#" + id + "\"/></svg>" + tag("b", score) +
           tag("span", of_class) + "</li>\n";
  }
  return out + "</ol>\n";
}

std::string the_first(size_t count, const char* what) { return "The " + std::to_string(count) + ' ' + what; }

}  // namespace

std::string pictures(const RunFolder& run, Notes& notes) {
  if (run.results.items("sample_shape").size() == 1) return "";  // rows of a table, which have no pictures
  const std::vector<Sheet> sheets = {
      {SheetOrder::normals, run.normals, "The most normal",
       "test images of the normal class with the lowest scores"},
      {SheetOrder::outliers, run.outliers, "The most anomalous of the normal",
       "test images of the normal class with the highest scores; above the threshold they are false alarms"},
      {SheetOrder::missed, run.missed, "The most normal of the anomalies",
       "anomalous test images with the lowest scores; up to the threshold they are missed"}};
  std::string out;
  for (const Sheet& sheet : sheets) {
    if (!sheet.png) {
      if (sheet.order != SheetOrder::missed)  // which earlier versions did not write
        notes.push_back(std::string(name_of(sheet.order)) +
                        ".png is missing: its sheet of pictures is left out.");
      continue;
    }
    std::vector<size_t> samples;
    if (run.scores && run.scores->nans == 0)
      samples = sheet_samples(sheet.order, run.scores->scores, run.scores->labels);
    const std::optional<Tiles> tiles = tiles_of(*sheet.png, static_cast<int64_t>(samples.size()));
    const std::string words =
        the_first(tiles ? samples.size() : static_cast<size_t>(pictures_per_sheet), sheet.words);
    out += figure(tiles ? captioned(run, sheet, samples, *tiles)
                        : "<img alt=\"" + escape_xml(words) + "\" src=\"data:image/png;base64," +
                              base64(*sheet.png) + "\">\n",
                  sheet.caption, words);
  }
  if (out.empty()) return "";
  return "<h2>What it takes for normal</h2>\n" +
         tag("p",
             "Test images that it is surest of, and those on the wrong side or nearest to it. Under each its "
             "score" +
                 std::string(run.threshold ? " (the threshold is " + number_text(*run.threshold, 3) + ")"
                                           : "") +
                 " and its class; red: wrong at the threshold.") +
         "\n<div class=\"row sheets\">\n" + out + "</div>\n";
}

}  // namespace tools
