// The folder that a run writes: found fit for it before anything is computed, never left with results that
// are not the run's own, and gone again where the run fails before it has anything to keep.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

inline constexpr const char* checkpoint_name =
    "checkpoint.safetensors";  // in the folder of an unfinished run

class RunOutput {
 public:
  // Makes the folder where it is missing. Throws std::runtime_error when that cannot be done, when it cannot
  // be written to, and when it holds files but is no folder of an earlier run (one whose config.json or
  // results.json `svdd train` wrote): those files are not ours to replace.
  explicit RunOutput(std::filesystem::path path);
  // Without keep(): removes the run's files from a folder that was missing or empty before, and the folders
  // that it made. Files of an earlier run do not come back, so such a folder stays.
  ~RunOutput();
  RunOutput(const RunOutput&) = delete;
  RunOutput& operator=(const RunOutput&) = delete;

  // Removes what an earlier run left, results.json first, and writes config.json. Files that no run writes
  // stay.
  void begin(std::string_view config);

  // In the place of begin, for a run that goes on from a checkpoint: writes config.json, and leaves the rest.
  void go_on(std::string_view config);

  // From here on what is in the folder is worth keeping, whatever happens.
  void keep() { kept_ = true; }

  std::filesystem::path file(std::string_view name) const { return path_ / name; }

 private:
  void make();
  void unmake() noexcept;
  void clear();
  void refuse_foreign();

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  // outermost first
  bool was_empty_ = false, begun_ = false, kept_ = false;
};

}  // namespace tools
