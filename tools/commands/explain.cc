#include "tools/commands/explain.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "svdd/evaluation/attribution.h"
#include "svdd/model_folder.h"
#include "tools/arguments.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/trained_model.h"
#include "tools/input/own_input.h"
#include "tools/input/score_input.h"
#include "tools/report/image_grid.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

std::string row_name(const ScoreInput& input, size_t i) {
  if (!input.names.empty()) return csv_field(input.names[i]);
  return std::to_string(input.rows.empty() ? static_cast<int64_t>(i) : input.rows[i]);
}

// ---- rows

std::string changes_csv(svdd::Detector& detector, const ScoreInput& input, const datasets::TableForm& form,
                        int64_t top) {
  const std::vector<float> scores = detector.score(input.samples),
                           changes = svdd::column_changes(detector, input.samples, form.usual);
  const auto d = static_cast<size_t>(input.samples.size());
  const auto in_table = [&](float value, size_t column) {
    return form.offsets.empty() || form.offsets[column] == 0 ? shortest(value)
                                                             : shortest(value + form.offsets[column]);
  };
  std::string csv = "path_or_row,score,rank,column,value,usual,change\n";
  for (size_t i = 0; i < scores.size(); ++i) {
    const float* change = changes.data() + i * d;
    std::vector<size_t> order(d);
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return change[a] > change[b]; });
    for (size_t rank = 0; rank < std::min(static_cast<size_t>(top), d); ++rank) {
      const size_t column = order[rank];
      csv += row_name(input, i) + ',' + shortest(scores[i]) + ',' + std::to_string(rank + 1) + ',' +
             csv_field(form.feature_word(column)) + ',' +
             in_table(input.samples.sample(static_cast<int64_t>(i))[column], column) + ',' +
             in_table(form.usual[column], column) + ',' + shortest(change[column]) + '\n';
    }
  }
  return csv;
}

// ---- images

// The image, and beside it the image in grey with what raises the score in orange over it, three channels each.
std::string overlay_png(const datasets::Samples& image, const std::vector<float>& map) {
  const int64_t channels = image.shape[0], height = image.shape[1], width = image.shape[2];
  const auto pixels = static_cast<size_t>(height * width);
  const float* x = image.sample(0);
  const float highest = std::max(1e-30f, *std::max_element(map.begin(), map.end()));
  constexpr float orange[3] = {0.90f, 0.38f, 0.0f};  // told from grey by the colour-blind, too
  std::vector<float> pictures(6 * pixels);
  for (size_t p = 0; p < pixels; ++p) {
    float grey = 0;
    for (int64_t c = 0; c < channels; ++c)
      grey += x[static_cast<size_t>(c) * pixels + p] / static_cast<float>(channels);
    const float share = std::clamp(map[p] / highest, 0.0f, 1.0f), cover = 0.85f * share;
    for (size_t c = 0; c < 3; ++c) {
      pictures[c * pixels + p] = x[(channels == 3 ? c : 0) * pixels + p];
      pictures[(3 + c) * pixels + p] = (1 - cover) * grey + cover * orange[c];
    }
  }
  ImageGrid grid;
  grid.images = pictures, grid.n = 2, grid.channels = 3, grid.height = height, grid.width = width,
  grid.columns = 2;
  grid.enlarge = std::max<int64_t>(1, 224 / std::max(height, width));
  return png_of_grid(grid);
}

// "screw-map.png"; of names that come twice, and of arrays, with the number of the sample.
std::string map_name(const ScoreInput& input, size_t i, std::set<std::string>& used) {
  const std::string stem = input.names.empty() ? "" : fs::path(input.names[i]).stem().string();
  std::string name = stem.empty() ? std::to_string(i) + "-map.png" : stem + "-map.png";
  if (!used.insert(name).second) used.insert(name = std::to_string(i) + "-" + name);
  return name;
}

void make_folder(const fs::path& folder, const std::string& option) {
  if (engine::file_exists(folder) && !engine::is_folder(folder))
    throw UsageError(option + " " + engine::in_quotes(folder) + " is a file, and a folder is needed");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw std::runtime_error("cannot make the folder " + engine::in_quotes(folder) + ": " + error.message());
}

void write_maps(svdd::Detector& detector, const ScoreInput& input, const ExplainOptions& options) {
  const fs::path folder = options.out.empty() ? options.output : options.out;
  make_folder(folder, options.out.empty() ? "--output" : "--out");
  const std::vector<float> scores = detector.score(input.samples);
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), static_cast<size_t>(options.most)));
  std::set<std::string> used;
  std::string csv = "path_or_row,score,map\n";
  for (const size_t i : order) {
    const auto at = static_cast<int64_t>(i);
    const datasets::Samples image{input.samples.shape,
                                  {input.samples.sample(at), input.samples.sample(at + 1)}};
    const std::string name = map_name(input, i, used);
    engine::write_file_atomically(folder / name, overlay_png(image, svdd::occlusion_map(detector, image)),
                                  engine::Durability::rebuildable);
    csv += row_name(input, i) + ',' + shortest(scores[i]) + ',' + csv_field(name) + '\n';
  }
  engine::write_file_atomically(folder / "maps.csv", csv, engine::Durability::rebuildable);
  if (!options.quiet)
    std::cerr << counted(static_cast<int64_t>(order.size()), "map") << " in " << engine::in_quotes(folder)
              << (order.size() < scores.size()
                      ? ", of the highest scores among " + std::to_string(scores.size()) + " (--most)"
                      : "")
              << '\n';
}

}  // namespace

void run_explain(const ExplainOptions& given) {
  if (given.model.empty())
    throw UsageError("--model is missing: name the folder that svdd train --out wrote");
  if (given.input.empty())
    throw UsageError("--input is missing: name an image, a folder of images or a table");
  if (given.top < 1) throw UsageError("--top is " + std::to_string(given.top) + "; expected 1 or more");
  if (given.most < 1) throw UsageError("--most is " + std::to_string(given.most) + "; expected 1 or more");
  ExplainOptions options = given;
  options.model = folder_of_model(given.model).string();
  if (!given.out.empty() && !given.output.empty())
    throw UsageError("--out and --output both say where it goes: name one");
  const std::optional<bool> header = yes_or_no(options.header, "--header");
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  refuse_own_input("--output", options.output, {options.input});
  refuse_file_of_run("--output", options.output, options.model);
  const std::unique_ptr<svdd::Detector> detector = load_model(given.model, *backend);
  const std::vector<int64_t> shape = detector->sample_shape();
  ScoreTable table{svdd::table_form_of(*detector, options.model), options.label_column, header};
  const ScoreInput input = read_score_input(options.input, shape, table);
  refuse_own_input("--output", options.output, {input.names.begin(), input.names.end()});
  for (const std::string& line : input.damaged) std::cerr << "passed over: " << line << '\n';
  if (!options.quiet)
    for (const std::string& line : input.notes) std::cerr << line << '\n';
  if (shape.size() == 3 && (shape[0] == 1 || shape[0] == 3)) {
    if (options.out.empty() && options.output.empty())
      throw UsageError("--out is missing: name the folder for the maps");
    write_maps(*detector, input, options);
  } else {
    if (!table.form || table.form->usual.empty())
      throw std::runtime_error(
          "the model in " + engine::in_quotes(options.model) +
          " does not say what is usual in its columns: it was not trained on a table, or by an earlier "
          "version; train it again");
    const std::string csv = changes_csv(*detector, input, *table.form, options.top);
    if (!options.out.empty()) {
      make_folder(options.out, "--out");
      engine::write_file_atomically(fs::path(options.out) / "columns.csv", csv);
    } else if (options.output.empty()) {
      std::cout << csv << std::flush;
    } else {
      engine::write_file_atomically(options.output, csv);
    }
  }
  if (!input.damaged.empty())
    throw std::runtime_error(counted(static_cast<int64_t>(input.damaged.size()), "damaged image") + " in " +
                             engine::in_quotes(options.input) +
                             (input.damaged.size() == 1 ? " was" : " were") +
                             " passed over; all others are explained");
}

}  // namespace tools
