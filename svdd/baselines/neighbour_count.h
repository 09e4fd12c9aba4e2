// What the methods that ask for nearest neighbours share: how many there are, and the points they are sought among.
#pragma once
#include <cstdint>

#include "datasets/samples.h"
#include "svdd/detector.h"
#include "svdd/methods/option.h"
#include "svdd/model_folder.h"

namespace svdd {

// Of n samples each has n − 1 others: `asked` or fewer, which is noted.
int64_t neighbours_of(int64_t asked, int64_t samples, Monitor& monitor);
// std::invalid_argument for fewer than one.
void check_neighbours(int64_t neighbours);
// --neighbours
Option neighbours_row(int64_t& neighbours);

// The tensor "points" and the entry "neighbours" of a model; std::invalid_argument for what cannot be.
datasets::Samples stored_points(const ModelFolder& model, int64_t features);
int64_t stored_neighbours(const ModelFolder& model, int64_t points);

}  // namespace svdd
