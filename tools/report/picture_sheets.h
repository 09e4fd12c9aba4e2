// Which test samples stand on the sheets of pictures of a run, in which order: for `svdd train`, which draws them, and
// for the report, which says what they are.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tools {

inline constexpr int64_t pictures_per_sheet = 32, pictures_per_row = 8, most_explained = 6;

enum class SheetOrder {
  normals,   // of the normal class, lowest score first
  outliers,  // of the normal class, highest score first: false alarms, where they are above the threshold
  missed,    // anomalous, lowest score first
  explained  // anomalous, highest score first, each beside the map of its score; where none is anomalous, of all samples
};
std::string_view name_of(SheetOrder order);  // of its file, without ".png"

// The numbers of at most pictures_per_sheet samples, of those that are explained most_explained; equal scores in the order of the
// samples. Labels: 1 is anomalous.
std::vector<size_t> sheet_samples(SheetOrder order, std::span<const float> scores,
                                  std::span<const int32_t> labels);

}  // namespace tools
