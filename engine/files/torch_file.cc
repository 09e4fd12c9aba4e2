#include "engine/files/torch_file.h"

#include <limits>
#include <stdexcept>
#include <string_view>

#include "engine/files/zip.h"

namespace engine {
namespace {

// PyTorch's name for what holds such numbers.
std::string storage_of(NdArray::DType dtype) {
  using enum NdArray::DType;
  switch (dtype) {
    case b1:
      return "BoolStorage";
    case u1:
      return "ByteStorage";
    case i1:
      return "CharStorage";
    case i2:
      return "ShortStorage";
    case i4:
      return "IntStorage";
    case i8:
      return "LongStorage";
    case f4:
      return "FloatStorage";
    case f8:
      return "DoubleStorage";
    default:
      throw std::invalid_argument("PyTorch has no tensors of " + std::string(NdArray::name(dtype)));
  }
}

// A pickle is a program for a stack machine; these are its instructions, by their names in pickletools.py.
class PickleWriter {
 public:
  PickleWriter() { bytes_ = "\x80\x02"; }  // PROTO 2

  void add(const TorchValue& saved) {
    if (const auto* words = std::get_if<std::string>(&saved.value)) return text(*words);
    if (const auto* array = std::get_if<NdArray>(&saved.value)) return tensor(*array);
    if (const auto* entries = std::get_if<TorchDict>(&saved.value)) return dict(*entries);
    bytes_ += 'N';  // NONE
  }
  std::string ended() const { return bytes_ + '.'; }  // STOP
  const std::vector<const NdArray*>& storages() const { return storages_; }

 private:
  void little_endian(uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(value >> shift & 0xff);
  }
  void text(std::string_view words) {  // BINUNICODE
    bytes_ += 'X';
    little_endian(static_cast<uint32_t>(words.size()));
    bytes_ += words;
  }
  void integer(int64_t value) {  // BININT, of 32 bits: an archive of 4 GiB holds no longer tensor
    if (value > std::numeric_limits<int32_t>::max())
      throw std::runtime_error("a tensor is too large for a file of PyTorch's");
    bytes_ += 'J';
    little_endian(static_cast<uint32_t>(value));
  }
  void global(const std::string& module, const std::string& name) {  // GLOBAL
    bytes_ += 'c' + module + '\n' + name + '\n';
  }
  void integers(const std::vector<int64_t>& values) {  // MARK … TUPLE
    bytes_ += '(';
    for (const int64_t v : values) integer(v);
    bytes_ += 't';
  }
  void dict(const TorchDict& entries) {  // EMPTY_DICT, MARK … SETITEMS
    bytes_ += "}(";
    for (const auto& [key, saved] : entries) text(key), add(saved);
    bytes_ += 'u';
  }
  // _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)
  void tensor(const NdArray& array) {
    array.check();
    global("torch._utils", "_rebuild_tensor_v2");
    bytes_ += "((";
    text("storage");
    global("torch", storage_of(array.dtype));
    text(std::to_string(storages_.size()));
    text("cpu");
    integer(array.size());
    bytes_ += "tQ";  // BINPERSID: what the reader finds under data/KEY
    integer(0);
    integers(array.shape);
    std::vector<int64_t> strides(array.shape.size(), 1);  // C order
    for (size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * array.shape[i];
    integers(strides);
    bytes_ += '\x89';  // NEWFALSE
    global("collections", "OrderedDict");
    bytes_ += ")RtR";  // EMPTY_TUPLE, REDUCE: no hooks; TUPLE, REDUCE: the tensor
    storages_.push_back(&array);
  }

  std::string bytes_;
  std::vector<const NdArray*> storages_;
};

}  // namespace

void write_torch_file(const std::filesystem::path& path, const TorchDict& saved) {
  PickleWriter pickle;
  const TorchValue all{saved};  // the storages point into it
  pickle.add(all);
  ZipWriter archive(path);
  archive.add("archive/data.pkl", pickle.ended());
  for (size_t key = 0; key < pickle.storages().size(); ++key) {
    const std::vector<std::byte>& bytes = pickle.storages()[key]->bytes;
    archive.add("archive/data/" + std::to_string(key),
                {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  archive.add("archive/version", "3\n");
  archive.commit();
}

}  // namespace engine
