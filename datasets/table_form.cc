#include "datasets/table_form.h"

#include <cstddef>

namespace datasets {
namespace {

// Calls visit(first feature, column of words or null) for each column of the file.
template <class Visit>
void each_source(const TableForm& form, Visit visit) {
  auto words = form.words.begin();
  for (int64_t feature = 0; feature < form.columns;) {
    const bool is_words = words != form.words.end() && words->first == feature;
    visit(static_cast<size_t>(feature), is_words ? &*words : nullptr);
    feature += is_words ? static_cast<int64_t>(words->words.size()) : 1;
    if (is_words) ++words;
  }
}

}  // namespace

int64_t TableForm::source_count() const {
  int64_t count = columns;
  for (const WordColumn& column : words) count -= static_cast<int64_t>(column.words.size()) - 1;
  return count;
}

std::vector<std::string> TableForm::source_names() const {
  std::vector<std::string> names;
  if (features.empty()) return names;
  each_source(*this, [&](size_t feature, const WordColumn* column) {
    names.push_back(column ? column->name : features[feature]);
  });
  return names;
}

std::string TableForm::feature_word(size_t i) const {
  if (!features.empty()) return features.at(i);
  std::string word;
  size_t source = 0;
  each_source(*this, [&](size_t feature, const WordColumn* column) {
    const size_t count = column ? column->words.size() : 1;
    if (i >= feature && i < feature + count) {
      word = places.empty() ? std::to_string(source + 1) : std::to_string(places.at(source));
      if (column) word += '=' + column->words[i - feature];
    }
    ++source;
  });
  return word;
}

}  // namespace datasets
