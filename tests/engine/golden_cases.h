// Golden cases: inputs and results computed by other software (PyTorch), in a folder that holds one .npz for
// each case and manifest.json with the attributes of all.
//
// The folder is $SVDD_GOLDEN, or the one in the checkout. Cases are found by what the manifest says of them,
// never by a fixed list, so the tests run on any folder of the same layout.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/files/npz.h"
#include "engine/shape.h"

#ifndef SVDD_GOLDEN_DIR
#define SVDD_GOLDEN_DIR "tests/golden"
#endif

namespace engine_tests {

inline std::filesystem::path golden_folder() {
  const char* folder = std::getenv("SVDD_GOLDEN");
  return folder && *folder ? folder : SVDD_GOLDEN_DIR;
}

class GoldenCase {
 public:
  GoldenCase(std::string name, nlohmann::json attributes)
      : name_(std::move(name)),
        attributes_(std::move(attributes)),
        arrays_(engine::Npz::read(golden_folder() / (name_ + ".npz"))) {}

  const std::string& name() const { return name_; }
  double number(const char* attribute) const { return attributes_.at(attribute).get<double>(); }
  int64_t integer(const char* attribute) const { return attributes_.at(attribute).get<int64_t>(); }
  std::vector<double> numbers(const char* attribute) const {
    return attributes_.at(attribute).get<std::vector<double>>();
  }
  std::vector<int64_t> integers(const char* attribute) const {
    return attributes_.at(attribute).get<std::vector<int64_t>>();
  }

  bool has(const std::string& array) const { return arrays_.contains(array); }
  engine::Shape shape(const std::string& array) const { return engine::Shape(arrays_.at(array).shape); }
  std::vector<double> values(const std::string& array) const { return arrays_.at(array).as<double>(); }
  double value(const std::string& array) const { return values(array).at(0); }
  std::vector<int32_t> indices(const std::string& array) const { return arrays_.at(array).as<int32_t>(); }
  std::vector<std::string> arrays() const { return arrays_.names(); }

 private:
  std::string name_;
  nlohmann::json attributes_;
  engine::Npz arrays_;
};

// Calls visit(const GoldenCase&) for each case that chosen(name, attributes) takes; throws if there is none.
template <class Chosen, class Visit>
void for_golden_cases(const std::string& kind, Chosen chosen, Visit visit) {
  const std::filesystem::path manifest = golden_folder() / "manifest.json";
  std::ifstream file(manifest);
  if (!file) throw std::runtime_error("cannot read " + manifest.string() + "; does SVDD_GOLDEN say where?");
  const nlohmann::json cases = nlohmann::json::parse(file);
  bool any = false;
  for (const auto& [name, attributes] : cases.items()) {
    if (!chosen(std::string_view(name), attributes)) continue;
    any = true;
    visit(GoldenCase(name, attributes));
  }
  if (!any) throw std::runtime_error(manifest.string() + " lists no case of " + kind);
}

// The cases whose attribute "op" is `op`.
template <class Visit>
void for_golden_op(const std::string& op, Visit visit) {
  for_golden_cases(
      op,
      [&](std::string_view, const nlohmann::json& attributes) { return attributes.value("op", "") == op; },
      visit);
}

// The cases whose name begins with `prefix`.
template <class Visit>
void for_golden_names(const std::string& prefix, Visit visit) {
  for_golden_cases(
      prefix, [&](std::string_view name, const nlohmann::json&) { return name.starts_with(prefix); }, visit);
}

}  // namespace engine_tests
