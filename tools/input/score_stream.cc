#include "tools/input/score_stream.h"

#include <algorithm>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <utility>

#include "datasets/csv.h"
#include "datasets/image_folder.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace tools {

namespace {

constexpr int64_t most_at_once = 4096, most_values = int64_t{1} << 20;

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

}  // namespace

ScoreStream::ScoreStream(int descriptor, std::string source, std::vector<int64_t> shape,
                         const ScoreTable& table)
    : lines_(descriptor, std::move(source)), shape_(std::move(shape)), table_(table) {}

bool ScoreStream::next_record() {
  if (ahead_) {
    record_ = std::move(*ahead_);
    record_line_ = ahead_line_;
    ahead_.reset();
    return true;
  }
  do
    if (!lines_.next(record_)) return false;
  while (is_blank(record_));
  record_line_ = lines_.number();
  if (shape_.size() != 1) return true;
  constexpr size_t most_record_bytes = size_t{16} << 20;
  while (std::count(record_.begin(), record_.end(), '"') % 2 != 0 && record_.size() < most_record_bytes &&
         lines_.next(line_))
    record_ += '\n' + line_;
  return true;
}

// Names above rows are told from words above numbers, so a first line with words is looked at with the one below.
void ScoreStream::begin_table() {
  std::string beginning = record_;
  datasets::CsvReader reader(beginning, lines_.source());
  std::vector<std::string_view> fields;
  reader.next(fields);
  const bool numbers = std::all_of(fields.begin(), fields.end(), datasets::looks_like_number);
  const int64_t first_line = record_line_;
  if (!numbers) {
    std::string first = std::exchange(record_, {});
    if (next_record()) {
      beginning += '\n' + record_;
      ahead_ = std::move(record_);
      ahead_line_ = record_line_;
    }
    record_ = std::move(first);
    record_line_ = first_line;
  }
  rows_.emplace(beginning, lines_.source(),
                datasets::TableOptions{table_.label_column, table_.header, table_.form});
  if (rows_->size() != shape_[0])
    throw std::invalid_argument(lines_.source() + " holds rows of " + std::to_string(rows_->size()) +
                                " values; expected samples of " + datasets::shape_text(shape_) +
                                ", as the model was trained on");
  notes_ = rows_->notes();
}

void ScoreStream::add_row(Piece& piece) {
  if (!rows_) {
    begin_table();
    if (rows_->header()) return;
  }
  std::vector<float>& values = piece.samples.values;
  const size_t there = values.size();
  values.resize(there + static_cast<size_t>(shape_[0]));
  try {
    if (rows_->read(record_, record_line_, values.data() + there)) {
      piece.rows.push_back(row_++);
      return;
    }
  } catch (const std::runtime_error& error) {
    if (row_ == 0) throw;
    piece.passed_over.push_back(error.what());
    ++row_;
  }
  values.resize(there);
}

void ScoreStream::add_image(Piece& piece) {
  try {
    if (!engine::file_exists(record_))
      throw std::runtime_error("the image " + engine::in_quotes(record_) + " does not exist");
    if (std::filesystem::is_directory(record_))
      throw std::runtime_error(engine::in_quotes(record_) + " is a folder: name its images, one a line");
    const datasets::Samples image = datasets::load_images(record_, shape_);
    piece.samples.values.insert(piece.samples.values.end(), image.values.begin(), image.values.end());
    piece.paths.push_back(record_);
  } catch (const std::exception& error) {
    if (dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const engine::Stopped*>(&error)) throw;
    piece.passed_over.push_back(error.what());
  }
}

std::optional<ScoreStream::Piece> ScoreStream::next() {
  Piece piece;
  piece.samples.shape = shape_;
  const auto most = static_cast<size_t>(
      std::clamp(most_values / std::max<int64_t>(1, piece.samples.size()), int64_t{1}, most_at_once));
  for (;;) {
    const size_t count = piece.rows.size() + piece.paths.size() + piece.passed_over.size();
    if (count == most) break;
    const bool empty = count == 0;
    if (!empty && !ahead_ && !lines_.ready()) break;
    if (!next_record()) {
      if (empty) return std::nullopt;
      break;
    }
    shape_.size() == 1 ? add_row(piece) : add_image(piece);
  }
  return piece;
}

}  // namespace tools
