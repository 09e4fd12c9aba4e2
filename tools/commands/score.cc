#include "tools/commands/score.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "datasets/csv.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"
#include "svdd/evaluation/drift.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/model_folder.h"
#include "tools/arguments.h"
#include "tools/commands/answered_stream.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/score_report.h"
#include "tools/commands/trained_model.h"
#include "tools/input/own_input.h"
#include "tools/input/score_input.h"
#include "tools/input/score_stream.h"
#include "tools/options/idle_options.h"
#include "tools/report/svg_chart.h"
#include "tools/run/results.h"
#include "tools/run/stop_signal.h"
#include "tools/usage_error.h"

namespace tools {

namespace {

void warn_if_uncalibrated(const svdd::Detector& detector, const std::string& rates, bool quiet) {
  if (detector.calibration() || quiet) return;
  std::cerr << "the model was not calibrated by samples of its own: by the scores that it gave what it was "
               "trained on, "
            << rates << " are higher than asked; svdd train --calibration 0.2 holds samples out\n";
}

// What a model goes by that was imported without the scores of its training samples.
void require_training_scores(const svdd::Detector& detector, const std::string& option) {
  if (detector.training_scores().empty())
    throw std::runtime_error(
        option +
        " goes by the scores of normal samples, and this model was imported without them; "
        "give a threshold with --threshold");
}

std::optional<svdd::PValues> p_values_of(const svdd::Detector& detector, bool quiet) {
  if (!detector.training_scores().empty()) return svdd::PValues(detector.training_scores());
  if (!quiet)
    std::cerr << "the model was imported without the scores of its training samples: there are no p-values\n";
  return std::nullopt;
}

double threshold_asked_for(const ScoreOptions& options, const svdd::Detector& detector) {
  if (options.threshold) return *options.threshold;
  if (!options.false_alarm_rate) return detector.threshold();
  require_training_scores(detector, "--false-alarm-rate");
  warn_if_uncalibrated(detector, "rates of false alarms", options.quiet);
  try {
    return svdd::conformal_threshold(detector.training_scores(), *options.false_alarm_rate);
  } catch (const std::invalid_argument& error) {
    throw UsageError("--false-alarm-rate: " + std::string(error.what()));
  }
}

// Before anything is scored: what the selection cannot do. The least p-value is 1/(m + 1), and k of n rows are selected only where
// it is at most k·q/n, so that they must be a share of 1/(q·(m + 1)) of all.
void say_limits_of_selection(const ScoreOptions& options, const svdd::Detector& detector) {
  if (!options.select) return;
  require_training_scores(detector, "--select");
  warn_if_uncalibrated(detector, "rates of false discoveries", options.quiet);
  if (options.quiet) return;
  const auto m = static_cast<int64_t>(detector.training_scores().size());
  const std::string with =
      "--select " + number_text(*options.select, 4) + ": with " + counted(m, "sample") + " to compare with ";
  constexpr double rare = 0.1;  // a larger share of anomalies is not what data are like
  if (const int64_t needed = svdd::samples_for_rate(*options.select); m < needed)
    std::cerr << with << "nothing can be selected; that takes " << needed
              << " calibration samples, or a higher rate\n";
  else if (const double share = 1 / (*options.select * static_cast<double>(m + 1)); share > rare)
    std::cerr << with << "rows are selected only where they are at least " << number_text(100 * share, 3)
              << " % of all; more calibration samples, or a higher rate, help\n";
}

std::vector<bool> selection(const ScoreOptions& options, const std::vector<float>& scores,
                            const std::optional<svdd::PValues>& p_values) {
  if (!options.select) return {};
  std::vector<double> p;
  for (const float score : scores) p.push_back((*p_values)(score));
  return svdd::benjamini_hochberg(p, *options.select);
}

void say_selection(const ScoreOptions& options, const svdd::Detector& detector,
                   const std::vector<bool>& selected) {
  const auto count = std::count(selected.begin(), selected.end(), true);
  std::cerr << count << " selected";
  if (count > 0 && detector.calibration())
    std::cerr << ": at most " << number_text(100 * *options.select, 3) << " % of them are normal on average";
  if (count == 0) {
    const auto m = static_cast<double>(detector.training_scores().size()),
               n = static_cast<double>(selected.size());
    if (const double fewest = std::ceil(n / (*options.select * (m + 1))); fewest > 1 && fewest <= n)
      std::cerr << ": with " << detector.training_scores().size() << " samples to compare with no fewer than "
                << static_cast<int64_t>(fewest) << " of " << selected.size()
                << " rows can be; more calibration samples, or fewer rows at a time, help";
  }
  std::cerr << '\n';
}

constexpr double drift_alpha = 0.01;

// Where the scores, in their order, no longer look like those of the calibration.
std::string drift_words(const svdd::DriftAlarm& alarm) {
  return "from about sample " + std::to_string(*alarm.rang_at()) +
         " on, in the order of the input, the scores are no longer like those of the calibration, at odds "
         "of " +
         number_text(std::pow(10, std::min(alarm.log10_highest(), 300.0)), 2) +
         " to 1 (a file sorted by class does that, too)";
}

// Empty where there is no drift, or nothing to tell it by.
std::string drift_of(const svdd::Detector& detector, const std::vector<float>& scores) {
  if (!detector.calibration()) return "";
  svdd::DriftAlarm alarm(detector.training_scores(), drift_alpha);
  for (const float score : scores) alarm.see(score);
  return alarm.rang_at() ? drift_words(alarm) : "";
}

// Of files that need not be there yet.
bool is_same_place(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  const auto place = [](const std::string& path) {
    std::error_code unknown;
    const std::filesystem::path real =
        std::filesystem::weakly_canonical(engine::absolute_path(path), unknown);
    return unknown ? engine::absolute_path(path).lexically_normal() : real;
  };
  return engine::same_file(a, b) || place(a) == place(b);
}

void write_text(std::optional<engine::AtomicFile>& file, const std::string& text) {
  if (file)
    file->write(text);
  else
    std::cout << text << std::flush;
}
void write_header(const ScoreOptions& options, std::optional<engine::AtomicFile>& file) {
  if (options.output_format == "csv") write_text(file, predictions_header(options.select.has_value()));
}
// As text some at a time.
void write_predictions(const ScoreOptions& options, std::optional<engine::AtomicFile>& file,
                       const Predictions& all) {
  constexpr size_t at_once = 65536;
  for (size_t first = 0; first < all.scores.size(); first += at_once) {
    engine::check_stop();
    const size_t count = std::min(at_once, all.scores.size() - first);
    Predictions some = all;
    some.first += static_cast<int64_t>(first);
    some.scores = all.scores.subspan(first, count);
    if (!all.paths.empty()) some.paths = all.paths.subspan(first, count);
    if (!all.rows.empty()) some.rows = all.rows.subspan(first, count);
    if (!all.selected.empty()) {
      const auto begin = all.selected.begin() + static_cast<std::ptrdiff_t>(first);
      some.selected.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
    }
    write_text(file, options.output_format == "csv" ? predictions_csv(some) : predictions_jsonl(some));
  }
}

// All scores of a file or folder, part by part. What is kept in `input` beside them are names, rows and what is to be said;
// the samples only where a report will show them.
std::vector<float> score_input(svdd::Detector& detector, ScoreReader& reader, bool keep_samples,
                               ScoreInput& input, std::chrono::duration<double>& scoring) {
  const auto move_behind = [](auto& all, auto& more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  std::vector<float> scores;
  while (std::optional<ScoreInput> part = reader.next()) {
    move_behind(input.notes, part->notes);
    move_behind(input.damaged, part->damaged);
    if (part->samples.count() == 0) continue;
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<float> some = detector.score(part->samples);
    scoring += std::chrono::steady_clock::now() - begin;
    scores.insert(scores.end(), some.begin(), some.end());
    move_behind(input.names, part->names);
    move_behind(input.rows, part->rows);
    if (keep_samples) input.samples = std::move(part->samples);  // of one part
  }
  return scores;
}

void say_above(int64_t samples, int64_t above, double threshold) {
  std::cerr << counted(samples, "sample") << ", " << above << " above the threshold of "
            << number_text(threshold, 4) << '\n';
}

// What comes in is answered as it comes, in constant memory, but for four bytes a sample while drift is watched for: of so
// many samples.
constexpr int64_t most_watched = 10'000'000;

std::unique_ptr<ScoreReader> open_input(const ScoreOptions& options, const std::vector<int64_t>& shape,
                                        const ScoreTable& table, int64_t numbers_at_once) {
  try {
    return open_score_input(options.input, shape, table, numbers_at_once);
  } catch (const datasets::BadRow& bad) {
    if (bad.line <= 1) throw;  // of the header, or of an array
    throw std::runtime_error(std::string(bad.what()) +
                             "; --input - reads the rows from standard input, and passes over such ones");
  }
}

void score_stream(const ScoreOptions& options, svdd::Detector& detector, const ScoreTable& table,
                  std::optional<engine::AtomicFile>& file) {
  if (!options.report.empty())
    throw UsageError(
        "--report shows the most anomalous of all samples, and those of --input - are answered one by one: "
        "write "
        "them to a file first");
  if (options.select)
    throw UsageError(
        "--select looks at all rows together, and those of --input - are answered one by one: write them "
        "to a file first");
  AnsweredStream stream(detector.sample_shape(), table, options.quiet);
  const double threshold = threshold_asked_for(options, detector);
  const std::optional<svdd::PValues> p_values = p_values_of(detector, options.quiet);
  std::optional<svdd::DriftAlarm> alarm;
  if (detector.calibration() && !options.quiet) alarm.emplace(detector.training_scores(), drift_alpha);

  int64_t above = 0;
  const auto answer = [&](const ScoreStream::Piece& piece) {
    const std::vector<float> scores =
        piece.samples.count() > 0 ? detector.score(piece.samples) : std::vector<float>{};
    write_predictions(options, file,
                      {.scores = scores,
                       .p_values = p_values ? &*p_values : nullptr,
                       .threshold = threshold,
                       .paths = piece.paths,
                       .rows = piece.rows});
    stream.add_answered(piece.samples.count());
    if (piece.passed_over()) {
      stream.pass_over(piece);
      if (options.output_format == "jsonl")
        write_text(file, refusal_jsonl(piece.bad_path, piece.bad_row, piece.why));
    }
    above += std::count_if(scores.begin(), scores.end(),
                           [&](float s) { return static_cast<double>(s) > threshold; });
    if (alarm && stream.answered() > most_watched) {
      alarm.reset();
      std::cerr << "drift is watched for no longer: there were " << most_watched << " samples\n";
    }
    if (!alarm) return;
    for (const float score : scores) alarm->see(score);
    if (alarm->rang_at()) {  // said once, at once
      std::cerr << "drift: " << drift_words(*alarm) << '\n';
      alarm.reset();
    }
  };
  try {
    while (const std::optional<ScoreStream::Piece> piece = stream.next()) {
      if (stream.is_at_first()) write_header(options, file);
      answer(*piece);
    }
  } catch (const engine::Stopped&) {
    if (file) throw;  // it comes whole or not at all
    stream.rethrow_with_count();
  }
  if (file && stream.answered() > 0) file->commit();
  if (!options.quiet && stream.answered() > 0) say_above(stream.answered(), above, threshold);
  stream.conclude("read", "have their scores");
}

}  // namespace

void run_score(const ScoreOptions& given) {
  if (given.threshold && given.false_alarm_rate)
    throw UsageError("--threshold and --false-alarm-rate both say where the threshold is: give one of them");
  if (given.model.empty())
    throw UsageError("--model is missing: name the folder that svdd train --out wrote");
  ScoreOptions options = given;
  options.model = folder_of_model(given.model).string();
  if (options.input.empty())
    throw UsageError(
        "--input is missing: name an image, a folder of images, a table, a .npy, .npz or IDX file, or - for "
        "standard input");
  if (options.output_format != "csv" && options.output_format != "jsonl")
    throw UsageError("--output-format is csv or jsonl, found " + engine::in_quotes(options.output_format));
  const std::optional<bool> header = yes_or_no(options.header, "--header");
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  refuse_own_input("--output", options.output, {options.input});
  refuse_file_of_run("--output", options.output, options.model);
  if (!options.report.empty()) {
    if (is_same_place(options.report, options.output))
      throw UsageError("--output and --report name the same file, " + engine::in_quotes(options.report));
    refuse_own_input("--report", options.report, {options.input});
    refuse_file_of_any_run("--report", options.report);
    refuse_file_of_run("--report", options.report, options.model);
  }
  std::optional<engine::AtomicFile> file, report;  // first: what cannot be written is not worth computing
  if (!options.output.empty()) file.emplace(options.output);
  if (!options.report.empty()) report.emplace(options.report, engine::Durability::rebuildable);

  const std::unique_ptr<svdd::Detector> detector = load_model(given.model, *backend);
  ScoreTable table{svdd::table_form_of(*detector, options.model), options.label_column, header};
  if (options.input == "-") return score_stream(options, *detector, table, file);
  // What cannot be is said before it is waited for.
  const double threshold = threshold_asked_for(options, *detector);
  say_limits_of_selection(options, *detector);
  const std::optional<svdd::PValues> p_values = p_values_of(*detector, options.quiet || options.select);
  // A report looks at the samples again. Else a part of them is in memory at a time: 32 MB of numbers.
  constexpr int64_t of_a_part = int64_t{1} << 23, all = std::numeric_limits<int64_t>::max();
  const std::unique_ptr<ScoreReader> reader =
      open_input(options, detector->sample_shape(), table, report ? all : of_a_part);
  ScoreInput input;
  std::chrono::duration<double> scoring{};
  const std::vector<float> scores = score_input(*detector, *reader, report.has_value(), input, scoring);
  for (const auto& [option, output] : {std::pair{"--output", options.output}, {"--report", options.report}})
    refuse_own_input(option, output, {input.names.begin(), input.names.end()});
  const std::vector<bool> selected = selection(options, scores, p_values);
  write_header(options, file);
  write_predictions(options, file,
                    {.scores = scores,
                     .p_values = p_values ? &*p_values : nullptr,
                     .threshold = threshold,
                     .paths = input.names,
                     .rows = input.rows,
                     .selected = selected});
  const std::string drift = report || !options.quiet ? drift_of(*detector, scores) : "";
  if (report)
    report->write(score_report(options, *detector, table.form,
                               {input, scores, p_values, threshold, selected, drift},
                               scoring.count() / static_cast<double>(scores.size())));
  for (auto* one : {&file, &report})  // both or none
    if (*one) (*one)->finish();
  for (auto* one : {&file, &report})
    if (*one) (*one)->commit();
  // What is damaged is an error, and said even to those who want no remarks: the others have their scores.
  for (const std::string& line : input.damaged) std::cerr << "passed over: " << line << '\n';
  const auto complain = [&] {
    if (input.damaged.empty()) return;
    const size_t count = input.damaged.size();
    throw std::runtime_error(std::to_string(count) + " of the " +
                             counted(static_cast<int64_t>(count + scores.size()), "image") + " in " +
                             engine::in_quotes(options.input) + " could not be read and " +
                             (count == 1 ? "has no score" : "have no scores") + "; all others have theirs");
  };
  if (options.quiet) return complain();
  for (const std::string& line : input.notes) std::cerr << line << '\n';
  for (const std::string& line : idle_table_options(options.label_column, options.header, options.input))
    std::cerr << line << '\n';
  const auto above = std::count_if(scores.begin(), scores.end(),
                                   [&](float s) { return static_cast<double>(s) > threshold; });
  say_above(static_cast<int64_t>(scores.size()), above, threshold);
  if (options.select) say_selection(options, *detector, selected);
  if (above == 0 && threshold == detector->threshold())
    if (const std::string why = why_none_above(*detector); !why.empty()) std::cerr << why << '\n';
  if (!drift.empty()) std::cerr << "drift: " << drift << '\n';
  complain();
}

}  // namespace tools
