// JSON from outside (settings, results, descriptions of models, headers), read through one checked access: its
// size and depth are bounded before anything is built, every error is a std::runtime_error of one line that names
// the file and the entry, and no number becomes another one unasked.
#pragma once
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace engine {

inline constexpr int most_json_depth = 64;  // copying and writing a value descends into it

// The value that `text` holds. The message of its std::runtime_error has no subject ("is not JSON: it breaks at
// byte 7"): whoever calls begins the sentence. Besides what is no JSON it refuses nesting deeper than `most_depth`,
// a name that stands twice in one object (JSON leaves open what that means), a number beyond float64 and anything
// behind a NUL byte.
nlohmann::json parse_json(std::string_view text, int most_depth = most_json_depth);

// The JSON object in a file. `advice` ends the message ("run svdd train again"); it may be empty.
nlohmann::json read_json_object(const std::filesystem::path& path, const std::string& advice = "",
                                uint64_t most_bytes = uint64_t{16} << 20);

// The text of a value for a file. JSON is UTF-8: a byte that is none becomes U+FFFD.
template <class Json>
std::string json_text(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// A value of JSON together with where it stands.
//
//   const JsonEntry results(value, in_quotes(path));
//   const double auc = results.as<double>("auc");      // "'results.json': the entry 'auc' is "x"; expected a number"
//
// A type of one's own is read where it has a function `void read_entry(const engine::JsonEntry&, Type&)`.
class JsonEntry {
 public:
  // `value` must outlive it. `file` begins each message, `advice` ends it.
  JsonEntry(const nlohmann::json& value, std::string file, std::string advice = "")
      : JsonEntry(value, std::move(file), "", std::move(advice)) {}

  // An object's entry; throws where it is missing, or where this is no object.
  JsonEntry at(const std::string& key) const;
  // Nothing where it is missing or null.
  std::optional<JsonEntry> find(const std::string& key) const;
  size_t size() const;               // of a list; throws where this is none
  JsonEntry at(size_t index) const;  // of a list, below its size()

  // The value as a bool, string, whole number, float or double (each in its range), a vector of those, JSON itself,
  // or a type with read_entry.
  template <class T>
  T as() const;
  template <class T>
  T as(const std::string& key) const {
    return at(key).as<T>();
  }

  const nlohmann::json& value() const { return value_; }
  // What there is, for a message: a text or short value as it stands, else its kind.
  static std::string shown(const nlohmann::json& value);
  [[noreturn]] void wrong(const std::string& expected) const;  // throws what was found and expected
  [[noreturn]] void refuse(const std::string& what) const;  // throws "'file': the entry 'a.b' WHAT; ADVICE"

 private:
  JsonEntry(const nlohmann::json& value, std::string file, std::string place, std::string advice)
      : value_(value), file_(std::move(file)), place_(std::move(place)), advice_(std::move(advice)) {}

  const nlohmann::json& value_;
  std::string file_, place_, advice_;
};

namespace json_detail {
template <class T>
inline constexpr bool is_vector = false;
template <class T, class A>
inline constexpr bool is_vector<std::vector<T, A>> = true;
template <class T>
concept HasReader = requires(const JsonEntry& entry, T& value) {
  read_entry(entry, value);
};
}  // namespace json_detail

template <class T>
T JsonEntry::as() const {
  if constexpr (std::is_same_v<T, nlohmann::json>) {
    return value_;
  } else if constexpr (json_detail::HasReader<T>) {
    T value{};
    read_entry(*this, value);
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value_.is_boolean()) wrong("true or false");
    return value_.get<bool>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value_.is_string()) wrong("a text");
    return value_.get<std::string>();
  } else if constexpr (std::integral<T>) {
    const auto range = [] {
      return "a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
             std::to_string(std::numeric_limits<T>::max());
    };
    if (!value_.is_number_integer()) wrong(range());
    const bool fits = value_.is_number_unsigned() ? std::in_range<T>(value_.get<uint64_t>())
                                                  : std::in_range<T>(value_.get<int64_t>());
    if (!fits) wrong(range());
    return value_.is_number_unsigned() ? static_cast<T>(value_.get<uint64_t>())
                                       : static_cast<T>(value_.get<int64_t>());
  } else if constexpr (std::floating_point<T>) {
    if (!value_.is_number()) wrong("a number");
    const auto value = value_.get<double>();
    constexpr auto most = static_cast<double>(std::numeric_limits<T>::max());
    if (!(value >= -most && value <= most)) wrong("a number that a float of this precision can hold");
    return static_cast<T>(value);
  } else {
    static_assert(json_detail::is_vector<T>, "give this type a read_entry");
    T values;
    for (size_t i = 0; i < size(); ++i) values.push_back(at(i).template as<typename T::value_type>());
    return values;
  }
}

}  // namespace engine
