// A folder for what is of use for a moment only.
#pragma once
#include <filesystem>
#include <string>

namespace engine {

// Made among the system's temporary files, under `name` and a suffix of its own, for this user alone; removed with all
// that is in it. std::runtime_error where it cannot be made.
class PassingFolder {
 public:
  explicit PassingFolder(const std::string& name);
  ~PassingFolder();
  PassingFolder(const PassingFolder&) = delete;
  PassingFolder& operator=(const PassingFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace engine
