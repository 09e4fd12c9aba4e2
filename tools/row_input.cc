#include "tools/row_input.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "datasets/idx.h"
#include "datasets/samples.h"
#include "datasets/table.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

RowInput from_table(const fs::path& path) {
  datasets::Table table = datasets::read_table(path);
  RowInput rows{std::move(table.rows.values), 0, table.rows.size(), {}};
  if (table.labelled) rows.classes = std::move(table.rows.labels);
  return rows;
}

RowInput from_npy(const fs::path& path) {
  const engine::NdArray array = engine::read_npy(path);
  if (array.shape.size() < 2 || array.bytes.empty())
    throw std::runtime_error(in_quotes(path) + " has the shape " + engine::NdArray::text(array.shape) +
                             "; expected (rows, columns), at least one of each");
  return {array.as<float>(), 0, array.size() / array.shape[0], {}};
}

RowInput from_idx(const fs::path& path) {
  const datasets::IdxImages images = datasets::read_idx_images(path);
  RowInput rows;
  rows.features = images.rows * images.columns;
  rows.values.reserve(images.bytes.size());
  for (const uint8_t byte : images.bytes) rows.values.push_back(static_cast<float>(byte) / 255.0f);
  return rows;
}

}  // namespace

RowInput read_rows(const fs::path& path) {
  std::error_code error;
  if (!engine::file_exists(path))
    throw std::runtime_error("the input " + in_quotes(path) + " does not exist");
  if (fs::is_directory(path, error))
    throw std::runtime_error("the input " + in_quotes(path) +
                             " is a folder; expected a .csv, .npy, .npz or IDX file of rows");
  RowInput rows = path.extension() == ".npy"      ? from_npy(path)
                  : datasets::is_table_file(path) ? from_table(path)
                                                  : from_idx(path);
  datasets::check_finite(rows.values, rows.features, in_quotes(path));
  rows.count = static_cast<int64_t>(rows.values.size()) / rows.features;
  return rows;
}

}  // namespace tools
