#include "tools/commands/import.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "engine/backends/cpu/cpu.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/folder_lock.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"
#include "engine/system/process.h"
#include "svdd/import/import.h"
#include "svdd/methods/deep_svdd.h"
#include "tools/arguments.h"
#include "tools/commands/network.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

// Removes what killed imports to `place` left beside it: folders named as NewModelFolder names them that no process holds, with
// the files of a model. Others stay.
void remove_left_behind(const fs::path& place) {
  std::error_code error;
  const fs::path parent = place.has_parent_path() ? place.parent_path() : fs::path(".");
  std::vector<fs::path> left;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    if (engine::name_of_partial(entry->path().filename().string()) == place.filename().string() &&
        entry->symlink_status(unknown).type() == fs::file_type::directory)
      left.push_back(entry->path());
  }
  for (const fs::path& folder : left) try {
      const engine::FolderLock unheld(folder);
      const auto of_model = [](const std::string& name) {
        return name == "model.json" || name == "weights.safetensors";
      };
      engine::remove_partial_files(folder, of_model);
      for (const char* name : {"model.json", "weights.safetensors"}) fs::remove(folder / name, error);
      fs::remove(folder, error);  // where it held nothing else
    } catch (const std::runtime_error&) {
      // another import is at work there
    }
}

// A model folder that is there whole or not at all: written beside its place, and moved there.
class NewModelFolder {
 public:
  explicit NewModelFolder(fs::path place)
      : place_(std::move(place)),
        beside_(place_.string() + ".partial-" + std::to_string(engine::system::process_number()) + "-0") {
    remove_left_behind(place_);
    std::error_code error;
    fs::create_directories(beside_, error);
    if (error)
      throw std::runtime_error("cannot make the folder " + in_quotes(place_) + ": " + error.message());
    held_.emplace(beside_);
  }
  ~NewModelFolder() {
    std::error_code ignored;
    if (!moved_) fs::remove_all(beside_, ignored);
  }
  NewModelFolder(const NewModelFolder&) = delete;
  NewModelFolder& operator=(const NewModelFolder&) = delete;

  void save(const svdd::Detector& detector) {
    detector.save(beside_);
    std::error_code error;
    fs::rename(beside_, place_, error);
    if (error)
      throw std::runtime_error("cannot make the folder " + in_quotes(place_) + ": " + error.message());
    moved_ = true;
  }

 private:
  fs::path place_, beside_;
  std::optional<engine::FolderLock> held_;
  bool moved_ = false;
};

fs::path new_folder(const std::string& output) {
  fs::path place = fs::path(output).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();  // "models/theirs/"
  std::error_code error;
  if (engine::file_exists(place) && (!engine::is_folder(place) || !fs::is_empty(place, error) || error))
    throw UsageError("--out " + in_quotes(place) + " is there already; name a new folder");
  return place;
}

std::optional<datasets::Preprocessing> preprocessing_asked_for(const ImportCommand& c) {
  if (c.preprocessing.empty() && c.normal)
    throw UsageError("--normal says of which class the constants of --preprocessing mnist or cifar10 are");
  if (c.preprocessing.empty()) return std::nullopt;
  if (c.preprocessing == "none") {
    if (c.normal) throw UsageError("--normal is of no use with --preprocessing none");
    return datasets::Preprocessing{};
  }
  if (c.preprocessing != "mnist" && c.preprocessing != "cifar10")
    throw UsageError("--preprocessing is " + in_quotes(c.preprocessing) +
                     "; expected mnist, cifar10 or none");
  if (!c.normal)
    throw UsageError("--preprocessing " + c.preprocessing +
                     " takes the constants of the normal class: name it with --normal, 0 to 9");
  if (*c.normal < 0 || *c.normal > 9)
    throw UsageError("--normal is " + std::to_string(*c.normal) + "; the classes of " + c.preprocessing +
                     " are 0 to 9");
  return svdd::authors_preprocessing(c.preprocessing, *c.normal);
}

// What the file does not say must be said; what it says, need not.
void require_what_the_file_does_not_say(const ImportCommand& c) {
  if (c.network.empty() && !svdd::is_self_describing(c.file))
    throw UsageError(
        "--network is missing: " + in_quotes(c.file) +
        " does not say of which network it is; name one, such as mnist_LeNet, a text or its file");
  if (!c.network.empty() && c.preprocessing.empty())
    throw UsageError(
        "--preprocessing is missing: mnist or cifar10 with --normal CLASS, as the authors' loaders have it, "
        "or none");
  if (!c.network.empty()) return;
  for (const auto& [option, given] : {std::pair{"--preprocessing", !c.preprocessing.empty()},
                                      {"--objective", !c.objective.empty()},
                                      {"--centre", !c.centre.empty()},
                                      {"--input", !c.input.empty()}})
    if (given)
      throw UsageError(std::string(option) +
                       " is of no use: the file says it itself; with --network it is read as if "
                       "it did not");
}

std::vector<float> centre_in(const std::string& file) {
  if (file.empty()) return {};
  const engine::NdArray array = engine::read_npy(file);
  if (array.size() == 0) throw std::runtime_error("--centre " + in_quotes(file) + " holds no numbers");
  std::vector<float> centre = array.as<float>();
  for (const float v : centre)
    if (!(v - v == 0))
      throw std::runtime_error("--centre " + in_quotes(file) + " holds a number that is not finite");
  return centre;
}

void say_imported(const ImportCommand& c, const fs::path& place, const svdd::Imported& imported) {
  const svdd::Detector& detector = *imported.detector;
  for (const std::string& note : imported.notes) std::cerr << note << '\n';
  if (detector.training_scores().empty())
    std::cerr << "the file holds no scores of training samples: svdd score has no p-values to tell, and "
                 "--false-alarm-rate and --select nothing to go by\n";
  if (detector.threshold() == svdd::Detector::no_threshold)
    std::cerr << "the file holds no threshold: nothing is called anomalous unless --threshold sets one, here "
                 "or in svdd "
                 "score\n";
  std::cerr << in_quotes(place) << ": " << detector.method() << " out of " << in_quotes(c.file);
  if (detector.threshold() != svdd::Detector::no_threshold)
    std::cerr << ", threshold " << engine::number_text(detector.threshold());
  std::cerr << '\n';
}

}  // namespace

void run_import(const ImportCommand& c) {
  if (c.file.empty()) throw UsageError("the file is missing: svdd import FILE --out DIR");
  if (c.output.empty()) throw UsageError("--out is missing: name the folder to write");
  svdd::ImportOptions options;
  options.threshold = c.threshold;
  options.input = input_in(c.input);
  if (!c.network.empty()) options.network = network_in(c.network, "--network");
  options.preprocessing = preprocessing_asked_for(c);
  try {
    if (!c.objective.empty()) options.objective = svdd::objective_names.named(c.objective);
  } catch (const std::invalid_argument&) {
    throw UsageError("--objective is " + in_quotes(c.objective) + "; expected one of " +
                     svdd::objective_names.list() + svdd::objective_names.suggestion(c.objective));
  }
  const fs::path place = new_folder(c.output);
  require_what_the_file_does_not_say(c);
  options.centre = centre_in(c.centre);

  const std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  svdd::Imported imported;
  try {
    imported = svdd::import_model(c.file, options, *backend);
  } catch (const std::invalid_argument& error) {
    const std::string what = error.what();
    throw UsageError(what + (what.ends_with("must be told which") ? ": give --input" : ""));
  }
  NewModelFolder(place).save(*imported.detector);
  if (!c.quiet) say_imported(c, place, imported);
}

}  // namespace tools
