// Linked into tests_engine_cuda alone; the other programs have their answer in cuda_on_host/executor.cc.
#include "tests/engine/platforms.h"

namespace engine_tests {

const bool on_a_card = true;

}  // namespace engine_tests
