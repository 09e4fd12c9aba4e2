#include "engine/files/npy_header.h"

#include <charconv>
#include <set>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/files/nd_array.h"

namespace engine {
namespace {

[[noreturn]] void refuse_header(const std::string& reason) { throw std::runtime_error(reason); }

// Reads the few literals that a header may hold, and nothing else of Python.
class Literals {
 public:
  explicit Literals(std::string_view text) : rest_(text) {}

  bool take(std::string_view token) {
    skip_space();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void expect(std::string_view token) {
    if (!take(token)) unexpected(in_quotes(token));
  }

  std::string string() {
    skip_space();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) unexpected("a string");
    const size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) refuse_header("its header ends within a string");
    const std::string value(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return value;
  }

  bool boolean() {
    if (take("True")) return true;
    if (!take("False")) unexpected("True or False");
    return false;
  }

  int64_t extent() {
    skip_space();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error == std::errc::result_out_of_range) refuse_header("a dimension goes beyond 64 bits");
    if (error != std::errc()) unexpected("a dimension");
    if (value < 0) refuse_header("its shape has the negative dimension " + std::to_string(value));
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    take("L");  // Python 2 wrote its long integers so
    return value;
  }

  std::vector<int64_t> shape() {
    std::vector<int64_t> extents;
    expect("(");
    while (!take(")")) {
      if (extents.size() == NdArray::most_dimensions)
        refuse_header("its shape has more than " + std::to_string(NdArray::most_dimensions) + " dimensions");
      extents.push_back(extent());
      if (take(",")) continue;
      if (extents.size() == 1) unexpected("','");  // "(3)" is a number, not a tuple
      expect(")");
      break;
    }
    return extents;
  }

  void end() {
    skip_space();
    if (!rest_.empty()) unexpected("its end");
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  [[noreturn]] void unexpected(const std::string& wanted) const {
    refuse_header("its header has " + (rest_.empty() ? "its end" : in_quotes(rest_.substr(0, 20))) +
                  " where " + wanted + " is expected");
  }

  std::string_view rest_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text) {
  Literals literals(text);
  NpyHeader header;
  std::set<std::string> seen;
  literals.expect("{");
  while (!literals.take("}")) {
    const std::string key = literals.string();
    literals.expect(":");
    if (!seen.insert(key).second) refuse_header("its header names " + in_quotes(key) + " twice");
    if (key == "descr") {
      if (literals.take("["))
        refuse_header("it holds records (a structured dtype); save each field as an array of its own");
      header.descr = literals.string();
    } else if (key == "fortran_order") {
      header.fortran_order = literals.boolean();
    } else if (key == "shape") {
      header.shape = literals.shape();
    } else {
      refuse_header("its header has the unknown key " + in_quotes(key));
    }
    if (literals.take(",")) continue;
    literals.expect("}");
    break;
  }
  literals.end();
  for (const char* key : {"descr", "fortran_order", "shape"})
    if (!seen.contains(key)) refuse_header("its header lacks " + in_quotes(key));
  return header;
}

std::string npy_header_text(const NpyHeader& header) {
  return "{'descr': '" + header.descr + "', 'fortran_order': " + (header.fortran_order ? "True" : "False") +
         ", 'shape': " + NdArray::text(header.shape) + ", }";
}

}  // namespace engine
