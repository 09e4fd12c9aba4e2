#include "tools/report/report_pictures.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tools/report/image_grid.h"
#include "tools/report/picture_sheets.h"
#include "tools/report/picture_tiles.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

using namespace html;

// Nothing where the sheet cannot be one of so many pictures: it is of another run, or of another hand.
std::optional<Tiles> tiles_of(const std::string& png, int64_t count) {
  const int64_t gap = ImageGrid().separator;
  const auto [width, height] = extent_of_png(png);
  if (count == 0) return std::nullopt;
  const int64_t columns = std::min(count, pictures_per_row), rows = (count + columns - 1) / columns;
  const int64_t tile_width = (width - gap) / columns, tile_height = (height - gap) / rows;
  if (tile_width <= gap || tile_height <= gap || columns * tile_width + gap != width ||
      rows * tile_height + gap != height)
    return std::nullopt;
  return Tiles{columns, tile_width - gap, tile_height - gap};
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

// Each picture, or `together` of them that lie side by side, with its score and class below.
std::string captioned(const RunFolder& run, const Sheet& sheet, const std::vector<size_t>& samples,
                      const Tiles& tiles, int64_t together = 1) {
  const std::string id = "sheet-" + std::string(name_of(sheet.order));
  std::string out =
      stored_sheet(id, *sheet.png) + "<ol class=\"sheet" + (together > 1 ? " pairs" : "") + "\">\n";
  for (size_t i = 0; i < samples.size(); ++i) {
    const size_t sample = samples[i];
    const std::string score = number_text(run.scores->scores[sample], 3), judged = verdict(run, sample),
                      of_class =
                          run.scores->classes.empty() ? "" : class_label(run, run.scores->classes[sample]);
    const std::string words = "test sample " + std::to_string(sample) + ", score " + score +
                              (of_class.empty() ? "" : ", class " + of_class) +
                              (judged.empty() ? "" : ", " + judged);
    out += std::string("<li") + (judged.empty() ? "" : " class=\"wrong\"") + ">" +
           cut_out(id, tiles, static_cast<int64_t>(i) * together, words, together) + tag("b", score) +
           tag("span", of_class) + (judged.empty() ? "" : tag("span class=\"mark\"", judged)) + "</li>\n";
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

namespace {

// The rows of a sheet of images and their maps, by the shape of the samples; nothing where it cannot be one.
std::optional<Tiles> pairs_of(const RunFolder& run, const std::string& png) {
  const int64_t gap = ImageGrid().separator;
  const auto [width, height] = extent_of_png(png);
  const std::vector<std::string> shape = run.results.items("sample_shape");
  if (shape.size() != 3) return std::nullopt;
  int64_t sides[2] = {0, 0};
  for (size_t i = 0; i < 2; ++i)
    std::from_chars(shape[i + 1].data(), shape[i + 1].data() + shape[i + 1].size(), sides[i]);
  const int64_t tile_width = (width - 3 * gap) / 2;
  if (sides[0] < 1 || sides[1] < 1 || tile_width < 1 || tile_width % sides[1] != 0) return std::nullopt;
  const int64_t tile_height = tile_width / sides[1] * sides[0];
  if ((height - gap) % (tile_height + gap) != 0) return std::nullopt;
  return Tiles{2, tile_width, tile_height};
}

}  // namespace

std::string maps(const RunFolder& run) {
  if (!run.explained || !run.scores || run.scores->nans > 0) return "";
  const std::optional<Tiles> tiles = pairs_of(run, *run.explained);
  if (!tiles) return "";
  std::vector<size_t> samples = sheet_samples(SheetOrder::explained, run.scores->scores, run.scores->labels);
  const int64_t gap = ImageGrid().separator,
                count = (extent_of_png(*run.explained).second - gap) / (tiles->height + gap);
  if (count < 1 || static_cast<size_t>(count) > samples.size()) return "";
  samples.resize(static_cast<size_t>(count));
  const Sheet sheet{SheetOrder::explained, run.explained, "", ""};
  return "<h2>Why these scores</h2>\n" +
         tag("p",
             std::string(run.scores->anomalous.empty() ? "The test images" : "The anomalous test images") +
                 " with the highest scores. Beside each, orange covers what the score goes with: it falls "
                 "where "
                 "that part is covered with the image's mean colour (occlusion; svdd explain draws the map "
                 "of any "
                 "image).") +
         "\n" +
         figure(captioned(run, sheet, samples, *tiles, 2), "Image, and map of its score",
                "The strongest orange is where covering lowers the score most, in each image by itself") +
         "\n";
}

}  // namespace tools
