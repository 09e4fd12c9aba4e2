#include "tools/options/idle_options.h"

#include <algorithm>

#include "datasets/catalog.h"
#include "datasets/file_kind.h"
#include "engine/files/in_quotes.h"
#include "tools/options/published_settings.h"

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
  const bool table = kind_of(data) == DataKind::table,
             text = table &&
                    (datasets::known_dataset(data) || datasets::file_kind(data) == datasets::FileKind::csv);
  Sentences found;
  if (!label_column.empty() && !table)
    found.push_back("--label-column changed nothing: " + engine::in_quotes(data) + " is no table");
  if (!header.empty() && header != "auto" && !text)
    found.push_back("--header changed nothing: " + engine::in_quotes(data) + " is no table in text");
  return found;
}

Sentences idle_options(const ResolvedOptions& resolved) {
  const TrainOptions& options = resolved.options;
  const svdd::DeepSvddOptions& o = options.deep_svdd;
  Sentences found;
  const auto idle = [&](const std::string& name, const std::string& why) {
    if (is_given(resolved, name)) found.push_back("--" + name + " changed nothing: " + why);
  };
  const bool has_objective = method_takes(options.method, "objective"),
             soft = has_objective && o.objective == svdd::Objective::soft_boundary;
  if (has_objective && !soft)
    for (const char* name : {"nu", "warm-up-epochs"})
      idle(name, "only --objective soft-boundary looks at it");
  if (soft) idle("contamination", "with --objective soft-boundary the threshold is the sphere's surface");
  if (options.method == "multi-sphere")
    idle("contamination", "the threshold is the surface of the nearest sphere");
  if (options.method == "kernel-svdd")
    idle("contamination", "the threshold is the sphere's surface, which --nu shapes");
  if (method_takes(options.method, "pretrain") && !o.pretrain)
    for (const char* name : {"ae-epochs", "ae-lr", "ae-lr-milestones", "ae-batch-size", "ae-weight-decay"})
      idle(name, "with --no-pretrain no autoencoder is trained");
  if (options.method == "dasvdd" && options.gamma != 0) idle("gamma-rule", "--gamma says the weight itself");
  if (const datasets::KnownDataset* known = datasets::known_dataset(options.data);
      !known || known->built_in())
    idle("data-dir", engine::in_quotes(options.data) + (known ? " is built in" : " is a path of its own"));
  const Sentences of_table =
      idle_table_options(is_given(resolved, "label-column") ? options.label_column : "",
                         is_given(resolved, "header") && options.header ? "yes" : "", options.data_to_read());
  found.insert(found.end(), of_table.begin(), of_table.end());
  return found;
}

}  // namespace tools
