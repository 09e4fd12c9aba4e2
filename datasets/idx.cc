#include "datasets/idx.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "datasets/file_kind.h"
#include "datasets/packed_file.h"
#include "datasets/pixel_values.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;
using engine::NdArray;

constexpr uint32_t images_magic = 0x00000803, labels_magic = 0x00000801;
constexpr int64_t most_idx_classes = 1000;

// The third byte of the magic number: which numbers follow. Nothing for what is none.
std::optional<NdArray::DType> type_of(uint32_t magic) {
  using enum NdArray::DType;
  switch (magic >> 8) {
    case 0x08:
      return u1;
    case 0x09:
      return i1;
    case 0x0b:
      return i2;
    case 0x0c:
      return i4;
    case 0x0d:
      return f4;
    case 0x0e:
      return f8;
    default:
      return std::nullopt;
  }
}

std::string hex(uint32_t word) {
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[(word >> shift) & 15u];
  return text;
}

std::string kind(uint32_t magic) { return (magic & 0xff) == 3 ? "IDX images" : "IDX labels"; }

void append_big_endian(std::string& bytes, uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift & 255u);
}

uint32_t read_word(PackedFile& file, const fs::path& path) {
  std::array<uint8_t, 4> b;
  if (file.read(b.data(), b.size()) < b.size())
    throw std::runtime_error(in_quotes(path) + " is truncated: it ends within the IDX header");
  return uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | uint32_t{b[3]};
}

struct IdxHeader {
  NdArray::DType type = NdArray::DType::u1;
  std::vector<int64_t> sizes = {};  // the count and the extents of one entry
};

// Checks the magic number: numbers of any type, and as many sizes as `expected` has, which is that of bytes.
IdxHeader read_header(PackedFile& file, const fs::path& path, uint32_t expected) {
  const uint32_t magic = read_word(file, path), sizes = expected & 0xff;
  const std::optional<NdArray::DType> type = type_of(magic);
  if (!type || (magic & 0xff) != sizes) {
    const bool swapped =
        type && (magic & 0xff) == ((expected == images_magic ? labels_magic : images_magic) & 0xff);
    throw std::runtime_error(in_quotes(path) + " begins with " + hex(magic) + ", expected " + hex(expected) +
                             " (" + kind(expected) + ")" +
                             (swapped ? ": these are " + kind(magic) + ", the names may be swapped" : ""));
  }
  IdxHeader header{*type, {}};
  for (uint32_t i = 0; i < sizes; ++i) {
    header.sizes.push_back(read_word(file, path));
    if (header.sizes.back() == 0)
      throw std::runtime_error(in_quotes(path) + " holds nothing: its header gives a size of 0");
  }
  return header;
}

// Bytes of so many numbers, once it is known that they can be in the file.
uint64_t contents_size(const PackedFile& file, const fs::path& path, const IdxHeader& header) {
  const uint64_t most = std::min<uint64_t>(file.largest_contents(), std::numeric_limits<int64_t>::max());
  const std::vector<int64_t>& sizes = header.sizes;
  uint64_t product = NdArray::item_bytes(header.type);
  for (const int64_t size : sizes) {
    const uint64_t factor = static_cast<uint64_t>(size);
    if (product > most / factor)
      throw std::runtime_error(
          in_quotes(path) + " is truncated or no IDX file: its header promises " + shape_text(sizes) +
          (header.type == NdArray::DType::u1 ? " bytes"
                                             : std::string(" numbers of ") + NdArray::name(header.type)) +
          ", but it can hold " + std::to_string(file.largest_contents()) + " at most");
    product *= factor;
  }
  return product;
}

// Exactly `size` bytes up to the end of the file. The buffer grows with what has arrived, so that a lie in
// the header of a small packed file costs no memory.
std::vector<uint8_t> read_rest(PackedFile& file, const fs::path& path, uint64_t size) {
  constexpr uint64_t first_step = uint64_t{1} << 24;
  std::vector<uint8_t> bytes;
  uint64_t done = 0;
  while (done < size) {
    const uint64_t step = std::min(size - done, std::max(first_step, done));
    bytes.resize(static_cast<size_t>(done + step));
    const size_t arrived = file.read(bytes.data() + done, static_cast<size_t>(step));
    done += arrived;
    if (arrived < step)
      throw std::runtime_error(in_quotes(path) + " is truncated: its header promises " +
                               std::to_string(size) + " bytes of data, " + std::to_string(done) +
                               " are there");
  }
  uint8_t extra;
  if (file.read(&extra, 1) == 1)
    throw std::runtime_error(in_quotes(path) + " goes on after the " + std::to_string(size) +
                             " bytes of data that its header promises: it is damaged or no IDX file");
  return bytes;
}

// What the header promises, as an array: from big-endian to the machine's order.
NdArray read_array(PackedFile& file, const fs::path& path, const IdxHeader& header) {
  const std::vector<uint8_t> read = read_rest(file, path, contents_size(file, path, header));
  NdArray array;
  array.shape = header.sizes;
  array.dtype = header.type;
  array.bytes.resize(read.size());
  std::memcpy(array.bytes.data(), read.data(), read.size());
  const auto item = static_cast<std::ptrdiff_t>(NdArray::item_bytes(header.type));
  for (auto at = array.bytes.begin(); item > 1 && at != array.bytes.end(); at += item)
    std::reverse(at, at + item);
  return array;
}

// "emnist-letters" of "emnist-letters-train-images-idx3-ubyte.gz"; empty of other names.
std::string emnist_name(const std::string& file) {
  const std::string small = in_small_letters(file);
  const size_t end = small.find("-train-images");
  const bool named =
      small.starts_with("emnist-") && end != std::string::npos && small.find("idx3-ubyte") > end;
  return named ? file.substr(0, end) : "";
}

// The sets of EMNIST of which the folder holds the training images, in order.
std::vector<std::string> emnist_sets(const fs::path& folder) {
  std::vector<std::string> sets;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error))
    if (const std::string name = emnist_name(entries->path().filename().string()); !name.empty())
      sets.push_back(name);
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  return sets;
}

// "train-images.idx3-ubyte" for "train-images-idx3-ubyte".
std::string dotted(std::string name) {
  name[name.rfind("-idx")] = '.';
  return name;
}

fs::path plain_or_packed(const fs::path& folder, const std::string& name) {
  std::error_code error;
  const fs::path plain = folder / name;
  for (const std::string& spelling : {name, dotted(name)})
    for (const char* ending : {"", ".gz"})
      if (const fs::path path = folder / (spelling + ending); fs::exists(path, error)) return path;
  throw std::runtime_error("there is neither " + in_quotes(plain) + " nor that name with .gz");
}

Split read_half(const fs::path& images_path, const fs::path& labels_path) {
  Split split;
  split.labels = read_idx_labels(labels_path);
  IdxImages images = read_idx_images(images_path);
  if (images.count != split.count())
    throw std::runtime_error(in_quotes(images_path) + " holds " + std::to_string(images.count) +
                             " images but " + in_quotes(labels_path) + " " + std::to_string(split.count()) +
                             " labels: they belong to different data sets");
  split.shape = {1, images.rows, images.columns};
  split.bytes = std::move(images.bytes);
  split.values = std::move(images.values);
  return split;
}

uint32_t as_word(int64_t size, const std::string& what) {
  if (size < 1 || size > std::numeric_limits<uint32_t>::max())
    throw std::invalid_argument("an IDX file cannot hold " + what + " = " + std::to_string(size) +
                                "; expected 1 to 4294967295");
  return static_cast<uint32_t>(size);
}

}  // namespace

IdxImages read_idx_images(const fs::path& path) {
  PackedFile file(path);
  const IdxHeader header = read_header(file, path, images_magic);
  IdxImages images{header.sizes[0], header.sizes[1], header.sizes[2], {}};
  if (header.type == NdArray::DType::u1) {
    images.bytes = read_rest(file, path, contents_size(file, path, header));
    return images;
  }
  Pixels pixels = pixels_of(read_array(file, path, header), in_quotes(path));
  images.bytes = std::move(pixels.bytes);
  images.values = std::move(pixels.values);
  return images;
}

std::vector<int32_t> read_idx_labels(const fs::path& path) {
  PackedFile file(path);
  const IdxHeader header = read_header(file, path, labels_magic);
  if (header.type == NdArray::DType::u1) {
    const std::vector<uint8_t> bytes = read_rest(file, path, contents_size(file, path, header));
    return {bytes.begin(), bytes.end()};
  }
  std::vector<int32_t> labels;
  for (const double label : read_array(file, path, header).as<double>()) {
    if (!(label >= 0 && label < static_cast<double>(most_idx_classes) && label == std::floor(label)))
      throw std::runtime_error(in_quotes(path) + " holds the label " + engine::number_text(label) +
                               "; expected whole numbers from 0 to " + std::to_string(most_idx_classes - 1));
    labels.push_back(static_cast<int32_t>(label));
  }
  return labels;
}

void write_idx_images(const fs::path& path, const IdxImages& images) {
  std::string bytes;
  append_big_endian(bytes, images_magic);
  append_big_endian(bytes, as_word(images.count, "images"));
  append_big_endian(bytes, as_word(images.rows, "rows"));
  append_big_endian(bytes, as_word(images.columns, "columns"));
  const std::vector<int64_t> sizes = {images.count, images.rows, images.columns};
  if (sample_size(sizes) != static_cast<int64_t>(images.bytes.size()))
    throw std::invalid_argument(in_quotes(path) +
                                " cannot be written: " + std::to_string(images.bytes.size()) + " bytes for " +
                                shape_text(sizes) + " pixels");
  bytes.append(images.bytes.begin(), images.bytes.end());
  engine::write_file_atomically(path, bytes);
}

void write_idx_labels(const fs::path& path, const std::vector<int32_t>& labels) {
  std::string bytes;
  append_big_endian(bytes, labels_magic);
  append_big_endian(bytes, as_word(static_cast<int64_t>(labels.size()), "labels"));
  for (const int32_t label : labels) {
    if (label < 0 || label > 255)
      throw std::invalid_argument(in_quotes(path) + " cannot be written: label " + std::to_string(label) +
                                  " does not fit IDX, whose labels are 0 to 255");
    bytes += static_cast<char>(label);
  }
  engine::write_file_atomically(path, bytes);
}

const std::vector<std::string>& idx_file_names() {
  static const std::vector<std::string> names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                                 "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  return names;
}

const std::vector<std::string>& idx_entries() {
  static const std::vector<std::string> entries = [] {
    std::vector<std::string> all = idx_file_names();
    for (const std::string& name : idx_file_names()) all.push_back(dotted(name));
    return all;
  }();
  return entries;
}

bool is_idx_folder(const fs::path& folder) {
  std::error_code error;
  return std::any_of(idx_entries().begin(), idx_entries().end(), [&](const std::string& name) {
    return fs::is_regular_file(folder / name, error) || fs::is_regular_file(folder / (name + ".gz"), error);
  });
}

namespace {

// Of the four files; the classes are numbered.
Dataset load_idx_files(const std::vector<fs::path>& paths, const std::string& name) {
  Dataset data;
  data.name = name;
  data.train = read_half(paths[0], paths[1]);
  data.test = read_half(paths[2], paths[3]);
  if (data.train.shape != data.test.shape)
    throw std::runtime_error(in_quotes(paths[0]) + " holds images of " + shape_text(data.train.shape) +
                             " but " + in_quotes(paths[2]) + " of " + shape_text(data.test.shape) +
                             ": both must have one size");
  const int32_t last = std::max(*std::max_element(data.train.labels.begin(), data.train.labels.end()),
                                *std::max_element(data.test.labels.begin(), data.test.labels.end()));
  for (int32_t k = 0; k <= last; ++k) data.class_names.push_back(std::to_string(k));
  return data;
}

// Rows and columns of each image change places.
void transpose(Split& split) {
  const auto rows = static_cast<size_t>(split.shape[1]), columns = static_cast<size_t>(split.shape[2]);
  const auto turn = [&](auto& values) {
    auto image = values;
    image.resize(std::min(values.size(), rows * columns));
    for (size_t at = 0; at < values.size(); at += image.size()) {
      for (size_t r = 0; r < rows; ++r)
        for (size_t c = 0; c < columns; ++c) image[c * rows + r] = values[at + r * columns + c];
      std::copy(image.begin(), image.end(), values.begin() + static_cast<std::ptrdiff_t>(at));
    }
  };
  turn(split.bytes);
  turn(split.values);
  std::swap(split.shape[1], split.shape[2]);
}

// Each line of a mapping is a class and the codes of its characters: "1 65 97" is A. What is not there stays a number.
void name_by_mapping(const fs::path& mapping, Dataset& data) {
  std::error_code error;
  if (!fs::is_regular_file(mapping, error)) return;
  std::istringstream lines(engine::read_file(mapping, uint64_t{1} << 16));
  std::map<int64_t, std::string> names;
  int64_t k = -1;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    int code = 0;
    if (numbers >> k >> code && code > 32 && code < 127) names[k] = std::string(1, static_cast<char>(code));
  }
  for (size_t i = 0; i < data.class_names.size(); ++i)
    if (const auto name = names.find(static_cast<int64_t>(i)); name != names.end())
      data.class_names[i] = name->second;
}

}  // namespace

Dataset load_idx_folder(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const std::string& name : idx_file_names()) paths.push_back(plain_or_packed(folder, name));
  return load_idx_files(paths, folder.string());
}

bool is_emnist(const fs::path& path) {
  if (!emnist_name(path.filename().string()).empty()) return true;
  std::error_code error;
  return fs::is_directory(path, error) && !emnist_sets(path).empty();
}

Dataset load_emnist(const fs::path& path) {
  std::string set = emnist_name(path.filename().string());
  const fs::path folder = set.empty() ? path : path.parent_path();
  if (set.empty()) {
    const std::vector<std::string> sets = emnist_sets(folder);
    if (sets.size() != 1)
      throw std::runtime_error(in_quotes(folder) + " holds several sets, " + in_quotes(sets) +
                               ": name the file of the training images of one, such as " +
                               in_quotes(folder / (sets[0] + "-train-images-idx3-ubyte.gz")));
    set = sets[0];
  }
  std::vector<fs::path> paths;
  for (const char* name : {"-train-images-idx3-ubyte", "-train-labels-idx1-ubyte", "-test-images-idx3-ubyte",
                           "-test-labels-idx1-ubyte"})
    paths.push_back(plain_or_packed(folder, set + name));
  Dataset data = load_idx_files(paths, path.string());
  transpose(data.train);
  transpose(data.test);
  name_by_mapping(folder / (set + "-mapping.txt"), data);
  data.notes.push_back(in_quotes(set) +
                       ": rows and columns change places, for EMNIST's images lie on their side");
  return data;
}

void write_idx_folder(const fs::path& folder, const Dataset& data) {
  data.check();
  if (data.train.shape.size() != 3 || data.train.shape[0] != 1)
    throw std::invalid_argument(data.name + ": samples of shape " + shape_text(data.train.shape) +
                                " do not fit IDX, whose images have one channel");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw std::runtime_error("cannot make the folder " + in_quotes(folder) + ": " + error.message());
  const std::vector<std::string>& names = idx_file_names();
  const auto write_half = [&](const Split& split, const std::string& images, const std::string& labels) {
    write_idx_images(folder / images, {split.count(), split.shape[1], split.shape[2], split.bytes});
    write_idx_labels(folder / labels, split.labels);
  };
  write_half(data.train, names[0], names[1]);
  write_half(data.test, names[2], names[3]);
}

}  // namespace datasets
