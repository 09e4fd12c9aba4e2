#include "datasets/byte_records.h"

#include <stdexcept>
#include <string>

#include "datasets/packed_file.h"
#include "engine/files/in_quotes.h"

namespace datasets {

using engine::in_quotes;

void append_byte_records(const std::filesystem::path& path, int64_t classes, Split& split) {
  PackedFile file(path);
  const auto size = static_cast<size_t>(split.size());
  const uint64_t stored = file.largest_contents();
  if (stored % (size + 1) != 0)
    throw std::runtime_error(in_quotes(path) + " has " + std::to_string(stored) +
                             " bytes, which are no whole number of records of " + std::to_string(size + 1) +
                             " (a class and an image of " + shape_text(split.shape) +
                             "): it is truncated or of another kind");
  const auto records = static_cast<size_t>(stored / (size + 1)), before = split.labels.size();
  split.bytes.resize(split.bytes.size() + records * size);
  split.labels.resize(before + records);
  uint8_t* to = split.bytes.data() + before * size;
  const auto fail = [&](const std::string& why) {
    split.bytes.resize(before * size);
    split.labels.resize(before);
    throw std::runtime_error(in_quotes(path) + why);
  };
  for (size_t i = 0; i < records; ++i, to += size) {
    uint8_t label = 0;
    if (file.read(&label, 1) + file.read(to, size) < 1 + size) fail(" was shortened while it was read");
    if (label >= classes)
      fail(": record " + std::to_string(i) + " (counted from 0) has the class " + std::to_string(label) +
           ", expected 0 to " + std::to_string(classes - 1) + ": the file is damaged or of another kind");
    split.labels[before + i] = label;
  }
}

}  // namespace datasets
