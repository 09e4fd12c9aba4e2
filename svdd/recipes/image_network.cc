#include "svdd/recipes/image_network.h"

#include <algorithm>

#include "datasets/samples.h"

namespace svdd::recipes {

std::string image_network(const std::vector<int64_t>& shape) {
  constexpr int64_t most_modules = 6, least_side = 3, last_filters = 128, least_filters = 8;
  int64_t modules = 0;
  for (int64_t height = shape.at(1), width = shape.at(2);
       modules < most_modules && height % 2 == 0 && width % 2 == 0 &&
       std::min(height, width) / 2 >= least_side;
       height /= 2, width /= 2)
    ++modules;
  const std::string size = datasets::shape_text(shape);
  std::string text = "network images_" + size + ", input " + size + ", rep_dim 128, encoder";
  for (int64_t k = std::max<int64_t>(modules, 1); k > 0; --k) {
    text += ", conv " + std::to_string(std::max(last_filters >> (k - 1), least_filters)) +
            " 5x5, batch_norm, leaky_relu";
    if (modules > 0) text += ", max_pool";
  }
  return text + ", dense rep_dim";
}

}  // namespace svdd::recipes
