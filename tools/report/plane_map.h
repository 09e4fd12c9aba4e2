// map.csv: where a method with a network puts samples, spread out in a plane by t-SNE, for looking at.
#pragma once
#include <cstdint>
#include <string>

#include "datasets/dataset.h"
#include "engine/backend.h"
#include "svdd/detector.h"

namespace tools {

inline constexpr int64_t most_map_samples = 1000;  // for which t-SNE takes about a second

// "x,y,class,label,cluster", a row for each of at most most_map_samples samples, in file order: of the
// training samples, each with its cluster, where a fit has led to several; else of the test samples, without.
// Label 1 is an anomaly. Which samples, and where they begin, is drawn by the seed (streams "map" and
// "tsne").
//
// Empty where there is nothing to look at: a method without a network, fewer than 8 samples,
// representations that are not finite.
std::string map_csv(svdd::Detector& detector, const datasets::OneVsRest& task, uint64_t seed,
                    engine::Backend& on);

}  // namespace tools
