#include "datasets/table_rows.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace datasets {

TableRows::TableRows(std::string_view beginning, std::string source, const TableOptions& options)
    : source_(std::move(source)),
      offsets_(options.form ? options.form->offsets : std::vector<double>{}),
      columns_(
          table_columns(beginning, source_,
                        {options.label_column, options.header, options.form ? &*options.form : nullptr})),
      delimiter_(CsvReader(beginning, source_).delimiter()) {}

bool TableRows::read(std::string_view record, int64_t line, float* to) {
  CsvReader reader(record, source_, delimiter_, line);
  if (!reader.next(fields_)) return false;
  try {
    require_fields(reader, fields_, columns_);
    for (size_t i = 0; i < columns_.features.size(); ++i) {
      const WideNumber number = wide_number_at(reader, fields_, columns_.features[i]);
      to[i] =
          static_cast<float>(offsets_.empty() ? number.value : (number.value - offsets_[i]) + number.rest);
    }
  } catch (const std::runtime_error&) {
    if (columns_.names.empty()) throw;
    reader.name_columns(columns_.names);  // once more, for the message alone
    require_fields(reader, fields_, columns_);
    for (const size_t column : columns_.features) wide_number_at(reader, fields_, column);
    throw;
  }
  return true;
}

WideNumber wide_number_at(const CsvReader& reader, const std::vector<std::string_view>& fields,
                          size_t column) {
  constexpr double no_double = 0x1p53;
  const double value = double_at(reader, fields, column);
  if (std::abs(value) < no_double) return {value, 0};
  const std::string field = trimmed_name(fields[column]);
  const char *begin = field.data(), *end = begin + field.size();
  int64_t whole = 0;
  const auto [stop, error] = std::from_chars(begin, end, whole);
  if (error == std::errc() && stop == end) return wide(whole);
  uint64_t large = 0;
  const auto [last, failed] = std::from_chars(begin, end, large);
  return failed == std::errc() && last == end ? wide(large) : WideNumber{value, 0};
}

void require_fields(const CsvReader& reader, const std::vector<std::string_view>& fields,
                    const TableColumns& columns) {
  if (fields.size() == columns.count) return;
  reader.refuse((fields.size() == 1 ? "there is 1 field, expected "
                                    : "there are " + std::to_string(fields.size()) + " fields, expected ") +
                std::to_string(columns.count) + " as in the first line");
}

}  // namespace datasets
