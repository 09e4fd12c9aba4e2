// What lies under a path, asked without the surprises of std::filesystem: a name that is too long, a folder that may not
// be searched or a circle of links is neither "there" nor "not there", and is said in one line.
#pragma once
#include <filesystem>

namespace engine {

// Links are followed. False where nothing is there, a link to nothing included. std::runtime_error names the path and
// the system's reason where that cannot be told.
bool file_exists(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

// Whether both name the same file or folder, through whatever links, hard ones too; false where either is not there.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);
// Whether `path`, which need not exist, is `folder` or lies anywhere below it.
bool lies_below(const std::filesystem::path& path, const std::filesystem::path& folder);

// The path from the root on; as it is where the working folder is gone.
std::filesystem::path absolute_path(const std::filesystem::path& path);

}  // namespace engine
