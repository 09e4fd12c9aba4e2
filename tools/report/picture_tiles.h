// Single pictures out of a sheet of them (image_grid.h), which a page holds once.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace tools {

// Width and height of a PNG; zeros where it is too short to be one.
std::pair<int64_t, int64_t> extent_of_png(const std::string& png);

// Where the pictures lie in a sheet, all of one size, with ImageGrid's separator between them.
struct Tiles {
  int64_t columns = 0, width = 0, height = 0;  // of one picture
};

// The sheet itself, which shows nothing: pictures are cut out of it by its id.
std::string stored_sheet(const std::string& id, const std::string& png);

// The `number`-th picture, from 0, and with it `pictures` - 1 more of its row, as <svg>; `words` for screen readers and the
// pointer.
std::string cut_out(const std::string& id, const Tiles& tiles, int64_t number, const std::string& words,
                    int64_t pictures = 1);

}  // namespace tools
