#include "engine/files/npy.h"

#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <utility>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npy_header.h"
#include "engine/stopping.h"

namespace engine {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);

const std::map<std::string, NdArray::DType, std::less<>>& dtypes() {  // by NumPy's letter and size
  static const std::map<std::string, NdArray::DType, std::less<>> table = {
      {"b1", NdArray::DType::b1}, {"i1", NdArray::DType::i1}, {"u1", NdArray::DType::u1},
      {"i2", NdArray::DType::i2}, {"u2", NdArray::DType::u2}, {"i4", NdArray::DType::i4},
      {"u4", NdArray::DType::u4}, {"i8", NdArray::DType::i8}, {"u8", NdArray::DType::u8},
      {"f4", NdArray::DType::f4}, {"f8", NdArray::DType::f8}};
  return table;
}

std::string descr_of(NdArray::DType dtype) {
  for (const auto& [code, known] : dtypes())
    if (known == dtype) return (NdArray::item_bytes(dtype) == 1 ? "|" : "<") + code;
  throw std::invalid_argument("[NdArray] dtype is none of the known ones");
}

NdArray::DType dtype_of(std::string_view descr) {
  const bool has_order = !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  const std::string_view code = descr.substr(has_order ? 1 : 0);
  if (code.starts_with("O"))
    throw std::runtime_error(
        "it holds Python objects (dtype object), and reading them would run code from the file; "
        "save plain numbers, such as numpy.save(path, array.astype('float32'))");
  const auto found = dtypes().find(code);
  if (found == dtypes().end())
    throw std::runtime_error("its dtype is " + in_quotes(descr) +
                             "; expected bool, an integer or a floating-point number of 16, 32 or 64 bits: "
                             "convert with array.astype('float32')");
  return found->second;
}

void swap_byte_order(std::vector<std::byte>& bytes, size_t item) {
  for (auto at = bytes.begin(); at != bytes.end(); at += static_cast<std::ptrdiff_t>(item))
    std::reverse(at, at + static_cast<std::ptrdiff_t>(item));
}

// First dimension fastest -> last dimension fastest: walks the C order and steps through the Fortran order
// beside it.
std::vector<std::byte> to_c_order(const std::vector<std::byte>& fortran, const std::vector<int64_t>& shape,
                                  size_t item) {
  std::vector<std::byte> result(fortran.size());
  std::vector<size_t> stride(shape.size(), item), index(shape.size(), 0);
  for (size_t d = 1; d < shape.size(); ++d) stride[d] = stride[d - 1] * static_cast<size_t>(shape[d - 1]);
  size_t from = 0;
  for (size_t to = 0; to < result.size(); to += item) {
    std::memcpy(result.data() + to, fortran.data() + from, item);
    for (size_t d = shape.size(); d-- > 0;) {
      from += stride[d];
      if (++index[d] < static_cast<size_t>(shape[d])) break;
      from -= stride[d] * index[d];
      index[d] = 0;
    }
  }
  return result;
}

// IEEE 754's binary16, which a float holds exactly: a sign, five bits of exponent (bias 15), ten of fraction.
float from_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const float sign = bits & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31)
    return fraction ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  return sign * (exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                               : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25));
}

NdArray from_halves(const NdArray& bits) {
  std::vector<float> values;
  for (const uint16_t half : bits.as<uint16_t>()) values.push_back(from_half(half));
  return NdArray::from(bits.shape, values);
}

// The header, and the data that follow it.
std::pair<NpyHeader, std::string_view> parse_preamble(std::string_view bytes) {
  const auto refuse = [](const std::string& reason) { throw std::runtime_error(reason); };
  if (!bytes.starts_with(magic)) refuse("it is not a .npy file: it does not begin with \\x93NUMPY");
  if (bytes.size() < 10) refuse("it ends within its first ten bytes");
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const int version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    refuse("it is of .npy version " + std::to_string(version) + "." + std::to_string(byte(7)) +
           "; expected 1.0, 2.0 or 3.0");
  const size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) refuse("it ends within its header");
  size_t length = size_t{byte(8)} | size_t{byte(9)} << 8;
  if (version > 1) length |= size_t{byte(10)} << 16 | size_t{byte(11)} << 24;
  if (length > bytes.size() - start)
    refuse("its header claims " + std::to_string(length) + " bytes, but only " +
           std::to_string(bytes.size() - start) + " follow");
  constexpr size_t longest = size_t{1} << 16;  // 64 dimensions take 1500
  if (length > longest) refuse("its header of " + std::to_string(length) + " bytes is absurdly long");

  return {parse_npy_header(bytes.substr(start, length)), bytes.substr(start + length)};
}

// Whether it holds halves; then dtype_of is asked of their bits.
bool take_halves_for_bits(NpyHeader& header) {
  const bool half = header.descr.ends_with("f2") && header.descr.size() <= 3;
  if (half) header.descr.replace(header.descr.size() - 2, 2, "u2");
  return half;
}

void check_size(const NpyHeader& header, uint64_t follow) {
  const NdArray::DType dtype = dtype_of(header.descr);
  const auto refuse = [](const std::string& reason) { throw std::runtime_error(reason); };
  const std::string promised = NdArray::text(header.shape) + " of " + NdArray::name(dtype);
  const auto wanted = NdArray::byte_count(header.shape, dtype);
  if (!wanted) refuse("its shape " + promised + " is larger than any memory");
  if (*wanted != follow)
    refuse((*wanted > follow ? "it is cut off: " : "it has bytes left over: ") + promised + " takes " +
           std::to_string(*wanted) + " bytes, but " + std::to_string(follow) + " follow the header");
}

// The numbers as they lie in the file, made little-endian and of C order.
NdArray array_of(const NpyHeader& header, bool half, std::vector<int64_t> shape,
                 std::vector<std::byte> bytes) {
  NdArray array{std::move(shape), dtype_of(header.descr), std::move(bytes)};
  const size_t item = NdArray::item_bytes(array.dtype);
  if (header.descr[0] == '>' && item > 1) swap_byte_order(array.bytes, item);
  if (header.fortran_order && array.shape.size() > 1)
    array.bytes = to_c_order(array.bytes, array.shape, item);
  return half ? from_halves(array) : array;
}

NdArray parse(std::vector<std::byte> bytes) {
  auto [header, data] = parse_preamble({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const bool half = take_halves_for_bits(header);
  check_size(header, data.size());
  bytes.erase(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(data.size()));
  return array_of(header, half, header.shape, std::move(bytes));
}

// Everything before the numbers, byte for byte as numpy.save has it: room for the first dimension to grow to
// 21 digits in place, then spaces up to a multiple of 64 with the newline last.
std::string preamble(const NdArray& array) {
  std::string text = npy_header_text({descr_of(array.dtype), false, array.shape});
  if (!array.shape.empty()) text.append(21 - std::to_string(array.shape[0]).size(), ' ');
  text.append(64 - (magic.size() + 4 + text.size() + 1) % 64, ' ');
  text += '\n';
  std::string bytes(magic);
  bytes += {'\x01', '\x00', static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)};
  return bytes + text;
}

std::string_view view(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

namespace {

template <class Read>
auto named(const std::string& source, Read read) {
  try {
    return read();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("cannot read " + source + ": " + error.what());
  }
}

}  // namespace

NdArray parse_npy(std::vector<std::byte> bytes, const std::string& source) {
  return named(source, [&] { return parse(std::move(bytes)); });
}

NdArray parse_npy(std::string_view bytes, const std::string& source) {
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  return parse_npy(std::vector<std::byte>(data, data + bytes.size()), source);
}

std::vector<int64_t> parse_npy_shape(std::string_view beginning, uint64_t size, const std::string& source) {
  return named(source, [&] {
    auto [header, data] = parse_preamble(beginning);
    take_halves_for_bits(header);
    check_size(header, size - (beginning.size() - data.size()));
    return header.shape;
  });
}

struct NpyFile::Open {
  std::filesystem::path path;
  std::ifstream file;
  NpyHeader header;
  bool half = false;
  uint64_t start = 0;            // of the numbers
  std::optional<NdArray> whole;  // of what is no regular file

  // `count` bytes from place `at` on.
  void read(uint64_t at, uint64_t count, std::byte* to) {
    check_stop();
    file.seekg(static_cast<std::streamoff>(at));
    if (!file.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count)))
      throw std::runtime_error("it was cut off while it was read");
  }
};

NpyFile::NpyFile(std::filesystem::path path) : open_(std::make_unique<Open>()) {
  open_->path = std::move(path);
  std::error_code error;
  if (!std::filesystem::is_regular_file(open_->path, error)) {
    open_->whole = read_npy(open_->path);
    open_->header.shape = open_->whole->shape;
    return;
  }
  const std::string beginning = beginning_of(open_->path, npy_beginning);
  named(in_quotes(open_->path), [&] {
    auto [header, data] = parse_preamble(beginning);
    open_->half = take_halves_for_bits(header);
    open_->start = beginning.size() - data.size();
    check_size(header, std::filesystem::file_size(open_->path) - open_->start);
    open_->header = std::move(header);
    open_->file.open(open_->path, std::ios::binary);
    if (!open_->file) throw std::runtime_error("it cannot be opened");
  });
}
NpyFile::~NpyFile() = default;

const std::vector<int64_t>& NpyFile::shape() const { return open_->header.shape; }

NdArray::DType NpyFile::dtype() const {
  if (open_->whole) return open_->whole->dtype;
  return open_->half ? NdArray::DType::f4 : dtype_of(open_->header.descr);
}

NdArray NpyFile::rows(int64_t first, int64_t count) {
  const std::vector<int64_t>& all = shape();
  if (all.empty() || first < 0 || count < 0 || first > all[0] - count)
    throw std::out_of_range(in_quotes(open_->path) + " has the shape " + NdArray::text(all) +
                            ": there are no places " + std::to_string(first) + " to " +
                            std::to_string(first + count));
  std::vector<int64_t> shape = all;
  shape[0] = count;
  const NdArray::DType stored = open_->whole ? dtype() : dtype_of(open_->header.descr);
  const uint64_t item = NdArray::item_bytes(stored), total = static_cast<uint64_t>(all[0]),
                 some = static_cast<uint64_t>(count), begin = static_cast<uint64_t>(first);
  std::vector<std::byte> bytes(static_cast<size_t>(NdArray::byte_count(shape, stored).value()));
  const uint64_t per_place = some == 0 ? 0 : bytes.size() / some;  // of C order
  if (open_->whole) {
    const auto from = open_->whole->bytes.begin() + static_cast<std::ptrdiff_t>(begin * per_place);
    return {shape, stored, {from, from + static_cast<std::ptrdiff_t>(bytes.size())}};
  }
  named(in_quotes(open_->path), [&] {
    if (!open_->header.fortran_order)  // in one piece
      open_->read(open_->start + begin * per_place, bytes.size(), bytes.data());
    else  // a piece of each column
      for (uint64_t column = 0; column * some * item < bytes.size(); ++column)
        open_->read(open_->start + (column * total + begin) * item, some * item,
                    bytes.data() + column * some * item);
  });
  return array_of(open_->header, open_->half, std::move(shape), std::move(bytes));
}

std::string npy_bytes(const NdArray& array) {
  array.check();
  return preamble(array).append(view(array.bytes));
}

namespace {

void append_utf8(uint32_t c, std::string& text) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;  // no character
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xc0 | c >> 6), tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xe0 | c >> 12), tail(6), tail(0);
  } else {
    text += static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0);
  }
}

}  // namespace

namespace {

struct WordsHeader {
  std::vector<int64_t> shape;
  size_t length = 0, width = 0;  // characters in a word, bytes in a character
  uint64_t count = 0;
  bool swapped = false;
  std::string_view data;  // as far as it is there
};

// `beginning`: of a file of `size` bytes.
std::optional<WordsHeader> words_header(std::string_view beginning, uint64_t size) {
  WordsHeader found;
  std::string descr;
  try {
    auto [header, rest] = parse_preamble(beginning);
    if (header.fortran_order && header.shape.size() > 1 && header.shape[1] != 1) return std::nullopt;
    descr = header.descr, found.shape = header.shape, found.data = rest;
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  const uint64_t follow = size - (beginning.size() - found.data.size());
  found.swapped = descr.starts_with('>');
  if (!descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos) descr.erase(0, 1);
  if (descr.size() < 2 || (descr[0] != 'U' && descr[0] != 'S')) return std::nullopt;
  const char* end = descr.data() + descr.size();
  const auto [stop, error] = std::from_chars(descr.data() + 1, end, found.length);
  found.width = descr[0] == 'U' ? 4 : 1;
  const auto count = NdArray::byte_count(found.shape, NdArray::DType::u1);
  if (error != std::errc() || stop != end || !count || found.length == 0 ||
      found.length > follow / found.width || follow % (found.length * found.width) != 0 ||
      follow / (found.length * found.width) != *count)
    return std::nullopt;
  found.count = *count;
  return found;
}

}  // namespace

std::optional<std::vector<int64_t>> parse_npy_words_shape(std::string_view beginning, uint64_t size) {
  const std::optional<WordsHeader> header = words_header(beginning, size);
  return header ? std::optional(header->shape) : std::nullopt;
}

std::optional<NpyWords> parse_npy_words(std::string_view bytes) {
  const std::optional<WordsHeader> header = words_header(bytes, bytes.size());
  if (!header) return std::nullopt;
  const size_t length = header->length, width = header->width;
  const bool swapped = header->swapped;
  std::string_view data = header->data;
  NpyWords array{header->shape, {}};
  array.words.resize(static_cast<size_t>(header->count));
  for (std::string& word : array.words) {
    std::string_view item = data.substr(0, length * width);
    data.remove_prefix(item.size());
    if (width == 1) {
      word = item.substr(0, item.find_last_not_of('\0') + 1);
      continue;
    }
    for (size_t i = 0; i < length; ++i) {
      uint32_t c = 0;
      for (size_t b = 0; b < 4; ++b)
        c |= uint32_t{static_cast<uint8_t>(item[4 * i + b])} << 8 * (swapped ? 3 - b : b);
      append_utf8(c, word);
    }
    word.erase(word.find_last_not_of('\0') + 1);
  }
  return array;
}

NdArray read_npy(const std::filesystem::path& path) { return parse_npy(read_file(path), in_quotes(path)); }

void write_npy(const std::filesystem::path& path, const NdArray& array) {
  array.check();
  AtomicFile file(path);
  file.write(preamble(array));
  file.write(view(array.bytes));
  file.commit();
}

}  // namespace engine
