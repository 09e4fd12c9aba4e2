// Where a detector's network puts samples, and its spheres, as files for other programs.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/files/safetensors.h"
#include "svdd/detector.h"

namespace tools {

// Some samples with what is known of them, in their order.
struct Represented {
  std::string name;  // "train"
  const datasets::Samples& samples;
  const std::vector<int32_t>& classes;
  std::vector<float> scores;
  std::vector<int32_t> labels = {};  // 1: anomalous; empty: all are normal
};

// An .npz archive: for each part NAME (n × p, float32) its representations, NAME_scores and, where there
// are some, NAME_classes and NAME_labels. A part without samples is left out.
void write_representations(const std::filesystem::path& file, svdd::Detector& detector,
                           const std::vector<Represented>& parts);

// "sphere,radius,c_0,…,c_p-1" of every sphere, from the weights of a model with several; a radius of 0 says
// that a sphere is dead.
std::string spheres_csv(const engine::SafeTensors& weights);

}  // namespace tools
