// Options by name: what a command line, a configuration file or another language sets a method's numbers by. An
// option is a row that refers to a variable; whoever has rows needs to know nothing else of the method.
#pragma once
#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "engine/names.h"

namespace svdd {

struct Option {
  // words: a list of names or whole numbers. text_or_real: "auto" and its like, or a number.
  enum class Kind { text, whole, real, text_or_real, flag, list, words };
  // Of the kind's type; std::monostate where there is none. A text_or_real holds either of the two.
  using Value = std::variant<std::monostate, std::string, bool, int64_t, uint64_t, double,
                             std::vector<int64_t>, std::vector<std::string>>;

  std::string name;         // in words parted by '-': "lr-milestones"
  std::string placeholder;  // of its value, for a list of options: "A,B,..."
  std::string group, help;  // under which title that list has it, and what it says there
  Kind kind = Kind::text;
  // Reads a value, a list as "3,0,1"; BadValue if it is none or out of range.
  std::function<void(const std::string& text)> set = {};
  std::function<Value()> get = {};
  // Why it decides on nothing, as the other options stand; empty where it does. May be empty.
  std::function<std::string()> idle = {};
  std::vector<std::string> choices = {};  // of a text that is one of a few
  bool may_be_file = false;               // whether the text of a file may stand in for its value
};

// What is wrong with a value, to be put behind the option's name: "is 'x'; expected a number above 0".
class BadValue : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
  static BadValue of(const std::string& found, const std::string& expected) {
    return BadValue("is " + engine::in_quotes(found) + "; expected " + expected);
  }
};

namespace option {

struct Words {  // what a row says of itself
  std::string name, placeholder, group, help;
};

struct Range {
  bool (*holds)(double);
  std::string words;
};
inline const Range positive{[](double x) { return x > 0 && std::isfinite(x); }, "a number above 0"},
    not_negative{[](double x) { return x >= 0 && std::isfinite(x); }, "a number from 0 on"},
    share{[](double x) { return x >= 0 && x < 1; }, "a number in [0, 1)"},
    open_share{[](double x) { return x > 0 && x < 1; }, "a number in (0, 1)"},
    positive_share{[](double x) { return x > 0 && x <= 1; }, "a number in (0, 1]"};

inline Option row(Words words, Option::Kind kind) {
  return {.name = std::move(words.name),
          .placeholder = std::move(words.placeholder),
          .group = std::move(words.group),
          .help = std::move(words.help),
          .kind = kind};
}

// The whole text as a number; BadValue where it is none.
template <class Number>
Number number_in(const std::string& text, const std::string& expected) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw BadValue::of(text, expected);
  return value;
}
double number_in(const std::string& text, const Range& range);

Option text(Words words, std::string& target);  // not empty, in UTF-8
Option flag(Words words, bool& target);
Option real(Words words, Range range, double& target);

template <class Integer>
Option whole(Words words, Integer least, Integer& target) {
  Option o = row(std::move(words), Option::Kind::whole);
  o.set = [least, &target](const std::string& text) {
    const std::string expected = "a whole number from " + std::to_string(least) + " on";
    const auto value = number_in<Integer>(text, expected);
    if (value < least) throw BadValue::of(text, expected);
    target = value;
  };
  o.get = [&target] { return target; };
  return o;
}

// A number, or a word that stands for none (std::optional) or for 0 (double).
template <class Real>
Option real_or(Words words, const std::string& word, Range range, Real& target) {
  Option o = row(std::move(words), Option::Kind::text_or_real);
  o.set = [=, &target](const std::string& text) {
    if (text == word) return void(target = Real{});
    target = number_in(text, Range{range.holds, word + " or " + range.words});
  };
  o.get = [word, &target]() -> Option::Value {
    if (target == Real{}) return word;
    return std::optional<double>(target).value();
  };
  return o;
}

// One of the names in a table (engine/names.h).
template <class Enum, size_t Count>
Option choice(Words words, const engine::Names<Enum, Count>& names, Enum& target) {
  Option o = row(std::move(words), Option::Kind::text);
  o.set = [names, &target](const std::string& text) {
    for (const auto& [value, name] : names.all)
      if (name == text) return void(target = value);
    throw BadValue::of(text, "one of " + names.list());
  };
  o.get = [names, &target] { return std::string(names(target)); };
  for (const auto& [value, name] : names.all) o.choices.emplace_back(name);
  return o;
}

// Whole numbers from 0 on with commas between them; "none" is the empty list, where `may_be_empty`.
struct ListRule {
  bool ascending = false, may_be_empty = true;
};
Option list(Words words, ListRule rule, std::vector<int64_t>& target);

}  // namespace option
}  // namespace svdd
