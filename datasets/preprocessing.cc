#include "datasets/preprocessing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

constexpr std::array<std::string_view, 3> gcn_names = {"none", "l1", "l2"};

// GCN of n values; `to` may be `from`.
//
// The mean of equal floats is exact (up to 2^29 of them: their sum needs no more than 53 bits), so a constant
// sample has a scale of exactly 0, and no threshold is needed.
void normalise_contrast(Preprocessing::Gcn gcn, const float* from, int64_t n, float* to) {
  double sum = 0, deviations = 0;
  for (int64_t i = 0; i < n; ++i) sum += from[i];
  const double count = static_cast<double>(n), mean = sum / count;
  for (int64_t i = 0; i < n; ++i) {
    const double z = from[i] - mean;
    deviations += gcn == Preprocessing::Gcn::l1 ? std::abs(z) : z * z;
  }
  const double scale = (gcn == Preprocessing::Gcn::l1 ? deviations : std::sqrt(deviations)) / count;
  for (int64_t i = 0; i < n; ++i) to[i] = scale > 0 ? static_cast<float>((from[i] - mean) / scale) : 0.0f;
}

std::string text(float value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

Preprocessing Preprocessing::fit(Gcn gcn, bool min_max, const Samples& train) {
  Preprocessing result{gcn, min_max, 0, 1};
  if (!min_max) return result;
  if (train.values.empty())
    throw std::invalid_argument("min-max scaling needs training samples; there are none");
  train.check("training data");
  const int64_t n = train.size();
  std::vector<float> normalised(static_cast<size_t>(n));
  float low = std::numeric_limits<float>::infinity(), high = -low;
  for (int64_t i = 0; i < train.count(); ++i) {
    const float* sample = train.sample(i);
    if (gcn != Gcn::none) {
      normalise_contrast(gcn, sample, n, normalised.data());
      sample = normalised.data();
    }
    for (int64_t j = 0; j < n; ++j) {
      low = std::min(low, sample[j]);
      high = std::max(high, sample[j]);
    }
  }
  if (low == high)
    throw std::invalid_argument("min-max scaling is impossible: after GCN '" + std::string(name_of(gcn)) +
                                "' all " + std::to_string(train.count()) +
                                " training samples hold only the value " + text(low) +
                                "; check the training data");
  result.min = low;
  result.max = high;
  return result;
}

void Preprocessing::apply(Samples& samples) const {
  const int64_t n = samples.size(), count = samples.count();
  const double low = min, range = static_cast<double>(max) - low;
  for (int64_t i = 0; i < count; ++i) {
    float* sample = samples.sample(i);
    if (gcn != Gcn::none) normalise_contrast(gcn, sample, n, sample);
    if (!min_max) continue;
    for (int64_t j = 0; j < n; ++j) sample[j] = static_cast<float>((sample[j] - low) / range);
  }
}

std::string_view name_of(Preprocessing::Gcn gcn) { return gcn_names.at(static_cast<size_t>(gcn)); }

Preprocessing::Gcn gcn_named(std::string_view name) {
  const auto found = std::find(gcn_names.begin(), gcn_names.end(), name);
  if (found == gcn_names.end())
    throw std::invalid_argument("unknown contrast normalisation " + engine::in_quotes(name) +
                                "; expected none, l1 or l2");
  return static_cast<Preprocessing::Gcn>(found - gcn_names.begin());
}

}  // namespace datasets
