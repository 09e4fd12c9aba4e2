#include "engine/files/zip.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/files/inflate.h"
#include "engine/stopping.h"

namespace engine {
namespace {

// Signatures and fixed lengths of the archive's records (APPNOTE 4.3.7, 4.3.12, 4.3.14 to 4.3.16).
constexpr uint32_t local_signature = 0x04034b50, entry_signature = 0x02014b50, end_signature = 0x06054b50,
                   end64_signature = 0x06064b50, locator64_signature = 0x07064b50;
constexpr size_t local_bytes = 30, entry_bytes = 46, end_bytes = 22, end64_bytes = 56, locator64_bytes = 20;
constexpr uint16_t stored = 0, deflated = 8;
constexpr uint16_t flag_encrypted = 1, flag_utf8 = 1 << 11;
constexpr uint16_t absent16 = 0xffff;  // "the number stands in the zip64 record"
constexpr uint32_t absent32 = 0xffffffff;

[[noreturn]] void refuse_archive(const std::string& reason) { throw std::runtime_error(reason); }

uint64_t number(std::string_view bytes, size_t at, size_t width) {
  if (at > bytes.size() || width > bytes.size() - at) refuse_archive("a record of the archive is cut off");
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) value |= uint64_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
  return value;
}

std::string_view slice(std::string_view bytes, uint64_t at, uint64_t length, const char* what) {
  if (at > bytes.size() || length > bytes.size() - at)
    refuse_archive(std::string(what) + " lies beyond the end of the file (" + std::to_string(bytes.size()) +
                   " bytes): the file is cut off or damaged");
  return bytes.substr(at, length);
}

uint32_t crc32(std::string_view bytes) {  // the reflected polynomial 0xedb88320, a byte at a time
  static const auto table = [] {
    std::array<uint32_t, 256> remainders;
    for (uint32_t n = 0; n < 256; ++n) {
      uint32_t r = n;
      for (int bit = 0; bit < 8; ++bit) r = (r & 1) ? 0xedb88320u ^ r >> 1 : r >> 1;
      remainders[n] = r;
    }
    return remainders;
  }();
  constexpr size_t piece = size_t{1} << 20;
  uint32_t crc = 0xffffffff;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), piece))) {
    check_stop();
    for (const char c : bytes.substr(0, piece)) crc = table[(crc ^ static_cast<uint8_t>(c)) & 255] ^ crc >> 8;
  }
  return ~crc;
}

struct Directory {
  uint64_t entries, bytes, offset;
};

// The end record closes the file; only a comment, whose length it states, may follow it.
Directory find_directory(std::string_view file) {
  if (file.size() < end_bytes)
    refuse_archive("it is not a zip archive: it has only " + std::to_string(file.size()) + " bytes");
  const size_t last = file.size() - end_bytes, first = last - std::min<size_t>(last, 0xffff);
  size_t end = last;
  while (number(file, end, 4) != end_signature || number(file, end + 20, 2) != last - end) {
    if (end == first)
      refuse_archive("it is not a zip archive or is cut off: its directory is missing at the end");
    --end;
  }
  Directory directory = {number(file, end + 10, 2), number(file, end + 12, 4), number(file, end + 16, 4)};
  const bool zip64 =
      directory.entries == absent16 || directory.bytes == absent32 || directory.offset == absent32;
  if (zip64 && end >= locator64_bytes && number(file, end - locator64_bytes, 4) == locator64_signature) {
    const uint64_t at = number(file, end - locator64_bytes + 8, 8);
    const std::string_view record = slice(file, at, end64_bytes, "its zip64 end record");
    if (number(record, 0, 4) != end64_signature) refuse_archive("its zip64 end record is damaged");
    directory = {number(record, 32, 8), number(record, 40, 8), number(record, 48, 8)};
  }
  slice(file, directory.offset, directory.bytes, "its directory");
  if (directory.entries > directory.bytes / entry_bytes)
    refuse_archive("its directory of " + std::to_string(directory.bytes) + " bytes cannot hold " +
                   std::to_string(directory.entries) + " members");
  return directory;
}

struct Entry {
  std::string name;
  uint64_t flags, method, crc, packed, unpacked, offset;
};

Entry read_entry(std::string_view& directory) {
  if (number(directory, 0, 4) != entry_signature) refuse_archive("its directory is damaged");
  const uint64_t name = number(directory, 28, 2), extra = number(directory, 30, 2),
                 comment = number(directory, 32, 2);
  const std::string_view record =
      slice(directory, 0, entry_bytes + name + extra + comment, "a directory entry");
  Entry entry = {std::string(record.substr(entry_bytes, name)),
                 number(record, 8, 2),
                 number(record, 10, 2),
                 number(record, 16, 4),
                 number(record, 20, 4),
                 number(record, 24, 4),
                 number(record, 42, 4)};
  std::string_view extras = record.substr(entry_bytes + name, extra);
  while (extras.size() >= 4) {
    const uint64_t kind = number(extras, 0, 2), length = number(extras, 2, 2);
    const std::string_view field = slice(extras, 4, length, "an extra field of its directory");
    if (kind == 1) {  // zip64: those numbers, in this order, that did not fit above
      size_t at = 0;
      for (uint64_t* value : {&entry.unpacked, &entry.packed, &entry.offset})
        if (*value == absent32) *value = number(field, at, 8), at += 8;
    }
    extras.remove_prefix(4 + length);
  }
  directory.remove_prefix(record.size());
  return entry;
}

// The member's bytes as they lie in the file. The local header repeats the directory's; only its own length
// counts.
std::string_view packed_bytes(std::string_view before_directory, const Entry& entry) {
  const std::string_view header = slice(before_directory, entry.offset, local_bytes, "its local header");
  if (number(header, 0, 4) != local_signature) refuse_archive("its local header is damaged");
  const uint64_t name = number(header, 26, 2), extra = number(header, 28, 2);
  if (slice(before_directory, entry.offset + local_bytes, name, "its local header") != entry.name)
    refuse_archive("its local header bears another name");
  return slice(before_directory, entry.offset + local_bytes + name + extra, entry.packed, "its data");
}

void check_packing(const Entry& entry) {
  if (entry.flags & flag_encrypted) refuse_archive("it is encrypted; save it without a password");
  if (entry.method != stored && entry.method != deflated)
    refuse_archive("it is packed by method " + std::to_string(entry.method) +
                   "; expected 0 (stored) or 8 (deflated)");
  if (entry.method == stored && entry.packed != entry.unpacked)
    refuse_archive("it is stored, yet its sizes differ: " + std::to_string(entry.packed) + " and " +
                   std::to_string(entry.unpacked));
  if (entry.method == deflated && !can_inflate(entry.packed, entry.unpacked))
    refuse_archive("its " + std::to_string(entry.packed) + " deflated bytes cannot hold the " +
                   std::to_string(entry.unpacked) + " that it declares");
}

void append(std::string& bytes, uint64_t value, size_t width) {
  for (size_t i = 0; i < width; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 255));
}

}  // namespace

ZipArchive::ZipArchive(const std::filesystem::path& path, uint64_t max_bytes)
    : path_(path), file_(read_file(path, max_bytes)) {
  // More than 64 times as much as it has is what a bomb unpacks to; small archives are let pass.
  const uint64_t likely = std::max(uint64_t{4} << 30, 64 * uint64_t{file_.size()});
  try {
    read_directory(std::min(max_bytes, likely));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("cannot read " + in_quotes(path) + ": " + error.what());
  }
}

void ZipArchive::read_directory(uint64_t max_bytes) {
  const std::string_view file = file_;
  const Directory directory = find_directory(file);
  const std::string_view before_directory = file.substr(0, directory.offset);
  std::string_view rest = file.substr(directory.offset, directory.bytes);
  std::set<std::string> names;
  uint64_t packed_total = 0, unpacked_total = 0;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    const Entry entry = read_entry(rest);
    try {
      if (entry.name.find('\0') != std::string::npos) refuse_archive("its name holds a byte 0");
      if (!names.insert(entry.name).second) refuse_archive("it stands there twice");
      const std::string_view packed = packed_bytes(before_directory, entry);
      // Members that share their packed bytes would let a small file unpack without end.
      packed_total += local_bytes + entry.name.size() + packed.size();
      if (packed_total > before_directory.size()) refuse_archive("it overlaps another member");
      if (entry.unpacked > max_bytes - unpacked_total)
        refuse_archive("with it the archive unpacks to more than the " + std::to_string(max_bytes) +
                       " bytes allowed");
      unpacked_total += entry.unpacked;
      check_packing(entry);
      members_.push_back({entry.name, entry.unpacked, entry.method, entry.crc,
                          static_cast<size_t>(packed.data() - file.data()), packed.size()});
    } catch (const std::runtime_error& error) {
      refuse_archive("member " + in_quotes(entry.name) + ": " + error.what());
    }
  }
  if (!rest.empty()) refuse_archive("its directory has " + std::to_string(rest.size()) + " bytes left over");
}

std::string ZipArchive::beginning(const Member& member, size_t count) const {
  const std::string_view packed = std::string_view(file_).substr(member.at, member.packed);
  count = static_cast<size_t>(std::min<uint64_t>(count, member.bytes));
  return member.method == stored ? std::string(packed.substr(0, count)) : inflate_beginning(packed, count);
}

void ZipArchive::unpack(const Member& member, std::span<char> to) const {
  const std::string_view packed = std::string_view(file_).substr(member.at, member.packed);
  try {
    if (member.method == deflated)
      inflate(packed, to);
    else if (!packed.empty())
      std::memcpy(to.data(), packed.data(), to.size());
    if (crc32({to.data(), to.size()}) != member.crc)
      refuse_archive("its checksum does not fit: the file is damaged");
  } catch (const std::runtime_error& error) {
    refuse_archive("cannot read " + in_quotes(path_) + ": member " + in_quotes(member.name) + ": " +
                   error.what());
  }
}

void ZipWriter::add(const std::string& name, std::string_view bytes) {
  const auto refuse_member = [&](const std::string& reason) {
    refuse_archive("cannot write " + in_quotes(path_) + ": member " + in_quotes(name) + ": " + reason);
  };
  if (name.empty() || name.size() > 0xffff) refuse_member("a name of 1 to 65535 bytes is expected");
  if (!names_.insert(name).second) refuse_member("it is given twice");
  if (names_.size() >= absent16) refuse_member("an archive holds at most 65534 members");
  if (bytes.size() >= absent32 - local_bytes - name.size() - offset_)
    refuse_member("the archive would pass 4 GiB; write several files");

  const bool ascii = std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::string shared;     // what the local header and the directory have in common
  append(shared, 20, 2);  // version 2.0 of the format reads it
  append(shared, ascii ? 0 : flag_utf8, 2);
  append(shared, stored, 2);
  append(shared, 0, 2);           // midnight
  append(shared, 1 << 5 | 1, 2);  // 1980-01-01, the format's first day
  append(shared, crc32(bytes), 4);
  append(shared, bytes.size(), 4);  // packed
  append(shared, bytes.size(), 4);  // unpacked
  append(shared, name.size(), 2);
  append(shared, 0, 2);  // no extra fields

  std::string local;
  append(local, local_signature, 4);
  local += shared + name;

  append(directory_, entry_signature, 4);
  append(directory_, 20, 2);  // made by version 2.0
  directory_ += shared;
  append(directory_, 0, 2);  // no comment
  append(directory_, 0, 2);  // first and only disk
  append(directory_, 0, 2);  // internal attributes
  append(directory_, 0, 4);  // external attributes
  append(directory_, offset_, 4);
  directory_ += name;

  file_.write(local);
  file_.write(bytes);
  offset_ += local.size() + bytes.size();
}

void ZipWriter::commit() {
  if (directory_.size() >= absent32 - offset_)
    refuse_archive("cannot write " + in_quotes(path_) +
                   ": the archive would pass 4 GiB; write several files");
  std::string end;
  append(end, end_signature, 4);
  append(end, 0, 4);  // this disk, the directory's disk
  append(end, names_.size(), 2);
  append(end, names_.size(), 2);
  append(end, directory_.size(), 4);
  append(end, offset_, 4);
  append(end, 0, 2);  // no comment
  file_.write(directory_);
  file_.write(end);
  file_.commit();
}

}  // namespace engine
