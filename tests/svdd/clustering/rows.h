// Rows to cluster, and where each test of this folder finds its files.
#pragma once
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/backends/cpu/cpu.h"
#include "engine/random.h"
#include "svdd/clustering/machine.h"
#include "tests/engine/golden_cases.h"

namespace clustering_tests {

// n x d draws from N(0, 1).
inline std::vector<float> noise(int64_t n, int64_t d, uint64_t seed = 1) {
  const engine::RandomStream stream(seed, "test/rows");
  std::vector<float> rows(static_cast<size_t>(n * d));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = stream.normal(i);
  return rows;
}

// Whole numbers 0 … levels-1: many rows are equal and many distances tie.
inline std::vector<float> grid(int64_t n, int64_t d, uint64_t levels, uint64_t seed = 1) {
  const engine::RandomStream stream(seed, "test/rows");
  std::vector<float> rows(static_cast<size_t>(n * d));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(stream.below(levels, i));
  return rows;
}

// `groups` bunches about centres `apart`·N(0, 1), members in turn: row i is of group i mod groups.
inline std::vector<float> bunches(int64_t n, int64_t d, int64_t groups, float apart, float spread,
                                  uint64_t seed = 1) {
  const std::vector<float> centres = noise(groups, d, seed + 1000);
  std::vector<float> rows = noise(n, d, seed);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < d; ++k) {
      float& x = rows[static_cast<size_t>(i * d + k)];
      x = spread * x + apart * centres[static_cast<size_t>(i % groups * d + k)];
    }
  return rows;
}

inline svdd::Machine host_of(const engine::CpuOptions& options) {
  return std::shared_ptr<engine::Backend>(engine::make_cpu_backend(options));
}

// Every number of threads and instruction set to be tried: all must give the same bits.
inline std::map<std::string, svdd::Machine> machines() {
  std::map<std::string, svdd::Machine> all;
  for (const int threads : {1, 2, 3})
    all.emplace(std::to_string(threads) + " threads", host_of({.threads = threads}));
  for (const engine::Simd simd : {engine::Simd::avx512, engine::Simd::avx2, engine::Simd::portable})
    if (engine::simd_available(simd))
      all.emplace(engine::simd_name(simd), host_of({.threads = 2, .simd = simd}));
  return all;
}

// Whether both put the same samples together, whatever the numbers of the groups.
inline bool same_partition(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  if (a.size() != b.size()) return false;
  std::map<int32_t, int32_t> forth, back;
  for (size_t i = 0; i < a.size(); ++i)
    if (forth.emplace(a[i], b[i]).first->second != b[i] || back.emplace(b[i], a[i]).first->second != a[i])
      return false;
  return true;
}

// The two-dimensional sets in tests/golden/finch-toy: x, y and the class in each line.
struct Toy {
  std::vector<float> rows;
  std::vector<int32_t> classes;
};
inline Toy toy(const std::string& name) {
  std::ifstream file(std::filesystem::path(SVDD_GOLDEN_DIR) / "finch-toy" / name);
  if (!file) throw std::runtime_error("there is no finch-toy/" + name + " among the golden files");
  Toy toy;
  for (double x = 0, y = 0, c = 0; file >> x >> y >> c;) {
    toy.rows.push_back(static_cast<float>(x));
    toy.rows.push_back(static_cast<float>(y));
    toy.classes.push_back(static_cast<int32_t>(c));
  }
  return toy;
}

// Column `column` of labels that a golden case holds as n x columns.
inline std::vector<int32_t> column_of(const std::vector<int32_t>& labels, int64_t columns, int64_t column) {
  std::vector<int32_t> one;
  for (size_t i = static_cast<size_t>(column); i < labels.size(); i += static_cast<size_t>(columns))
    one.push_back(labels[i]);
  return one;
}

inline std::vector<float> floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no std::invalid_argument";
}

inline constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
inline constexpr float infinite = std::numeric_limits<float>::infinity();

}  // namespace clustering_tests
