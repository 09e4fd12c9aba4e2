#include "tools/run_output.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_text.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

constexpr uint64_t most_json_bytes = uint64_t{1} << 24;

// results.json goes first: whatever stops the removal, no results stand beside another run's files.
// config.json is not among them: it tells what the folder is, and is replaced in one step.
constexpr std::array<const char*, 12> run_files = {
    "results.json",        checkpoint_name, "report.html",    "scores.csv",  "history.csv",  "map.csv",
    "representations.npz", "spheres.csv",   "validation.csv", "normals.png", "outliers.png", "log.txt"};

// Whether the file holds a JSON object with all these keys.
bool holds_keys(const fs::path& path, std::initializer_list<const char*> keys) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  nlohmann::json object;
  try {
    object = nlohmann::json::parse(engine::read_json_text(path, most_json_bytes), nullptr, false);
  } catch (const std::runtime_error&) {
    return false;  // unreadable: not known to be ours
  }
  if (!object.is_object()) return false;
  for (const char* key : keys)
    if (!object.contains(key)) return false;
  return true;
}

void clear_away(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) throw std::runtime_error("cannot replace " + in_quotes(path) + ": " + error.message());
}

}  // namespace

RunOutput::RunOutput(fs::path path) : path_(std::move(path)) {
  try {
    make();
    refuse_foreign();
    const engine::AtomicFile trial(path_ /
                                   "config.json");  // opened, and gone again: files can be written here
  } catch (...) {
    unmake();
    throw;
  }
}

RunOutput::~RunOutput() {
  if (kept_) return;
  if (begun_ && was_empty_) try {
      clear();
      clear_away(path_ / "config.json");
      std::error_code ignored;
      fs::remove(path_ / "model", ignored);
    } catch (const std::exception&) {
      return;  // the failure that led here is the one to tell
    }
  unmake();
}

void RunOutput::unmake() noexcept {
  // Only those that are empty: remove() fails for others.
  for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) {
    std::error_code ignored;
    fs::remove(*folder, ignored);
  }
}

void RunOutput::make() {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path folder = fs::absolute(path_).lexically_normal(); !fs::exists(folder, error);
       folder = folder.parent_path()) {
    if (error || folder == folder.parent_path()) break;
    if (folder.has_filename()) missing.push_back(folder);
  }
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
    fs::create_directory(*folder, error);
    if (error)
      throw std::runtime_error("the results cannot go to " + in_quotes(path_) + ": cannot make " +
                               in_quotes(*folder) + ": " + error.message());
    made_.push_back(*folder);
  }
  if (!fs::is_directory(path_, error))
    throw std::runtime_error("the results cannot go to " + in_quotes(path_) +
                             ": it is not a folder that can be made or used");
}

void RunOutput::refuse_foreign() {
  std::error_code error;
  was_empty_ = fs::is_empty(path_, error);
  if (error) throw std::runtime_error("cannot read the folder " + in_quotes(path_) + ": " + error.message());
  if (was_empty_ || holds_keys(path_ / "results.json", {"method", "scores_sha256"}) ||
      holds_keys(path_ / "config.json", {"method", "data", "seed"}))
    return;
  throw std::runtime_error(
      "the folder " + in_quotes(path_) +
      " holds files but no earlier run, so nothing is written there: name a new or empty one");
}

// All but config.json.
void RunOutput::clear() {
  for (const char* name : run_files) clear_away(path_ / name);
  std::error_code error;
  std::vector<fs::path> of_model;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_ / "model", error))
    if (const fs::path ending = entry.path().extension(); ending == ".safetensors" || ending == ".json")
      of_model.push_back(entry.path());
  for (const fs::path& path : of_model) clear_away(path);
}

void RunOutput::begin(std::string_view config) {
  begun_ = true;
  clear();
  go_on(config);
}

void RunOutput::go_on(std::string_view config) {
  engine::write_file_atomically(path_ / "config.json", config);
}

}  // namespace tools
