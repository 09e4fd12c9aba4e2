#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string_view>

#include "engine/files/atomic_file.h"
#include "engine/files/byte_order.h"
#include "engine/files/in_quotes.h"
#include "engine/files/torch_file.h"
#include "engine/files/torch_pickle.h"
#include "engine/files/zip.h"

namespace engine {
namespace {

[[noreturn]] void refuse_torch_file(const std::string& reason) { throw std::runtime_error(reason); }

constexpr size_t deepest_nesting = 32;
constexpr uint64_t most_pickle_bytes = uint64_t{64} << 20;

// What is believed to be meant by a file of so many bytes.
uint64_t most_unpacked(uint64_t file_bytes) { return 4 * file_bytes + (uint64_t{64} << 20); }

// How the numbers of a storage lie in the file.
enum class Packed { plain, half, bfloat };
struct StorageType {
  std::string_view name;
  NdArray::DType dtype;  // as which they are read
  size_t item_bytes;     // in the file
  Packed packed = Packed::plain;
};
constexpr StorageType storage_types[] = {{"FloatStorage", NdArray::DType::f4, 4},
                                         {"DoubleStorage", NdArray::DType::f8, 8},
                                         {"HalfStorage", NdArray::DType::f4, 2, Packed::half},
                                         {"BFloat16Storage", NdArray::DType::f4, 2, Packed::bfloat},
                                         {"LongStorage", NdArray::DType::i8, 8},
                                         {"IntStorage", NdArray::DType::i4, 4},
                                         {"ShortStorage", NdArray::DType::i2, 2},
                                         {"CharStorage", NdArray::DType::i1, 1},
                                         {"ByteStorage", NdArray::DType::u1, 1},
                                         {"BoolStorage", NdArray::DType::b1, 1}};

const StorageType& storage_type(std::string_view name) {
  for (const StorageType& type : storage_types)
    if (type.name == name) return type;
  refuse_torch_file("it holds numbers of the type torch." + shown(name) +
                    "; save real numbers, whole numbers or truth values, on the CPU");
}

// IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction; each is a float.
float float_of_half(uint16_t bits) {
  const uint32_t sign = uint32_t{bits} >> 15 << 31, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -small : small;
}

// The bytes of storages, of which each is asked for by its key.
class Storages {
 public:
  virtual ~Storages() = default;
  virtual std::string_view bytes(std::string_view key) = 0;
};

class TorchReader {
 public:
  TorchReader(const Pickle& pickle, Storages& storages, uint64_t most_bytes)
      : pickle_(pickle), storages_(storages), bytes_left_(most_bytes) {}

  TorchValue value(PickleRef ref, size_t depth = 0) {
    if (depth > deepest_nesting)
      refuse_torch_file("what it holds is nested deeper than " + std::to_string(deepest_nesting) + " levels");
    if (values_left_-- == 0)
      refuse_torch_file("it holds more than " + std::to_string(Pickle::most_values) + " values");
    const PickledValue& v = pickle_.values[ref];
    if (const auto* words = std::get_if<std::string_view>(&v)) return text(*words);
    if (const auto* number = std::get_if<bool>(&v))
      return {NdArray{{}, NdArray::DType::b1, {std::byte{*number}}}};
    if (const auto* number = std::get_if<int64_t>(&v)) return {NdArray::scalar(*number)};
    if (const auto* number = std::get_if<double>(&v)) return {NdArray::scalar(*number)};
    if (const auto* list = std::get_if<PickledList>(&v)) return sequence(list->items, depth);
    if (const auto* tuple = std::get_if<PickledTuple>(&v)) return sequence(tuple->items, depth);
    if (const auto* entries = std::get_if<PickledDict>(&v)) return dict(*entries, depth);
    if (const auto* array = std::get_if<PickledTensor>(&v)) return {tensor(*array)};
    if (!std::holds_alternative<std::monostate>(v))
      refuse_torch_file("it holds a function, a type or a bare storage; save tensors");
    return {};
  }

 private:
  TorchValue text(std::string_view words) {
    take(words.size());
    return {std::string(words)};
  }
  // Of all that is read, no more than such a file can have meant.
  void take(uint64_t bytes) {
    if (bytes > bytes_left_)
      refuse_torch_file("its tensors unpack to many times as much as the file has; save them with .clone()");
    bytes_left_ -= bytes;
  }

  TorchValue sequence(const std::vector<PickleRef>& items, size_t depth) {
    bool whole = true;
    for (const PickleRef item : items) {
      const PickledValue& v = pickle_.values[item];
      const bool is_whole = std::holds_alternative<int64_t>(v);
      if (!is_whole && !std::holds_alternative<double>(v)) return dict_of(items, depth);
      whole = whole && is_whole;
    }
    if (items.empty()) whole = false;
    take(8 * items.size());
    const std::vector<int64_t> shape{static_cast<int64_t>(items.size())};
    if (whole) {
      std::vector<int64_t> numbers;
      for (const PickleRef item : items) numbers.push_back(std::get<int64_t>(pickle_.values[item]));
      return {NdArray::from(shape, numbers)};
    }
    std::vector<double> numbers;
    for (const PickleRef item : items) {
      const auto* real = std::get_if<double>(&pickle_.values[item]);
      numbers.push_back(real ? *real : static_cast<double>(std::get<int64_t>(pickle_.values[item])));
    }
    return {NdArray::from(shape, numbers)};
  }
  TorchValue dict_of(const std::vector<PickleRef>& items, size_t depth) {
    TorchDict entries;
    for (const PickleRef item : items) {
      std::string key = std::to_string(entries.size());
      entries.push_back({std::move(key), value(item, depth + 1)});
    }
    return {std::move(entries)};
  }
  TorchValue dict(const PickledDict& pickled, size_t depth) {
    TorchDict entries;
    std::set<std::string> keys;
    for (const auto& [key, saved] : pickled.entries) {
      const PickledValue& k = pickle_.values[key];
      std::string name;
      if (const auto* words = std::get_if<std::string_view>(&k)) {
        take(words->size());
        name = *words;
      } else if (const auto* number = std::get_if<int64_t>(&k)) {
        name = std::to_string(*number);
      } else {
        refuse_torch_file("a dict in it has a key that is neither a text nor a whole number");
      }
      if (!keys.insert(name).second)
        refuse_torch_file("a dict in it has the key " + in_quotes(name) + " twice");
      try {
        entries.push_back({name, value(saved, depth + 1)});
      } catch (const std::runtime_error& error) {
        // Which tensor it was, told once.
        const std::string what = error.what();
        if (what.starts_with("entry ") || !std::holds_alternative<PickledTensor>(pickle_.values[saved]))
          throw;
        refuse_torch_file("entry " + in_quotes(name) + ": " + what);
      }
    }
    return {std::move(entries)};
  }

  NdArray tensor(const PickledTensor& t) {
    const auto& storage = std::get<PickledStorage>(pickle_.values[t.storage]);
    const StorageType& type = storage_type(storage.type);
    if (t.shape.size() != t.strides.size())
      refuse_torch_file("a tensor has " + std::to_string(t.shape.size()) + " dimensions and " +
                        std::to_string(t.strides.size()) + " strides");
    NdArray array{t.shape, type.dtype, {}};
    const auto wanted = NdArray::byte_count(array.shape, array.dtype);
    if (!wanted)
      refuse_torch_file("a tensor's shape " + NdArray::text(t.shape) + " is larger than any memory");
    const std::string_view bytes = storages_.bytes(storage.key);
    if (storage.count < 0 || bytes.size() % type.item_bytes != 0 ||
        static_cast<uint64_t>(storage.count) != bytes.size() / type.item_bytes)
      refuse_torch_file("storage " + in_quotes(storage.key) + " has " + std::to_string(bytes.size()) +
                        " bytes, which is not " + std::to_string(storage.count) + " numbers of " +
                        std::to_string(type.item_bytes));
    take(*wanted);
    array.bytes.resize(*wanted);
    if (*wanted > 0) fill(array, t, type, bytes);
    return array;
  }

  // All places lie within the storage before any is read: offset + Σ (extent − 1)·stride is the last.
  void fill(NdArray& array, const PickledTensor& t, const StorageType& type, std::string_view bytes) const {
    const auto count = static_cast<int64_t>(bytes.size() / type.item_bytes);
    int64_t last = t.offset;
    bool inside = t.offset >= 0 && t.offset < count;
    for (size_t i = 0; i < t.shape.size() && inside; ++i) {
      if (t.shape[i] == 1) continue;
      inside = t.strides[i] >= 0 && t.strides[i] <= (count - 1 - last) / (t.shape[i] - 1);
      if (inside) last += (t.shape[i] - 1) * t.strides[i];
    }
    if (!inside)
      refuse_torch_file("a tensor of shape " + NdArray::text(t.shape) + ", strides " +
                        NdArray::text(t.strides) + " and offset " + std::to_string(t.offset) +
                        " reaches beyond its storage of " + std::to_string(count) + " numbers");
    const size_t item = NdArray::item_bytes(array.dtype), n = array.bytes.size() / item;
    std::vector<int64_t> index(t.shape.size()), strides = t.strides;
    for (size_t d = 0; d < strides.size(); ++d)
      if (t.shape[d] == 1) strides[d] = 0;  // where it may be anything
    int64_t at = t.offset;
    for (size_t i = 0; i < n; ++i) {
      const char* from = bytes.data() + static_cast<size_t>(at) * type.item_bytes;
      std::byte* to = array.bytes.data() + i * item;
      if (type.packed == Packed::plain) {
        std::memcpy(to, from, item);
      } else {
        const auto bits = load_little_endian<uint16_t>(from);
        const float number =
            type.packed == Packed::half ? float_of_half(bits) : std::bit_cast<float>(uint32_t{bits} << 16);
        store_little_endian(number, to);
      }
      for (size_t d = index.size(); d-- > 0;) {  // the next place in C order
        at += strides[d];
        if (++index[d] < t.shape[d]) break;
        at -= strides[d] * t.shape[d];
        index[d] = 0;
      }
    }
  }

  const Pickle& pickle_;
  Storages& storages_;
  uint64_t bytes_left_;
  size_t values_left_ = Pickle::most_values;
};

// ---- the zip archive of PyTorch 1.6 and later

class ArchivedStorages final : public Storages {
 public:
  ArchivedStorages(const ZipArchive& archive, std::string folder)
      : archive_(archive), folder_(std::move(folder)) {}

  const ZipArchive::Member* member(const std::string& name) const {
    for (const ZipArchive::Member& m : archive_.members())
      if (m.name == folder_ + name) return &m;
    return nullptr;
  }
  std::string unpacked(const ZipArchive::Member& m) const {
    std::string bytes(m.bytes, '\0');
    archive_.unpack(m, bytes);
    return bytes;
  }
  std::string_view bytes(std::string_view key) override {
    const auto known = read_.find(std::string(key));
    if (known != read_.end()) return known->second;
    const ZipArchive::Member* found = member("data/" + std::string(key));
    if (!found) refuse_torch_file("its storage " + in_quotes(key) + " is missing");
    return read_[std::string(key)] = unpacked(*found);
  }

 private:
  const ZipArchive& archive_;
  std::string folder_;
  std::map<std::string, std::string> read_;
};

TorchValue read_archive(const std::filesystem::path& path, uint64_t most_bytes) {
  const ZipArchive archive(path, most_bytes);
  constexpr std::string_view pickle_name = "data.pkl";
  std::optional<std::string> folder;
  for (const ZipArchive::Member& m : archive.members()) {
    const size_t slash = m.name.find('/');
    if (slash != std::string::npos && m.name.substr(slash + 1) == pickle_name) {
      if (folder) refuse_torch_file("it holds two members data.pkl");
      folder = m.name.substr(0, slash + 1);
    }
  }
  if (!folder) refuse_torch_file("it is no file of torch.save: it holds no data.pkl");
  ArchivedStorages storages(archive, *folder);
  if (const auto* order = storages.member("byteorder"); order && storages.unpacked(*order) != "little")
    refuse_torch_file("its numbers are not little-endian; load it there and save it on another machine");
  const ZipArchive::Member& pickled = *storages.member(std::string(pickle_name));
  if (pickled.bytes > most_pickle_bytes) refuse_torch_file("its pickle is larger than 64 MiB");
  const std::string bytes = storages.unpacked(pickled);
  const Pickle pickle = read_pickle(bytes);
  return TorchReader(pickle, storages, most_bytes).value(pickle.result);
}

// ---- the pickles of PyTorch before 1.6: a magic number, the format's version, the machine, what was saved, the keys of the
// storages; then of each, in the keys' order, the count of its numbers (int64) and the numbers

constexpr std::string_view old_magic("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

class StoragesBehind final : public Storages {
 public:
  std::string_view bytes(std::string_view key) override {
    const auto found = of_key.find(key);
    if (found == of_key.end()) refuse_torch_file("its storage " + in_quotes(key) + " is missing");
    return found->second;
  }
  std::map<std::string_view, std::string_view> of_key;
};

TorchValue read_old_file(std::string_view file) {
  size_t at = old_magic.size();
  const auto next = [&] {
    Pickle pickle = read_pickle(file.substr(at).substr(0, most_pickle_bytes));
    at += pickle.bytes;
    return pickle;
  };
  const Pickle version = next(), machine = next();
  const auto* number = std::get_if<int64_t>(&version.values[version.result]);
  if (!number || *number != 1001)
    refuse_torch_file("it is of a version of torch.save's format that is not known");
  if (const auto* facts = std::get_if<PickledDict>(&machine.values[machine.result]))
    for (const auto& [key, fact] : facts->entries) {
      const auto* name = std::get_if<std::string_view>(&machine.values[key]);
      const auto* yes = std::get_if<bool>(&machine.values[fact]);
      if (name && *name == "little_endian" && yes && !*yes)
        refuse_torch_file("its numbers are not little-endian; load it there and save it on another machine");
    }
  const Pickle saved = next(), keys = next();
  std::map<std::string_view, size_t> item_bytes;
  for (const PickledValue& v : saved.values)
    if (const auto* storage = std::get_if<PickledStorage>(&v))
      item_bytes[storage->key] = storage_type(storage->type).item_bytes;
  const auto* list = std::get_if<PickledList>(&keys.values[keys.result]);
  if (!list) refuse_torch_file("its list of storages is damaged");
  StoragesBehind storages;
  for (const PickleRef item : list->items) {
    const auto* key = std::get_if<std::string_view>(&keys.values[item]);
    const auto known = key ? item_bytes.find(*key) : item_bytes.end();
    if (known == item_bytes.end()) refuse_torch_file("its list of storages is damaged");
    if (file.size() - at < sizeof(uint64_t)) refuse_torch_file("it is cut off");
    const auto count = load_little_endian<uint64_t>(file.data() + at);
    at += sizeof(uint64_t);
    if (count > (file.size() - at) / known->second) refuse_torch_file("it is cut off");
    if (!storages.of_key.emplace(*key, file.substr(at, count * known->second)).second)
      refuse_torch_file("its list of storages is damaged");
    at += count * known->second;
  }
  return TorchReader(saved, storages, most_unpacked(file.size())).value(saved.result);
}

}  // namespace

TorchValue read_torch_file(const std::filesystem::path& path) {
  const std::string beginning = beginning_of(path, old_magic.size());
  std::string file = beginning.starts_with("PK") ? "" : read_file(path);  // which says why it cannot be read
  try {
    if (file.starts_with(old_magic)) return read_old_file(file);
    if (!beginning.starts_with("PK")) refuse_torch_file("it is no file of torch.save");
    std::error_code unknown;
    const uint64_t bytes = std::filesystem::file_size(path, unknown);
    return read_archive(path, most_unpacked(unknown ? 0 : bytes));
  } catch (const std::runtime_error& error) {
    const std::string what = error.what();  // that of the archive names the file already
    throw std::runtime_error(
        what.starts_with("cannot read ") ? what : "cannot read " + in_quotes(path) + ": " + what);
  }
}

}  // namespace engine
