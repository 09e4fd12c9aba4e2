// Eigenvalues and eigenvectors of a symmetric matrix: Householder's reduction to tridiagonal form, then the
// implicit QL method (Golub and Van Loan, Matrix Computations, 4th ed., sections 8.3.1 and 8.3.3).
//
// Only + - * / and square roots, in an order that is fixed: the same bits for any number of threads and on
// every machine. 784 x 784 takes well under a second, 3072 x 3072 some tens of seconds and 250 MB.
#pragma once
#include <cstdint>
#include <vector>

namespace datasets {

struct SymmetricEigen {
  std::vector<double> values;   // n, falling
  std::vector<double> vectors;  // n x n: row k belongs to values[k], has length 1, and its component of
                                // largest magnitude, the first of several, is positive
};

// Of n x n numbers in C order; those above the diagonal are not looked at. The error in a value is a small
// multiple of 2⁻⁵² times the largest. `threads` 0: as many as the machine has. Throws std::invalid_argument
// where the matrix has no n x n numbers, n is below 1, or one is not finite.
SymmetricEigen symmetric_eigen(const std::vector<double>& matrix, int64_t n, int threads = 0);

}  // namespace datasets
