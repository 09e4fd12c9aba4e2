#include "svdd/training/lasso_lars.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/random.h"

namespace lasso_lars_test {

using Vector = std::vector<double>;

struct Problem {
  Vector gram, correlation;
};

Problem coding_problem(const Vector& atoms, const Vector& x) {
  const size_t d = x.size(), k = atoms.size() / d;
  Problem problem{Vector(k * k), Vector(k)};
  for (size_t i = 0; i < k; ++i)
    for (size_t t = 0; t < d; ++t) {
      for (size_t j = 0; j < k; ++j) problem.gram[i * k + j] += atoms[i * d + t] * atoms[j * d + t];
      problem.correlation[i] += atoms[i * d + t] * x[t];
    }
  return problem;
}

// k random atoms and a random sample in d dimensions; `levels` > 0: of whole numbers, so that correlations
// tie and, with more atoms than dimensions, atoms depend on each other.
Problem random_problem(size_t k, size_t d, uint64_t seed, uint64_t levels) {
  const engine::RandomStream stream(seed, "lasso");
  const auto draw = [&](uint64_t i) {
    return levels > 0 ? static_cast<double>(stream.below(levels, i)) - static_cast<double>(levels / 2)
                      : static_cast<double>(stream.normal(i));
  };
  Vector atoms(k * d), x(d);
  for (size_t i = 0; i < k * d; ++i) atoms[i] = draw(i);
  for (size_t i = 0; i < d; ++i) x[i] = draw(k * d + i);
  return coding_problem(atoms, x);
}

double largest(const Vector& c) {
  double m = 0;
  for (const double x : c) m = std::max(m, std::abs(x));
  return m;
}

// By how much the optimality conditions are missed.
double violation(const Problem& problem, const Vector& code, double alpha) {
  const size_t k = code.size();
  double worst = 0;
  for (size_t i = 0; i < k; ++i) {
    double gradient = problem.correlation[i];
    for (size_t j = 0; j < k; ++j) gradient -= problem.gram[i * k + j] * code[j];
    worst = std::max(worst, code[i] > 0   ? std::abs(gradient - alpha)
                            : code[i] < 0 ? std::abs(gradient + alpha)
                                          : std::abs(gradient) - alpha);
  }
  return worst;
}

Vector coordinate_descent(const Problem& problem, double alpha) {
  const size_t k = problem.correlation.size();
  Vector code(k, 0.0);
  for (int sweep = 0; sweep < 20000; ++sweep)
    for (size_t i = 0; i < k; ++i) {
      double rest = problem.correlation[i];
      for (size_t j = 0; j < k; ++j)
        if (j != i) rest -= problem.gram[i * k + j] * code[j];
      const double shrunk = std::max(0.0, std::abs(rest) - alpha) / problem.gram[i * k + i];
      code[i] = rest < 0 ? -shrunk : shrunk;
    }
  return code;
}

TEST(LassoLars, ShrinksEachCoefficientOfOrthonormalAtoms) {
  const Vector identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  const Vector code = svdd::lasso_lars(identity, Vector{3, -2, 0.5}, 1);
  EXPECT_NEAR(code[0], 2, 1e-9);
  EXPECT_NEAR(code[1], -1, 1e-9);
  EXPECT_EQ(code[2], 0);
}

TEST(LassoLars, IsZeroFromTheLargestCorrelationOn) {
  const Problem problem = random_problem(5, 9, 1, 0);
  const double alpha = largest(problem.correlation);
  EXPECT_EQ(svdd::lasso_lars(problem.gram, problem.correlation, alpha), Vector(5, 0.0));
  EXPECT_NE(svdd::lasso_lars(problem.gram, problem.correlation, 0.999 * alpha), Vector(5, 0.0));
  EXPECT_EQ(svdd::lasso_lars(Vector{1}, Vector{0}, 0), Vector{0});
  EXPECT_TRUE(svdd::lasso_lars(Vector{}, Vector{}, 1).empty());
}

TEST(LassoLars, MeetsTheOptimalityConditions) {
  int atoms_left_out = 0, atoms_used = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const size_t k = 1 + seed % 12, d = 1 + seed / 12 % 10;
    const Problem problem = random_problem(k, d, seed, 0);
    for (const double share : {0.0, 1e-4, 0.01, 0.1, 0.5, 0.9}) {
      const double alpha = share * largest(problem.correlation);
      const Vector code = svdd::lasso_lars(problem.gram, problem.correlation, alpha);
      EXPECT_LE(violation(problem, code, alpha), 2e-9 * largest(problem.correlation)) << seed << " " << share;
      for (const double a : code) (a == 0 ? atoms_left_out : atoms_used) += 1;
    }
  }
  EXPECT_GT(atoms_left_out, 10000);
  EXPECT_GT(atoms_used, 10000);
}

TEST(LassoLars, SurvivesTiesAndDependentAtoms) {
  for (uint64_t seed = 0; seed < 6000; ++seed) {
    const Problem problem = random_problem(1 + seed % 12, 1 + seed / 12 % 10, seed, 2 + seed % 3);
    for (const double alpha : {0.0, 0.25, 1.0}) {
      const Vector code = svdd::lasso_lars(problem.gram, problem.correlation, alpha);
      EXPECT_LE(violation(problem, code, alpha), 2e-9 * largest(problem.correlation)) << seed << " " << alpha;
    }
  }
}

// Here tied atoms replace each other for ever where nothing breaks the ties.
TEST(LassoLars, EndsWhereTiedAtomsWouldCycle) {
  const Vector atoms = {1,  -1, 1, 0,  -1, -1, 0,  -1, 1,  0, 1,  -1, -1, 1, 1, 1, -1, -1, 1,  -1,
                        0,  1,  0, -1, 0,  1,  -1, 1,  1,  1, -1, 1,  0,  0, 1, 1, -1, -1, -1, 1,
                        -1, 0,  1, 0,  0,  0,  0,  -1, -1, 1, 0,  -1, -1, 1, 0, 0, -1, 1,  0,  1};
  const Problem problem = coding_problem(atoms, {-1, -1, 0, 0, -1});
  EXPECT_LE(violation(problem, svdd::lasso_lars(problem.gram, problem.correlation, 0), 0), 1e-8);
}

TEST(LassoLars, EqualsCoordinateDescent) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Problem problem = random_problem(6, 12, seed, 0);
    for (const double alpha : {0.1, 1.0, 3.0}) {
      const Vector lars = svdd::lasso_lars(problem.gram, problem.correlation, alpha);
      const Vector other = coordinate_descent(problem, alpha);
      for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(lars[i], other[i], 1e-8) << seed << " " << alpha;
    }
  }
}

TEST(LassoLars, UsesOneOfTwoEqualAtoms) {
  const Vector code = svdd::lasso_lars(Vector{1, 1, 1, 1}, Vector{2, 2}, 0.5);
  EXPECT_NEAR(code[0] + code[1], 1.5, 1e-9);
}

TEST(LassoLars, RefusesBadInput) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(svdd::lasso_lars(Vector{1, 0, 0}, Vector{1, 1}, 1), std::invalid_argument);
  EXPECT_THROW(svdd::lasso_lars(Vector{nan}, Vector{1}, 1), std::invalid_argument);
  EXPECT_THROW(svdd::lasso_lars(Vector{1}, Vector{nan}, 1), std::invalid_argument);
  EXPECT_THROW(svdd::lasso_lars(Vector{1}, Vector{1}, -1), std::invalid_argument);
  EXPECT_THROW(svdd::lasso_lars(Vector{1}, Vector{1}, nan), std::invalid_argument);
}

}  // namespace lasso_lars_test
