#include "engine/files/safetensors.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string_view>
#include <tuple>

#include "engine/files/atomic_file.h"
#include "engine/files/byte_order.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"

namespace engine {
namespace {

using nlohmann::json;

constexpr std::pair<std::string_view, NdArray::DType> safetensors_dtypes[] = {
    {"BOOL", NdArray::DType::b1}, {"I8", NdArray::DType::i1},  {"U8", NdArray::DType::u1},
    {"I16", NdArray::DType::i2},  {"U16", NdArray::DType::u2}, {"I32", NdArray::DType::i4},
    {"U32", NdArray::DType::u4},  {"I64", NdArray::DType::i8}, {"U64", NdArray::DType::u8},
    {"F32", NdArray::DType::f4},  {"F64", NdArray::DType::f8}};
constexpr const char* metadata_key = "__metadata__";
constexpr size_t length_bytes = 8;
constexpr uint64_t longest_header = uint64_t{16} << 20;  // some hundred thousand tensors

[[noreturn]] void refuse_file(const std::string& reason) { throw std::runtime_error(reason); }

// Header, tensor, shape: nothing lies deeper.
json parse_header(std::string_view text) {
  constexpr int depth = 3;
  json header;
  try {
    header = parse_json(text, depth);
  } catch (const std::runtime_error& error) {
    refuse_file(std::string("its header ") + error.what());
  }
  if (!header.is_object() || text[0] != '{') refuse_file("its header is not a JSON object");
  return header;
}

uint64_t whole_number(const json& value, const char* what) {
  if (!value.is_number_unsigned())
    refuse_file(std::string("its ") + what + " holds " +
                (value.is_number() ? value.dump() : value.type_name()) +
                ", expected whole numbers from 0 up");
  return value.get<uint64_t>();
}

NdArray::DType dtype_named(const json& value) {
  const std::string name = value.is_string() ? value.get<std::string>() : "";
  for (const auto& [known, dtype] : safetensors_dtypes)
    if (known == name) return dtype;
  refuse_file("its dtype is " + (value.is_string() ? in_quotes(name) : value.type_name()) +
              "; expected BOOL, I8 to I64, U8 to U64, F32 or F64");
}

struct Place {
  uint64_t begin, end;
  std::string name;
  bool operator<(const Place& other) const {
    return std::tie(begin, end, name) < std::tie(other.begin, other.end, other.name);
  }
};

// One tensor without its numbers yet, and where they lie.
std::pair<NdArray, Place> read_entry(const std::string& name, const json& entry) {
  if (!entry.is_object())
    refuse_file(std::string("its entry is ") + entry.type_name() + ", expected an object");
  for (const char* key : {"dtype", "shape", "data_offsets"})
    if (!entry.contains(key)) refuse_file("its entry lacks " + in_quotes(key));
  if (entry.size() != 3) refuse_file("its entry has more than dtype, shape and data_offsets");
  NdArray array;
  array.dtype = dtype_named(entry["dtype"]);
  if (!entry["shape"].is_array()) refuse_file("its shape is no list");
  if (entry["shape"].size() > NdArray::most_dimensions)
    refuse_file("its shape has " + std::to_string(entry["shape"].size()) + " dimensions, at most " +
                std::to_string(NdArray::most_dimensions) + " are expected");
  for (const json& extent : entry["shape"]) {
    const uint64_t value = whole_number(extent, "shape");
    if (value > uint64_t{std::numeric_limits<int64_t>::max()})
      refuse_file("its shape holds " + extent.dump());
    array.shape.push_back(static_cast<int64_t>(value));
  }
  const json& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2) refuse_file("its data_offsets are no pair");
  Place place = {whole_number(offsets[0], "data_offsets"), whole_number(offsets[1], "data_offsets"), name};
  if (place.begin > place.end) refuse_file("its data_offsets run backwards: " + offsets.dump());
  const auto wanted = NdArray::byte_count(array.shape, array.dtype);
  const std::string promised = NdArray::text(array.shape) + " of " + NdArray::name(array.dtype);
  if (!wanted) refuse_file("its shape " + promised + " is larger than any memory");
  if (*wanted != place.end - place.begin)
    refuse_file("its data_offsets " + offsets.dump() + " span " + std::to_string(place.end - place.begin) +
                " bytes, but " + promised + " takes " + std::to_string(*wanted));
  return {std::move(array), place};
}

void check_places(std::vector<Place> places, uint64_t data_bytes) {
  std::sort(places.begin(), places.end());
  uint64_t reached = 0;
  for (const Place& place : places) {
    const std::string name = "tensor " + in_quotes(place.name);
    if (place.end > data_bytes)
      refuse_file(name + " ends at byte " + std::to_string(place.end) + " of the data, which has only " +
                  std::to_string(data_bytes) + ": the file is cut off or damaged");
    if (place.begin < reached) refuse_file(name + " overlaps another tensor");
    if (place.begin > reached)
      refuse_file("no tensor owns the " + std::to_string(place.begin - reached) + " bytes before " + name);
    reached = place.end;
  }
  if (reached < data_bytes)
    refuse_file("it has " + std::to_string(data_bytes - reached) + " bytes left over after its last tensor");
}

SafeTensors parse(std::string_view file) {
  if (file.size() < length_bytes)
    refuse_file("it is not a safetensors file: it has only " + std::to_string(file.size()) + " bytes");
  const auto length = load_little_endian<uint64_t>(file.data());
  if (length > file.size() - length_bytes)
    refuse_file("it is not a safetensors file or is cut off: its header claims " + std::to_string(length) +
                " bytes, but only " + std::to_string(file.size() - length_bytes) + " follow");
  if (length > longest_header)
    refuse_file("its header of " + std::to_string(length) + " bytes is absurdly long");
  const json header = parse_header(file.substr(length_bytes, length));
  const std::string_view data = file.substr(length_bytes + length);

  SafeTensors result;
  std::vector<Place> places;
  for (const auto& [name, entry] : header.items()) {  // in name order
    if (name == metadata_key) {
      if (!entry.is_object()) refuse_file("its __metadata__ is no object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) refuse_file("its __metadata__ " + in_quotes(key) + " is no string");
        result.metadata[key] = value.get<std::string>();
      }
      continue;
    }
    try {
      auto [array, place] = read_entry(name, entry);
      result.tensors.emplace_back(name, std::move(array));
      places.push_back(std::move(place));
    } catch (const std::runtime_error& error) {
      refuse_file("tensor " + in_quotes(name) + ": " + error.what());
    }
  }
  check_places(places, data.size());  // from here on every place lies within the file
  for (size_t i = 0; i < places.size(); ++i) {
    const auto bytes =
        std::as_bytes(std::span(data.substr(places[i].begin, places[i].end - places[i].begin)));
    result.tensors[i].second.bytes.assign(bytes.begin(), bytes.end());
  }
  return result;
}

std::string_view name_of(NdArray::DType dtype) {
  return std::ranges::find(safetensors_dtypes, dtype, &std::pair<std::string_view, NdArray::DType>::second)
      ->first;
}

}  // namespace

bool SafeTensors::contains(const std::string& name) const {
  return std::ranges::find(tensors, name, &std::pair<std::string, NdArray>::first) != tensors.end();
}

const NdArray& SafeTensors::at(const std::string& name) const {
  const auto found = std::ranges::find(tensors, name, &std::pair<std::string, NdArray>::first);
  if (found == tensors.end())
    refuse_file(in_quotes(path) + " has no tensor " + in_quotes(name) + "; it holds " + in_quotes(names()));
  return found->second;
}

std::vector<std::string> SafeTensors::names() const {
  std::vector<std::string> names;
  for (const auto& tensor : tensors) names.push_back(tensor.first);
  return names;
}

SafeTensors read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(read_file(path), path);
}

SafeTensors parse_safetensors(std::string_view bytes, const std::filesystem::path& path) {
  try {
    SafeTensors result = parse(bytes);
    result.path = path;
    return result;
  } catch (const std::runtime_error& error) {
    refuse_file("cannot read " + in_quotes(path) + ": " + error.what());
  }
}

void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, NdArray>>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const auto refuse_tensor = [&](const std::string& name, const std::string& reason) {
    refuse_file("cannot write " + in_quotes(path) + ": tensor " + in_quotes(name) + ": " + reason);
  };
  std::map<std::string, const NdArray*> ordered;
  for (const auto& [name, array] : tensors) {
    array.check();
    if (name == metadata_key) refuse_tensor(name, "this name is the format's own");
    if (!ordered.emplace(name, &array).second) refuse_tensor(name, "it is given twice");
  }
  json header = json::object();
  if (!metadata.empty()) header[metadata_key] = metadata;
  uint64_t offset = 0;
  for (const auto& [name, array] : ordered) {
    const uint64_t end = offset + array->bytes.size();
    header[name] = {
        {"dtype", name_of(array->dtype)}, {"shape", array->shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const json::type_error&) {
    refuse_file("cannot write " + in_quotes(path) + ": a name or a metadata text is not UTF-8");
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  if (text.size() > longest_header)
    refuse_file("cannot write " + in_quotes(path) + ": its header would pass 16 MiB");

  AtomicFile file(path);
  char length[length_bytes];
  store_little_endian(uint64_t{text.size()}, length);  // of 64 bits, whatever those of an address are
  file.write({length, length_bytes});
  file.write(text);
  for (const auto& [name, array] : ordered)
    file.write({reinterpret_cast<const char*>(array->bytes.data()), array->bytes.size()});
  file.commit();
}

}  // namespace engine
