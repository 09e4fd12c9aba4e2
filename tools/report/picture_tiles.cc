#include "tools/report/picture_tiles.h"

#include "tools/report/image_grid.h"
#include "tools/report/report_html.h"
#include "tools/report/svg_chart.h"

namespace tools {

// Bytes 16 to 23, big endian, of its first chunk.
std::pair<int64_t, int64_t> extent_of_png(const std::string& png) {
  if (png.size() < 24) return {0, 0};
  const auto number = [&](size_t at) {
    int64_t value = 0;
    for (size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<uint8_t>(png[i]);
    return value;
  };
  return {number(16), number(20)};
}

std::string stored_sheet(const std::string& id, const std::string& png) {
  const auto [width, height] = extent_of_png(png);
  return "<svg class=\"store\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs><image id=\"" + id +
         "\" width=\"" + std::to_string(width) + "\" height=\"" + std::to_string(height) +
         "\" href=\"data:image/png;base64," + html::base64(png) + "\"/></defs></svg>\n";
}

std::string cut_out(const std::string& id, const Tiles& tiles, int64_t number, const std::string& words,
                    int64_t pictures) {
  const int64_t gap = ImageGrid().separator, column = number % tiles.columns, row = number / tiles.columns;
  return "<svg viewBox=\"" + std::to_string(gap + column * (tiles.width + gap)) + ' ' +
         std::to_string(gap + row * (tiles.height + gap)) + ' ' +
         std::to_string(pictures * (tiles.width + gap) - gap) + ' ' + std::to_string(tiles.height) +
         "\" role=\"img\"><title>" + escape_xml(words) + "</title><use href=\"#" + id + "\"/></svg>";
}

}  // namespace tools
