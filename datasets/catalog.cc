#include "datasets/catalog.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <stdexcept>

#include "datasets/edit_distance.h"
#include "datasets/idx.h"
#include "datasets/strokes.h"
#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

std::vector<std::string> digits() { return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; }

std::vector<KnownDataset> make_known_datasets() {
  std::vector<KnownDataset> known;
  known.push_back({"strokes",
                   "digits drawn from pen strokes, built in; 10 000 + 2000",
                   {1, stroke_image_side, stroke_image_side},
                   digits(),
                   {},
                   {},
                   {}});
  known.push_back({"mnist",
                   "handwritten digits (LeCun, Cortes, Burges); 60 000 + 10 000",
                   {1, 28, 28},
                   digits(),
                   {{"train-images-idx3-ubyte.gz", 9912422, "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                     "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
                    {"train-labels-idx1-ubyte.gz", 28881, "d53e105ee54ea40749a09fcbcd1e9432",
                     "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
                    {"t10k-images-idx3-ubyte.gz", 1648877, "9fb629c4189551a2d022fa330f9573f3",
                     "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
                    {"t10k-labels-idx1-ubyte.gz", 4542, "ec29112dd5afa0611ce80d1b7f02629c",
                     "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}},
                   {"https://ossci-datasets.s3.amazonaws.com/mnist",
                    "https://storage.googleapis.com/cvdf-datasets/mnist"},
                   "MNIST/raw"});
  known.push_back({"fashion-mnist",
                   "pictures of clothes (Xiao, Rasul, Vollgraf 2017); 60 000 + 10 000",
                   {1, 28, 28},
                   {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
                    "Bag", "Ankle boot"},
                   {{"train-images-idx3-ubyte.gz", 26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                     "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
                    {"train-labels-idx1-ubyte.gz", 29515, "25c81989df183df01b3e8a0aad5dffbe",
                     "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
                    {"t10k-images-idx3-ubyte.gz", 4422102, "bef4ecab320f06d8554ea6380940ec79",
                     "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
                    {"t10k-labels-idx1-ubyte.gz", 5148, "bb300cfdad3c16e7a12a480ee83cd310",
                     "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}},
                   {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"},
                   "FashionMNIST/raw"});
  return known;
}

// "did you mean 'mnist'? " where a name is near, and the list of all.
std::string suggestion(std::string_view name) {
  const KnownDataset* nearest = nullptr;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;
  std::string list;
  for (const KnownDataset& known : known_datasets()) {
    const size_t distance = edit_distance(name, known.name);
    if (distance < least) nearest = &known, least = distance;
    list += (list.empty() ? "" : ", ") + known.name;
  }
  return (nearest ? "did you mean " + in_quotes(nearest->name) + "? " : "") + "Known names: " + list;
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
  const fs::path normal = fs::absolute(folder).lexically_normal();
  const fs::path whole = normal.has_filename() ? normal : normal.parent_path();  // no slash at the end
  const auto ends_with = [](const fs::path& path, const fs::path& ending) {
    auto part = path.end();
    for (auto expected = ending.end(); expected != ending.begin();)
      if (part == path.begin() || *--part != *--expected) return false;
    return true;
  };
  return std::none_of(known_datasets().begin(), known_datasets().end(), [&](const KnownDataset& other) {
    return other.name != wanted.name && !other.built_in() &&
           (ends_with(whole, other.name) || ends_with(whole, other.torchvision_folder));
  });
}

void check_is(const KnownDataset& known, const Dataset& data, const fs::path& folder) {
  if (data.train.shape != known.shape || data.classes() > static_cast<int64_t>(known.class_names.size()))
    throw std::runtime_error(in_quotes(folder) + " is not " + known.name + ": it holds samples of shape " +
                             shape_text(data.train.shape) + " in " + std::to_string(data.classes()) +
                             " classes, expected " + shape_text(known.shape) + " in " +
                             std::to_string(known.class_names.size()));
}

}  // namespace

const std::vector<KnownDataset>& known_datasets() {
  static const std::vector<KnownDataset> known = make_known_datasets();
  return known;
}

const KnownDataset* known_dataset(std::string_view name) {
  for (const KnownDataset& known : known_datasets())
    if (known.name == name) return &known;
  return nullptr;
}

const KnownDataset& require_known(std::string_view name) {
  const KnownDataset* known = known_dataset(name);
  if (!known)
    throw std::invalid_argument("there is no known data set " + in_quotes(name) + "; " + suggestion(name));
  return *known;
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

fs::path find(std::string_view name, const fs::path& data_dir) {
  const KnownDataset& known = require_known(name);
  if (known.built_in()) throw std::invalid_argument(in_quotes(name) + " is built in: it has no files");
  std::error_code error;
  if (!data_dir.empty() && !fs::is_directory(data_dir, error))
    throw std::runtime_error("the data folder " + in_quotes(data_dir) +
                             " (--data-dir) is not there or no folder");
  std::string looked;
  for (const fs::path& folder : data_folders(data_dir)) {
    if (is_idx_folder(folder / name)) return folder / name;
    if (is_idx_folder(folder / known.torchvision_folder)) return folder / known.torchvision_folder;
    if (is_idx_folder(folder) && may_hold(folder, known)) return folder;
    looked += (looked.empty() ? "" : ", ") + in_quotes(folder);
  }
  throw std::runtime_error("the files of " + known.name + " were not found in " + looked +
                           "; get them with: svdd data fetch " + known.name +
                           " (or name their folder with --data-dir)");
}

Dataset load(const std::string& name_or_path, const fs::path& data_dir) {
  if (name_or_path == "strokes") return load_strokes();
  if (const KnownDataset* known = known_dataset(name_or_path)) {
    const fs::path folder = find(name_or_path, data_dir);
    Dataset data = load_idx_folder(folder);
    check_is(*known, data, folder);
    data.name = known->name;
    data.class_names = known->class_names;
    return data;
  }
  std::error_code error;
  const fs::file_status status = fs::status(name_or_path, error);
  if (fs::is_directory(status)) {
    if (is_idx_folder(name_or_path)) return load_idx_folder(name_or_path);
    throw std::invalid_argument("the folder " + in_quotes(name_or_path) +
                                " holds no data set: expected IDX files named " + idx_file_names()[0] +
                                " and so on, plain or .gz");
  }
  if (fs::exists(status))
    throw std::invalid_argument(in_quotes(name_or_path) +
                                " is a file: expected a folder of IDX files, or one of the known names");
  throw std::invalid_argument(in_quotes(name_or_path) + " is neither a known data set nor a folder; " +
                              suggestion(name_or_path));
}

}  // namespace datasets
