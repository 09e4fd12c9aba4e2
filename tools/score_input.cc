#include "tools/score_input.h"

#include <array>
#include <fstream>
#include <stdexcept>

#include "datasets/dataset.h"
#include "datasets/idx.h"
#include "datasets/image_folder.h"
#include "datasets/table.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;
using engine::NdArray;

std::string expected_shape(const std::vector<int64_t>& shape) {
  return "expected samples of " + datasets::shape_text(shape) + ", as the model was trained on";
}

// Bytes / 255, rounded as for training.
datasets::Samples from_bytes(std::vector<uint8_t> bytes, int64_t count, const std::vector<int64_t>& shape) {
  datasets::Split split;
  split.shape = shape;
  split.bytes = std::move(bytes);
  split.labels.assign(static_cast<size_t>(count), 0);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(i);
  return split.select(rows);
}

datasets::Samples from_array(const NdArray& array, const std::string& source,
                             const std::vector<int64_t>& shape) {
  std::vector<int64_t> per_sample(array.shape.begin() + (array.shape.empty() ? 0 : 1), array.shape.end());
  const bool one_channel = shape.size() == 3 && shape[0] == 1 && per_sample.size() == 2;
  if (one_channel) per_sample.insert(per_sample.begin(), 1);
  if (array.shape.empty() || per_sample != shape)
    throw std::invalid_argument(source + " has the shape " + NdArray::text(array.shape) + "; " +
                                expected_shape(shape));
  if (array.shape[0] == 0) throw std::invalid_argument(source + " holds no samples");
  if (shape.size() == 1) return {shape, array.as<float>()};  // rows of a table, whatever their numbers
  switch (array.dtype) {
    case NdArray::DType::u1:
      return from_bytes(array.as<uint8_t>(), array.shape[0], shape);
    case NdArray::DType::f4:
    case NdArray::DType::f8:
      return {shape, array.as<float>()};
    default:
      throw std::invalid_argument(source + " holds " + NdArray::name(array.dtype) +
                                  "; expected uint8 (0 to 255), float32 or float64 (0 to 1)");
  }
}

datasets::Samples from_npz(const fs::path& path, const std::vector<int64_t>& shape) {
  const engine::Npz archive = engine::Npz::read(path);
  const std::vector<std::string> names = archive.names();
  std::string name;
  for (const char* usual : {"images", "x", "X"})
    if (archive.contains(usual)) name = usual;
  if (name.empty() && names.size() == 1) name = names[0];
  if (name.empty())
    throw std::invalid_argument(in_quotes(path) + " holds the arrays " + in_quotes(names) +
                                "; expected one of them to be named X, x or images, or only one");
  return from_array(archive.at(name), in_quotes(path) + ", array " + in_quotes(name), shape);
}

// Columns that the model does not know, those with labels, are left out (datasets/table.h).
datasets::Samples from_csv(const fs::path& path, const std::vector<int64_t>& shape) {
  datasets::Table table = datasets::read_table(path);
  if (table.rows.shape != shape)
    throw std::invalid_argument(in_quotes(path) + " holds rows of " + datasets::shape_text(table.rows.shape) +
                                " values" + (table.labelled ? " beside the label" : "") + "; " +
                                expected_shape(shape));
  return {shape, std::move(table.rows.values)};
}

datasets::Samples from_idx(const fs::path& path, const std::vector<int64_t>& shape) {
  datasets::IdxImages images = datasets::read_idx_images(path);
  const std::vector<int64_t> found = {1, images.rows, images.columns};
  if (found != shape)
    throw std::invalid_argument(in_quotes(path) + " holds images of " + datasets::shape_text(found) + "; " +
                                expected_shape(shape));
  return from_bytes(std::move(images.bytes), images.count, shape);
}

// By the first bytes: a zip archive, NumPy's magic, gzip or an IDX header; nothing for anything else.
enum class Kind { npy, npz, csv, idx, image };
Kind kind_of(const fs::path& path) {
  std::array<char, 6> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  const std::string_view bytes(head.data(), head.size());
  const std::string ending = path.extension().string();
  if (bytes == "\x93NUMPY" || ending == ".npy") return Kind::npy;
  if (bytes.starts_with("PK") || ending == ".npz") return Kind::npz;
  if (ending == ".csv") return Kind::csv;
  if (bytes.starts_with("\x1f\x8b") || ending == ".gz") return Kind::idx;
  if (bytes.starts_with(std::string_view("\0\0\x08", 3))) return Kind::idx;
  return Kind::image;
}

}  // namespace

ScoreInput read_score_input(const fs::path& path, const std::vector<int64_t>& shape) {
  std::error_code error;
  if (!engine::file_exists(path))
    throw std::runtime_error("the input " + in_quotes(path) + " does not exist");
  ScoreInput input;
  if (fs::is_directory(path, error)) {
    input.samples = datasets::load_images(path, shape, &input.names);
    return input;
  }
  switch (kind_of(path)) {
    case Kind::npy:
      input.samples = from_array(engine::read_npy(path), in_quotes(path), shape);
      break;
    case Kind::npz:
      input.samples = from_npz(path, shape);
      break;
    case Kind::csv:
      input.samples = from_csv(path, shape);
      break;
    case Kind::idx:
      input.samples = from_idx(path, shape);
      break;
    case Kind::image:
      input.samples = datasets::load_images(path, shape, &input.names);
      break;
  }
  input.samples.check(in_quotes(path));
  return input;
}

}  // namespace tools
