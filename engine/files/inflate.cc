#include "engine/files/inflate.h"

#include <new>
#include <stdexcept>

#if SVDD_HAVE_ZLIB
#include <zlib.h>

#include <algorithm>

#include "engine/stopping.h"
#endif

namespace engine {

#if SVDD_HAVE_ZLIB

std::string inflate(std::string_view deflated, size_t size) {
  const auto refuse = [&](const std::string& reason) {
    throw std::runtime_error("its " + std::to_string(deflated.size()) + " deflated bytes " + reason);
  };
  constexpr size_t best_ratio = 1032;  // 258 bytes from two bits: deflate packs nothing tighter
  if (size / best_ratio > deflated.size())
    refuse("cannot hold the " + std::to_string(size) + " that it declares");
  std::string bytes(size, '\0');
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  const struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};

  // Both sides are handed over in pieces: zlib counts in 32 bits, and a wish to stop is to be heard. One byte of room beyond `size` shows a stream
  // that is longer.
  constexpr size_t piece = size_t{1} << 24;
  size_t consumed = 0, produced = 0;
  char beyond = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    check_stop();
    const size_t in = std::min(deflated.size() - consumed, piece);
    const size_t out = produced < size ? std::min(size - produced, piece) : 1;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated.data() + consumed));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(produced < size ? bytes.data() + produced : &beyond);
    stream.avail_out = static_cast<uInt>(out);
    status = ::inflate(&stream, Z_NO_FLUSH);
    consumed += in - stream.avail_in;
    produced += out - stream.avail_out;
    if (produced > size) refuse("unpack to more than the " + std::to_string(size) + " declared");
  }
  if (status == Z_BUF_ERROR) refuse("are cut off");
  if (status != Z_STREAM_END)
    refuse(std::string("are damaged: ") + (stream.msg ? stream.msg : "not a deflate stream"));
  if (produced < size)
    refuse("unpack to " + std::to_string(produced) + ", not the " + std::to_string(size) + " declared");
  if (consumed < deflated.size()) refuse("end early, after " + std::to_string(consumed));
  return bytes;
}

#else

std::string inflate(std::string_view, size_t) {
  throw std::runtime_error(
      "it is compressed, and this program was built without zlib; save it with numpy.savez instead "
      "of numpy.savez_compressed, or install zlib's headers and build again");
}

#endif

}  // namespace engine
