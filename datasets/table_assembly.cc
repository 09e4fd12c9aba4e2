#include "datasets/table_assembly.h"

#include <utility>

#include "engine/files/in_quotes.h"

namespace datasets {

using engine::in_quotes;

void TableValues::add(WideNumber number) {
  values_.push_back(number.value);
  if (number.rest != 0 && rest_.empty()) rest_.resize(values_.size() - 1);
  if (number.rest != 0 || !rest_.empty()) rest_.push_back(number.rest);
}

void TableValues::assign_to(Split& rows, bool keep) {
  if (keep || may_blur(values_, rest_, rows.size(), rows.labels)) {
    rows.wide = std::move(values_);
    rows.wide_rest = std::move(rest_);
  } else {
    rows.values.assign(values_.begin(), values_.end());
    std::vector<double>().swap(values_);
  }
}

void assign_classes(Table& table, TableClasses classes) {
  table.rows.labels = std::move(classes.of_rows);
  table.form.labels = std::move(classes.labels);
  table.class_names = table.form.class_names = std::move(classes.names);
  table.default_normal = std::move(classes.default_normal);
  table.guess = std::move(classes.guess);
  table.known_to_form = classes.known_to_form;
  table.notes.insert(table.notes.end(), classes.notes.begin(), classes.notes.end());
  table.labelled = true;
}

void assign_unlabelled(Table& table, int64_t rows) {
  table.class_names = {"normal", "anomaly"};
  table.default_normal = {0};
  table.rows.labels.assign(static_cast<size_t>(rows), 0);
}

std::string table_description(const Table& table, const std::filesystem::path& path,
                              const std::string& header) {
  std::string text = in_quotes(path) + ": " + header + "label: ";
  if (table.labelled) {
    text += !table.form.label.empty() ? in_quotes(table.form.label)
                                      : "column " + std::to_string(table.form.label_number);
    text += ", " + class_counts_text(table.class_names,
                                     table.rows.class_counts(static_cast<int64_t>(table.class_names.size())),
                                     table.form.labels);
  } else {
    text += "none";
  }
  const int64_t columns = table.rows.size();
  text += "; " + std::to_string(columns) + (columns == 1 ? " feature" : " features");
  return table.features.empty() ? text : text + ": " + in_quotes(table.features);
}

}  // namespace datasets
