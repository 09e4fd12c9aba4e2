#include "tools/data.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <stdexcept>

#include "datasets/catalog.h"
#include "datasets/fetch.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "tools/svg_chart.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

constexpr size_t name_columns = 16;

std::string padded(const std::string& text, size_t columns) {
  return text + std::string(columns - std::min(columns, text.size()), ' ');
}

std::string place_of(const datasets::KnownDataset& known, const std::string& data_dir) {
  return known.built_in() ? "built in" : datasets::find(known.name, data_dir).string();
}

void print_half(const char* name, const datasets::Dataset& data, const datasets::Split& half) {
  std::cout << padded(name, name_columns) << half.count() << " samples; by class:";
  for (const int64_t count : half.class_counts(data.classes())) std::cout << ' ' << count;
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
    std::cout << padded(known.name, name_columns) << known.description << '\n'
              << padded("", name_columns) << place << '\n';
  }
}

void run_data_info(const std::string& name_or_path, const std::string& data_dir) {
  const datasets::KnownDataset* known = datasets::known_dataset(name_or_path);
  if (!known && !engine::file_exists(name_or_path)) {
    try {
      datasets::require_known(name_or_path);
    } catch (const std::invalid_argument& error) {
      throw UsageError(error.what());
    }
  }
  const std::string place = known ? place_of(*known, data_dir) : name_or_path;
  const datasets::Dataset data = datasets::load(name_or_path, data_dir);
  std::cout << padded("name", name_columns) << data.name << '\n';
  if (known) std::cout << padded("description", name_columns) << known->description << '\n';
  std::cout << padded("found in", name_columns) << place << '\n'
            << padded("sample", name_columns) << datasets::shape_text(data.train.shape) << '\n'
            << padded("classes", name_columns);
  for (size_t k = 0; k < data.class_names.size(); ++k)
    std::cout << (k > 0 ? ", " : "") << k
              << (data.class_names[k] == std::to_string(k) ? "" : " (" + data.class_names[k] + ')');
  std::cout << '\n';
  if (!data.default_normal.empty()) {
    std::cout << padded("normal", name_columns);
    for (size_t i = 0; i < data.default_normal.size(); ++i)
      std::cout << (i > 0 ? ", " : "") << data.default_normal[i];
    std::cout << ", where --normal names no other\n";
  }
  print_half("training", data, data.train);
  print_half("test", data, data.test);
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
  options.on_download = [](const datasets::OfficialFile& file, const std::string& url) {
    std::cerr << "fetching " << url << " (" << fixed_text(static_cast<double>(file.size) / 1e6, 1)
              << " MB)\n";
  };
  const datasets::Fetched fetched = datasets::fetch(*known, folder, options);
  std::cout << name << ": " << fetched.downloaded << " files fetched, " << fetched.already_there
            << " were there; checked against the published SHA-256, in " << folder.string() << '\n';
}

}  // namespace tools
