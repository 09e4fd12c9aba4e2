#include "tools/commands/representations.h"

#include <utility>

#include "engine/files/npz.h"
#include "tools/commands/csv_files.h"

namespace tools {

using engine::NdArray;

void write_representations(const std::filesystem::path& file, svdd::Detector& detector,
                           const std::vector<Represented>& parts) {
  std::vector<std::pair<std::string, NdArray>> arrays;
  for (const Represented& part : parts) {
    const int64_t n = part.samples.count();
    if (n == 0) continue;
    const std::vector<float> z = detector.embed(part.samples);
    arrays.emplace_back(part.name, NdArray::from({n, static_cast<int64_t>(z.size()) / n}, z));
    arrays.emplace_back(part.name + "_scores", NdArray::from({n}, part.scores));
    if (!part.classes.empty()) arrays.emplace_back(part.name + "_classes", NdArray::from({n}, part.classes));
    if (!part.labels.empty()) arrays.emplace_back(part.name + "_labels", NdArray::from({n}, part.labels));
  }
  engine::write_npz(file, arrays);
}

std::string spheres_csv(const engine::SafeTensors& weights) {
  const std::vector<float> radii = weights.at("radii").as<float>(),
                           centres = weights.at("centres").as<float>();
  const size_t p = centres.size() / radii.size();
  std::string csv = "sphere,radius";
  for (size_t j = 0; j < p; ++j) csv += ",c_" + std::to_string(j);
  csv += '\n';
  for (size_t k = 0; k < radii.size(); ++k) {
    csv += std::to_string(k) + ',' + shortest(radii[k]);
    for (size_t j = 0; j < p; ++j) csv += ',' + shortest(centres[k * p + j]);
    csv += '\n';
  }
  return csv;
}

}  // namespace tools
