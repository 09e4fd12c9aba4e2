#include "datasets/tar.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "datasets/packed_file.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

using engine::in_quotes;

constexpr size_t block_size = 512;
using Block = std::array<uint8_t, block_size>;

std::string_view text_field(const Block& header, size_t begin, size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(header.data()) + begin, size);
  return field.substr(0, field.find('\0'));
}

// Octal digits between spaces; a number too large for an archive where it is none.
uint64_t octal_field(const Block& header, size_t begin, size_t size) {
  uint64_t value = 0;
  for (const char c : text_field(header, begin, size)) {
    if (c == ' ') continue;
    if (c < '0' || c > '7') return UINT64_MAX;
    value = value * 8 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

// The sum of the header's bytes, its own field counted as spaces.
uint64_t checksum(const Block& header) {
  uint64_t sum = 0;
  for (size_t i = 0; i < block_size; ++i) sum += i >= 148 && i < 156 ? ' ' : header[i];
  return sum;
}

}  // namespace

void unpack_tar(const std::filesystem::path& archive,
                const std::function<std::filesystem::path(const std::string&, uint64_t)>& wanted) {
  PackedFile file(archive);
  const auto refuse = [&](const std::string& why) {
    throw std::runtime_error(in_quotes(archive) + " " + why + ": fetch or copy it again");
  };
  Block block;
  for (;;) {
    const size_t arrived = file.read(block.data(), block_size);
    if (arrived == 0 || std::all_of(block.begin(), block.end(), [](uint8_t b) { return b == 0; })) return;
    if (arrived < block_size) refuse("is truncated: it ends within a header");
    if (octal_field(block, 148, 8) != checksum(block)) refuse("is no tar archive, or damaged");
    const uint64_t size = octal_field(block, 124, 12);
    if (size > file.largest_contents()) refuse("is damaged: it promises more than it can hold");
    const std::filesystem::path name(text_field(block, 0, 100));
    const bool is_file = block[156] == '0' || block[156] == 0;
    const std::filesystem::path to = is_file ? wanted(name.filename().string(), size) : "";
    std::optional<engine::AtomicFile> output;
    if (!to.empty()) output.emplace(to);
    for (uint64_t left = size; left > 0;) {
      if (file.read(block.data(), block_size) < block_size) refuse("is truncated: it ends within a file");
      const uint64_t part = std::min<uint64_t>(left, block_size);
      if (output) output->write({reinterpret_cast<const char*>(block.data()), static_cast<size_t>(part)});
      left -= part;
    }
    if (output) output->commit();
  }
}

}  // namespace datasets
