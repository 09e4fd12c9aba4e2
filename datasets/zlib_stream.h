// The packed inside of a PNG file: a zlib stream (RFC 1950) of deflated bytes (RFC 1951), unpacked by code of our
// own, so that PNG files are read, to the same pixels, where zlib is not installed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace datasets {

// The first `size` bytes that the stream unpacks to. What it holds beyond them is not looked at (encoders that
// pad their pixels are known); where it ends with them, its checksum must be theirs. Throws std::runtime_error
// with the bare reason ("is damaged: …") where the stream is damaged, cut off or holds fewer. Takes no more
// memory than `size`, and none where a stream of this length could not fill it.
std::string unpack_zlib_stream(std::string_view stream, size_t size);

// Adler-32 of RFC 1950, section 8.2.
uint32_t adler32(std::string_view bytes);

}  // namespace datasets
