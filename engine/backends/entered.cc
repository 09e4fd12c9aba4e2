#include "engine/backends/entered.h"

namespace engine {

std::unique_ptr<Backend> entered(std::unique_ptr<Backend> inner) {
  return std::make_unique<Entered>(std::move(inner));
}

}  // namespace engine
