// The names of an enumeration's values, in one table: to words, back from words, and as a list for who asks.
#pragma once
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/did_you_mean.h"
#include "engine/files/in_quotes.h"

namespace engine {

template <class Enum, size_t Count>
struct Names {
  std::string_view what;  // the enumeration, for errors: "objective"
  std::array<std::pair<Enum, std::string_view>, Count> all;

  constexpr std::string_view operator()(Enum value) const {
    for (const auto& [known, name] : all)
      if (known == value) return name;
    throw std::logic_error("a value without a name");
  }

  // "one-class, soft-boundary"
  std::string list() const {
    std::string names;
    for (const auto& [value, name] : all) names += (names.empty() ? "" : ", ") + std::string(name);
    return names;
  }

  // "; did you mean 'soft-boundary'?", or nothing.
  std::string suggestion(std::string_view word) const {
    std::vector<std::string> names;
    for (const auto& [value, name] : all) names.emplace_back(name);
    return did_you_mean(word, names);
  }

  // std::invalid_argument lists the names there are.
  Enum named(std::string_view word) const {
    for (const auto& [value, name] : all)
      if (name == word) return value;
    throw std::invalid_argument("there is no " + std::string(what) + ' ' + in_quotes(std::string(word)) +
                                "; known are " + list() + suggestion(word));
  }
};

template <class Enum, size_t Count>
constexpr Names<Enum, Count> names_of(std::string_view what,
                                      const std::pair<Enum, std::string_view> (&all)[Count]) {
  return {what, std::to_array(all)};
}

}  // namespace engine
