// The data sets known by name: what they are, which files they consist of, where those may lie, and how they
// are read; and all that can be read by its path.
//
// One more known set is one more entry of the table in known_datasets.cc.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/load_options.h"

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
  std::vector<OfficialFile> files;  // to be fetched; none: the set is built in, or published in no such form
  std::vector<std::string>
      urls;  // of the folder with the files, each without a closing slash; first tried first
  std::vector<std::filesystem::path> places;  // below a data folder, tried in this order; "." is that folder;
                                              // none: the set is built in
  std::vector<std::string> entries;  // files (or the same with .gz) or folders, any of which shows that the
                                     // set lies in a folder
  std::function<Dataset(const std::filesystem::path& folder, const LoadOptions&)> read;
  std::optional<OfficialFile> archive = {};  // a .tar.gz at `urls` in which the files come, where they do
  std::string how_to_get = {};               // for a set without addresses

  bool built_in() const { return places.empty(); }
  bool is_table() const { return shape.size() == 1; }
};

// In the order in which they are listed for users.
const std::vector<KnownDataset>& known_datasets();

// Null where no set has this name.
const KnownDataset* known_dataset(std::string_view name);

// Throws std::invalid_argument for an unknown name, suggesting the nearest known one.
const KnownDataset& require_known(std::string_view name);

// The data folders in the order in which they are searched: `data_dir` (empty: none given), $SVDD_DATA, ./data, and the user's cache, $XDG_CACHE_HOME/svdd or ~/.cache/svdd.
std::vector<std::filesystem::path> data_folders(const std::filesystem::path& data_dir = {});

// The folder into which a set is fetched: NAME below `data_dir`, else below $SVDD_DATA, else below the user's
// cache.
std::filesystem::path fetch_folder(std::string_view name, const std::filesystem::path& data_dir = {});

// Whether one of the entries of a known set lies in `folder`.
bool lies_in(const KnownDataset& known, const std::filesystem::path& folder);

// The files of a known set are nowhere. What fetch.h could do about it, the caller may say in words of its own.
struct NotFound : std::runtime_error {
  NotFound(const std::string& message, std::string set, bool fetchable)
      : std::runtime_error(message), name(std::move(set)), can_be_fetched(fetchable) {}
  std::string name;  // of the set
  bool can_be_fetched;
};

// The folder that holds the files of a known set: the first of its places in the first of the data folders
// that has them. A data folder that bears the name of another set of the same files does not pass for this
// one. Throws std::invalid_argument for an unknown name or a built-in set, std::runtime_error when `data_dir`
// is no folder, NotFound when the files are nowhere: the message lists the places and says how to get the files.
std::filesystem::path find(std::string_view name, const std::filesystem::path& data_dir = {});

// Data of one's own that lie in a data folder: where a name leads that is neither a known set's nor a path that is there. The
// file or folder of that name, or the file NAME.csv, .csv.gz, .tsv, .npz or .npy, in the first of the data folders that has one.
// Nothing for any other name: there is none, or it is a known one, is there, is absolute, or begins with a dot.
std::optional<std::filesystem::path> find_own(const std::string& name,
                                              const std::filesystem::path& data_dir = {});

// A known set; or, by its path, a folder of IDX files, of EMNIST's or KMNIST's, of CIFAR-10 batches, of GTSRB, of MobiFall,
// of images (defect_folder.h), an archive of images (image_archive.h), or a table (table.h). Throws as find and the readers do; where the files are not of
// the shape or the number of classes that the name stands for; and std::invalid_argument when there is
// neither such a name nor such a file or folder, also not in the data folders (find_own).
Dataset load(const std::string& name_or_path, const LoadOptions& options);
Dataset load(const std::string& name_or_path, const std::filesystem::path& data_dir = {});

}  // namespace datasets
