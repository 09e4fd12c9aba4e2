// The lasso by least angle regression: the sparse codes of dictionary learning.
#pragma once
#include <span>
#include <vector>

namespace svdd {

// The lasso  argmin_a ½·aᵀGa - cᵀa + alpha·‖a‖₁  by the LARS homotopy (Efron, Hastie, Johnstone, Tibshirani
// 2004, section 3.1): the solution is followed from alpha = max|c|, where it is 0, down to the alpha asked
// for. `gram` is G = DDᵀ, k x k, symmetric and positive semidefinite; `correlation` is c = Dx, k values.
//
// The optimality conditions |c - Ga|_j <= alpha, with equality and equal signs where a_j is not 0, hold
// within 1e-9·max|c|, but for alphas below about 1e-5·max|c| among nearly dependent atoms; an alpha below
// 1e-9·max|c| counts as that. An atom that is a combination of atoms in use stays unused. Throws
// std::invalid_argument for sizes that disagree, a number that is not finite, or alpha < 0.
std::vector<double> lasso_lars(std::span<const double> gram, std::span<const double> correlation,
                               double alpha);

}  // namespace svdd
