#include "tools/options/idle_options.h"

#include <algorithm>

#include "datasets/catalog.h"
#include "datasets/file_kind.h"
#include "engine/files/in_quotes.h"
#include "svdd/methods/deep_options.h"

namespace tools {
namespace {

using Sentences = std::vector<std::string>;

bool is_given(const ResolvedOptions& resolved, const std::string& name) {
  const std::vector<std::string>& given = resolved.from_command_line;
  return std::find(given.begin(), given.end(), name) != given.end();
}

}  // namespace

Sentences idle_table_options(const std::string& label_column, const std::string& header,
                             const std::string& data) {
  const bool table = svdd::recipes::traits_of(data).kind == svdd::recipes::DataKind::table,
             text = table &&
                    (datasets::known_dataset(data) || datasets::file_kind(data) == datasets::FileKind::csv);
  Sentences found;
  const bool bare = table && datasets::file_kind(data) == datasets::FileKind::npy;
  if (!label_column.empty() && (!table || bare))
    found.push_back("--label-column changed nothing: " + engine::in_quotes(data) +
                    (bare ? " is a bare array, without labels" : " is no table"));
  if (!header.empty() && header != "auto" && !text)
    found.push_back("--header changed nothing: " + engine::in_quotes(data) + " is no table in text");
  return found;
}

Sentences idle_options(const ResolvedOptions& resolved, const std::vector<int64_t>& shape) {
  const TrainOptions& options = resolved.options;
  svdd::Settings settings = options.settings;
  if (svdd::DeepOptions* deep = settings.deep(); deep && deep->input.empty()) deep->input = shape;
  Sentences found;
  const auto idle = [&](const std::string& name, const std::string& why) {
    if (!why.empty() && is_given(resolved, name)) found.push_back("--" + name + " changed nothing: " + why);
  };
  for (const svdd::Option& option : settings.options())
    if (option.idle) idle(option.name, option.idle());
  if (const datasets::KnownDataset* known = datasets::known_dataset(options.data);
      known ? known->built_in() : options.found_data.empty() || options.reads_recorded_data)
    idle("data-dir", engine::in_quotes(options.data) + (known ? " is built in" : " is a path of its own"));
  const Sentences of_table =
      idle_table_options(is_given(resolved, "label-column") ? options.label_column : "",
                         is_given(resolved, "header") && options.header ? "yes" : "", options.data_to_read());
  found.insert(found.end(), of_table.begin(), of_table.end());
  return found;
}

}  // namespace tools
