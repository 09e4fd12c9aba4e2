// Rows of numbers as points to measure between: what every clustering method asks of its data.
//
// Distances here are exact in the sense that matters for an order: differences are taken first and squared in
// double, so points that lie close together, or on one another, lose nothing. The fast products of
// block_products.h only ever serve to skip pairs that cannot matter, or sums in which single bits do not.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace svdd {

enum class Distance {
  euclidean,  // ‖a − b‖
  cosine  // 1 − a·b / (‖a‖‖b‖), computed as ½‖a/‖a‖ − b/‖b‖‖², which stays exact for nearly equal directions
};

// A sum of squares in double: eight partial sums (k mod 8), closed by a fixed tree. They are written out one
// by one because compilers keep them in registers only then.
class PartialSums {
 public:
  // Adds term(k)² for first <= k < last; `first` is a multiple of 8.
  template <class Term>
  void add(int64_t first, int64_t last, Term term) {
    double s0 = s_[0], s1 = s_[1], s2 = s_[2], s3 = s_[3], s4 = s_[4], s5 = s_[5], s6 = s_[6], s7 = s_[7];
    for (; first + 8 <= last; first += 8) {
      const double t0 = term(first), t1 = term(first + 1), t2 = term(first + 2), t3 = term(first + 3);
      const double t4 = term(first + 4), t5 = term(first + 5), t6 = term(first + 6), t7 = term(first + 7);
      s0 += t0 * t0, s1 += t1 * t1, s2 += t2 * t2, s3 += t3 * t3;
      s4 += t4 * t4, s5 += t5 * t5, s6 += t6 * t6, s7 += t7 * t7;
    }
    s_[0] = s0, s_[1] = s1, s_[2] = s2, s_[3] = s3, s_[4] = s4, s_[5] = s5, s_[6] = s6, s_[7] = s7;
    for (int64_t p = 0; first + p < last; ++p) {
      const double t = term(first + p);
      s_[p] += t * t;
    }
  }
  double total() const { return ((s_[0] + s_[4]) + (s_[2] + s_[6])) + ((s_[1] + s_[5]) + (s_[3] + s_[7])); }

 private:
  double s_[8] = {};
};

template <class Term>
double sum_of_squares(int64_t d, Term term) {
  PartialSums sum;
  sum.add(0, d, term);
  return sum.total();
}

// Throws std::invalid_argument, beginning with `what`, unless `rows` is n x d numbers with n >= least_rows
// and d >= 1, all finite, and, under cosine, no row is all zeros. Names the first bad row.
void check_rows(std::string_view what, std::span<const float> rows, int64_t d, Distance distance,
                int64_t least_rows);

// A view of n x d numbers, which must outlive it and have passed check_rows. All that it says is the same for
// (i, j) and (j, i), to the bit.
class Points {
 public:
  Points(std::span<const float> rows, int64_t d, Distance distance);
  Points(std::span<const double> rows, int64_t d, Distance distance);  // means of rows

  int64_t count() const { return n_; }
  int64_t features() const { return d_; }
  Distance kind() const { return kind_; }

  // The point u_i: row i, or under cosine row i / ‖row i‖. d numbers.
  void read(int64_t i, double* u) const;

  // Under cosine: whether there is no row of zeros. Always under euclidean.
  bool all_have_directions() const;

  // ‖u_i − u_j‖², summed in double by PartialSums and rounded to the 24 bits of a float. What differs by less
  // is equal: the rows themselves have no more, and distances that are equal but for rounding, as between
  // means of whole numbers, shall tie and not be told apart by noise. Under cosine less than 2^-100 is 0:
  // rows in proportion are duplicates. A row of zeros, as a mean may be, has cosine 0 with every other, as in
  // scikit-learn.
  double squared(int64_t i, int64_t j) const;

  // The same where it is at most `limit`; where it is more, the same or infinity, found sooner.
  double squared_below(int64_t i, int64_t j, double limit) const;

  // From that to the distance itself: the root, or half under cosine.
  double distance(double squared) const;

 private:
  void find_scales();
  template <class Number>
  double squared_below(const Number* rows, int64_t i, int64_t j, double limit) const;

  const float* floats_ = nullptr;    // these
  const double* doubles_ = nullptr;  // or these
  int64_t n_, d_;
  Distance kind_;
  std::vector<double> scale_;  // 1 / ‖row‖, 0 for a row of zeros; empty under euclidean
};

}  // namespace svdd
