// Where two runs part: the first thing, in the order in which a run computes them, that is not the same in both.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tools/verify/evidence.h"

namespace tools {

// "epoch 3 of deep-svdd: its loss is 7.26 here and 7.27 there"; nothing where all bits are the same.
std::optional<std::string> where_they_part(const Evidence& here, const Evidence& there);

// What traces of one epoch tell of it: the first operation that differs, its step and shape, or that none does; nothing
// where neither has one.
struct TraceParting {
  std::string line;
  bool equal;
};
std::optional<TraceParting> where_traces_part(const Evidence& here, const Evidence& there);

// In which circumstances they differ, a line each: options that decide on results, the contract, the version; and the
// machine, which decides on nothing.
std::vector<std::string> other_circumstances(const Evidence& here, const Evidence& there);

// What is the same in both, for people: "data, first weights, 20 epochs, last weights, scores".
std::string what_is_equal(const Evidence& here, const Evidence& there);

}  // namespace tools
