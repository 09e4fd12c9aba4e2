#include "tools/commands/network.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "datasets/csv.h"
#include "datasets/samples.h"
#include "engine/backends/cpu/cpu.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "svdd/methods/deep_detector.h"
#include "svdd/methods/deep_options.h"
#include "svdd/networks/idle_taps.h"
#include "svdd/networks/network_text.h"
#include "svdd/networks/networks.h"
#include "svdd/networks/theory.h"
#include "tools/arguments.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using engine::PlannedLayer;

constexpr uint64_t most_text_bytes = uint64_t{1} << 20;

std::vector<std::string> names() {
  std::vector<std::string> list;
  for (const svdd::NetworkInfo& info : svdd::networks()) list.push_back(info.name);
  return list;
}

// The file's name without its ending, as a network's name; empty where it is none.
std::string name_after(const fs::path& file) {
  const std::string stem = file.stem().string();
  const bool is_word =
      !stem.empty() && stem.find_first_of(" \t\"\\#,:") == std::string::npos && engine::is_utf8(stem);
  return is_word ? stem : "";
}

// ---- the table

// 1234567 as "1 234 567".
std::string in_thousands(int64_t value) {
  std::string digits = std::to_string(value);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
  return digits;
}

std::string in_bytes(double bytes) {
  constexpr double k = 1000;  // as train and score count
  const char* unit = "B";
  for (const char* larger : {"kB", "MB", "GB", "TB"}) {
    if (bytes < k) break;
    bytes /= k;
    unit = larger;
  }
  std::string digits(32, '\0');
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), bytes,
                                          std::chars_format::fixed, bytes < 10 && *unit != 'B' ? 1 : 0);
  return std::string(digits.data(), end) + " " + unit;
}

int64_t numbers(const std::vector<int64_t>& shape) { return datasets::sample_size(shape); }

// Whether a layer's output takes memory of its own: not what only rearranges, nor what is computed with the next layer.
bool holds_numbers(const PlannedLayer& p) {
  return !p.fused && p.layer.kind != engine::LayerKind::flatten && p.layer.kind != engine::LayerKind::reshape;
}

struct Row {
  std::string layer, words, shape, parameters, multiply_adds, memory;
};

class Table {
 public:
  explicit Table(int64_t batch) : batch_(static_cast<double>(batch)) {
    rows_.push_back({"layer", "operation", "output", "parameters", "multiply-adds", "a batch"});
  }

  void add_half(const std::string& title, const std::vector<PlannedLayer>& layers) {
    rows_.push_back({title, "", "", "", "", ""});
    for (const PlannedLayer& p : layers) {
      const double bytes = batch_ * static_cast<double>(numbers(p.output)) * sizeof(float);
      rows_.push_back({"  " + p.layer.name, engine::words_of(p.layer), datasets::shape_text(p.output),
                       p.parameters ? in_thousands(p.parameters) : "",
                       p.multiply_adds ? in_thousands(p.multiply_adds) : "",
                       holds_numbers(p) ? in_bytes(bytes) : ""});
    }
  }

  std::string text() const {
    Row widest{};
    const auto widen = [](std::string& wide, const std::string& cell) {
      if (cell.size() > wide.size()) wide = cell;
    };
    for (const Row& r : rows_) {
      widen(widest.layer, r.layer), widen(widest.words, r.words), widen(widest.shape, r.shape);
      widen(widest.parameters, r.parameters), widen(widest.multiply_adds, r.multiply_adds);
      widen(widest.memory, r.memory);
    }
    std::string table;
    for (const Row& r : rows_) {
      std::string line = left(r.layer, widest.layer) + "  " + left(r.words, widest.words) + "  " +
                         right(r.shape, widest.shape) + "  " + right(r.parameters, widest.parameters) + "  " +
                         right(r.multiply_adds, widest.multiply_adds) + "  " + right(r.memory, widest.memory);
      line.resize(line.find_last_not_of(' ') + 1);
      table += line + "\n";
    }
    return table;
  }

 private:
  static std::string left(std::string cell, const std::string& widest) {
    cell.resize(std::max(cell.size(), widest.size()), ' ');
    return cell;
  }
  static std::string right(const std::string& cell, const std::string& widest) {
    return std::string(widest.size() - std::min(widest.size(), cell.size()), ' ') + cell;
  }

  double batch_;
  std::vector<Row> rows_;
};

struct Totals {
  int64_t parameters = 0, multiply_adds = 0, outputs = 0;

  explicit Totals(const std::vector<PlannedLayer>& layers) {
    for (const PlannedLayer& p : layers) {
      parameters += p.parameters, multiply_adds += p.multiply_adds;
      if (holds_numbers(p)) outputs += numbers(p.output);
    }
  }
};

std::string totals_text(const svdd::NetworkPlan& plan, int64_t batch) {
  const Totals encoder(plan.encoder), decoder(plan.decoder);
  const auto bytes = [&](int64_t outputs) {
    return in_bytes(static_cast<double>(outputs) * static_cast<double>(batch) * sizeof(float));
  };
  std::string text = "encoder: " + in_thousands(encoder.parameters) + " parameters, " +
                     in_thousands(encoder.multiply_adds) + " multiply-adds a sample\n";
  if (!plan.decoder.empty())
    text += "decoder: " + in_thousands(decoder.parameters) + " parameters, " +
            in_thousands(decoder.multiply_adds) + " multiply-adds a sample\n";
  text +=
      "a batch of " + std::to_string(batch) + ": outputs of " + bytes(encoder.outputs) + " in the encoder" +
      (plan.decoder.empty() ? "" : ", " + bytes(encoder.outputs + decoder.outputs) + " with the decoder") +
      "; training holds as much again for their "
      "gradients\n";
  return text;
}

std::string list_of_networks() {
  std::string text;
  for (const svdd::NetworkInfo& info : svdd::networks()) {
    const bool any = info.input.empty();
    const svdd::NetworkPlan plan =
        svdd::plan_network(info.name, {.input = any ? std::vector<int64_t>{8} : std::vector<int64_t>{}});
    std::string line = info.name;
    line.resize(24, ' ');
    line += any ? "any" : datasets::shape_text(info.input);
    line.resize(34, ' ');
    line += "to " + std::to_string(plan.rep_dim);
    if (!any) {
      line.resize(42, ' ');
      line += in_thousands(Totals(plan.encoder).parameters) + " parameters";
    }
    text += line + "\n";
  }
  return text + "svdd network NAME shows one; svdd network NAME --text its file\n";
}

svdd::NetworkPlan plan_of_model(const NetworkCommand& c) {
  if (!c.input.empty() || c.rep_dim != 0 || !c.widths.empty())
    throw UsageError("--input, --rep-dim and --widths are for names, files and texts; a model has its sizes");
  const svdd::ModelFolder model = svdd::read_model_folder(svdd::model_folder_of(c.network));
  if (!model.description.contains("network"))
    throw UsageError("the method " + svdd::field<std::string>(model, "method") + " has no network");
  const svdd::DeepOptions o = svdd::saved_options(model);
  return svdd::plan_network(o.network, {.input = o.input,
                                        .rep_dim = o.rep_dim,
                                        .widths = o.widths,
                                        .affine_batch_norm = o.recipe == svdd::Recipe::theano,
                                        .bias_terms = o.bias_terms});
}

svdd::NetworkPlan plan_of(const NetworkCommand& c) {
  std::error_code error;
  if (fs::is_directory(c.network, error)) return plan_of_model(c);
  const std::string network = network_in(c.network, "the network");
  try {
    const std::vector<int64_t> input = input_in(c.input);
    svdd::NetworkPlan plan =
        svdd::plan_network(network, {.input = input, .rep_dim = c.rep_dim, .widths = c.widths});
    svdd::require_consistent(network, input);
    return plan;
  } catch (const std::invalid_argument& problem) {
    const std::string what = problem.what();
    throw UsageError(what + (what.ends_with("must be told which") ? ": give --input" : ""));
  }
}

void refuse_against_theory(const svdd::NetworkPlan& plan, bool allowed) {
  const std::vector<std::string> objections = svdd::theory_objections(plan);
  if (objections.empty()) return;
  if (!allowed && !plan.allow_bias)
    throw UsageError(plan.name + ", " + objections[0] + "; take it out, or say --allow-bias");
  for (const std::string& objection : objections) std::cerr << "note: " << objection << "\n";
}

// Whether a statement of the text is its name, be it the one that nameless networks have.
bool names_itself(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream statements(line.substr(0, line.find('#')));
    for (std::string statement; std::getline(statements, statement, ',');) {
      std::istringstream words(statement);
      if (std::string first; words >> first && first == "network") return true;
    }
  }
  return false;
}

}  // namespace

std::vector<int64_t> input_in(const std::string& text) {
  if (text.empty()) return {};
  const auto shape = engine::extents_in(text);
  if (!shape || (shape->size() != 1 && shape->size() != 3))
    throw UsageError("--input is " + engine::in_quotes(text) +
                     "; expected CxHxW of images such as 3x64x64, or the number of columns of a table");
  return *shape;
}

std::string network_in(const std::string& given, const std::string& where) {
  const std::vector<std::string> known = names();
  const std::string word = datasets::trimmed_name(given);
  if (std::find(known.begin(), known.end(), word) != known.end()) return word;
  std::string text = word;
  std::error_code error;
  const bool is_file =
      word.find('\n') == std::string::npos && fs::exists(word, error) && !fs::is_directory(word, error);
  if (is_file) {
    text = engine::read_file(word, most_text_bytes);
    if (!engine::is_utf8(text))
      throw UsageError(where + ": " + engine::in_quotes(word) + " is no text in UTF-8");
    // As it will be read again, out of config.json; a byte order mark goes with the spaces around it.
    text = datasets::trimmed_name(text);
  } else if (fs::is_directory(word, error)) {
    throw UsageError(where + " is the folder " + engine::in_quotes(word) +
                     "; of a run or model the command 'svdd network " + word +
                     " --text' writes the text, which can be kept in a file and named here");
  } else if (!svdd::is_network_text(word)) {
    const bool looks_like_a_file = word.find_first_of("./") != std::string::npos;
    throw UsageError(
        where + " is " + engine::in_quotes(word, engine::longest_value) +
        (looks_like_a_file ? ", and there is no such file" : "") +
        "; expected a file, a text such as \"conv 16 5x5, batch_norm, leaky_relu, max_pool, dense 32\", "
        "or one of " +
        svdd::network_names() + did_you_mean(word, known));
  }
  try {
    if (!svdd::is_network_text(text)) text += "\n";  // of one word
    const svdd::NetworkInfo info = svdd::parse_network(text).info;
    svdd::require_consistent(text);
    const std::string name = is_file ? name_after(word) : "";
    if (info.name == svdd::NetworkInfo{}.name && !name.empty() && !names_itself(text))
      text = "network " + name + ", " + text;  // on its line: all keep their numbers
  } catch (const std::invalid_argument& problem) {
    throw UsageError(where + (is_file ? ", " + engine::in_quotes(word) : "") + ": " + problem.what());
  }
  return text;
}

void run_network(const NetworkCommand& c) {
  if (c.network.empty()) {
    std::cout << list_of_networks();
    return;
  }
  if (c.batch_size < 1) throw UsageError("--batch-size must be at least 1");
  const std::vector<std::string> published = names();
  const bool as_it_is = c.input.empty() && c.rep_dim == 0 && c.widths.empty();
  if (c.text && as_it_is && std::find(published.begin(), published.end(), c.network) != published.end()) {
    std::cout << svdd::published_text(c.network);
    return;
  }
  svdd::NetworkPlan plan = plan_of(c);
  std::error_code error;
  if (!fs::is_directory(c.network, error))
    refuse_against_theory(plan, c.allow_bias);                         // a model has been trained
  if (!svdd::theory_objections(plan).empty()) plan.allow_bias = true;  // so that its text is taken, too
  for (const std::string& idle : svdd::idle_taps(plan)) std::cerr << "note: " << idle << "\n";
  if (const std::string why = svdd::why_untrainable(plan, *engine::make_cpu_backend({.threads = 1}));
      !why.empty())
    std::cerr << "note: " << why << " (--device reference)\n";
  if (c.text) {
    std::cout << svdd::text_of(plan);
    return;
  }
  Table table(c.batch_size);
  table.add_half("encoder", plan.encoder);
  if (!plan.decoder.empty()) table.add_half("decoder", plan.decoder);
  std::cout << plan.name << ": " << datasets::shape_text(plan.input) << " to " << plan.rep_dim << "\n\n"
            << table.text() << "\n"
            << totals_text(plan, c.batch_size);
  if (!plan.no_decoder.empty()) std::cout << "no decoder: " << plan.no_decoder << "\n";
}

}  // namespace tools
