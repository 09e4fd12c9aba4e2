#include "tools/verify/trace_file.h"

#include <charconv>
#include <stdexcept>

#include "datasets/csv.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "tools/commands/csv_files.h"

namespace tools {
namespace {

constexpr const char* header = "phase,epoch,step,part,operation,name,shape,numbers,sha256";
constexpr size_t trace_columns = 9;
constexpr uint64_t most_trace_bytes = uint64_t{1} << 30;

int64_t number_in(std::string_view field, size_t column, const datasets::CsvReader& rows) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size())
    rows.refuse(column, engine::in_quotes(std::string(field)) + " is no whole number");
  return value;
}

}  // namespace

std::string trace_csv(const svdd::StepTrace& trace) {
  std::string text = std::string(header) + '\n';
  for (const svdd::TraceEntry& e : trace.entries())
    text += csv_field(trace.phase()) + ',' + std::to_string(trace.epoch()) + ',' + std::to_string(e.step) +
            ',' + e.part + ',' + std::to_string(e.operation) + ',' + csv_field(e.name) + ',' + e.shape + ',' +
            std::to_string(e.numbers) + ',' + e.sha256 + '\n';
  return text;
}

TraceFile read_trace(const std::filesystem::path& path) {
  const std::string text = engine::read_file(path, most_trace_bytes), name = engine::in_quotes(path);
  if (!text.starts_with(header))
    throw std::runtime_error(name + " is no trace: its first line does not name a trace's columns");
  datasets::CsvReader rows(text, name, ',');
  std::vector<std::string_view> f;
  rows.next(f);
  TraceFile trace;
  while (rows.next(f)) {
    if (f.size() != trace_columns)
      rows.refuse("there are " + std::to_string(f.size()) + " fields; expected " +
                  std::to_string(trace_columns));
    const int64_t epoch = number_in(f[1], 1, rows);
    if (!trace.entries.empty() && (f[0] != trace.phase || epoch != trace.epoch))
      rows.refuse("a trace is of one epoch, and another begins here");
    trace.phase = f[0];
    trace.epoch = epoch;
    trace.entries.push_back({number_in(f[2], 2, rows), std::string(f[3]), number_in(f[4], 4, rows),
                             std::string(f[5]), std::string(f[6]), number_in(f[7], 7, rows),
                             std::string(f[8])});
  }
  if (trace.entries.empty()) throw std::runtime_error(name + " holds nothing but its header");
  return trace;
}

}  // namespace tools
