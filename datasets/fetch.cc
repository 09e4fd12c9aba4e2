#include "datasets/fetch.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "datasets/download.h"
#include "datasets/tar.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/sha256.h"
#include "engine/system/process.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

// Of the whole file; of what can be read, where not all can.
std::string sha256_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  engine::Sha256 hash;
  std::array<char, 1 << 16> block;
  while (file.read(block.data(), block.size()), file.gcount() > 0)
    hash.update(block.data(), static_cast<size_t>(file.gcount()));
  return hash.hex();
}

bool is_right(const OfficialFile& file, const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == file.size &&
         sha256_of(path) == file.sha256;
}

void require_right(const OfficialFile& file, const fs::path& path, const std::string& url) {
  std::error_code error;
  const uint64_t size = fs::file_size(path, error);
  if (error) throw std::runtime_error("cannot read " + in_quotes(path) + ": " + error.message());
  if (size != file.size)
    throw std::runtime_error(in_quotes(url) + " gave " + std::to_string(size) + " bytes, expected " +
                             std::to_string(file.size) + ": it is not the official " + file.name);
  const std::string found = sha256_of(path);
  if (found != file.sha256)
    throw std::runtime_error(in_quotes(url) + " is not the official " + file.name + ": its SHA-256 is " +
                             found + ", expected " + file.sha256);
}

// Removes the partial file, however the download ends; once it has been renamed there is nothing to remove.
struct PartialFile {
  fs::path path;
  ~PartialFile() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

void fetch_file(const OfficialFile& file, const std::string& url, const fs::path& final_path) {
  fs::path partial_path = final_path;
  partial_path +=
      ".part-" +
      std::to_string(engine::system::process_number());  // two fetches at a time do not write into one file
  const PartialFile partial{partial_path};
  download(url, partial.path, file.size);
  require_right(file, partial.path, url);
  std::error_code error;
  fs::rename(partial.path, final_path, error);
  if (error) throw std::runtime_error("cannot write " + in_quotes(final_path) + ": " + error.message());
}

std::vector<std::string> addresses(const KnownDataset& known, std::string mirror) {
  if (mirror.empty())
    if (const char* environment = std::getenv("SVDD_MIRROR")) mirror = environment;
  if (mirror.empty()) return known.urls;
  while (mirror.back() == '/' && mirror.size() > 1) mirror.pop_back();
  return {mirror + "/" + known.name};
}

// The first of the addresses that gives the right file.
void fetch_from(const std::vector<std::string>& bases, const OfficialFile& file, const fs::path& final_path,
                const FetchOptions& options) {
  for (size_t i = 0; i < bases.size(); ++i) {
    const std::string url = bases[i] + "/" + file.name;
    if (options.on_download) options.on_download(file, url);
    try {
      return fetch_file(file, url, final_path);
    } catch (const std::runtime_error&) {
      if (i + 1 == bases.size()) throw;
    }
  }
}

// Downloads the archive, takes those of the set's files out of it that are missing, and removes it.
void fetch_archive(const std::vector<std::string>& bases, const KnownDataset& known, const fs::path& folder,
                   const FetchOptions& options) {
  const PartialFile archive{folder / known.archive->name};
  fetch_from(bases, *known.archive, archive.path, options);
  unpack_tar(archive.path, [&](const std::string& name, uint64_t) {
    for (const OfficialFile& file : known.files)
      if (file.name == name && !is_right(file, folder / name)) return folder / name;
    return fs::path();
  });
  for (const OfficialFile& file : known.files)
    if (!is_right(file, folder / file.name))
      throw std::runtime_error("the archive " + known.archive->name + " did not give the official " +
                               file.name);
}

}  // namespace

namespace {

// A folder and those above it, made where they are missing; what of them holds nothing in the end goes again.
class MadeFolders {
 public:
  explicit MadeFolders(const fs::path& folder) {
    fs::path missing = engine::absolute_path(folder).lexically_normal();
    for (std::error_code error; !fs::exists(missing, error) && missing.has_relative_path();
         missing = missing.parent_path())
      made_.push_back(missing);
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
      throw std::runtime_error("cannot make the folder " + in_quotes(folder) + ": " + error.message());
  }
  ~MadeFolders() {
    std::error_code ignored;
    for (const fs::path& folder : made_) fs::remove(folder, ignored);  // only where it is empty
  }
  MadeFolders(const MadeFolders&) = delete;
  MadeFolders& operator=(const MadeFolders&) = delete;

 private:
  std::vector<fs::path> made_;  // innermost first
};

}  // namespace

Fetched fetch(const KnownDataset& known, const fs::path& folder, const FetchOptions& options) {
  if (known.built_in())
    throw std::invalid_argument(in_quotes(known.name) + " is built in: there is nothing to fetch");
  if (known.urls.empty())
    throw std::invalid_argument(known.name + " cannot be fetched by this command: " + known.how_to_get +
                                " into " + in_quotes(folder));
  const std::vector<std::string> bases = addresses(known, options.mirror);
  const MadeFolders made(folder);
  Fetched fetched;
  std::vector<OfficialFile> missing;
  for (const OfficialFile& file : known.files)
    if (is_right(file, folder / file.name))
      ++fetched.already_there;
    else
      missing.push_back(file);
  if (known.archive && !missing.empty())
    fetch_archive(bases, known, folder, options);
  else
    for (const OfficialFile& file : missing) fetch_from(bases, file, folder / file.name, options);
  fetched.downloaded = static_cast<int>(missing.size());
  return fetched;
}

}  // namespace datasets
