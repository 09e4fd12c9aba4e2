#include "datasets/catalog.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "datasets/cifar10.h"
#include "datasets/defect_folder.h"
#include "datasets/file_kind.h"
#include "datasets/idx.h"
#include "datasets/image_archive.h"
#include "datasets/image_folder.h"
#include "datasets/table.h"
#include "engine/did_you_mean.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

// The nearest of some names to one that is not there; empty where none is near.
class Nearest {
 public:
  explicit Nearest(std::string_view name) : name_(name), least_(engine::longest_slip(name.size()) + 1) {}
  void offer(const std::string& candidate, const std::string& in_words) {
    const size_t distance = engine::edit_distance(name_, candidate);
    if (distance > 0 && distance < least_) found_ = in_words, least_ = distance;
  }
  const std::string& found() const { return found_; }

 private:
  std::string name_, found_;
  size_t least_;
};

std::string known_names() {
  std::string list;
  for (const KnownDataset& known : known_datasets()) list += (list.empty() ? "" : ", ") + known.name;
  return list;
}

void offer_known(Nearest& nearest) {
  for (const KnownDataset& known : known_datasets()) nearest.offer(known.name, known.name);
}

// "did you mean 'mnist'? " where a name is near, and the list of all.
std::string suggestion(const Nearest& nearest) {
  return (nearest.found().empty() ? "k" : "did you mean " + in_quotes(nearest.found()) + "? K") +
         "nown names: " + known_names();
}

// An absolute path, or one that begins with a dot, says itself where it leads from.
bool may_lie_in_data_folder(const fs::path& path) {
  return !path.empty() && path.is_relative() && !path.native().starts_with('.');
}

// What is said of a path at which nothing is. What looks like a path is meant for one.
std::string nothing_there(const std::string& path, const fs::path& data_dir) {
  const bool is_word = path.find_first_of("./") == std::string::npos;
  const fs::path given(path), folder = given.parent_path();
  Nearest nearest(is_word ? path : given.filename().string());
  if (is_word) offer_known(nearest);
  const auto offer_entries = [&](const fs::path& looked_in, const fs::path& shown_in) {
    constexpr int most = 10000;  // entries; in a larger folder the likeliest is not looked for
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator entry(looked_in, error), end; !error && entry != end && entries.size() < most;
         entry.increment(error))
      entries.push_back(entry->path().filename());
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) nearest.offer(entry.string(), (shown_in / entry).string());
  };
  offer_entries(folder.empty() ? "." : folder, folder);
  std::string looked_in;
  if (may_lie_in_data_folder(given))
    for (const fs::path& data : data_folders(data_dir)) {
      offer_entries(data / folder, folder);
      looked_in += (looked_in.empty() ? "" : ", ") + in_quotes(data);
    }
  if (is_word)
    return "there is no known data set " + in_quotes(path) +
           ", nor a file or folder of that name here or in " + looked_in + "; " + suggestion(nearest);
  return "there is no file or folder " + in_quotes(path) +
         (looked_in.empty() ? "" : " here or in " + looked_in) +
         (nearest.found().empty() ? "" : "; did you mean " + in_quotes(nearest.found()) + "?");
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Empty where the user has no home.
fs::path cache_folder() {
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "svdd";
  if (const std::string home = environment("HOME"); !home.empty()) return fs::path(home) / ".cache" / "svdd";
  return {};
}

// Whether files lying in `folder` itself may be those of `wanted`: MNIST and Fashion-MNIST have the same file
// names, so a folder that bears the name of the one must not pass for the other.
bool may_hold(const fs::path& folder, const KnownDataset& wanted) {
  const fs::path normal = engine::absolute_path(folder).lexically_normal();
  const fs::path whole = normal.has_filename() ? normal : normal.parent_path();  // no slash at the end
  const auto is_place = [&](const fs::path& place) {
    auto part = whole.end();
    for (auto expected = place.end(); expected != place.begin();)
      if (part == whole.begin() || *--part != *--expected) return false;
    return place != ".";
  };
  return std::none_of(known_datasets().begin(), known_datasets().end(), [&](const KnownDataset& other) {
    return other.name != wanted.name && other.entries == wanted.entries &&
           std::any_of(other.places.begin(), other.places.end(), is_place);
  });
}

// Numbers give way to the names that they stand for.
void name_classes(const KnownDataset& known, Dataset& data) {
  for (size_t k = 0; k < known.class_names.size(); ++k)
    if (k >= data.class_names.size())
      data.class_names.push_back(known.class_names[k]);
    else if (data.class_names[k] == std::to_string(k))
      data.class_names[k] = known.class_names[k];
}

// An entry that is there but packed by xz, as collections keep large files; empty where there is none.
fs::path packed_entry(const KnownDataset& known, const std::vector<fs::path>& folders) {
  std::error_code error;
  for (const fs::path& folder : folders)
    for (const fs::path& place : known.places)
      for (const std::string& entry : known.entries)
        if (fs::path packed = folder / place / (entry + ".xz"); fs::is_regular_file(packed, error))
          return packed;
  return {};
}

NotFound not_found(const KnownDataset& known, const std::string& looked_in, const fs::path& data_dir) {
  const std::string what = "the files of " + known.name + " were not found in " + looked_in + "; ";
  if (const fs::path packed = packed_entry(known, data_folders(data_dir)); !packed.empty())
    return {what + in_quotes(packed) + " and its like are packed: unpack them with xz -dk", known.name,
            false};
  if (known.urls.empty())
    return {what + known.how_to_get + " into " + in_quotes(fetch_folder(known.name, data_dir)), known.name,
            false};
  return {what + "fetch them, or name the folder that holds them", known.name, true};
}

void check_is(const KnownDataset& known, const Dataset& data, const fs::path& folder) {
  if (data.train.shape != known.shape || data.classes() > static_cast<int64_t>(known.class_names.size()))
    throw std::runtime_error(in_quotes(folder) + " is not " + known.name + ": it holds samples of shape " +
                             shape_text(data.train.shape) + " in " + std::to_string(data.classes()) +
                             " classes, expected " + shape_text(known.shape) + " in " +
                             std::to_string(known.class_names.size()));
}

// The names of the tables in a folder, sorted; of the first many entries.
std::vector<std::string> tables_in(const fs::path& folder) {
  constexpr int most = 10000;
  std::vector<std::string> tables;
  std::error_code error;
  int seen = 0;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && seen++ < most;
       entry.increment(error))
    if (std::error_code unseen; entry->is_regular_file(unseen) && is_table_file(entry->path()))
      tables.push_back(entry->path().filename().string());
  std::sort(tables.begin(), tables.end());
  return tables;
}

// A folder in one of the forms that are read, told by what lies in it.
Dataset load_folder(const fs::path& folder, const LoadOptions& options) {
  std::error_code unreadable;
  if (fs::directory_iterator(folder, unreadable); unreadable)
    throw std::runtime_error("cannot read the folder " + in_quotes(folder) + ": " + unreadable.message());
  for (const KnownDataset& known : known_datasets())
    if (!known.is_table() && lies_in(known, folder)) return known.read(folder, options);
  if (is_emnist(folder)) return load_emnist(folder);
  if (is_kmnist_folder(folder)) return load_kmnist_folder(folder, options);
  if (is_defect_folder(folder)) return load_defect_folder(folder, options);
  if (holds_images(folder)) return load_image_folder(folder, options);
  if (const std::vector<std::string> tables = tables_in(folder); !tables.empty())
    throw std::invalid_argument("the folder " + in_quotes(folder) + " holds " +
                                (tables.size() == 1 ? "a table" : std::to_string(tables.size()) + " tables") +
                                ": name " + (tables.size() == 1 ? "it" : "one of them") + ", such as " +
                                in_quotes(folder / tables.front()));
  throw std::invalid_argument("the folder " + in_quotes(folder) +
                              " holds no data set: expected IDX files named " + idx_file_names()[0] +
                              " and so on, plain or .gz, CIFAR-10's " + cifar10_file_names()[0] +
                              " and so on, images in train/good, test/good and test/<defect>, or images");
}

}  // namespace

const KnownDataset* known_dataset(std::string_view name) {
  for (const KnownDataset& known : known_datasets())
    if (known.name == name) return &known;
  return nullptr;
}

const KnownDataset& require_known(std::string_view name) {
  const KnownDataset* known = known_dataset(name);
  if (known) return *known;
  Nearest nearest(name);
  offer_known(nearest);
  throw std::invalid_argument("there is no known data set " + in_quotes(name) + "; " + suggestion(nearest));
}

std::vector<fs::path> data_folders(const fs::path& data_dir) {
  std::vector<fs::path> folders;
  if (!data_dir.empty()) folders.push_back(data_dir);
  if (const std::string folder = environment("SVDD_DATA"); !folder.empty()) folders.emplace_back(folder);
  folders.emplace_back("data");
  if (const fs::path cache = cache_folder(); !cache.empty()) folders.push_back(cache);
  return folders;
}

fs::path fetch_folder(std::string_view name, const fs::path& data_dir) {
  fs::path folder = data_dir;
  if (folder.empty()) folder = environment("SVDD_DATA");
  if (folder.empty()) folder = cache_folder();
  if (folder.empty()) folder = "data";
  return folder / name;
}

bool lies_in(const KnownDataset& known, const fs::path& folder) {
  std::error_code error;
  return std::any_of(known.entries.begin(), known.entries.end(), [&](const std::string& entry) {
    return fs::exists(folder / entry, error) || fs::is_regular_file(folder / (entry + ".gz"), error);
  });
}

fs::path find(std::string_view name, const fs::path& data_dir) {
  const KnownDataset& known = require_known(name);
  if (known.built_in()) throw std::invalid_argument(in_quotes(name) + " is built in: it has no files");
  std::error_code error;
  if (!data_dir.empty() && !fs::is_directory(data_dir, error))
    throw std::runtime_error("the data folder " + in_quotes(data_dir) + " is not there or no folder");
  std::string looked;
  for (const fs::path& folder : data_folders(data_dir)) {
    for (const fs::path& place : known.places) {
      const bool itself = place == ".";
      const fs::path whole = itself ? folder : folder / place;
      if (lies_in(known, whole) && (!itself || may_hold(folder, known))) return whole;
    }
    looked += (looked.empty() ? "" : ", ") + in_quotes(folder);
  }
  throw not_found(known, looked, data_dir);
}

std::optional<fs::path> find_own(const std::string& name, const fs::path& data_dir) {
  std::error_code error;
  if (!may_lie_in_data_folder(name) || known_dataset(name) || fs::exists(name, error)) return std::nullopt;
  for (const fs::path& folder : data_folders(data_dir)) {
    if (fs::exists(folder / name, error)) return folder / name;
    for (const char* ending : {".csv", ".csv.gz", ".tsv", ".npz", ".npy"})
      if (fs::path file = folder / (name + ending); fs::is_regular_file(file, error)) return file;
  }
  return std::nullopt;
}

Dataset load(const std::string& name_or_path, const LoadOptions& options) {
  const engine::IeeeMode ieee;
  if (const KnownDataset* known = known_dataset(name_or_path)) {
    const fs::path folder = known->built_in() ? fs::path() : find(name_or_path, options.data_dir);
    Dataset data = known->read(folder, options);
    check_is(*known, data, folder);
    data.name = known->name;
    name_classes(*known, data);
    return data;
  }
  std::error_code error;
  const fs::file_status status = fs::status(name_or_path, error);
  if (fs::is_directory(status)) return load_folder(name_or_path, options);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw std::invalid_argument(
        in_quotes(name_or_path) +
        " is a pipe or a device, and data are read more than once: write them to a file");
  refuse_foreign(name_or_path);
  if (fs::is_regular_file(status) && is_emnist(name_or_path)) return load_emnist(name_or_path);
  if (is_image_archive(name_or_path)) return load_image_archive(name_or_path, options);
  if (is_table_file(name_or_path)) return load_table(name_or_path, options);
  if (error && status.type() != fs::file_type::not_found)
    throw std::runtime_error("cannot look at " + in_quotes(name_or_path) + ": " + error.message());
  if (fs::exists(status)) {
    const FileKind kind = file_kind(name_or_path);
    throw std::invalid_argument(in_quotes(name_or_path) + " is a file, " + name_of(kind) +
                                ": expected a folder, a table (.csv or .npz), or one of the known names" +
                                (kind == FileKind::text ? "; a table in text is named .csv" : ""));
  }
  if (const std::optional<fs::path> found = find_own(name_or_path, options.data_dir))
    return load(found->string(), options);
  throw std::invalid_argument(nothing_there(name_or_path, options.data_dir));
}

Dataset load(const std::string& name_or_path, const fs::path& data_dir) {
  LoadOptions options;
  options.data_dir = data_dir;
  return load(name_or_path, options);
}

}  // namespace datasets
