#include "tools/input/score_input.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include "datasets/dataset.h"
#include "datasets/file_kind.h"
#include "datasets/idx.h"
#include "datasets/image_folder.h"
#include "datasets/table.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "tools/commands/known_data.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using datasets::FileKind;
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
  return split.select(split.all());
}

// Numbers of the rows of a table, less the model's offsets.
datasets::Samples from_rows(const NdArray& array, const std::vector<int64_t>& shape,
                            const ScoreTable& table) {
  const bool plain = !table.form || table.form->offsets.empty();
  datasets::Samples samples{shape, {}};
  if (plain) {
    samples.values = array.as<float>();
  } else {
    const datasets::Split rows = datasets::wide_rows(array);
    samples = rows.select(rows.all(), table.form->offsets);
  }
  if (table.form) fill_missing(samples, table.form->fill);
  return samples;
}

// `found`: the shape of an array of samples, of `shape` each.
void check_shape(const std::vector<int64_t>& found, const std::string& source,
                 const std::vector<int64_t>& shape) {
  std::vector<int64_t> per_sample(found.begin() + (found.empty() ? 0 : 1), found.end());
  const bool one_channel = shape.size() == 3 && shape[0] == 1 && per_sample.size() == 2;
  if (one_channel) per_sample.insert(per_sample.begin(), 1);
  if (found.empty() || per_sample != shape)
    throw std::invalid_argument(source + " has the shape " + NdArray::text(found) + "; " +
                                expected_shape(shape));
  if (found[0] == 0) throw std::invalid_argument(source + " holds no samples");
}

datasets::Samples from_array(const NdArray& array, const std::string& source,
                             const std::vector<int64_t>& shape, const ScoreTable& table) {
  check_shape(array.shape, source, shape);
  if (shape.size() == 1) return from_rows(array, shape, table);  // whatever its numbers
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

bool fits(const engine::Npz& archive, const std::string& name, const std::vector<int64_t>& shape) {
  try {
    check_shape(archive.shape(name), "", shape);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

datasets::Samples from_npz(const fs::path& path, const std::vector<int64_t>& shape, const ScoreTable& table,
                           std::vector<std::string>& notes) {
  engine::Npz archive = engine::Npz::open(path);
  const std::vector<std::string> names = archive.names();
  std::string name;
  for (const char* usual : {"images", "x", "X"})
    if (archive.contains(usual)) name = usual;
  if (name.empty() && names.size() == 1) name = names[0];
  for (const std::string& one : names)  // or the only one of the model's shape
    if (name.empty() && fits(archive, one, shape) &&
        std::none_of(names.begin(), names.end(),
                     [&](const std::string& other) { return other != one && fits(archive, other, shape); })) {
      name = one;
      notes.push_back("the array " + in_quotes(one) + " is scored, the only one of the model's shape");
    }
  if (name.empty())
    throw std::invalid_argument(in_quotes(path) + " holds " +
                                (names.empty() ? "no arrays" : "the arrays " + in_quotes(names)) +
                                "; expected one of them to be named X, x or images, or only one");
  const std::string source = in_quotes(path) + ", array " + in_quotes(name);
  check_shape(archive.shape(name), source, shape);  // before it is unpacked
  archive.unpack({name});
  return from_array(archive.at(name), source, shape, table);
}

// Columns that the model does not know, those with labels, are left out (datasets/table.h).
void from_csv(const fs::path& path, const std::vector<int64_t>& shape, const ScoreTable& how,
              ScoreInput& input) {
  if (shape.size() != 1)
    throw std::invalid_argument(in_quotes(path) + " is a table; " + expected_shape(shape));
  datasets::Table table =
      read_table(path, {.label_column = how.label_column, .header = how.header, .form = how.form});
  if (table.rows.shape != shape)
    throw std::invalid_argument(in_quotes(path) + " holds rows of " + datasets::shape_text(table.rows.shape) +
                                " values" + (table.labelled ? " beside the label" : "") + "; " +
                                expected_shape(shape));
  input.notes = std::move(table.notes);
  input.rows = std::move(table.rows.row_numbers);
  input.samples = table.rows.select(table.rows.all(), how.form ? how.form->offsets : std::vector<double>{});
  if (how.form) fill_missing(input.samples, how.form->fill);
}

datasets::Samples from_idx(const fs::path& path, const std::vector<int64_t>& shape) {
  datasets::IdxImages images = datasets::read_idx_images(path);
  const std::vector<int64_t> found = {1, images.rows, images.columns};
  if (found != shape)
    throw std::invalid_argument(in_quotes(path) + " holds images of " + datasets::shape_text(found) + "; " +
                                expected_shape(shape));
  if (!images.values.empty()) return {shape, std::move(images.values)};
  return from_bytes(std::move(images.bytes), images.count, shape);
}

// Images are 0 to 1 wherever they are read from, so a model knows no others. Numbers far outside are of another
// scale, 0 to 255 as a rule, and their scores would be nonsense; a little noise about 0 and 1 is nobody's mistake.
class ImageRange {
 public:
  explicit ImageRange(std::string source) : source_(std::move(source)) {}

  void see(const std::vector<float>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    least_ = std::min(least_, *least), most_ = std::max(most_, *most);
    if (most_ > 16 || least_ < -16)
      throw std::invalid_argument(range() + (least_ >= 0 && most_ <= 255
                                                 ? ": divide them by 255, or save them as uint8"
                                                 : ": bring them to that range first"));
  }
  std::vector<std::string> notes() const {
    if (!(most_ > 1.5f || least_ < -0.5f)) return {};
    return {range() + ": the scores mean little if that is a slip"};
  }

 private:
  std::string range() const {
    return source_ + " holds values from " + number_text(least_, 4) + " to " + number_text(most_, 4) +
           ", and the model was trained on images from 0 to 1";
  }

  std::string source_;
  float least_ = std::numeric_limits<float>::infinity(), most_ = -least_;
};

// ---- some at a time

class NpyReader final : public ScoreReader {
 public:
  NpyReader(const fs::path& path, const std::vector<int64_t>& shape, const ScoreTable& table, int64_t at_once)
      : file_(path),
        source_(in_quotes(path)),
        shape_(shape),
        table_(table),
        at_once_(at_once),
        range_(source_) {
    check_shape(file_.shape(), source_, shape_);
  }

  std::optional<ScoreInput> next() override {
    const int64_t count = std::min(at_once_, file_.shape()[0] - at_);
    if (count == 0) return std::nullopt;
    ScoreInput part{from_array(file_.rows(at_, count), source_, shape_, table_), {}};
    part.samples.check(source_, at_);
    at_ += count;
    if (shape_.size() == 3) range_.see(part.samples.values);
    if (at_ == file_.shape()[0]) part.notes = range_.notes();
    return part;
  }

 private:
  engine::NpyFile file_;
  std::string source_;
  std::vector<int64_t> shape_;
  ScoreTable table_;
  int64_t at_once_, at_ = 0;
  ImageRange range_;
};

class FolderReader final : public ScoreReader {
 public:
  FolderReader(const fs::path& path, const std::vector<int64_t>& shape, int64_t at_once)
      : images_(path, shape, &findings_), at_once_(at_once) {}

  std::optional<ScoreInput> next() override {
    if (ended_) return std::nullopt;
    ScoreInput part;
    part.samples = images_.next(at_once_, &part.names);
    ended_ = part.names.empty();
    if (ended_) part.notes = findings_.notes(false);
    part.damaged = std::exchange(findings_.damaged, {});
    return part;
  }

 private:
  datasets::ImageFindings findings_;
  datasets::ImageReader images_;
  int64_t at_once_;
  bool ended_ = false;
};

class WholeFile final : public ScoreReader {
 public:
  explicit WholeFile(ScoreInput input) : input_(std::move(input)) {}
  std::optional<ScoreInput> next() override { return std::exchange(input_, std::nullopt); }

 private:
  std::optional<ScoreInput> input_;
};

ScoreInput whole_file(const fs::path& path, FileKind kind, const std::vector<int64_t>& shape,
                      const ScoreTable& table) {
  ScoreInput input;
  switch (kind) {
    case FileKind::npz:
      input.samples = from_npz(path, shape, table, input.notes);
      break;
    case FileKind::csv:
      from_csv(path, shape, table, input);
      break;
    case FileKind::idx:
    case FileKind::gzip:
      input.samples = from_idx(path, shape);
      break;
    default:
      throw std::invalid_argument(in_quotes(path) + " is " + datasets::name_of(kind) +
                                  "; expected an image, a .npy, .npz or IDX file, or a table named .csv");
  }
  input.samples.check(in_quotes(path));
  if (shape.size() == 3) {
    ImageRange range(in_quotes(path));
    range.see(input.samples.values);
    for (std::string& note : range.notes()) input.notes.push_back(std::move(note));
  }
  return input;
}

}  // namespace

std::unique_ptr<ScoreReader> open_score_input(const fs::path& path, const std::vector<int64_t>& shape,
                                              const ScoreTable& table, int64_t numbers_at_once) {
  std::error_code error;
  if (!engine::file_exists(path))
    throw std::runtime_error("the input " + in_quotes(path) + " does not exist");
  const int64_t at_once = std::max<int64_t>(1, numbers_at_once / datasets::sample_size(shape));
  if (fs::is_directory(path, error)) return std::make_unique<FolderReader>(path, shape, at_once);
  datasets::refuse_foreign(path);
  const FileKind kind = datasets::file_kind(path);
  if (kind == FileKind::image) return std::make_unique<FolderReader>(path, shape, at_once);
  if (kind == FileKind::npy) return std::make_unique<NpyReader>(path, shape, table, at_once);
  return std::make_unique<WholeFile>(whole_file(path, kind, shape, table));
}

ScoreInput read_score_input(const fs::path& path, const std::vector<int64_t>& shape,
                            const ScoreTable& table) {
  const auto reader = open_score_input(path, shape, table, std::numeric_limits<int64_t>::max());
  ScoreInput whole = reader->next().value();  // of all samples
  while (const std::optional<ScoreInput> more = reader->next()) {
    whole.notes.insert(whole.notes.end(), more->notes.begin(), more->notes.end());
    whole.damaged.insert(whole.damaged.end(), more->damaged.begin(), more->damaged.end());
  }
  return whole;
}

}  // namespace tools
