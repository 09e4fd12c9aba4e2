// How far apart two words are: what "did you mean" asks of names and options.
#pragma once
#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

namespace datasets {

// How many letters must be put in, left out or exchanged to make b of a.
inline size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t exchanged = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// How far a slip may lead from a word of so many letters. Of the word itself something must stay: a single letter is no slip
// for another.
inline size_t longest_slip(size_t letters) {
  return letters == 0 ? 0 : std::min(letters - 1, std::max<size_t>(2, letters / 3));
}

}  // namespace datasets
