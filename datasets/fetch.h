// Downloads the official files of a known data set, with curl or wget, and lets nothing pass that is not
// them.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "datasets/catalog.h"

namespace datasets {

struct FetchOptions {
  // Where to download from in place of the official addresses: the files of a set are at
  // MIRROR/<name>/<file>. Any address that curl understands, file:///some/folder included. Empty:
  // $SVDD_MIRROR, and without that the official ones.
  std::string mirror;
  // Called before each file is downloaded, for progress; may be empty.
  std::function<void(const OfficialFile&, const std::string& url)> on_download;
};

struct Fetched {
  int downloaded = 0, already_there = 0;  // files
};

// Afterwards every file of `known` lies in `folder` (made where it is missing) with the size and SHA-256 that
// its authors publish; where they publish an archive, it is downloaded, checked, unpacked and removed. Files
// that are there and right are left alone, wrong ones replaced. A file appears under its name only when it
// has been checked, or comes from an archive that has; whatever fails leaves no partial file. Throws
// std::invalid_argument for a set that is built in or has no address (with how to get it), or an address that
// is none, std::runtime_error when the folder cannot be made or written, neither curl nor wget is installed,
// the download fails (with the program's own last words), or a size or checksum differs.
Fetched fetch(const KnownDataset& known, const std::filesystem::path& folder,
              const FetchOptions& options = {});

}  // namespace datasets
