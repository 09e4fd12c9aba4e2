// libFuzzer's entry to the reader of torch.save's files (engine/files/torch_file.h), and to that of the pickle in them, which
// a zip archive's checksums keep from being reached.
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "engine/files/torch_file.h"
#include "engine/files/torch_pickle.h"
#include "tests/fuzz/bytes_as_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    engine::read_pickle(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const std::runtime_error&) {
  }
  const fuzz::BytesAsFile file(data, size);
  try {
    engine::read_torch_file(file.path());
  } catch (const std::runtime_error&) {
  }
  return 0;
}
