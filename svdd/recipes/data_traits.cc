#include "svdd/recipes/data_traits.h"

#include <algorithm>
#include <filesystem>

#include "datasets/catalog.h"
#include "datasets/file_kind.h"
#include "datasets/image_archive.h"

namespace svdd::recipes {
namespace {

DataKind kind_of(const std::string& data) {
  if (data == "cifar10") return DataKind::colour_images;
  if (data == "gtsrb") return DataKind::signs;
  if (data == "mobifall") return DataKind::motion;
  if (const datasets::KnownDataset* known = datasets::known_dataset(data))
    return known->is_table()           ? DataKind::table
           : known->shape.front() == 3 ? DataKind::colour_images
                                       : DataKind::digits;
  const std::filesystem::path path(data);
  if (datasets::is_image_archive(path)) return DataKind::digits;
  if (const datasets::FileKind kind = datasets::file_kind(path);
      kind == datasets::FileKind::csv || kind == datasets::FileKind::npz || kind == datasets::FileKind::npy)
    return DataKind::table;
  const auto holds = [&](const char* name) {
    std::error_code error;  // what cannot be looked at is told when it is read
    return std::filesystem::exists(path / name, error);
  };
  if (const datasets::KnownDataset* m = datasets::known_dataset("mobifall"); m && datasets::lies_in(*m, path))
    return DataKind::motion;
  if (holds("data_batch_1.bin") || holds("cifar-10-batches-bin")) return DataKind::colour_images;
  if (const datasets::KnownDataset* g = datasets::known_dataset("gtsrb"); g && datasets::lies_in(*g, path))
    return DataKind::signs;
  return DataKind::digits;
}

bool is_own(const std::string& data) {
  const std::vector<datasets::KnownDataset>& known = datasets::known_datasets();
  return std::none_of(known.begin(), known.end(), [&](const datasets::KnownDataset& set) {
    return set.name == data || (!set.is_table() && datasets::lies_in(set, data));
  });
}

bool is_mnists(const std::vector<int64_t>& shape) { return shape == std::vector<int64_t>{1, 28, 28}; }

int64_t side_for(const datasets::ImageSurvey& survey) {
  constexpr int64_t many = 20000;
  return std::min(survey.height, survey.width) >= 64 && survey.images <= many ? 64 : 32;
}

}  // namespace

DataTraits traits_of(const std::string& data, const std::vector<int64_t>& asked) {
  DataTraits traits{.kind = kind_of(data), .own = is_own(data), .name = data};
  if (!traits.own || traits.kind != DataKind::digits) return traits;
  const bool archive = datasets::is_image_archive(data);
  const datasets::ImageSurvey survey =
      archive ? datasets::survey_archive(data) : datasets::survey_images(data);
  if (survey.looked_at == 0) return traits;
  std::vector<int64_t> shape = asked;
  if (shape.empty() && survey.height == 28 && survey.width == 28) shape = {28, 28};
  if (shape.empty()) shape.assign(2, side_for(survey));
  if (shape.size() == 2) shape.insert(shape.begin(), survey.coloured ? 3 : 1);
  traits = traits_of_images(shape);
  traits.name = data, traits.survey = survey;
  return traits;
}

DataTraits traits_of_images(const std::vector<int64_t>& shape) {
  const bool coloured = shape.at(0) == 3;
  DataTraits traits{.kind = coloured ? DataKind::colour_images : DataKind::digits, .own = true};
  if (!is_mnists(shape)) traits.own_images = shape;
  return traits;
}

std::vector<int64_t> image_shape_of(const DataTraits& traits) {
  if (!traits.own_images.empty()) return traits.own_images;
  if (traits.kind == DataKind::digits) return {1, 28, 28};
  if (traits.kind == DataKind::colour_images || traits.kind == DataKind::signs) return {3, 32, 32};
  return {};
}

}  // namespace svdd::recipes
