#include "tools/commands/data.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <stdexcept>

#include "datasets/catalog.h"
#include "datasets/fetch.h"
#include "datasets/idx.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/system/process.h"
#include "svdd/recipes/data_traits.h"
#include "tools/commands/counted.h"
#include "tools/commands/known_data.h"
#include "tools/report/svg_chart.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

constexpr size_t name_columns = 16, most_classes = 50;  // more are not listed one by one

std::string in_column(const std::string& text, size_t columns) {
  return text + std::string(columns - std::min(columns, text.size()), ' ');
}

std::string place_of(const datasets::KnownDataset& known, const std::string& data_dir) {
  return known.built_in() ? "built in" : find_data(known.name, data_dir).string();
}

// "3", or "3 (cat)".
std::string class_text(const datasets::Dataset& data, size_t k) {
  const std::string number = std::to_string(k);
  return data.class_names[k] == number ? number : number + " (" + engine::shown(data.class_names[k]) + ')';
}

void print_half(const char* name, const datasets::Dataset& data, const datasets::Split& half) {
  std::cout << in_column(name, name_columns) << counted(half.count(), "sample");
  if (half.count() > 0 && data.class_names.size() <= most_classes) {
    std::cout << "; by class:";
    for (const int64_t count : half.class_counts(data.classes())) std::cout << ' ' << count;
  }
  std::cout << '\n';
}

}  // namespace

void run_data_list(const std::string& data_dir) {
  if (!data_dir.empty() && !engine::is_folder(data_dir))
    throw std::runtime_error("the data folder " + engine::in_quotes(data_dir) +
                             " (--data-dir) is not there or no folder");
  for (const datasets::KnownDataset& known : datasets::known_datasets()) {
    std::string place;
    try {
      place = place_of(known, data_dir);
    } catch (const std::runtime_error&) {
      place = "not found: " + (known.urls.empty() ? known.how_to_get + " into a folder " + known.name
                                                  : "svdd data fetch " + known.name);
    }
    std::cout << in_column(known.name, name_columns) << known.description << '\n'
              << in_column("", name_columns) << place << '\n';
  }
}

void run_data_info(const std::string& name_or_path, const datasets::LoadOptions& how) {
  const datasets::KnownDataset* known = datasets::known_dataset(name_or_path);
  const std::string own = datasets::find_own(name_or_path, how.data_dir).value_or(name_or_path).string(),
                    place = known ? place_of(*known, how.data_dir.string()) : own;
  const datasets::Dataset data = load_data(name_or_path, how);
  std::cout << in_column("name", name_columns) << data.name << '\n';
  if (known) std::cout << in_column("description", name_columns) << known->description << '\n';
  std::cout << in_column("found in", name_columns) << place << '\n'
            << in_column("sample", name_columns) << datasets::shape_text(data.train.shape) << '\n';
  if (const svdd::recipes::DataTraits traits = svdd::recipes::traits_of(own); traits.survey.looked_at > 0)
    std::cout << in_column("", name_columns) << "trained on at "
              << datasets::shape_text(svdd::recipes::image_shape_of(traits))
              << ", where --image-size says nothing else\n";
  std::cout << in_column("classes", name_columns);
  const size_t listed = std::min(data.class_names.size(), most_classes);
  for (size_t k = 0; k < listed; ++k) std::cout << (k > 0 ? ", " : "") << class_text(data, k);
  if (listed < data.class_names.size()) std::cout << ", ... " << data.class_names.size() << " in all";
  std::cout << '\n' << in_column("normal", name_columns);
  for (size_t i = 0; i < data.default_normal.size(); ++i)
    std::cout << (i > 0 ? ", " : "") << class_text(data, static_cast<size_t>(data.default_normal[i]));
  std::cout << (data.default_normal.empty()
                    ? "none by itself: name the normal class or classes with --normal\n"
                    : ", where --normal names no other\n");
  if (!known && !data.guess.sentence.empty())
    std::cout << in_column("", name_columns) << data.guess.sentence << '\n';
  if (!data.guess.unclear.empty()) std::cout << in_column("", name_columns) << data.guess.unclear << '\n';
  print_half("training", data, data.train);
  print_half("test", data, data.test);
  if (data.test_was_held_out)
    std::cout << in_column("", name_columns) << "held out of the whole; --test-fraction X says how much\n";
  for (size_t i = 0; i < data.notes.size(); ++i)
    std::cout << in_column(i == 0 ? "notes" : "", name_columns) << data.notes[i] << '\n';
}

void run_data_fetch(const std::string& name, const std::string& data_dir, const std::string& mirror) {
  const datasets::KnownDataset* known = nullptr;
  try {
    known = &datasets::require_known(name);
    if (known->built_in())
      throw UsageError("the data set " + name + " is built in: there is nothing to fetch");
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
  const std::filesystem::path folder = datasets::fetch_folder(name, data_dir);
  datasets::FetchOptions options;
  options.mirror = mirror;
  // A person who waits sees it before; else the first line of a failure is what failed.
  const bool waits = engine::system::is_terminal(engine::system::standard_error);
  options.on_download = [waits](const datasets::OfficialFile& file, const std::string& url) {
    if (waits)
      std::cerr << "fetching " << url << " (" << fixed_text(static_cast<double>(file.size) / 1e6, 1)
                << " MB)\n";
  };
  const datasets::Fetched fetched = datasets::fetch(*known, folder, options);
  std::cout << name << ": " << counted(fetched.downloaded, "file") << " fetched, " << fetched.already_there
            << " were there; checked against the published SHA-256, in " << folder.string() << '\n';
}

void run_data_export(const std::string& name_or_path, const std::string& output,
                     const datasets::LoadOptions& how) {
  if (output.empty()) throw UsageError("--output is missing: the folder for the four IDX files");
  std::error_code error;
  if (std::filesystem::exists(output, error) && !std::filesystem::is_directory(output, error))
    throw std::runtime_error("--output " + engine::in_quotes(output) +
                             " is a file; name a folder that is new or empty");
  if (std::filesystem::exists(output, error) && !std::filesystem::is_empty(output, error))
    throw std::runtime_error("--output " + engine::in_quotes(output) +
                             " is there and not empty; name a folder that is new or empty");
  const datasets::Dataset data = load_data(name_or_path, how);
  if (data.train.bytes.empty() || data.test.bytes.empty())
    throw std::runtime_error(
        data.name + (data.train.bytes.empty() ? " holds no images of bytes" : " has no test images") +
        "; IDX files hold grey images of bytes, for training and for testing, as the known sets and IDX "
        "folders do");
  datasets::write_idx_folder(output, data);
  std::cout << output << ": " << counted(data.train.count(), "training image") << " and "
            << counted(data.test.count(), "test image") << " as IDX files\n";
}

}  // namespace tools
