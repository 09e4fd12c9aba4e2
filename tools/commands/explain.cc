#include "tools/commands/explain.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"
#include "svdd/evaluation/attribution.h"
#include "svdd/model_folder.h"
#include "tools/arguments.h"
#include "tools/commands/answered_stream.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/trained_model.h"
#include "tools/input/own_input.h"
#include "tools/input/score_input.h"
#include "tools/report/explanations.h"
#include "tools/report/map_overlay.h"
#include "tools/run/stop_signal.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
constexpr int64_t most_explained_images = 100;  // unless more are asked for

std::string row_name(const ScoreInput& input, size_t i) {
  if (!input.names.empty()) return csv_field(input.names[i]);
  return std::to_string(input.rows.empty() ? static_cast<int64_t>(i) : input.rows[i]);
}

// "row 3 of 'x.csv'", counted as the results count; "'photo.png'".
std::string sample_words(const ExplainOptions& options, const ScoreInput& input, size_t i) {
  if (!input.names.empty()) return engine::in_quotes(input.names[i]);
  return (input.samples.shape.size() == 1 ? "row " : "sample ") + row_name(input, i) + " of " +
         (options.input == "-" ? "standard input" : engine::in_quotes(options.input));
}

// Of a sample that cannot be explained, and says nothing of the others.
struct NotFinite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// `what`: "its score", of the sample with number i.
void require_finite(float value, const std::string& what, const ExplainOptions& options,
                    const ScoreInput& input, size_t i) {
  // A score that overflows is told as the largest float, which nothing explains.
  if (!(std::fabs(value) < std::numeric_limits<float>::max()))
    throw NotFinite(sample_words(options, input, i) + ": " + what +
                    " is not finite: its numbers are too large for this model");
}

// Scores that can be put in order and explained.
std::vector<float> finite_scores(svdd::Detector& detector, const ScoreInput& input,
                                 const ExplainOptions& options) {
  std::vector<float> scores = detector.score(input.samples);
  for (size_t i = 0; i < scores.size(); ++i) require_finite(scores[i], "its score", options, input, i);
  return scores;
}

// ---- rows

// Which samples, in which order.
std::vector<size_t> chosen(const std::vector<float>& scores, std::optional<int64_t> most) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (!most) return order;
  order = highest_first(scores);
  order.resize(std::min(order.size(), static_cast<size_t>(*most)));
  return order;
}

std::string changes_header(ExplainBy by) {
  return std::string("path_or_row,score,rank,column,value,usual,") +
         (by == ExplainBy::gradient ? "gradient,change_by_gradient\n" : "change\n");
}

std::string changes_csv(svdd::Detector& detector, const ScoreInput& input, const datasets::TableForm& form,
                        const ExplainOptions& options, ExplainBy by) {
  const std::vector<float> scores = finite_scores(detector, input, options);
  const std::vector<size_t> order = chosen(scores, options.most);
  const bool by_gradient = by == ExplainBy::gradient;
  std::string csv;
  constexpr size_t at_once = 4096;  // rows, so that what is told of them does not lie in memory twice
  for (size_t first = 0; first < order.size(); first += at_once) {
    const size_t last = std::min(first + at_once, order.size());
    datasets::Samples rows{input.samples.shape, {}};
    for (size_t k = first; k < last; ++k) {
      const auto at = static_cast<int64_t>(order[k]);
      rows.values.insert(rows.values.end(), input.samples.sample(at), input.samples.sample(at + 1));
    }
    std::vector<std::vector<ColumnShare>> shares;
    try {
      shares = column_shares(detector, rows, form, options.top, by);
    } catch (const std::runtime_error&) {
      // A gradient that is not finite is told with its number among these rows: find the row of the file.
      for (size_t k = first; by_gradient && k < last; ++k) {
        const auto at = static_cast<int64_t>(order[k]);
        try {
          detector.score_gradient({rows.shape, {input.samples.sample(at), input.samples.sample(at + 1)}});
        } catch (const std::runtime_error&) {
          require_finite(NAN, "the gradient of its score", options, input, order[k]);
        }
      }
      throw;
    }
    for (size_t k = first; k < last; ++k) {
      const auto& of_row = shares[k - first];
      for (const ColumnShare& share : of_row) {
        const std::string of_column = " of column " + engine::in_quotes(share.name);
        require_finite(share.gradient, "the gradient" + of_column, options, input, order[k]);
        require_finite(share.change, "the change" + of_column, options, input, order[k]);
      }
      for (size_t rank = 0; rank < of_row.size(); ++rank)
        csv += row_name(input, order[k]) + ',' + shortest(scores[order[k]]) + ',' + std::to_string(rank + 1) +
               ',' + csv_field(of_row[rank].name) + ',' + of_row[rank].value + ',' + of_row[rank].usual +
               ',' + (by_gradient ? shortest(of_row[rank].gradient + 0.0f) + ',' : "") +  // no "-0"
               shortest(of_row[rank].change + 0.0f) + '\n';
    }
  }
  return csv;
}

// ---- images

// At most so many bytes of it, and no part of a character: what is no UTF-8 anyway is cut anywhere.
std::string beginning(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > 0 && most - end < 3 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

// "screw-map.png", "screw-gradient.png"; of names that come twice, and of arrays, with the number of the sample. File systems
// hold names of 255 bytes: of longer ones the beginning.
std::string map_name(const std::string& path, size_t i, ExplainBy by, std::set<std::string>& used) {
  constexpr size_t longest_name = 255;
  const std::string number = std::to_string(i),
                    suffix = by == ExplainBy::gradient ? "-gradient.png" : "-map.png";
  std::string stem = fs::path(path).stem().string();
  if (stem.empty()) stem = number;
  std::string name = beginning(stem, longest_name - suffix.size()) + suffix;
  for (std::string before = number + "-"; !used.insert(name).second; before += number + "-")
    name = before + beginning(stem, longest_name - suffix.size() - before.size()) + suffix;
  return name;
}

// A folder that is there from now on; where nothing came into it, it goes again with what was made for it.
class OutputFolder {
 public:
  // `option` names it.
  OutputFolder(const fs::path& folder, const std::string& option) {
    if (engine::file_exists(folder) && !engine::is_folder(folder))
      throw UsageError(option + " " + engine::in_quotes(folder) + " is a file, and a folder is needed");
    std::error_code error;
    const fs::path whole = fs::absolute(folder, error).lexically_normal();
    for (fs::path above = whole.filename().empty() ? whole.parent_path() : whole;
         !above.empty() && !engine::file_exists(above); above = above.parent_path())
      made_.push_back(above);
    fs::create_directories(folder, error);
    if (error)
      throw std::runtime_error("cannot make the folder " + engine::in_quotes(folder) + ": " +
                               error.message());
  }
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder() {
    std::error_code holds_something;
    for (const fs::path& folder : made_)
      if (!fs::remove(folder, holds_something)) return;
  }

 private:
  std::vector<fs::path> made_;  // the innermost first
};

// The files that are read, none of which may be replaced. Files that are one have one size and time: few are compared, however
// many there are.
class ReadFiles {
 public:
  void add(const fs::path& path) {
    if (const std::optional<Look> look = look_of(path)) files_.emplace(*look, path);
  }
  void refuse(const std::string& option, const fs::path& output) const {
    const std::optional<Look> look = look_of(output);
    if (!look) return;  // nothing is there
    const auto alike = files_.equal_range(*look);
    std::vector<fs::path> compared;
    for (auto at = alike.first; at != alike.second; ++at) compared.push_back(at->second);
    refuse_own_input(option, output, compared);
  }

 private:
  using Look = std::pair<uintmax_t, fs::file_time_type>;
  static std::optional<Look> look_of(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return std::nullopt;
    const uintmax_t size = fs::file_size(path, error);
    if (error) return std::nullopt;
    const fs::file_time_type time = fs::last_write_time(path, error);
    if (error) return std::nullopt;
    return Look{size, time};
  }
  std::multimap<Look, fs::path> files_;
};

void refuse_own_images(const std::string& option, const fs::path& folder,
                       const std::vector<std::string>& names, const ScoreInput& input,
                       const std::string& given) {
  ReadFiles read;
  read.add(given);
  for (const std::string& name : input.names) read.add(name);
  for (const std::string& name : names) read.refuse(option, folder / name);
  // Damaged images of the folder are read, too, and are not among the names.
  if (!input.damaged.empty() && engine::same_file(folder, given))
    for (const std::string& name : names)
      if (name != "maps.csv") refuse_own_input(option, folder / name, {folder / name});
}

// The maps in a folder, and their list.
class MapFolder {
 public:
  MapFolder(fs::path folder, ExplainBy by, const std::vector<int64_t>& shape)
      : folder_(std::move(folder)),
        by_gradient_(by == ExplainBy::gradient),
        enlarge_(std::max<int64_t>(1, 224 / std::max(shape[1], shape[2]))),
        csv_(by_gradient_ ? "path_or_row,score,gradient_map\n" : "path_or_row,score,map\n") {}

  // Of the sample with number i.
  void add(svdd::Detector& detector, const ScoreInput& input, size_t i, float score, const std::string& name,
           const ExplainOptions& options) {
    const auto at = static_cast<int64_t>(i);
    MappedImage mapped{{input.samples.shape, {input.samples.sample(at), input.samples.sample(at + 1)}}, {}};
    mapped.map = by_gradient_ ? svdd::gradient_map(detector, mapped.image)
                              : svdd::occlusion_map(detector, mapped.image);
    for (const float value : mapped.map)
      require_finite(value, by_gradient_ ? "the gradient of its score" : "a change of its score", options,
                     input, i);
    engine::write_file_atomically(folder_ / name, maps_png({mapped}, enlarge_),
                                  engine::Durability::rebuildable);
    csv_ += row_name(input, i) + ',' + shortest(score) + ',' + csv_field(name) + '\n';
    ++made_;
  }
  void write_list() const {
    engine::write_file_atomically(folder_ / "maps.csv", csv_, engine::Durability::rebuildable);
  }
  int64_t made() const { return made_; }

 private:
  fs::path folder_;
  bool by_gradient_;
  int64_t enlarge_, made_ = 0;
  std::string csv_;
};

// And the option that names it.
std::pair<std::string, fs::path> folder_for_maps(const ExplainOptions& options) {
  if (options.out.empty() && options.output.empty())
    throw UsageError("--out is missing: name the folder for the maps");
  return options.out.empty() ? std::pair<std::string, fs::path>{"--output", options.output}
                             : std::pair<std::string, fs::path>{"--out", options.out};
}

void say_maps(int64_t made, ExplainBy by, const fs::path& folder, const std::string& of_which) {
  std::cerr << counted(made, "map") << (by == ExplainBy::gradient ? " by gradient" : "") << " in "
            << engine::in_quotes(folder) << of_which << '\n';
}

void write_maps(svdd::Detector& detector, const ScoreInput& input, const ExplainOptions& options,
                ExplainBy by) {
  const auto& [option, folder] = folder_for_maps(options);
  const std::vector<float> scores = finite_scores(detector, input, options);
  const std::vector<size_t> order = chosen(scores, options.most.value_or(most_explained_images));
  std::set<std::string> used;
  std::vector<std::string> names;
  for (const size_t i : order)
    names.push_back(map_name(input.names.empty() ? "" : input.names[i], i, by, used));
  std::vector<std::string> written = names;
  written.emplace_back("maps.csv");
  refuse_own_images(option, folder, written, input, options.input);
  const OutputFolder made(folder, option);
  MapFolder maps(folder, by, input.samples.shape);
  try {
    for (size_t k = 0; k < order.size(); ++k)
      maps.add(detector, input, order[k], scores[order[k]], names[k], options);
  } catch (const engine::Stopped&) {
    if (maps.made() == 0) throw;
    maps.write_list();
    throw StoppedWithWorkKept(counted(maps.made(), "map") + " of " + std::to_string(order.size()) +
                              (maps.made() == 1 ? " is" : " are") + " kept in " + engine::in_quotes(folder));
  } catch (const std::runtime_error&) {
    if (maps.made() > 0) maps.write_list();  // the maps that are there have their lines
    throw;
  }
  maps.write_list();
  if (!options.quiet)
    say_maps(maps.made(), by, folder,
             order.size() < scores.size()
                 ? ", of the highest scores among " + std::to_string(scores.size()) + " (--most)"
                 : "");
}

// ---- standard input

// What a piece of it holds, as the same samples of a file.
ScoreInput input_of(ScoreStream::Piece& piece) {
  return {
      .samples = std::move(piece.samples), .names = std::move(piece.paths), .rows = std::move(piece.rows)};
}
// One sample of it.
ScoreInput sample_of(const ScoreInput& input, size_t i) {
  const auto at = static_cast<int64_t>(i);
  ScoreInput one{{input.samples.shape, {input.samples.sample(at), input.samples.sample(at + 1)}}, {}};
  if (!input.names.empty()) one.names = {input.names[i]};
  if (!input.rows.empty()) one.rows = {input.rows[i]};
  return one;
}

// The rows of standard input: each answered as it comes.
void explain_stream(svdd::Detector& detector, const ScoreTable& table, const ExplainOptions& options,
                    ExplainBy by) {
  const fs::path output =
      options.out.empty() ? fs::path(options.output) : fs::path(options.out) / "columns.csv";
  if (!options.out.empty()) refuse_own_input("--out", output, {options.input});
  std::optional<OutputFolder> folder;
  if (!options.out.empty()) folder.emplace(options.out, "--out");
  std::optional<engine::AtomicFile> file;
  if (!output.empty()) file.emplace(output);
  const auto write = [&](const std::string& text) {
    if (file)
      file->write(text);
    else
      std::cout << text << std::flush;
  };
  AnsweredStream stream(detector.sample_shape(), table, options.quiet);
  // Rows that cannot be explained take nothing from the others of their piece.
  const auto answer = [&](const ScoreInput& rows) {
    try {
      write(changes_csv(detector, rows, *table.form, options, by));
      return stream.add_answered(rows.samples.count());
    } catch (const NotFinite&) {
    }
    for (size_t i = 0; i < static_cast<size_t>(rows.samples.count()); ++i) try {
        write(changes_csv(detector, sample_of(rows, i), *table.form, options, by));
        stream.add_answered(1);
      } catch (const NotFinite& error) {
        stream.pass_over(error.what());
      }
  };
  try {
    while (std::optional<ScoreStream::Piece> piece = stream.next()) {
      if (stream.is_at_first()) write(changes_header(by));
      const bool passed_over = piece->passed_over();
      if (piece->samples.count() > 0) answer(input_of(*piece));
      if (passed_over) stream.pass_over(*piece);
    }
  } catch (const engine::Stopped&) {
    if (file) throw;  // it comes whole or not at all
    stream.rethrow_with_count();
  }
  if (file && stream.answered() > 0) file->commit();
  stream.conclude("explained", "are");
}

// The images whose paths come over standard input: a map of each.
void map_stream(svdd::Detector& detector, const ExplainOptions& options, ExplainBy by) {
  const auto place = folder_for_maps(options);
  const std::string& option = place.first;
  const fs::path& folder = place.second;
  const OutputFolder made(folder, option);
  AnsweredStream stream(detector.sample_shape(), {}, options.quiet);
  MapFolder maps(folder, by, detector.sample_shape());
  std::set<std::string> used;
  ReadFiles read;
  size_t number = 0;  // of the next image
  const auto answer = [&](const ScoreInput& image) {
    const std::string name = map_name(image.names[0], number++, by, used);
    try {
      read.refuse(option, folder / name);
      maps.add(detector, image, 0, finite_scores(detector, image, options)[0], name, options);
      stream.add_answered(1);
    } catch (const OwnInput& error) {
      stream.pass_over(error.what());
    } catch (const NotFinite& error) {
      stream.pass_over(error.what());
    }
  };
  const auto is_own_map = [&](const fs::path& path) {
    const std::string name = path.filename().string();
    return used.contains(name) && engine::same_file(path, folder / name);
  };
  try {
    while (std::optional<ScoreStream::Piece> piece = stream.next()) {
      for (const std::string& path : piece->paths) read.add(path);
      if (!piece->bad_path.empty()) read.add(piece->bad_path);
      const bool passed_over = piece->passed_over();
      const ScoreInput images = input_of(*piece);
      for (size_t i = 0; i < images.names.size(); ++i) {
        if (is_own_map(images.names[i]))
          stream.pass_over(engine::in_quotes(images.names[i]) + " is a map that was made just now");
        else
          answer(sample_of(images, i));
      }
      if (passed_over) stream.pass_over(*piece);
    }
  } catch (const engine::Stopped&) {
    if (maps.made() == 0) throw;
    maps.write_list();
    throw StoppedWithWorkKept(counted(maps.made(), "map") + (maps.made() == 1 ? " is" : " are") +
                              " kept in " + engine::in_quotes(folder));
  } catch (const std::exception&) {
    if (maps.made() > 0) maps.write_list();  // the maps that are there have their lines
    throw;
  }
  if (maps.made() > 0) maps.write_list();
  if (!options.quiet && maps.made() > 0) say_maps(maps.made(), by, folder, "");
  stream.conclude("explained", "are");
}

ExplainBy explanation_named(const std::string& word) {
  try {
    return explain_by_names.named(word);
  } catch (const std::invalid_argument& error) {
    throw UsageError("--by: " + std::string(error.what()));
  }
}

}  // namespace

void run_explain(const ExplainOptions& given) {
  if (given.model.empty())
    throw UsageError("--model is missing: name the folder that svdd train --out wrote");
  if (given.input.empty())
    throw UsageError("--input is missing: name an image, a folder of images or a table");
  if (given.top < 1) throw UsageError("--top is " + std::to_string(given.top) + "; expected 1 or more");
  if (given.most && *given.most < 1)
    throw UsageError("--most is " + std::to_string(*given.most) + "; expected 1 or more");
  if (given.input == "-" && given.most)
    throw UsageError(
        "--most looks for the highest scores of all samples, and those of --input - are answered one by one: "
        "write them to a file first");
  const ExplainBy by = explanation_named(given.by);
  ExplainOptions options = given;
  options.model = folder_of_model(given.model).string();
  if (!given.out.empty() && !given.output.empty())
    throw UsageError("--out and --output both say where it goes: name one");
  const std::optional<bool> header = yes_or_no(options.header, "--header");
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  refuse_own_input("--output", options.output, {options.input});
  refuse_file_of_run("--output", options.output, options.model);
  const std::unique_ptr<svdd::Detector> detector = load_model(given.model, *backend);
  if (by == ExplainBy::gradient && !detector->has_score_gradient())
    throw UsageError("--by gradient: the score of " + detector->method() +
                     " has no gradient; --by occlusion explains any method");
  const std::vector<int64_t> shape = detector->sample_shape();
  // Version 0.1 named the folder of maps so.
  if (are_pictures(shape) && fs::path(options.output).has_extension() && !engine::is_folder(options.output))
    throw UsageError("--output " + engine::in_quotes(options.output) +
                     " is for the rows of a table; maps are several files: name a folder with --out");
  ScoreTable table{svdd::table_form_of(*detector, options.model), options.label_column, header};
  if (!are_pictures(shape) && (!table.form || table.form->usual.empty()))
    throw std::runtime_error(
        "the model in " + engine::in_quotes(options.model) +
        " does not say what is usual in its columns: it was not trained on a table, or by an earlier "
        "version; train it again");
  if (options.input == "-")
    return are_pictures(shape) ? map_stream(*detector, options, by)
                               : explain_stream(*detector, table, options, by);
  const ScoreInput input = read_score_input(options.input, shape, table);
  const std::vector<fs::path> read{input.names.begin(), input.names.end()};
  refuse_own_input("--output", options.output, read);
  for (const std::string& line : input.damaged) std::cerr << "passed over: " << line << '\n';
  if (!options.quiet)
    for (const std::string& line : input.notes) std::cerr << line << '\n';
  if (are_pictures(shape)) {
    write_maps(*detector, input, options, by);
  } else {
    const fs::path columns = fs::path(options.out) / "columns.csv";
    if (!options.out.empty()) {
      refuse_own_input("--out", columns, {options.input});
      refuse_own_input("--out", columns, read);
    }
    const std::string csv = changes_header(by) + changes_csv(*detector, input, *table.form, options, by);
    if (!options.out.empty()) {
      const OutputFolder made(options.out, "--out");
      engine::write_file_atomically(columns, csv);
      if (!options.quiet) std::cerr << "what raises the scores is in " << engine::in_quotes(columns) << '\n';
    } else if (options.output.empty()) {
      std::cout << csv << std::flush;
    } else {
      engine::write_file_atomically(options.output, csv);
    }
  }
  if (!input.damaged.empty())
    throw std::runtime_error(counted(static_cast<int64_t>(input.damaged.size()), "image") + " in " +
                             engine::in_quotes(options.input) + " could not be read and " +
                             (input.damaged.size() == 1 ? "was" : "were") +
                             " passed over; all others are explained");
}

}  // namespace tools
