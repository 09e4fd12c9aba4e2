// Products of matrices in double precision with one fixed order of summation: every entry is one chain of
// multiplications and additions in rising order of the index summed over, whatever the number of threads.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace engine {
class ThreadPool;
}

namespace datasets {

// The rows of a matrix of `rows` x `depth` numbers packed for products: groups of four rows, each as `depth`
// times four neighbouring numbers; rows that fill up the last group are zero.
class PackedRows {
 public:
  // Row r is from[r · depth … r · depth + depth - 1].
  static PackedRows of_rows(const double* from, int64_t rows, int64_t depth);
  // Row r is column r of a matrix of `depth` x `rows` numbers.
  static PackedRows of_columns(const double* from, int64_t rows, int64_t depth);

  int64_t rows() const { return rows_; }
  int64_t depth() const { return depth_; }
  int64_t groups() const { return (rows_ + 3) / 4; }
  const double* group(int64_t g) const { return numbers_.data() + g * depth_ * 4; }

 private:
  PackedRows(int64_t rows, int64_t depth);
  double& at(int64_t row, int64_t d) {
    return numbers_[static_cast<size_t>((row / 4 * depth_ + d) * 4 + row % 4)];
  }

  int64_t rows_, depth_;
  std::vector<double> numbers_;
};

// c[i · stride + j] += Σ_d a_id b_jd for all rows i of a and j of b of equal depth, or only those with j <=
// i.
enum class Part { all, lower };
void add_product(const PackedRows& a, const PackedRows& b, double* c, int64_t stride, Part part,
                 engine::ThreadPool& pool);

}  // namespace datasets
