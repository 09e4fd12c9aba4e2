// Tar archives (POSIX ustar), packed by gzip or not: as much as is needed to take a few files out of one.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace datasets {

// Walks through the archive and calls `wanted(name, size)` for each regular file, by its name without
// folders; where that gives a path, the contents are written there. Nothing else is ever written: links,
// devices and names that lead elsewhere have no say in it. Throws std::runtime_error naming the archive when
// it is missing, no tar archive, or damaged, and when a file cannot be written.
void unpack_tar(const std::filesystem::path& archive,
                const std::function<std::filesystem::path(const std::string& name, uint64_t size)>& wanted);

}  // namespace datasets
