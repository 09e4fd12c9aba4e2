// libFuzzer's entry to the readers of NumPy's .npy and .npz (engine/files).
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "tests/fuzz/bytes_as_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr uint64_t most_bytes = uint64_t{64} << 20;
  try {
    if (bytes.starts_with("PK")) {
      const fuzz::BytesAsFile file(data, size);
      const engine::Npz archive = engine::Npz::read(file.path(), most_bytes);
      for (const std::string& name : archive.names()) archive.words(name);
    } else {
      engine::parse_npy_words(bytes);
      engine::parse_npy(bytes, "fuzz.npy").as<double>();
    }
  } catch (const std::runtime_error&) {
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
