#include "svdd/methods/option_json.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>

#include "engine/files/json_file.h"

namespace svdd {

using nlohmann::json;

std::string text_of_json(const json& value, Option::Kind kind, const std::string& where) {
  using Kind = Option::Kind;
  const auto wrong = [&](const std::string& expected) {
    throw std::invalid_argument(where + " is " + engine::JsonEntry::shown(value) + "; expected " + expected);
  };
  switch (kind) {
    case Kind::text:
      if (!value.is_string()) wrong("a string");
      return value.get<std::string>();
    case Kind::text_or_real:
      if (value.is_string()) return value.get<std::string>();
      if (!value.is_number()) wrong("a string or a number");
      return value.dump();
    case Kind::whole:
      if (!value.is_number_integer()) wrong("a whole number");
      return value.dump();
    case Kind::real:
      if (!value.is_number()) wrong("a number");
      return value.dump();
    case Kind::flag:
      if (!value.is_boolean()) wrong("true or false");
      return value.dump();
    case Kind::words: {
      const json items = value.is_array() ? value : json::array({value});
      std::string list;
      for (const json& item : items) {
        if (!item.is_string() && !item.is_number_integer())
          wrong("an array of the names or numbers of classes");
        const std::string word = item.is_string() ? item.get<std::string>() : item.dump();
        const bool plain = word.find_first_of(",\"") == std::string::npos && word != "none";
        list += (list.empty() ? "" : ",") + (plain ? word : '"' + word + '"');
      }
      return list.empty() ? "none" : list;
    }
    case Kind::list:
      break;
  }
  const json items = value.is_number_integer() ? json::array({value}) : value;
  std::string list;
  if (!items.is_array()) wrong("an array of whole numbers");
  for (const json& item : items) {
    if (!item.is_number_integer()) wrong("an array of whole numbers");
    list += (list.empty() ? "" : ",") + item.dump();
  }
  return list.empty() ? "none" : list;
}

json json_of(const Option& option) {
  const Option::Value value = option.get();
  if (const auto* words = std::get_if<std::vector<std::string>>(&value)) {  // numbers are numbers there
    json list = json::array();
    for (const std::string& word : *words) {
      int number = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      const bool is_number =
          error == std::errc() && end == word.data() + word.size() && word == std::to_string(number);
      list.push_back(is_number ? json(number) : json(word));
    }
    return list;
  }
  return std::visit(
      [](const auto& v) -> json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
          return nullptr;
        else
          return v;
      },
      value);
}

}  // namespace svdd
