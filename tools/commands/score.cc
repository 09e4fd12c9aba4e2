#include "tools/commands/score.h"

#include <algorithm>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "svdd/evaluation/threshold.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/model_table.h"
#include "tools/commands/trained_model.h"
#include "tools/input/own_input.h"
#include "tools/input/score_input.h"
#include "tools/options/idle_options.h"
#include "tools/report/svg_chart.h"
#include "tools/run/results.h"
#include "tools/usage_error.h"

namespace tools {

void run_score(const ScoreOptions& given) {
  if (given.model.empty())
    throw UsageError("--model is missing: name the folder that svdd train --out wrote");
  ScoreOptions options = given;
  options.model = folder_of_model(given.model).string();
  if (options.input.empty())
    throw UsageError(
        "--input is missing: name an image, a folder of images, a table, a .npy, .npz or IDX file");
  const std::optional<bool> header = yes_or_no(options.header, "--header");
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  refuse_own_input("--output", options.output, {options.input});
  refuse_file_of_run("--output", options.output, options.model);
  std::optional<engine::AtomicFile> file;
  if (!options.output.empty())
    file.emplace(options.output);  // first: what cannot be written is not worth computing

  const std::unique_ptr<svdd::Detector> detector = load_model(given.model, *backend);
  ScoreTable table{table_of(*detector, options.model), options.label_column, header};
  const ScoreInput input = read_score_input(options.input, detector->sample_shape(), table);
  refuse_own_input("--output", options.output, {input.names.begin(), input.names.end()});
  const std::vector<float> scores = detector->score(input.samples);
  const std::string csv =
      predictions_csv(input.names, scores, svdd::PValues(detector->training_scores()), detector->threshold());
  if (file) {
    file->write(csv);
    file->commit();
  } else {
    std::cout << csv << std::flush;
  }
  // What is damaged is an error, and said even to those who want no remarks: the others have their scores.
  for (const std::string& line : input.damaged) std::cerr << "passed over: " << line << '\n';
  const auto complain = [&] {
    if (input.damaged.empty()) return;
    const size_t count = input.damaged.size();
    throw std::runtime_error(
        std::to_string(count) + " of the " + counted(static_cast<int64_t>(count + scores.size()), "image") +
        " in " + engine::in_quotes(options.input) +
        (count == 1 ? " is damaged and has no score" : " are damaged and have no scores") +
        "; all others have theirs");
  };
  if (options.quiet) return complain();
  for (const std::string& line : input.notes) std::cerr << line << '\n';
  for (const std::string& line : idle_table_options(options.label_column, options.header, options.input))
    std::cerr << line << '\n';
  const auto above = std::count_if(scores.begin(), scores.end(),
                                   [&](float s) { return static_cast<double>(s) > detector->threshold(); });
  std::cerr << counted(static_cast<int64_t>(scores.size()), "sample") << ", " << above
            << " above the threshold of " << number_text(detector->threshold(), 4) << '\n';
  if (above == 0)
    if (const std::string why = why_none_above(detector->training_scores(), detector->threshold());
        !why.empty())
      std::cerr << why << '\n';
  complain();
}

}  // namespace tools
