#include "datasets/table_classes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "datasets/csv.h"
#include "datasets/file_kind.h"
#include "datasets/table_columns.h"
#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

using engine::in_quotes;

template <size_t n>
bool is_among(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "normal." as in KDD'99.
std::string plain_word(std::string_view word) {
  std::string plain = in_small_letters(word);
  while (plain.ends_with('.')) plain.pop_back();
  return plain;
}

bool is_yes(std::string_view word) {
  constexpr std::array<std::string_view, 4> words = {"true", "yes", "t", "y"};
  return is_among(words, plain_word(word));
}

bool is_no(std::string_view word) {
  constexpr std::array<std::string_view, 4> words = {"false", "no", "f", "n"};
  return is_among(words, plain_word(word));
}

// 1, 1.0 and " 1" are one number.
std::optional<double> whole_number(std::string_view label) {
  const std::optional<double> value = decimal_number(label);
  return value && *value == std::floor(*value) && std::abs(*value) < 1e15 ? value : std::nullopt;
}

std::string canonical(std::string_view label) {
  const std::optional<double> number = whole_number(label);
  return number ? std::to_string(static_cast<int64_t>(*number)) : std::string(label);
}

using Distinct = std::vector<std::string>;  // canonical labels, each once

// Where all labels are whole numbers from 0 on.
bool by_number(const Distinct& found, const std::string& source, const std::string& name,
               TableClasses& classes) {
  int64_t last = 0;
  for (const std::string& label : found) {
    const std::optional<double> value = whole_number(label);
    if (!value || *value < 0) return false;
    if (*value >= static_cast<double>(TableLabels::most_classes))
      throw std::runtime_error(source + " holds the class " + in_quotes(label) + "; expected 0 to " +
                               std::to_string(TableLabels::most_classes - 1));
    last = std::max(last, static_cast<int64_t>(*value));
  }
  for (int64_t k = 0; k <= std::max<int64_t>(last, 1); ++k) classes.labels.push_back(std::to_string(k));
  classes.names = classes.labels;
  if (last > 1) return true;
  const bool one_is_normal = says_normal(name);
  classes.names = {one_is_normal ? "anomaly" : "normal", one_is_normal ? "normal" : "anomaly"};
  classes.default_normal = {one_is_normal ? 1 : 0};
  classes.guess = {one_is_normal ? "1" : "0",
                   std::string(one_is_normal ? "1" : "0") + (name.empty() ? "" : " in " + in_quotes(name)) +
                       " is taken for normal, " + (one_is_normal ? "0" : "1") + " for anomalous"};
  return true;
}

// Whole numbers, some of them negative.
bool by_signed_number(Distinct found, const std::string& name, TableClasses& classes) {
  for (const std::string& label : found)
    if (!whole_number(label)) return false;
  std::sort(found.begin(), found.end(),
            [](const std::string& a, const std::string& b) { return *whole_number(a) < *whole_number(b); });
  classes.labels = classes.names = found;
  if (found == Distinct{"-1", "1"} && !says_anomalous(name)) {
    classes.default_normal = {1};
    classes.guess = {"1", "of the labels -1 and 1 the 1 is taken for normal, -1 for anomalous"};
  }
  return true;
}

void by_word(Distinct found, const std::string& name, TableClasses& classes) {
  std::sort(found.begin(), found.end());
  const bool answers =
      std::all_of(found.begin(), found.end(), [](const auto& w) { return is_yes(w) || is_no(w); });
  const auto is_normal = [&](const std::string& w) {
    return reads_normal(w) ||
           (says_normal(name) ? is_yes(w) || w == "1" : w == "0" || (says_anomalous(name) && is_no(w)));
  };
  const bool guess = answers || std::any_of(found.begin(), found.end(), reads_normal);
  Distinct normal;
  if (guess) std::copy_if(found.begin(), found.end(), std::back_inserter(normal), is_normal);
  if (normal.size() == 1) {
    const auto at = std::find(found.begin(), found.end(), normal[0]);
    std::rotate(found.begin(), at, at + 1);
    classes.default_normal = {0};
    classes.guess = {found[0], "the class " + in_quotes(found[0]) + " is taken for normal"};
  } else if (normal.size() > 1) {
    classes.guess.unclear = "the classes " + in_quotes(normal) + " all read as normal";
  }
  classes.labels = classes.names = std::move(found);
}

void by_custom(const Distinct& found, const std::string& source, const std::string& name,
               TableClasses& classes) {
  if (!by_number(found, source, name, classes) && !by_signed_number(found, name, classes))
    by_word(found, name, classes);
}

NormalGuess guess_of(const Distinct& found, const std::string& source, const std::string& name) {
  TableClasses alone;
  by_custom(found, source, name, alone);
  return alone.guess;
}

}  // namespace

bool reads_normal(std::string_view word) {
  constexpr std::array<std::string_view, 12> words = {
      "normal", "good",    "ok",      "inlier",  "inliers",       "nominal",
      "benign", "normals", "healthy", "regular", "non-anomalous", "not anomalous"};
  return is_among(words, plain_word(word));
}

void TableLabels::add(std::string_view label) {
  const auto known = numbers_.find(label);
  if (known != numbers_.end()) return rows_.push_back(known->second);
  rows_.push_back(static_cast<int32_t>(numbers_.size()));
  numbers_.emplace(label, rows_.back());
  if (static_cast<int64_t>(numbers_.size()) > most_classes)
    throw std::runtime_error(source_ + " holds more than " + std::to_string(most_classes) +
                             " different values: they look like measurements, not classes");
}

TableClasses TableLabels::classes(const TableForm* form) const {
  std::vector<std::string> of_number(numbers_.size());  // canonical
  for (const auto& [label, number] : numbers_)
    of_number[static_cast<size_t>(number)] = canonical(trimmed_name(label));
  Distinct found = of_number;
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());

  TableClasses classes;
  if (form && !form->labels.empty()) {
    classes.guess = guess_of(found, source_, name_);
    classes.labels = form->labels;
    classes.names = form->class_names;
    classes.known_to_form = std::any_of(found.begin(), found.end(), [&](const std::string& label) {
      return std::find(form->labels.begin(), form->labels.end(), label) != form->labels.end();
    });
    for (const std::string& label : found) {
      if (std::find(classes.labels.begin(), classes.labels.end(), label) != classes.labels.end()) continue;
      classes.labels.push_back(label);
      classes.names.push_back(label);
      classes.notes.push_back("the class " + in_quotes(label) +
                              " was not in the data that the model was trained on");
    }
    for (size_t k = 0; k < classes.names.size(); ++k)
      if (std::find(form->normal.begin(), form->normal.end(), classes.names[k]) != form->normal.end())
        classes.default_normal.push_back(static_cast<int>(k));
  } else {
    by_custom(found, source_, name_, classes);
  }
  std::map<std::string, int32_t, std::less<>> place;
  for (size_t k = 0; k < classes.labels.size(); ++k)
    place.emplace(classes.labels[k], static_cast<int32_t>(k));
  for (const int32_t row : rows_) classes.of_rows.push_back(place.at(of_number[static_cast<size_t>(row)]));
  return classes;
}

std::string class_counts_text(const std::vector<std::string>& names, const std::vector<int64_t>& counts,
                              const std::vector<std::string>& labels) {
  constexpr size_t most = 20;
  std::string text;
  size_t shown = 0, there = 0;
  for (size_t k = 0; k < names.size() && k < counts.size(); ++k) {
    if (counts[k] == 0) continue;
    if (++there > most) continue;
    ++shown;
    const bool renamed = k < labels.size() && labels[k] != names[k];
    text += (text.empty() ? "" : ", ") + (renamed ? engine::shown(labels[k]) + " = " : "") +
            engine::shown(names[k]) + " (" + std::to_string(counts[k]) + ")";
  }
  return there > shown ? text + " and " + std::to_string(there - shown) + " more" : text;
}

}  // namespace datasets
