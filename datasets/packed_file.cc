#include "datasets/packed_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/files/in_quotes.h"

#if SVDD_HAVE_ZLIB
#include <zlib.h>
#endif

namespace datasets {

using engine::in_quotes;

#if SVDD_HAVE_ZLIB

struct PackedFile::Unpacker {
  Unpacker() {
    constexpr int gzip_header = 16;  // added to the window's size: expect gzip, not zlib
    if (inflateInit2(&state, MAX_WBITS + gzip_header) != Z_OK) throw std::bad_alloc();
  }
  ~Unpacker() { inflateEnd(&state); }

  z_stream state{};
  std::vector<uint8_t> packed = std::vector<uint8_t>(size_t{1} << 16);
  bool inside_member = true;  // a gzip file is one or several members, one after another
};

size_t PackedFile::read_unpacked(uint8_t* to, size_t count) {
  constexpr size_t largest_step = size_t{1} << 30;  // zlib counts in 32 bits
  z_stream& state = unpacker_->state;
  size_t done = 0;
  while (done < count) {
    if (state.avail_in == 0) {
      state.next_in = unpacker_->packed.data();
      state.avail_in = static_cast<uInt>(read_stored(unpacker_->packed.data(), unpacker_->packed.size()));
    }
    if (state.avail_in == 0) {
      if (!unpacker_->inside_member) break;
      throw std::runtime_error(in_quotes(path_) +
                               " is truncated (its gzip stream ends early): fetch or copy it again");
    }
    if (!unpacker_->inside_member) {
      inflateReset(&state);
      unpacker_->inside_member = true;
    }
    const size_t step = std::min(count - done, largest_step);
    state.next_out = to + done;
    state.avail_out = static_cast<uInt>(step);
    const int result = inflate(&state, Z_NO_FLUSH);
    done += step - state.avail_out;
    if (result == Z_STREAM_END)
      unpacker_->inside_member = false;
    else if (result != Z_OK)
      throw std::runtime_error(in_quotes(path_) + " is not a sound gzip file (" +
                               (state.msg ? state.msg : "it cannot be unpacked") +
                               "): fetch or copy it again");
  }
  return done;
}

#else

struct PackedFile::Unpacker {};

size_t PackedFile::read_unpacked(uint8_t*, size_t) { return 0; }

#endif

PackedFile::PackedFile(const std::filesystem::path& path) : path_(path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw std::runtime_error("there is no file " + in_quotes(path));
  if (std::filesystem::is_directory(status))
    throw std::runtime_error(in_quotes(path) + " is a folder, expected a file");
  if (!error) stored_size_ = std::filesystem::file_size(path, error);
  if (error) throw std::runtime_error("cannot read " + in_quotes(path) + ": " + error.message());
  if (stored_size_ == 0)
    throw std::runtime_error(in_quotes(path) + " is empty (0 bytes): fetch or copy it again");
  errno = 0;
  stream_.open(path, std::ios::binary);
  if (!stream_) throw std::runtime_error("cannot read " + in_quotes(path) + ": " + std::strerror(errno));
  if (path.extension() != ".gz") return;
#if SVDD_HAVE_ZLIB
  unpacker_ = std::make_unique<Unpacker>();
#else
  throw std::runtime_error(in_quotes(path) +
                           " is gzip-compressed and this build has no zlib: unpack it with gunzip -k " +
                           in_quotes(path) + ", or build again with zlib installed");
#endif
}

PackedFile::~PackedFile() = default;

size_t PackedFile::read(uint8_t* to, size_t count) {
  return unpacker_ ? read_unpacked(to, count) : read_stored(to, count);
}

size_t PackedFile::read_stored(uint8_t* to, size_t count) {
  stream_.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count));
  if (stream_.bad()) throw std::runtime_error("cannot read " + in_quotes(path_) + ": input/output error");
  return static_cast<size_t>(stream_.gcount());
}

uint64_t PackedFile::largest_contents() const {
  constexpr uint64_t deflate_limit = 1032;  // 258 bytes in no less than 2 bits
  return unpacker_ ? stored_size_ * deflate_limit : stored_size_;
}

}  // namespace datasets
