// What was meant by a word that is none of those that there are: what "did you mean" goes by, for names, options and columns.
#pragma once
#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "engine/files/in_quotes.h"

namespace engine {

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

// The nearest of the candidates, of several the first; empty where none is near. A beginning is as good as a slip: "eval".
// Dashes before an option are no letters of it.
inline std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  const size_t dashes = std::min(word.find_first_not_of('-'), word.size());
  std::string best;
  size_t least = longest_slip(word.size() - dashes) + 1;
  for (const std::string& candidate : candidates) {
    const bool begins = word.size() >= 3 && candidate.starts_with(word);
    const size_t distance = begins ? 1 : edit_distance(word, candidate);
    if (distance < least) best = candidate, least = distance;
  }
  return best;
}

// "; did you mean 'mnist'?", or nothing where no candidate is near.
inline std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string near = nearest_word(word, candidates);
  return near.empty() ? "" : "; did you mean " + in_quotes(near, longest_value) + "?";
}

}  // namespace engine
