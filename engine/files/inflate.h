// The inside of a deflated zip member (RFC 1951), through zlib where the build has it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace engine {

// Unpacks `deflated` into all of `to`. Throws std::runtime_error with the bare reason where it unpacks to more or fewer
// bytes, is damaged, or the build has no zlib.
void inflate(std::string_view deflated, std::span<char> to);

// Whether so few deflated bytes can unpack to so many: to be asked before memory is taken for them.
bool can_inflate(size_t deflated, uint64_t size);

// The first bytes that it unpacks to, `count` at most; fewer where it ends or is damaged before.
std::string inflate_beginning(std::string_view deflated, size_t count);

}  // namespace engine
