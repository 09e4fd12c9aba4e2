#include "tools/input/row_input.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "datasets/column_offsets.h"
#include "datasets/file_kind.h"
#include "datasets/idx.h"
#include "datasets/samples.h"
#include "datasets/table.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"
#include "tools/commands/known_data.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using datasets::FileKind;
using engine::in_quotes;

// Of doubles or floats, all of them.
void take_values(const datasets::Split& split, bool centre, const std::string& source, RowInput& rows) {
  const std::vector<double> offsets = datasets::column_offsets(split, split.all());
  rows.features = split.size();
  rows.values = split.select(split.all(), centre ? offsets : std::vector<double>{}).values;
  if (offsets.empty()) return;
  rows.notes.push_back(
      source + (centre ? ": numbers are subtracted from columns whose values single precision would blur"
                       : " has columns whose values single precision blurs; --distance euclidean keeps "
                         "them apart"));
}

RowInput from_table(const fs::path& path, const RowOptions& options) {
  const datasets::Table table =
      read_table(path, {.label_column = options.label_column, .header = options.header});
  RowInput rows;
  rows.notes = table.notes;
  take_values(table.rows, options.centre, in_quotes(path), rows);
  if (table.labelled) rows.classes = table.rows.labels;
  return rows;
}

RowInput from_npy(const fs::path& path, const RowOptions& options) {
  const engine::NdArray array = engine::read_npy(path);
  if (array.shape.size() < 2 || array.bytes.empty())
    throw std::runtime_error(in_quotes(path) + " has the shape " + engine::NdArray::text(array.shape) +
                             "; expected (rows, columns), at least one of each");
  RowInput rows;
  rows.features = array.size() / array.shape[0];
  rows.values = array.as<float>();
  datasets::check_finite(rows.values, rows.features, in_quotes(path));
  if (array.dtype != engine::NdArray::DType::f4 && engine::NdArray::item_bytes(array.dtype) >= 4)
    take_values(datasets::wide_rows(array), options.centre, in_quotes(path), rows);
  return rows;
}

RowInput from_idx(const fs::path& path) {
  const datasets::IdxImages images = datasets::read_idx_images(path);
  RowInput rows;
  rows.features = images.rows * images.columns;
  rows.values = images.values;
  rows.values.reserve(rows.values.size() + images.bytes.size());
  for (const uint8_t byte : images.bytes) rows.values.push_back(static_cast<float>(byte) / 255.0f);
  return rows;
}

}  // namespace

RowInput read_rows(const fs::path& path, const RowOptions& options) {
  std::error_code error;
  if (!engine::file_exists(path))
    throw std::runtime_error("the input " + in_quotes(path) + " does not exist");
  if (fs::is_directory(path, error))
    throw std::runtime_error("the input " + in_quotes(path) +
                             " is a folder; expected a .csv, .npy, .npz or IDX file of rows");
  datasets::refuse_foreign(path);
  RowInput rows;
  const FileKind kind = datasets::file_kind(path);
  if (kind == FileKind::npy)
    rows = from_npy(path, options);
  else if (kind == FileKind::csv || kind == FileKind::npz)
    rows = from_table(path, options);
  else if (kind == FileKind::idx || kind == FileKind::gzip)
    rows = from_idx(path);
  else
    throw std::runtime_error("the input " + in_quotes(path) + " is " + datasets::name_of(kind) +
                             "; expected a .csv, .npy, .npz or IDX file of rows");
  datasets::check_finite(rows.values, rows.features, in_quotes(path));
  rows.count = static_cast<int64_t>(rows.values.size()) / rows.features;
  return rows;
}

}  // namespace tools
