// Every way in which one value of a JSON text can be another than expected: each value in turn replaced by one of
// each kind, each entry taken out.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace json_damage {

struct Damage {
  std::string where;  // "/preprocessing/min is []"
  std::string text;   // the whole file
};

inline std::vector<Damage> damages(const nlohmann::json& whole) {
  using nlohmann::json;
  const std::string mark = "a place for what the library would not write";
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  const std::vector<std::string> values = {"null",
                                           "[]",
                                           "{}",
                                           "\"x\"",
                                           "-1",
                                           "1e300",
                                           "true",
                                           "0.5",
                                           "1e999",
                                           "92233720368547758081",
                                           "18446744073709551615",
                                           "[null]",
                                           "[[1]]",
                                           deep};
  std::vector<Damage> all;
  const std::function<void(const json::json_pointer&)> visit = [&](const json::json_pointer& at) {
    for (const std::string& value : values) {
      json changed = whole;
      changed[at] = mark;
      std::string text = changed.dump(1);
      text.replace(text.find('"' + mark + '"'), mark.size() + 2, value);
      all.push_back({at.to_string() + " is " + value.substr(0, 30), text});
    }
    const json& here = whole.at(at);
    if (here.is_object())
      for (const auto& [key, ignored] : here.items()) {
        json changed = whole;
        changed[at].erase(key);
        all.push_back({at.to_string() + '/' + key + " is missing", changed.dump(1)});
        visit(at / key);
      }
    if (here.is_array() && !here.empty()) visit(at / 0);
  };
  visit(json::json_pointer());
  const std::string text = whole.dump(1);
  for (const size_t kept : {size_t{0}, size_t{1}, text.size() / 2, text.size() - 1})
    all.push_back({"cut to " + std::to_string(kept) + " bytes", text.substr(0, kept)});
  all.push_back({"followed by a NUL", text + std::string("\0 more", 6)});
  all.push_back({"of zero bytes", std::string(text.size(), '\0')});
  all.push_back({"no UTF-8", "{\"method\": \"\xff\"}"});
  all.push_back({"nested a million deep", std::string(1000000, '[')});
  all.push_back({"nested a million deep inside", "{\"method\": " + std::string(1000000, '[')});
  return all;
}

// A message that is ours: of one line, and not in the words of the library that parses.
inline bool is_clear(const std::string& message) {
  for (const char* theirs :
       {"json.exception", "[json", "type must be", "filesystem error", "basic_string", "vector::"})
    if (message.find(theirs) != std::string::npos) return false;
  return !message.empty() && message.find('\n') == std::string::npos && message.size() < 1500;
}

}  // namespace json_damage
