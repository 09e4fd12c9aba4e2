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

namespace {

struct Stream {
  z_stream z = {};
  Stream() {
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Both sides are handed over in pieces: zlib counts in 32 bits, and a wish to stop is to be heard.
  static constexpr size_t piece = size_t{1} << 24;
  // Unpacks as much as fits into `to`, which is not empty, and counts.
  int step(std::string_view deflated, size_t& consumed, std::span<char> to, size_t& produced) {
    check_stop();
    const size_t in = std::min(deflated.size() - consumed, piece), out = std::min(to.size(), piece);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated.data() + consumed));
    z.avail_in = static_cast<uInt>(in);
    z.next_out = reinterpret_cast<Bytef*>(to.data());
    z.avail_out = static_cast<uInt>(out);
    const int status = ::inflate(&z, Z_NO_FLUSH);
    consumed += in - z.avail_in;
    produced += out - z.avail_out;
    return status;
  }
};

}  // namespace

void inflate(std::string_view deflated, std::span<char> to) {
  const size_t size = to.size();
  const auto refuse = [&](const std::string& reason) {
    throw std::runtime_error("its " + std::to_string(deflated.size()) + " deflated bytes " + reason);
  };
  Stream stream;
  size_t consumed = 0, produced = 0;
  char beyond = 0;  // one byte of room beyond `size` shows a stream that is longer
  int status = Z_OK;
  while (status == Z_OK) {
    status = stream.step(deflated, consumed,
                         produced < size ? to.subspan(produced) : std::span<char>(&beyond, 1), produced);
    if (produced > size) refuse("unpack to more than the " + std::to_string(size) + " declared");
  }
  if (status == Z_BUF_ERROR) refuse("are cut off");
  if (status != Z_STREAM_END)
    refuse(std::string("are damaged: ") + (stream.z.msg ? stream.z.msg : "not a deflate stream"));
  if (produced < size)
    refuse("unpack to " + std::to_string(produced) + ", not the " + std::to_string(size) + " declared");
  if (consumed < deflated.size()) refuse("end early, after " + std::to_string(consumed));
}

std::string inflate_beginning(std::string_view deflated, size_t count) {
  Stream stream;
  std::string bytes(count, '\0');
  size_t consumed = 0, produced = 0;
  while (produced < count &&
         stream.step(deflated, consumed, std::span<char>(bytes).subspan(produced), produced) == Z_OK) {
  }
  bytes.resize(produced);
  return bytes;
}

#else

std::string inflate_beginning(std::string_view, size_t) { return ""; }

void inflate(std::string_view, std::span<char>) {
  throw std::runtime_error(
      "it is compressed, and this program was built without zlib; save it with numpy.savez instead "
      "of numpy.savez_compressed, or install zlib's headers and build again");
}

#endif

bool can_inflate(size_t deflated, uint64_t size) {
  constexpr uint64_t best_ratio = 1032;  // 258 bytes from two bits: deflate packs nothing tighter
  return size / best_ratio <= deflated;
}

}  // namespace engine
