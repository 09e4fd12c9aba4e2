#include "engine/files/json_file.h"

#include <set>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"

namespace engine {

using nlohmann::json;

json parse_json(std::string_view text, int most_depth) {
  const auto refuse = [](const std::string& what) { throw std::runtime_error(what); };
  // The library takes a NUL for the end of its input.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos)
    refuse("is not JSON: byte " + std::to_string(nul + 1) + " is a NUL");
  std::vector<std::set<std::string>> names(1);  // of the object open at each depth
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    const auto level = static_cast<size_t>(depth);
    if (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start) {
      if (depth >= most_depth)
        refuse("is not JSON of the kind expected here: it nests deeper than " + std::to_string(most_depth) +
               " levels; expected a JSON object");
      if (names.size() < level + 2) names.resize(level + 2);
      names[level + 1].clear();
    }
    if (event == json::parse_event_t::key && !names[level].insert(parsed.get<std::string>()).second)
      refuse("names " + in_quotes(parsed.get<std::string>(), longest_value) + " twice");
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::parse_error& error) {
    refuse("is not JSON: it breaks at byte " + std::to_string(error.byte));
  } catch (const json::exception&) {
    refuse("holds a number beyond float64, which no double can hold");
  }
  return {};  // not reached
}

json read_json_object(const std::filesystem::path& path, const std::string& advice, uint64_t most_bytes) {
  const std::string text = read_file(path, most_bytes);
  const auto refuse = [&](const std::string& what) {
    throw std::runtime_error(in_quotes(path) + ' ' + what + (advice.empty() ? "" : "; " + advice));
  };
  json value;
  try {
    value = parse_json(text);
  } catch (const std::runtime_error& error) {
    refuse(text.empty() ? "is not JSON: it is empty" : error.what());
  }
  if (!value.is_object()) refuse("holds " + std::string(value.type_name()) + "; expected a JSON object");
  return value;
}

JsonEntry JsonEntry::at(const std::string& key) const {
  if (!value_.is_object()) wrong("an object");
  const auto found = value_.find(key);
  const std::string place = place_.empty() ? key : place_ + '.' + key;
  if (found == value_.end()) JsonEntry(value_, file_, place, advice_).refuse("is missing");
  return {*found, file_, place, advice_};
}

std::optional<JsonEntry> JsonEntry::find(const std::string& key) const {
  if (!value_.is_object()) wrong("an object");
  const auto found = value_.find(key);
  if (found == value_.end() || found->is_null()) return std::nullopt;
  return at(key);
}

size_t JsonEntry::size() const {
  if (!value_.is_array()) wrong("a list");
  return value_.size();
}

JsonEntry JsonEntry::at(size_t index) const {
  return {value_.at(index), file_, place_ + '[' + std::to_string(index) + ']', advice_};
}

std::string JsonEntry::shown(const json& value) {
  if (value.is_string()) return '"' + engine::shown(value.get_ref<const std::string&>(), longest_value) + '"';
  constexpr size_t longest = 60;
  const std::string text = json_text(value);
  return text.size() <= longest ? text : value.is_array() ? "a long list" : "an object";
}

void JsonEntry::wrong(const std::string& expected) const {
  refuse("is " + shown(value_) + "; expected " + expected);
}

void JsonEntry::refuse(const std::string& what) const {
  throw std::runtime_error(file_ + ": " +
                           (place_.empty() ? "it " : "the entry " + in_quotes(place_, longest_value) + ' ') +
                           what + (advice_.empty() ? "" : "; " + advice_));
}

}  // namespace engine
