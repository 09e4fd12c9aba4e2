// libFuzzer's entry to the reader of safetensors (engine/files/safetensors.h).
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "engine/files/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    engine::parse_safetensors(std::string_view(reinterpret_cast<const char*>(data), size),
                              "fuzz.safetensors");
  } catch (const std::runtime_error&) {
  }
  return 0;
}
