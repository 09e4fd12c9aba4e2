// The folder that a run writes: held against other processes, found fit before anything is computed, and never left
// with less than it held: an earlier run is put aside until the new one is finished, and comes back where that fails with
// nothing to go on from.
//
// What stands in a run's folder at any moment, whenever the program may be killed:
//   .putting-aside  the earlier run's files on their way out, or back: they belong back in their places
//   .earlier-run    the whole earlier run, while the new one is not finished
//   .replaced-run   the earlier run, of no more use
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/files/folder_lock.h"

namespace tools {

inline constexpr const char* checkpoint_name =
    "checkpoint.safetensors";  // in the folder of an unfinished run

// Where the earlier run lies in its own folder, while the new one is not finished: a run's folder in itself.
inline constexpr const char* earlier_run_name = ".earlier-run";

// Whether a run may write a file of this name ("scores.csv", "model/model.json").
bool is_run_file(std::string_view name);
// All of them, config.json included.
std::vector<std::string> run_file_names();

// The folder of the run or of the model that a file of this path belongs to, by its name and by what lies beside it, whether
// it is there yet or not; empty where it belongs to none.
std::filesystem::path run_of_file(const std::filesystem::path& path);

// Brings a run's folder to rest after a process was killed in it: files half put aside come back, temporary files go.
// Nothing where there is no folder. std::runtime_error where another process is writing there.
void settle_run_folder(const std::filesystem::path& folder);

class RunOutput {
 public:
  // Makes the folder where it is missing, and holds it. Throws std::runtime_error when that cannot be done, when another
  // process holds it, when a file that a run writes cannot be written there, and when it holds files but is no
  // folder of an earlier run (one whose config.json or results.json `svdd train` wrote): those are not ours to replace.
  explicit RunOutput(std::filesystem::path path);
  // Without keep(), and without a checkpoint in the folder: removes what the run wrote, brings back the earlier run, and
  // removes the folders that were made. With a checkpoint both stay, the earlier run aside.
  ~RunOutput();
  RunOutput(const RunOutput&) = delete;
  RunOutput& operator=(const RunOutput&) = delete;

  // Puts the earlier run aside and writes config.json. Files that no run writes stay.
  void begin(std::string_view config);

  // In the place of begin, for a run that goes on from a checkpoint: writes config.json, and leaves the rest.
  void go_on(std::string_view config);

  // From here on what is in the folder is worth keeping, whatever happens: the earlier run goes.
  void keep();

  std::filesystem::path file(std::string_view name) const { return path_ / name; }

 private:
  void make();
  void unmake() noexcept;
  void refuse_foreign();
  void refuse_unwritable() const;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  // outermost first
  std::optional<engine::FolderLock> lock_;
  bool begun_ = false, kept_ = false;
};

}  // namespace tools
