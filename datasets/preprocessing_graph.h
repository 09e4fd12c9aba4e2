// Preprocessing as a graph of ONNX operations: what Preprocessing::apply does to samples, in the same steps. Each computes
// in double and rounds to float, as ours does, so that few values differ, and those in their last bit.
#pragma once
#include <cstdint>
#include <vector>

#include "datasets/preprocessing.h"
#include "engine/files/onnx.h"

namespace datasets {

// Of samples (N, shape) in float: rows of prepared values, (N, F) in float, whatever the shape was. What was done stands in the
// model's metadata, under "preprocessing" (preprocessing_json.h).
engine::onnx::Value prepared_rows(const Preprocessing& preprocessing, const engine::onnx::Value& samples,
                                  const std::vector<int64_t>& shape);

// CentredMap::apply of rows (N, d): (N, k), in float. `name`: what its constants are called.
engine::onnx::Value mapped(const CentredMap& map, const engine::onnx::Value& rows, const std::string& name);

// Pca::restore of rows (N, k): (N, d), in float.
engine::onnx::Value restored_from(const Pca& pca, const engine::onnx::Value& projected,
                                  const std::string& name);

}  // namespace datasets
