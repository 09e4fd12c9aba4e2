// The door of a backend, which no call can go around: what the make_…_backend functions return.
#pragma once
#include <memory>

#include "engine/backend.h"

namespace engine {

// The backend itself, but every call of it (and every run of what it captured) computes in the IEEE mode
// (floating_point_mode.h), and one that comes while another thread's is under way throws std::logic_error: backends
// keep scratch memory and are not re-entrant.
std::unique_ptr<Backend> entered(std::unique_ptr<Backend> inner);

}  // namespace engine
