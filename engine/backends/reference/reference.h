// The reference backend: plain loops in float or double. It is the definition of every operation, and in
// float of its bits: the order of each sum below is the order that all other backends keep (engine/README.md,
// "Orders").
#pragma once
#include <memory>

#include "engine/backend.h"

namespace engine {

// `host_threads`: for what is computed beside it (Backend::on_host); 0: as many as this process may use.
std::unique_ptr<Backend> make_reference_backend(int host_threads = 0);

}  // namespace engine
