// The reference backend: plain loops in float or double. It is the definition of every operation, and in
// float of its bits: the order of each sum below is the order that all other backends keep (engine/README.md,
// "Orders").
#pragma once
#include <memory>

#include "engine/backend.h"

namespace engine {

std::unique_ptr<Backend> make_reference_backend();

}  // namespace engine
