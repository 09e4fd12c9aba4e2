#include "svdd/baselines/neighbour_count.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "svdd/methods/deep_rows.h"

namespace svdd {

int64_t neighbours_of(int64_t asked, int64_t samples, Monitor& monitor) {
  if (asked < samples) return asked;
  monitor.note("of " + std::to_string(samples) + " training samples each has " + std::to_string(samples - 1) +
               (samples == 2 ? " other: so many neighbours" : " others: so many neighbours") +
               " count, not " + std::to_string(asked));
  return samples - 1;
}

void check_neighbours(int64_t neighbours) {
  if (neighbours < 1)
    throw std::invalid_argument("at least 1 neighbour must count; found " + std::to_string(neighbours));
}

Option neighbours_row(int64_t& neighbours) {
  return option::whole<int64_t>(
      {"neighbours", "K", method_group,
       "knn, lof: how many of the nearest training samples count;\nlof: 20 where nothing is said"},
      1, neighbours);
}

datasets::Samples stored_points(const ModelFolder& model, int64_t features) {
  const int64_t count = model.tensors.at("points").size() / features;
  if (count < 2) throw std::invalid_argument("the model has fewer than 2 points");
  return {{features}, numbers(model, "points", {count, features})};
}

int64_t stored_neighbours(const ModelFolder& model, int64_t points) {
  const auto neighbours = field<int64_t>(model, "neighbours");
  if (neighbours < 1 || neighbours >= points)
    throw std::invalid_argument("neighbours is " + std::to_string(neighbours) + ", expected 1 to " +
                                std::to_string(points - 1) + ", since there are " + std::to_string(points) +
                                " points");
  return neighbours;
}

}  // namespace svdd
