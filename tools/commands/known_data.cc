#include "tools/commands/known_data.h"

#include <optional>
#include <stdexcept>

#include "datasets/csv.h"
#include "engine/files/in_quotes.h"

namespace tools {
namespace {

void require_folder(const std::filesystem::path& data_dir) {
  std::error_code error;
  if (!data_dir.empty() && !std::filesystem::is_directory(data_dir, error))
    throw std::runtime_error("--data-dir: the data folder " + engine::in_quotes(data_dir) +
                             " is not there or no folder");
}

// As a person types it.
std::string quoted_for_shell(const std::string& word) {
  const bool plain =
      word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
      std::string::npos;
  return plain ? word : '"' + word + '"';
}

// Whose rows are read, and so what can be said of them on the command line.
enum class Rows { to_train, of_model, to_cluster };

template <class Search>
auto in_words_of_the_command(Rows rows, const Search& search) {
  try {
    return search();
  } catch (const datasets::NotFound& error) {
    if (!error.can_be_fetched) throw;
    throw std::runtime_error(std::string(error.what()) + ": svdd data fetch " + error.name +
                             ", or --data-dir DIR");
  } catch (const datasets::TextColumn& error) {
    const std::string name = quoted_for_shell(error.column),
                      numbers = error.complaint + "; columns must hold numbers";
    if (rows == Rows::of_model || (rows == Rows::to_cluster && !error.like_classes)) throw;
    if (rows == Rows::to_cluster)
      throw std::runtime_error(numbers + ": if this one holds the classes, --label-column " + name +
                               " says so; else take it out of the table");
    throw std::runtime_error(
        numbers + (error.like_classes
                       ? ": if this one holds the classes, --label-column " + name +
                             " says so; --label-column none makes a feature of each of its words; --drop " +
                             name + " leaves it out"
                       : ", and this one holds text or times: --drop " + name + " leaves it out"));
  } catch (const datasets::MissingValue& error) {
    if (rows == Rows::to_cluster) throw;
    throw datasets::BadRow(
        std::string(error.what()) + (rows == Rows::to_train
                                         ? ", or let --missing median or --missing drop do so for all"
                                         : " (a model of svdd train --missing median fills such values in)"),
        error.line);
  }
}

// A hint for each column that looks like a running number, and how to leave it out.
void say_running_numbers(const std::vector<std::string>& columns, bool are_named, Rows rows,
                         std::vector<std::string>& notes) {
  for (const std::string& column : columns)
    notes.push_back(
        (are_named ? "" : "column ") + (are_named ? engine::in_quotes(column) : column) +
        " looks like a running number, which tells nothing of a row, and new rows will have other "
        "numbers: " +
        (rows == Rows::to_train ? "--drop " + quoted_for_shell(column) + " leaves it out"
                                : std::string("take it out of the table")));
}

Rows rows_for(const std::optional<datasets::TableForm>& form, Rows without) {
  return form ? Rows::of_model : without;
}

}  // namespace

datasets::Dataset load_data(const std::string& name_or_path, const datasets::LoadOptions& options) {
  const datasets::KnownDataset* known = datasets::known_dataset(name_or_path);
  if (known && !known->built_in()) require_folder(options.data_dir);
  datasets::Dataset data = in_words_of_the_command(rows_for(options.form, Rows::to_train),
                                                   [&] { return datasets::load(name_or_path, options); });
  say_running_numbers(data.running_numbers, data.table && !data.table->features.empty(), Rows::to_train,
                      data.notes);
  return data;
}

datasets::Table read_table(const std::filesystem::path& path, const datasets::TableOptions& options) {
  datasets::Table table = in_words_of_the_command(rows_for(options.form, Rows::to_cluster),
                                                  [&] { return datasets::read_table(path, options); });
  say_running_numbers(table.running_numbers, !table.features.empty(), Rows::to_cluster, table.notes);
  return table;
}

std::filesystem::path find_data(const std::string& name, const std::filesystem::path& data_dir) {
  require_folder(data_dir);
  return in_words_of_the_command(Rows::to_train, [&] { return datasets::find(name, data_dir); });
}

}  // namespace tools
