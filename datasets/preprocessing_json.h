// Preprocessing as it is stored with a model: what it does and its few numbers as JSON, the many as tensors.
//
//   {"gcn": "l1", "min_max": true, "min": …, "max": …}   and, only where there is such a step,
//   "per_feature": "min-max" or "standard", "zca": true, "pca": true
//
// Apart from preprocessing.h, so that only those who want JSON include nlohmann/json; found by it of their
// own accord (json = preprocessing, json.get<Preprocessing>()).
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "datasets/preprocessing.h"
#include "engine/files/nd_array.h"

namespace engine {
class JsonEntry;
}

namespace datasets {

// Reading back gives the same bits.
void to_json(nlohmann::json& json, const Preprocessing& preprocessing);

// Throws std::invalid_argument for a missing or wrong entry, a limit that is not finite, or max not above
// min. The steps that tensors belong to are there afterwards, but empty, until take_tensors fills them.
void from_json(const nlohmann::json& json, Preprocessing& preprocessing);
// The same of an entry of a file: std::runtime_error names file and entry.
void read_entry(const engine::JsonEntry& entry, Preprocessing& preprocessing);

using NamedArrays = std::vector<std::pair<std::string, engine::NdArray>>;

// The arrays of the steps that have some, none for a preprocessing of bytes, GCN and min-max alone:
// preprocessing.feature_offset and .feature_scale (d), .zca_mean (d), .zca_matrix (d, d), .pca_mean (d),
// .pca_directions (k, d), .pca_explained (k, double).
NamedArrays tensors(const Preprocessing& preprocessing);

// Takes them back from among others. Throws std::invalid_argument naming the one that is missing, of another
// type or shape, or holds a number that is not finite.
void take_tensors(const NamedArrays& stored, Preprocessing& preprocessing);

}  // namespace datasets
