#include "tools/input/score_stream.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <new>
#include <stdexcept>
#include <utility>

#include "datasets/csv.h"
#include "datasets/file_kind.h"
#include "datasets/image_folder.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace tools {

namespace {

constexpr int64_t most_at_once = 4096, most_values = int64_t{1} << 20;

bool is_sound_row(const std::string& record, const std::string& source) {
  try {
    std::vector<std::string_view> fields;
    return datasets::CsvReader(record, source).next(fields);
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

}  // namespace

ScoreStream::ScoreStream(int descriptor, std::string source, std::vector<int64_t> shape,
                         const ScoreTable& table)
    : lines_(descriptor, std::move(source)), shape_(std::move(shape)), table_(table) {}

std::optional<ScoreStream::Line> ScoreStream::next_line() {
  if (!ahead_.empty()) {
    Line line = std::move(ahead_.front());
    ahead_.pop_front();
    return line;
  }
  Line line;
  if (!lines_.next(line.text)) return std::nullopt;
  line.number = lines_.number();
  return line;
}

void ScoreStream::refuse_binary() const {
  const std::string expected = shape_.size() == 1 ? "expected rows of a table, one a line"
                                                  : "expected the paths of images, one a line";
  using datasets::FileKind;
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\f';
  };
  // A file may well be called GIF89a, or a column P5.
  if (static_cast<unsigned char>(record_[0]) < 0x80 &&
      std::none_of(record_.begin(), record_.end(), is_control))
    return;
  const FileKind kind = datasets::file_kind(record_, {});
  if (kind == FileKind::gzip)
    throw std::runtime_error(lines_.source() + " is packed by gzip; " + expected + ": gunzip -c unpacks it");
  const bool marked = record_.starts_with("\xff\xfe") || record_.starts_with("\xfe\xff");
  if (marked || (shape_.size() == 1 && record_.find('\0') != std::string::npos && kind == FileKind::unknown))
    throw std::runtime_error(lines_.source() +
                             (marked ? " is in UTF-16; " : " holds zero bytes, as UTF-16 does; ") + expected +
                             ", in UTF-8: iconv -f UTF-16 -t UTF-8 makes it so");
  if (kind != FileKind::text && kind != FileKind::unknown)
    throw std::runtime_error(lines_.source() + " is " + datasets::name_of(kind) + "; " + expected +
                             ": name the file instead of -");
}

bool ScoreStream::next_record() {
  std::optional<Line> line;
  do
    if (!(line = next_line())) return false;
  while (is_blank(line->text));
  record_ = std::move(line->text);
  record_line_ = line->number;
  if (record_line_ == 1) refuse_binary();
  if (shape_.size() != 1) return true;
  // A field in quotes may go on over some lines. Where it does not end soon the quote is a slip, and the lines are rows.
  constexpr size_t most_lines = 20;
  const auto open_quote = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '"') % 2 != 0;
  };
  std::vector<Line> more;
  for (bool open = open_quote(record_); open;) {
    if (more.size() == most_lines || !(line = next_line())) {
      ahead_.insert(ahead_.begin(), more.begin(), more.end());
      return true;
    }
    open = !open_quote(line->text);
    more.push_back(std::move(*line));
  }
  for (const Line& part : more) record_ += '\n' + part.text;
  return true;
}

datasets::TableOptions ScoreStream::table_options() const {
  return {.label_column = table_.label_column, .header = table_.header, .form = table_.form};
}

bool ScoreStream::is_like_header() const {
  if (table_.header == true) return true;
  if (!is_sound_row(record_, lines_.source())) return false;
  std::vector<std::string_view> fields;
  datasets::CsvReader(record_, lines_.source()).next(fields);
  std::vector<std::string> names = table_.form ? table_.form->source_names() : std::vector<std::string>{};
  if (table_.form && !table_.form->label.empty()) names.push_back(table_.form->label);
  const bool words = std::none_of(fields.begin(), fields.end(), datasets::looks_like_number);
  const int64_t columns = !table_.form              ? shape_[0]
                          : table_.form->fields > 0 ? table_.form->fields
                                                    : table_.form->source_count();
  return (words && std::ssize(fields) == columns) ||
         std::any_of(fields.begin(), fields.end(), [&](std::string_view field) {
           return std::find(names.begin(), names.end(), datasets::trimmed_name(field)) != names.end();
         });
}

// Whether a table begins soon after the record. Lines that are looked at are read again.
bool ScoreStream::is_followed_by_table() {
  constexpr int most_lines = 20;
  Line first{std::move(record_), record_line_};
  std::deque<Line> seen;
  bool found = false;
  while (!found && seen.size() < most_lines && next_record()) {
    try {
      const datasets::TableRows rows(record_, lines_.source(), table_options());
      found = rows.size() == shape_[0];
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const engine::Stopped&) {
      throw;
    } catch (const std::exception&) {
    }
    seen.push_back({std::move(record_), record_line_});
  }
  ahead_.insert(ahead_.begin(), std::make_move_iterator(seen.begin()), std::make_move_iterator(seen.end()));
  record_ = std::move(first.text);
  record_line_ = first.number;
  return found;
}

// Names above rows are told from words above numbers, so a first line with words is looked at with the one below.
void ScoreStream::begin_table() {
  std::string beginning = record_;
  datasets::CsvReader reader(beginning, lines_.source());
  std::vector<std::string_view> fields;
  reader.next(fields);
  const bool numbers = std::all_of(fields.begin(), fields.end(), datasets::looks_like_number);
  if (!numbers) {
    Line first{std::move(record_), record_line_};
    if (next_record()) {
      if (is_sound_row(record_, lines_.source())) beginning += '\n' + record_;
      ahead_.push_front({std::move(record_), record_line_});
    }
    record_ = std::move(first.text);
    record_line_ = first.number;
  }
  rows_.emplace(beginning, lines_.source(), table_options());
  if (rows_->size() != shape_[0])
    throw std::invalid_argument(lines_.source() + " holds rows of " + std::to_string(rows_->size()) +
                                " values; expected samples of " + datasets::shape_text(shape_) +
                                ", as the model was trained on");
  notes_ = rows_->notes();
}

void ScoreStream::add_row(Piece& piece) {
  if (!rows_) try {
      begin_table();
      if (rows_->header()) return;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const engine::Stopped&) {
      throw;
    } catch (const std::exception&) {
      rows_.reset();
      if (is_like_header() || !is_followed_by_table()) throw;
      piece.why = lines_.source() + ", line " + std::to_string(record_line_) +
                  ": it is neither a header with the model's columns nor a row of them";
      piece.bad_row = row_++;
      return;
    }
  std::vector<float>& values = piece.samples.values;
  const size_t there = values.size();
  values.resize(there + static_cast<size_t>(shape_[0]));
  try {
    using Found = datasets::TableRows::Found;
    const Found found = rows_->read(record_, record_line_, values.data() + there);
    for (std::string& remark : rows_->remarks()) piece.remarks.push_back(std::move(remark));
    if (found == Found::row) return piece.rows.push_back(row_++);
    if (found == Found::dropped) {
      piece.bad_row = row_++;
      piece.why = "the row misses a value";
      piece.dropped = true;
    }
  } catch (const std::runtime_error& error) {
    piece.why = error.what();
    piece.bad_row = row_++;
  }
  values.resize(there);
}

void ScoreStream::add_image(Piece& piece) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // some programs begin a text in UTF-8 with it
  if (record_line_ == 1 && record_.starts_with(byte_order_mark)) record_.erase(0, byte_order_mark.size());
  if (record_.find('\0') != std::string::npos)
    throw std::runtime_error(lines_.source() + ", line " + std::to_string(record_line_) +
                             " holds zero bytes; expected the paths of images, one a line (find -print)");
  try {
    if (!engine::file_exists(record_))
      throw std::runtime_error("the image " + engine::in_quotes(record_) + " does not exist");
    if (!std::filesystem::is_regular_file(record_))
      throw std::runtime_error(engine::in_quotes(record_) + (std::filesystem::is_directory(record_)
                                                                 ? " is a folder: name its images, one a line"
                                                                 : " is no regular file"));
    datasets::ImageFindings findings;
    const datasets::Samples image = datasets::load_images(record_, shape_, nullptr, &findings);
    if (findings.with_more_pages > 0 && !told_of_pages_) {
      told_of_pages_ = true;
      piece.remarks.push_back("of images with several pages the first is read, and no other; " +
                              engine::in_quotes(record_) + " has several");
    }
    piece.samples.values.insert(piece.samples.values.end(), image.values.begin(), image.values.end());
    piece.paths.push_back(record_);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const engine::Stopped&) {
    throw;
  } catch (const std::exception& error) {
    piece.why = error.what();
    piece.bad_path = record_;
  }
}

std::optional<ScoreStream::Piece> ScoreStream::next() {
  Piece piece;
  piece.samples.shape = shape_;
  const auto most = static_cast<size_t>(
      std::clamp(most_values / std::max<int64_t>(1, piece.samples.size()), int64_t{1}, most_at_once));
  for (;;) {
    const size_t count = piece.rows.size() + piece.paths.size();
    if (count == most || piece.passed_over()) break;
    if (count > 0 && ahead_.empty() && !lines_.ready()) break;
    if (!next_record()) {
      if (count == 0) return std::nullopt;
      break;
    }
    shape_.size() == 1 ? add_row(piece) : add_image(piece);
  }
  return piece;
}

}  // namespace tools
