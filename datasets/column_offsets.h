// Columns whose values lie so close together, so far from zero, that single precision would blur them: times in
// seconds since 1970, 1.7e9 ± 100, are multiples of 128 as floats. A number is subtracted from such a column in double
// before its values are rounded; all other columns keep their bits.
#pragma once
#include <cstdint>
#include <vector>

namespace datasets {

struct Split;

// A double and what it lacks of a whole number beyond 2^53.
struct WideNumber {
  double value = 0;
  float rest = 0;
};
WideNumber wide(int64_t number);
WideNumber wide(uint64_t number);

// Whether values of these rows of doubles (n x columns) may have to be moved: whether some class's rows lie close
// together in some column. Then the half keeps doubles (Split::wide) until the training rows are chosen. `rest`: of
// each value, or empty.
bool may_blur(const std::vector<double>& values, const std::vector<float>& rest, int64_t columns,
              const std::vector<int32_t>& labels);

// What to subtract, one number for each column, 0 where nothing is; empty where no column needs it, and for a half that
// holds no doubles. A column needs it where the values of these rows, a twentieth left out at either end, span less than
// 1/1024 of the largest magnitude among them (or are one value of 2^24 or more) and are not all floats themselves.
std::vector<double> column_offsets(const Split& split, const std::vector<int64_t>& rows);

}  // namespace datasets
