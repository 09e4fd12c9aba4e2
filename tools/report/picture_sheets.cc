#include "tools/report/picture_sheets.h"

#include <algorithm>

namespace tools {

std::string_view name_of(SheetOrder order) {
  switch (order) {
    case SheetOrder::normals:
      return "normals";
    case SheetOrder::outliers:
      return "outliers";
    case SheetOrder::explained:
      return "explained";
    case SheetOrder::missed:
      break;
  }
  return "missed";
}

std::vector<size_t> sheet_samples(SheetOrder order, std::span<const float> scores,
                                  std::span<const int32_t> labels) {
  const bool explained = order == SheetOrder::explained;
  const int32_t wanted = order == SheetOrder::missed || explained ? 1 : 0;
  const bool all = explained && std::find(labels.begin(), labels.end(), 1) == labels.end();
  std::vector<size_t> samples;
  for (size_t i = 0; i < scores.size(); ++i)
    if (all || labels[i] == wanted) samples.push_back(i);
  std::stable_sort(samples.begin(), samples.end(), [&](size_t a, size_t b) {
    return order == SheetOrder::outliers || explained ? scores[a] > scores[b] : scores[a] < scores[b];
  });
  samples.resize(
      std::min(samples.size(), static_cast<size_t>(explained ? most_explained : pictures_per_sheet)));
  return samples;
}

}  // namespace tools
