#include "tools/commands/cluster.h"

#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/system/process.h"
#include "svdd/clustering/finch.h"
#include "svdd/clustering/partition_quality.h"
#include "svdd/training/stopwatch.h"
#include "tools/arguments.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/input/own_input.h"
#include "tools/input/row_input.h"
#include "tools/options/idle_options.h"
#include "tools/report/svg_chart.h"
#include "tools/run/peak_memory.h"
#include "tools/run/progress.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

svdd::FinchOptions finch_options(const ClusterOptions& o) {
  svdd::FinchOptions finch;
  if (o.variant == "silhouette")
    finch.variant = svdd::FinchVariant::silhouette;
  else if (o.variant != "early-exit")
    throw UsageError("--variant is " + engine::in_quotes(o.variant) + "; expected early-exit or silhouette");
  const bool by_silhouette = finch.variant == svdd::FinchVariant::silhouette;
  if (o.distance == "euclidean" || (o.distance.empty() && by_silhouette))
    finch.distance = svdd::Distance::euclidean;
  else if (o.distance != "cosine" && !o.distance.empty())
    throw UsageError("--distance is " + engine::in_quotes(o.distance) + "; expected cosine or euclidean");
  if (o.clusters < 0)
    throw UsageError("--clusters is " + std::to_string(o.clusters) +
                     "; expected at least 1, or 0 to leave it to the method");
  finch.clusters = o.clusters;
  finch.silhouettes = o.silhouettes;
  return finch;
}

// Shows the phases that take more than a moment; before the first of them, or in the end, the notice.
class LongPhases {
 public:
  LongPhases(bool quiet, std::string notice)
      : notice_(quiet ? "" : std::move(notice)),
        progress_(std::cerr, {.terminal = engine::system::is_terminal(engine::system::standard_error),
                              .quiet = quiet,
                              .log_file = {},
                              .unit = "part",
                              .clock = {}}) {}

  void operator()(std::string_view phase, double share) {
    if (phase != phase_) progress_.end(), phase_ = phase, shown_ = false, since_ = svdd::Stopwatch();
    const int done = static_cast<int>(parts * share);
    if (!shown_ && since_.seconds() < a_moment) return;
    say_notice();
    if (!shown_) progress_.begin(phase_, parts, done), shown_ = true;
    progress_.step(done, {});
  }
  void end() {
    progress_.end();
    say_notice();
  }

 private:
  static constexpr int parts = 100;
  static constexpr double a_moment = 1;  // seconds
  // Not at once: where the input cannot be clustered, that is all there is to say.
  void say_notice() {
    if (!notice_.empty()) std::cerr << std::exchange(notice_, {}) << std::endl;
  }
  std::string notice_;
  Progress progress_;
  std::string phase_;
  bool shown_ = false;
  svdd::Stopwatch since_;
};

std::string labels_csv(const svdd::FinchResult& result) {
  std::string csv = "index";
  for (size_t p = 0; p < result.partitions.size(); ++p) csv += ",partition_" + std::to_string(p + 1);
  csv += ",chosen\n";
  const std::vector<int32_t>& chosen = result.result().labels;
  for (size_t i = 0; i < chosen.size(); ++i) {
    csv += std::to_string(i);
    for (const svdd::Partition& partition : result.partitions)
      csv += ',' + std::to_string(partition.labels[i]);
    csv += ',' + std::to_string(chosen[i]) + '\n';
  }
  return csv;
}

// Columns of at least `width`, the text at the right.
std::string cell(const std::string& text, size_t width = 12) {
  return std::string(width > text.size() ? width - text.size() : 1, ' ') + text;
}

std::string table_row(const std::string& name, const svdd::Partition& partition, bool chosen,
                      const std::vector<int32_t>& classes) {
  std::string line = "  " + name + std::string(std::max<size_t>(14, name.size() + 1) - name.size(), ' ') +
                     cell(std::to_string(partition.clusters), 8) +
                     cell(partition.silhouette ? fixed_text(*partition.silhouette, 4) : "-");
  if (!classes.empty())
    line += cell(fixed_text(100 * svdd::purity(partition.labels, classes), 2)) +
            cell(fixed_text(100 * svdd::normalised_mutual_information(partition.labels, classes), 2));
  return line + (chosen ? "  chosen\n" : "\n");
}

std::string summary(const svdd::FinchResult& result, const std::vector<int32_t>& classes) {
  std::string text = "  partition     clusters  silhouette" +
                     std::string(classes.empty() ? "" : "    purity %       NMI %") + '\n';
  for (size_t p = 0; p < result.partitions.size(); ++p)
    text += table_row(std::to_string(p + 1), result.partitions[p], !result.required && p == result.chosen,
                      classes);
  if (result.required) text += table_row("as asked for", *result.required, true, classes);
  return text;
}

}  // namespace

void run_cluster(const ClusterOptions& options) {
  if (options.input.empty())
    throw UsageError("--input is missing: name a .csv, .npy, .npz or IDX file of rows");
  if (options.output.empty()) throw UsageError("--output is missing: name a CSV file for the labels");
  const svdd::FinchOptions finch = finch_options(options);
  const std::optional<bool> header = yes_or_no(options.header, "--header");
  if (options.backend.device != "cpu" && options.backend.device != "cuda")
    throw UsageError("--device is " + engine::in_quotes(options.backend.device) + "; expected cpu or cuda");
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  const bool gpu = backend->is_device();
  refuse_own_input("--output", options.output, {options.input});
  refuse_file_of_any_run("--output", options.output);
  engine::AtomicFile file(options.output);  // first: what cannot be written is not worth computing

  const RowInput rows =
      read_rows(options.input, {options.label_column, header, finch.distance == svdd::Distance::euclidean});
  const std::string what = counted(rows.count, "row") + " of " + std::to_string(rows.features);
  svdd::check_rows(engine::in_quotes(options.input), rows.values, rows.features, finch.distance, 2);
  const svdd::Stopwatch watch;
  LongPhases progress(options.quiet,
                      what + ", at most " +
                          number_text(svdd::finch_memory(rows.count, rows.features, *backend) / 1e6, 2) +
                          " MB of memory" + (gpu ? " beside the CUDA driver's; " : "; ") +
                          std::string(svdd::finch_licence_note));
  svdd::FinchResult result;
  try {
    result = svdd::finch(rows.values, rows.features, finch, *backend, std::ref(progress));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(engine::in_quotes(options.input) + ": " + error.what());
  }
  progress.end();
  const double seconds = watch.seconds();
  if (!options.quiet)
    for (const auto& lines :
         {rows.notes, idle_table_options(options.label_column, options.header, options.input)})
      for (const std::string& line : lines) std::cerr << line << '\n';

  file.write(labels_csv(result));
  file.commit();
  std::cout << "FINCH on " << what << ", "
            << (finch.distance == svdd::Distance::cosine ? "cosine" : "euclidean") << " distance, "
            << options.variant << "\n\n"
            << summary(result, rows.classes) << '\n'
            << number_text(seconds, 3) << (gpu ? " s on " + backend->name() + ", " : " s, ")
            << number_text(peak_megabytes(), 3) << " MB at most\n";
}

}  // namespace tools
