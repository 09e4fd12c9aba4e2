// Where a test runs: a backend and a number type on it.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "engine/backends/cpu/cpu.h"
#include "engine/backends/cuda/cuda.h"
#include "engine/backends/reference/reference.h"

namespace engine_tests {

struct Platform {
  std::string name;
  engine::DType type;
  std::unique_ptr<engine::Backend> (*make)();

  double choose(double in_double, double in_float) const {
    return type == engine::DType::f64 ? in_double : in_float;
  }
  friend std::ostream& operator<<(std::ostream& out, const Platform& p) { return out << p.name; }
};

// Which CUDA backend the program is linked with: a real card's (on_a_card.cc) or the one that the executor of
// cuda_on_host/ runs. On a card it is tested alone, and tests skip themselves where there is none, for the
// reason that no_card gives.
extern const bool on_a_card;
inline std::string no_card() { return on_a_card ? engine::cuda_problem() : ""; }

// The reference backend in double, the CPU backend and CUDA's in float, and OpenBLAS where the build has it.
inline std::vector<Platform> platforms() {
  if (on_a_card)
    return {{"cuda_float", engine::DType::f32,
             [] { return no_card().empty() ? engine::make_cuda_backend() : nullptr; }}};
  std::vector<Platform> all{
      {"reference_double", engine::DType::f64, [] { return engine::make_reference_backend(); }},
      {"cpu_float", engine::DType::f32, [] { return engine::make_cpu_backend(); }},
      {"cuda_on_host_float", engine::DType::f32, [] { return engine::make_cuda_backend(); }}};
#if SVDD_HAVE_OPENBLAS
  all.push_back({"openblas_float", engine::DType::f32,
                 [] { return engine::make_cpu_backend({.blas = engine::Blas::openblas}); }});
#endif
  return all;
}

// A test that runs once on each platform.
class OnEachPlatform : public testing::TestWithParam<Platform> {
 protected:
  void SetUp() override {
    if (!on_) GTEST_SKIP() << no_card();
  }
  engine::Array plain(engine::Shape shape, const std::vector<double>& values) const {
    return engine::Array::from(*on_, shape, engine::Layout::plain, GetParam().type, values);
  }
  engine::Array samples(engine::Shape shape, const std::vector<double>& values) const {
    return engine::Array::from(*on_, shape, engine::Layout::samples, GetParam().type, values);
  }

  const std::unique_ptr<engine::Backend> on_ = GetParam().make();
};

inline std::string platform_name(const testing::TestParamInfo<Platform>& info) { return info.param.name; }

}  // namespace engine_tests
