#include "engine/initializers.h"

#include <cmath>
#include <string>

#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "engine/stopping.h"

namespace engine {

Fans fans_of(const Shape& weight) {
  if (weight.rank() < 2)
    throw std::invalid_argument("[initializers] a weight has at least two axes, found shape " +
                                weight.text());
  return {weight[1] * weight.positions(), weight[0] * weight.positions()};
}

void uniform_init(Array& parameter, double bound, uint64_t seed, std::string_view name) {
  const IeeeMode ieee;
  const RandomStream stream(seed, "init/" + std::string(name));
  const auto b = static_cast<float>(bound);
  std::vector<float> values(static_cast<size_t>(parameter.shape().count()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % 65536 == 0) check_stop();
    values[i] = stream.uniform(i, -b, b);
  }
  parameter.assign(values);
}

double default_bound(Fans fans) {
  const IeeeMode ieee;
  return 1.0 / std::sqrt(static_cast<double>(fans.in));
}
double xavier_bound(Fans fans, double gain) {
  const IeeeMode ieee;
  return gain * std::sqrt(6.0 / static_cast<double>(fans.in + fans.out));
}
double leaky_relu_gain(double slope) {
  const IeeeMode ieee;
  return std::sqrt(2.0 / (1.0 + slope * slope));
}

}  // namespace engine
