// Distances as graphs of ONNX operations, for the methods whose scores are made of them. Values are (N, F) for N samples.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/files/nd_array.h"
#include "engine/files/onnx.h"

namespace svdd {

// ‖a − b‖² of each sample, (N): b (N, …) as a, or (F), one point for all.
engine::onnx::Value squared_distance(const engine::onnx::Value& a, const engine::onnx::Value& b);

// ‖x − y‖² of every row x of (N, F) and every y of (P, F), both in float: (N, P), in double. As products, ‖x‖² − 2·x·y + ‖y‖², of
// points that were moved so that the mean of the y is the origin: what cancels is lost of doubles, so these tell which
// point is nearer, and a Gaussian kernel; a distance itself that may be tiny beside the norms is better measured by the
// difference (nearest_to).
engine::onnx::Value squared_distances(const engine::onnx::Value& x, const engine::NdArray& points);

// The k nearest of P points to each row, or those with the smallest squared distance less what `less` (P) says of each: their
// places, (N, k), the nearest first, and their squared distances from the differences, (N, k), in double.
struct NearestPoints {
  engine::onnx::Value places, squares;
};
NearestPoints nearest_to(const engine::onnx::Value& x, const engine::NdArray& points, int64_t k,
                         const std::vector<float>& less = {});

// A sum of squares as a score: in float, the largest where it is beyond all floats (finite_score of shallow_detector.h).
engine::onnx::Value as_score(const engine::onnx::Value& in_double);

}  // namespace svdd
