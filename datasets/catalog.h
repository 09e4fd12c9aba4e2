// The data sets known by name: what they are, which files they consist of, where those may lie, and how they
// are read.
//
// One more known set is one more entry of the table in catalog.cc.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"

namespace datasets {

struct OfficialFile {  // as its authors publish it
  std::string name;
  uint64_t size;  // bytes
  std::string md5, sha256;
};

struct KnownDataset {
  std::string name;  // "mnist", as on the command line
  std::string description;
  std::vector<int64_t> shape;  // of one sample
  std::vector<std::string> class_names;
  std::vector<OfficialFile> files;  // none: the set is built in
  std::vector<std::string>
      urls;  // of the folder with the files, each without a closing slash; first tried first
  std::filesystem::path torchvision_folder;  // where torchvision leaves the files, below its root

  bool built_in() const { return files.empty(); }
};

// In the order in which they are listed for users.
const std::vector<KnownDataset>& known_datasets();

// Null where no set has this name.
const KnownDataset* known_dataset(std::string_view name);

// Throws std::invalid_argument for an unknown name, suggesting the nearest known one.
const KnownDataset& require_known(std::string_view name);

// The data folders in the order in which they are searched: `data_dir` (the --data-dir option; empty: none
// given), $SVDD_DATA, ./data, and the user's cache, $XDG_CACHE_HOME/svdd or ~/.cache/svdd.
std::vector<std::filesystem::path> data_folders(const std::filesystem::path& data_dir = {});

// The folder into which a set is fetched: NAME below `data_dir`, else below $SVDD_DATA, else below the user's
// cache.
std::filesystem::path fetch_folder(std::string_view name, const std::filesystem::path& data_dir = {});

// The folder that holds the files of a known set: in the first of the data folders that has them, as
// DIR/NAME, as torchvision lays them out (DIR/MNIST/raw), or DIR itself, unless that bears the name of
// another known set. Throws std::invalid_argument for an unknown name or a built-in set, std::runtime_error
// when `data_dir` is no folder, or when the files are nowhere: the message lists the places and the command
// that fetches them.
std::filesystem::path find(std::string_view name, const std::filesystem::path& data_dir = {});

// A known set, or a folder of IDX files. Throws as find and load_idx_folder do; where the files are not of
// the shape or the number of classes that the name stands for; and std::invalid_argument when there is
// neither such a name nor such a folder.
Dataset load(const std::string& name_or_path, const std::filesystem::path& data_dir = {});

}  // namespace datasets
