#include "tools/run/run_output.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

// results.json goes first: whatever stops what is done with them, no results stand beside another run's files.
// config.json goes last: it tells what the folder is.
constexpr std::array<const char*, 18> run_files = {"results.json",
                                                   "trace.csv",
                                                   "report.html",
                                                   "scores.csv",
                                                   "history.csv",
                                                   "map.csv",
                                                   "representations.npz",
                                                   "spheres.csv",
                                                   "validation.csv",
                                                   "normals.png",
                                                   "outliers.png",
                                                   "missed.png",
                                                   "explained.png",
                                                   "log.txt",
                                                   checkpoint_name,
                                                   "model/model.json",
                                                   "model/weights.safetensors",
                                                   "config.json"};

constexpr const char *putting_aside = ".putting-aside", *earlier_run = earlier_run_name,
                     *replaced_run = ".replaced-run";

bool there(const fs::path& path) {  // a link to nothing, too
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found && !error;
}

// Whether the file holds a JSON object with all these keys.
bool holds_keys(const fs::path& path, std::initializer_list<const char*> keys) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  try {
    const nlohmann::json object = engine::read_json_object(path);
    return std::all_of(keys.begin(), keys.end(), [&](const char* key) { return object.contains(key); });
  } catch (const std::runtime_error&) {
    return false;  // unreadable: not known to be ours
  }
}

// A config.json that a power cut left without its bytes, or one of ours that was cut off.
bool is_damaged_config(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  try {
    const std::string text = engine::read_file(path, uint64_t{1} << 20);
    constexpr std::string_view beginning = "{\n  \"data\": ";
    const bool ours =
        text.size() < beginning.size() ? beginning.starts_with(text) : text.starts_with(beginning);
    if (!ours && text.find_first_not_of('\0') != std::string::npos) return false;
    return !holds_keys(path, {"method"});
  } catch (const std::runtime_error&) {
    return false;
  }
}

// ---- putting aside and bringing back

// Moves one file, which need not be there.
void move_file(const fs::path& from, const fs::path& to) {
  if (!there(from)) return;
  std::error_code error;
  fs::rename(from, to, error);
  if (error) throw std::runtime_error("cannot replace " + in_quotes(from) + ": " + error.message());
}

// From .putting-aside back to where they were. What stands there now is left from a run that had nothing to keep.
void bring_back(const fs::path& folder) {
  const fs::path aside = folder / putting_aside;
  std::error_code ignored;
  if (!there(aside)) return;
  fs::create_directory(folder / "model", ignored);
  for (auto name = run_files.rbegin(); name != run_files.rend(); ++name)
    move_file(aside / *name, folder / *name);
  for (const fs::path& empty : {folder / "model", aside / "model", aside}) fs::remove(empty, ignored);
}

void put_aside(const fs::path& folder) {
  if (std::none_of(run_files.begin(), run_files.end(),
                   [&](const char* name) { return there(folder / name); }))
    return;
  const fs::path aside = folder / putting_aside;
  std::error_code error;
  fs::create_directories(aside / "model", error);
  if (error) throw std::runtime_error("cannot write in " + in_quotes(folder) + ": " + error.message());
  try {
    for (const char* name : run_files) move_file(folder / name, aside / name);
    fs::rename(aside, folder / earlier_run, error);
    if (error)
      throw std::runtime_error("cannot replace the run in " + in_quotes(folder) + ": " + error.message());
    std::error_code not_empty;
    fs::remove(folder / "model", not_empty);  // where it held nothing else
  } catch (...) {
    bring_back(folder);
    throw;
  }
}

// The files that a run writes, where they are there; the folder model where it is empty then.
void remove_run_files(const fs::path& folder) noexcept {
  std::error_code ignored;
  for (const char* name : run_files) fs::remove(folder / name, ignored);
  fs::remove(folder / "model", ignored);
}

void remove_replaced(const fs::path& folder) noexcept {
  remove_run_files(folder / replaced_run);
  std::error_code ignored;
  fs::remove(folder / replaced_run, ignored);
}

// The earlier run is of no more use.
void let_go(const fs::path& folder) noexcept {
  std::error_code error;
  if (there(folder / earlier_run)) {
    remove_replaced(folder);
    fs::rename(folder / earlier_run, folder / replaced_run, error);
  }
  if (there(folder / replaced_run)) remove_replaced(folder);
}

// The earlier run comes back, and what the new one wrote goes.
void restore(const fs::path& folder) {
  if (!there(folder / earlier_run)) return;
  remove_run_files(folder);
  std::error_code error;
  fs::rename(folder / earlier_run, folder / putting_aside, error);
  if (error)
    throw std::runtime_error("cannot bring back the run in " + in_quotes(folder) + ": " + error.message());
  bring_back(folder);
}

void remove_partials(const fs::path& folder) {
  engine::remove_partial_files(folder, [](const std::string& name) { return is_run_file(name); });
  engine::remove_partial_files(folder / "model",
                               [](const std::string& name) { return is_run_file("model/" + name); });
}

// With the folder held.
void settle(const fs::path& folder) {
  bring_back(folder);
  if (there(folder / replaced_run)) remove_replaced(folder);
  if (there(folder / earlier_run)) {
    if (there(folder / "results.json"))
      let_go(folder);
    else if (!there(folder / "config.json"))
      restore(folder);  // the new run had not begun
  }
  remove_partials(folder);
}

bool is_ours_by_name(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const auto partial = engine::name_of_partial(name);
    if (!is_run_file(partial ? *partial : name) && name != "model" && name != earlier_run &&
        name != putting_aside && name != replaced_run)
      return false;
  }
  return !error;
}

// Nothing but temporary files of ours.
bool is_as_good_as_empty(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto partial = engine::name_of_partial(entry->path().filename().string());
    if (!partial || !is_run_file(*partial)) return false;
  }
  if (error) throw std::runtime_error("cannot read the folder " + in_quotes(folder) + ": " + error.message());
  return true;
}

bool holds_run(const fs::path& folder) {
  return there(folder / earlier_run) || there(folder / putting_aside) ||
         holds_keys(folder / "results.json", {"method", "scores_sha256"}) ||
         holds_keys(folder / "config.json", {"method", "data", "seed"}) ||
         (is_damaged_config(folder / "config.json") && is_ours_by_name(folder));
}

bool is_run_folder(const fs::path& folder) { return is_as_good_as_empty(folder) || holds_run(folder); }

}  // namespace

bool is_run_file(std::string_view name) {
  return std::find(run_files.begin(), run_files.end(), name) != run_files.end();
}

std::vector<std::string> run_file_names() { return {run_files.begin(), run_files.end()}; }

fs::path run_of_file(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(engine::absolute_path(path), error);
  if (error) real = engine::absolute_path(path).lexically_normal();
  const fs::path folder = real.parent_path();
  const std::string name = real.filename().string();
  if (is_run_file(name) && holds_run(folder)) return folder;
  if (name != "model.json" && name != "weights.safetensors") return {};
  if (holds_keys(folder / "model.json", {"method", "format"})) return folder;
  const bool in_model = folder.filename() == "model";
  return in_model && holds_run(folder.parent_path()) ? folder.parent_path() : fs::path();
}

void settle_run_folder(const fs::path& folder) {
  if (!engine::is_folder(folder) || !is_run_folder(folder)) return;
  const engine::FolderLock lock(folder);
  settle(folder);
}

RunOutput::RunOutput(fs::path path) : path_(std::move(path)) {
  try {
    // Between the two, another process whose run failed may take away the folder that it made.
    constexpr int tries = 10;
    for (int i = 0; i < tries && (i == 0 || !lock_->holds(path_)); ++i) {
      lock_.reset();
      make();
      lock_.emplace(path_);
    }
    refuse_foreign();
    settle(path_);
    refuse_unwritable();
  } catch (...) {
    unmake();
    throw;
  }
}

RunOutput::~RunOutput() {
  if (kept_) return;
  if (begun_ && there(path_ / checkpoint_name)) return;  // there is something to go on from
  if (begun_) try {
      there(path_ / earlier_run) ? restore(path_) : remove_run_files(path_);
    } catch (const std::exception&) {
      return;  // the failure that led here is the one to tell
    }
  unmake();
}

void RunOutput::unmake() noexcept {
  if (!lock_) return;  // another process has it
  // Only those that are empty: remove() fails for others.
  for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) {
    std::error_code ignored;
    fs::remove(*folder, ignored);
  }
}

void RunOutput::make() {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path folder = engine::absolute_path(path_).lexically_normal(); !engine::file_exists(folder);
       folder = folder.parent_path()) {
    if (folder == folder.parent_path()) break;
    if (folder.has_filename()) missing.push_back(folder);
  }
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
    const bool made = fs::create_directory(*folder, error);  // false where another process was faster
    std::error_code no_link;
    if (const fs::path to = fs::read_symlink(*folder, no_link); error && !no_link)
      throw std::runtime_error("the results cannot go to " + in_quotes(path_) + ": " + in_quotes(*folder) +
                               " is a link to " + in_quotes(to) + ", which is not there");
    if (error)
      throw std::runtime_error("the results cannot go to " + in_quotes(path_) + ": cannot make " +
                               in_quotes(*folder) + ": " + error.message());
    if (made) made_.push_back(*folder);
  }
  if (!engine::is_folder(path_))
    throw std::runtime_error("the results cannot go to " + in_quotes(path_) +
                             ": it is not a folder that can be made or used");
}

void RunOutput::refuse_foreign() {
  if (is_run_folder(path_)) return;
  throw std::runtime_error(
      "the folder " + in_quotes(path_) +
      " holds files but no earlier run, so nothing is written there: name a new or empty one");
}

// Hours before they are written: what would stand in the way.
void RunOutput::refuse_unwritable() const {
  const engine::AtomicFile trial(path_ / "config.json", engine::Durability::rebuildable);  // and gone again
  for (const char* name : run_files)
    if (const fs::path path = path_ / name; there(path) && engine::is_folder(path))
      throw std::runtime_error("cannot replace " + in_quotes(path) +
                               ": it is a folder, and a run writes a file there");
  if (there(path_ / "model")) {
    if (!engine::is_folder(path_ / "model"))
      throw std::runtime_error("cannot replace " + in_quotes(path_ / "model") +
                               ": it is no folder, and a run writes its model there");
    const engine::AtomicFile of_model(path_ / "model" / "model.json", engine::Durability::rebuildable);
  }
}

void RunOutput::begin(std::string_view config) {
  if (there(path_ / earlier_run))
    remove_run_files(path_);  // of a run that was cut short before it had anything to keep
  else
    put_aside(path_);
  begun_ = true;
  engine::write_file_atomically(path_ / "config.json", config);
}

void RunOutput::go_on(std::string_view config) {
  begun_ = true;
  engine::write_file_atomically(path_ / "config.json", config);
}

void RunOutput::keep() {
  kept_ = true;
  let_go(path_);
}

}  // namespace tools
