// The inside of a deflated zip member (RFC 1951), through zlib where the build has it.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace engine {

// The `size` bytes that `deflated` unpacks to. Throws std::runtime_error with the bare reason where it
// unpacks to more or fewer, is damaged, or the build has no zlib. Takes no more memory than `size`, nor more
// than a real stream of that length could fill.
std::string inflate(std::string_view deflated, size_t size);

}  // namespace engine
