// The ν-one-class support vector machine's quadratic programme, by sequential minimal optimisation.
//
//   minimise ½ Σ_ij β_i β_j K_ij   subject to   0 <= β_i <= 1,  Σ_i β_i = νn
//
// (Schölkopf et al., "Estimating the support of a high-dimensional distribution", 2001, with β = νn·α.) With
// a kernel whose K_ii are all 1, as the Gaussian's are, this is SVDD's dual too (Tax and Duin, "Support
// vector data description", 2004).
//
// Each step moves weight between two points, chosen by second-order information (Fan, Chen and Lin, "Working
// set selection using second order information", 2005, WSS 2), until the gradient G = Kβ satisfies the
// Karush-Kuhn-Tucker conditions within a tolerance:
//
//   max {G_i : β_i > 0} − min {G_i : β_i < 1} <= tolerance.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace svdd {

// Where rows of K come from. K is symmetric with ones on its diagonal.
class KernelSource {
 public:
  virtual ~KernelSource() = default;
  virtual int64_t points() const = 0;
  // K(i, ·), valid until the second next call of row or expect: two rows are in use at a time.
  virtual std::span<const float> row(int64_t i) = 0;
  // Is row i at hand, or must it be computed? Several are cheaper together: expect(rows) says which ones are
  // likely to be asked for, the first of them certainly.
  virtual bool ready(int64_t /*i*/) const { return true; }
  virtual void expect(std::span<const int64_t> /*rows*/) {}
};

struct OneClassProblem {
  double nu = 0.1;  // in (0, 1]
  // Above 0; of G, whose size is νn times a mean kernel value. Where νn < 1 it is taken times νn: all β share less
  // than one point's weight then, and G less than the tolerance.
  double tolerance = 1e-3;
  int64_t most_iterations = 0;  // 0: 10 million, or 100 for each point if that is more
  int64_t rows_at_once = 32;    // how many rows the source is told to expect together
  std::function<void(const std::string& line)> note = {};  // told of a long search's progress; may be empty
};

struct OneClassSolution {
  std::vector<double> beta;
  std::vector<double> gradient;  // G = Kβ
  // G on the sphere: its mean over the points with 0 < β < 1; without such points, the middle of what the
  // others allow. A point is outside where G < rho.
  double rho = 0;
  double violation = 0;  // the left side of the condition above
  int64_t iterations = 0;
  bool converged = false;
};

// std::invalid_argument for no points or an impossible option. The result is the same for every source that
// gives the same numbers.
OneClassSolution solve_one_class(KernelSource& kernel, const OneClassProblem& problem);

}  // namespace svdd
