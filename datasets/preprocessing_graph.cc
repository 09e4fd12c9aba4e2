#include "datasets/preprocessing_graph.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "datasets/preprocessing_json.h"
#include "engine/files/nd_array.h"

namespace datasets {
namespace {

using engine::NdArray;
using engine::onnx::Type;
using engine::onnx::Value;

Value in_double(const Value& x) { return cast(x, Type::f64); }
Value rounded(const Value& x) { return cast(x, Type::f32); }

// Stored as floats, which they are; doubles to the operations.
Value numbers(const Value& beside, const std::string& name, std::vector<int64_t> shape,
              const std::vector<float>& values) {
  return in_double(beside.graph->constant(name, NdArray::from(std::move(shape), values)));
}
Value numbers(const Value& beside, const std::string& name, const std::vector<float>& values) {
  return numbers(beside, name, {static_cast<int64_t>(values.size())}, values);
}

// A sample whose values are all equal is all zeros: it is divided by 1 in the place of its scale, 0.
Value contrast_normalised(Preprocessing::Gcn gcn, const Value& rows, int64_t n) {
  const auto count = static_cast<double>(n);
  const Value x = in_double(rows), z = x - sum(x, true) / count;
  const Value scale =
      (gcn == Preprocessing::Gcn::l1 ? sum(abs(z), true) : sqrt(sum(square(z), true))) / count;
  const Value zero = x.graph->number(0, Type::f64), one = x.graph->number(1, Type::f64);
  return rounded(z / where(greater(scale, zero), scale, one));
}

Value min_max_scaled(const Preprocessing& p, const Value& rows) {
  const double low = p.min;
  return rounded((in_double(rows) - low) / (static_cast<double>(p.max) - low));
}

Value features_scaled(const Preprocessing& p, const Value& rows) {
  std::vector<float> divisor = p.scale, kept(p.scale.size(), 1);
  for (size_t j = 0; j < divisor.size(); ++j)
    if (divisor[j] == 0) divisor[j] = 1, kept[j] = 0;  // constant features in models of earlier versions
  const Value y = (in_double(rows) - numbers(rows, "preprocessing.feature_offset", p.offset)) /
                  numbers(rows, "preprocessing.feature_scale", divisor);
  const bool all = std::find(kept.begin(), kept.end(), 0.0f) == kept.end();
  return rounded(all ? y : y * numbers(rows, "preprocessing.feature_kept", kept));
}

}  // namespace

Value mapped(const CentredMap& map, const Value& rows, const std::string& name) {
  const Value matrix = numbers(rows, name + "_matrix", {map.outputs(), map.inputs()}, map.matrix);
  return rounded(product(in_double(rows) - numbers(rows, name + "_mean", map.mean), transposed(matrix)));
}

Value restored_from(const Pca& pca, const Value& projected, const std::string& name) {
  const Value directions =
      numbers(projected, name + "_matrix", {pca.components(), pca.features()}, pca.map.matrix);
  return rounded(product(in_double(projected), directions) +
                 numbers(projected, name + "_mean", pca.map.mean));
}

Value prepared_rows(const Preprocessing& p, const Value& samples, const std::vector<int64_t>& shape) {
  samples.graph->note("preprocessing", nlohmann::json(p).dump());
  Value x = shape.size() > 1 ? flattened(samples) : samples;
  if (p.gcn != Preprocessing::Gcn::none) x = contrast_normalised(p.gcn, x, sample_size(shape));
  if (p.zca) x = mapped(*p.zca, x, "preprocessing.zca");
  if (p.min_max) x = min_max_scaled(p, x);
  if (p.per_feature != Preprocessing::PerFeature::none) x = features_scaled(p, x);
  if (p.pca) x = mapped(p.pca->map, x, "preprocessing.pca");
  return x;
}

}  // namespace datasets
