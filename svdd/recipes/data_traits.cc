#include "svdd/recipes/data_traits.h"

#include <algorithm>
#include <filesystem>

#include "datasets/catalog.h"
#include "datasets/file_kind.h"
#include "datasets/image_folder.h"

namespace svdd::recipes {
namespace {

DataKind kind_of(const std::string& data) {
  if (data == "cifar10") return DataKind::colour_images;
  if (data == "gtsrb") return DataKind::signs;
  if (data == "mobifall") return DataKind::motion;
  if (const datasets::KnownDataset* known = datasets::known_dataset(data))
    return known->shape.size() == 1 ? DataKind::table : DataKind::digits;
  const std::filesystem::path path(data);
  if (const datasets::FileKind kind = datasets::file_kind(path);
      kind == datasets::FileKind::csv || kind == datasets::FileKind::npz)
    return DataKind::table;
  const auto holds = [&](const char* name) {
    std::error_code error;  // what cannot be looked at is told when it is read
    return std::filesystem::exists(path / name, error);
  };
  if (const datasets::KnownDataset* m = datasets::known_dataset("mobifall"); m && datasets::lies_in(*m, path))
    return DataKind::motion;
  if (holds("data_batch_1.bin") || holds("cifar-10-batches-bin") || holds("train/good"))
    return DataKind::colour_images;
  if (const datasets::KnownDataset* g = datasets::known_dataset("gtsrb"); g && datasets::lies_in(*g, path))
    return DataKind::signs;
  // A flat folder of images, told by what its pictures are: without colour, they are MNIST's kind.
  const std::vector<datasets::KnownDataset>& known = datasets::known_datasets();
  const bool is_known = std::any_of(known.begin(), known.end(), [&](const datasets::KnownDataset& set) {
    return datasets::lies_in(set, path);
  });
  if (!is_known && datasets::holds_images(path) && datasets::has_colour_images(path))
    return DataKind::colour_images;
  return DataKind::digits;
}

bool is_own(const std::string& data) {
  const std::vector<datasets::KnownDataset>& known = datasets::known_datasets();
  return std::none_of(known.begin(), known.end(), [&](const datasets::KnownDataset& set) {
    return set.name == data || datasets::lies_in(set, data);
  });
}

}  // namespace

DataTraits traits_of(const std::string& data) {
  return {.kind = kind_of(data), .own = is_own(data), .name = data};
}

std::vector<int64_t> image_shape_of(DataKind kind) {
  if (kind == DataKind::digits) return {1, 28, 28};
  if (kind == DataKind::colour_images || kind == DataKind::signs) return {3, 32, 32};
  return {};
}

}  // namespace svdd::recipes
