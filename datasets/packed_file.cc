#include "datasets/packed_file.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/file_kind.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

#if SVDD_HAVE_ZLIB
#include <zlib.h>
#endif

namespace datasets {

using engine::in_quotes;

namespace {

constexpr std::string_view gzip_magic("\x1f\x8b", 2);
constexpr size_t enough_to_tell = 64;

// What the first bytes of a file look like, where that helps: what a server sent in place of it, or the data unpacked.
[[maybe_unused]] std::string kind_of(std::string_view bytes) {
  std::string text(bytes.substr(0, enough_to_tell));
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  const size_t begin = std::min(text.find_first_not_of(" \t\r\n\xef\xbb\xbf"), text.size());
  const std::string_view start = std::string_view(text).substr(begin);
  if (start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head"))
    return "it is a web page, which a server sends in place of what it does not have: fetch it again";
  if (start.starts_with("<")) return "it begins like a web page or XML: fetch it again";
  if (bytes.starts_with("PK\x03\x04")) return "it is a zip archive: unpack it";
  if (bytes.size() > 3 && bytes.starts_with(std::string_view("\0\0", 2)) && bytes[2] >= 8 && bytes[2] <= 14 &&
      bytes[3] >= 1 && bytes[3] <= 4)
    return "it holds IDX data that are not compressed: take the .gz off its name";
  return "it begins with " + in_quotes(bytes.substr(0, 8)) +
         ": if it is not compressed, take the .gz off its name; else fetch it again";
}

}  // namespace

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
  bool ended = false;         // after the last of them
};

// What follows a member: another one, the zeros that tapes and block devices fill up with, or what does not belong
// there. Bytes are waiting in the unpacker.
bool PackedFile::another_member() {
  z_stream& state = unpacker_->state;
  const auto refill = [&] {
    if (state.avail_in > 0) return;
    state.next_in = unpacker_->packed.data();
    state.avail_in = static_cast<uInt>(read_stored(unpacker_->packed.data(), unpacker_->packed.size()));
  };
  if (*state.next_in == static_cast<uint8_t>(gzip_magic[0])) return true;
  uint64_t zeros = 0;
  for (refill(); state.avail_in > 0; refill()) {
    const auto *begin = state.next_in, *end = begin + state.avail_in;
    const auto* other = std::find_if(begin, end, [](uint8_t byte) { return byte != 0; });
    zeros += static_cast<uint64_t>(other - begin);
    if (other != end)
      throw std::runtime_error(
          in_quotes(path_) + " is not a sound gzip file: other bytes follow its stream" +
          (zeros > 0 ? " and " + std::to_string(zeros) + " zero bytes" : "") + ", beginning with " +
          in_quotes(std::string_view(reinterpret_cast<const char*>(other),
                                     static_cast<size_t>(std::min<std::ptrdiff_t>(end - other, 8)))) +
          ": it is damaged, or two files were joined; fetch or copy it again");
    state.avail_in = 0;
  }
  return false;
}

size_t PackedFile::read_unpacked(uint8_t* to, size_t count) {
  constexpr size_t largest_step = size_t{1} << 30;  // zlib counts in 32 bits
  z_stream& state = unpacker_->state;
  size_t done = 0;
  while (done < count && !unpacker_->ended) {
    engine::check_stop();
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
      if (!another_member()) {
        unpacker_->ended = true;
        break;
      }
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
bool PackedFile::another_member() { return false; }

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
  char start[enough_to_tell];
  stream_.read(start, sizeof start);
  const std::string_view first(start, static_cast<size_t>(stream_.gcount()));
  stream_.clear();
  stream_.seekg(0);
  const bool is_gzip = first.starts_with(gzip_magic);
  if (ending_of(path) != ".gz") {
    if (is_gzip)
      throw std::runtime_error(in_quotes(path) +
                               " is gzip-compressed, but its name does not end in .gz: rename it to " +
                               in_quotes(path.filename().string() + ".gz") + ", or unpack it with gunzip");
    return;
  }
#if SVDD_HAVE_ZLIB
  if (!is_gzip) throw std::runtime_error(in_quotes(path) + " is not a sound gzip file: " + kind_of(first));
  unpacker_ = std::make_unique<Unpacker>();
#else
  throw std::runtime_error(in_quotes(path) +
                           " is gzip-compressed and this build has no zlib: unpack it with gunzip -k " +
                           in_quotes(path) + ", or build again with zlib installed");
#endif
}

PackedFile::~PackedFile() = default;

size_t PackedFile::read(uint8_t* to, size_t count) {
  if (!unpacker_) return read_stored(to, count);
  const size_t got = read_unpacked(to, count);
  const bool twice = !begun_ && got >= 2 && std::string_view(reinterpret_cast<char*>(to), 2) == gzip_magic;
  begun_ = begun_ || got > 0;
  if (twice)
    throw std::runtime_error(in_quotes(path_) +
                             " is gzip-compressed twice: unpack it once, with gunzip, and name the result " +
                             in_quotes(path_.filename()) + " again");
  return got;
}

size_t PackedFile::read_stored(uint8_t* to, size_t count) {
  constexpr size_t piece = size_t{1} << 26;
  size_t done = 0;
  for (bool more = true; more && done < count;) {
    engine::check_stop();
    const size_t wanted = std::min(count - done, piece);
    stream_.read(reinterpret_cast<char*>(to + done), static_cast<std::streamsize>(wanted));
    if (stream_.bad()) throw std::runtime_error("cannot read " + in_quotes(path_) + ": input/output error");
    const auto arrived = static_cast<size_t>(stream_.gcount());
    more = arrived == wanted;
    done += arrived;
  }
  return done;
}

uint64_t PackedFile::largest_contents() const {
  constexpr uint64_t deflate_limit = 1032;  // 258 bytes in no less than 2 bits
  return unpacker_ ? stored_size_ * deflate_limit : stored_size_;
}

}  // namespace datasets
