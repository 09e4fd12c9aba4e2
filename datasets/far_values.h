// Values that swallow their column: so far from all others that the others are no longer told apart once the column is
// scaled, as 1e12 beside values about 1 does, or -999 beside fractions. Often a code for a missing value.
#pragma once
#include <cstdint>
#include <vector>

#include "datasets/samples.h"

namespace datasets {

struct FarValues {
  int64_t column = 0;
  float value = 0;          // the farthest
  int64_t rows = 0;         // how many lie so far out
  bool same = false;        // all of them are `value`
  float low = 0, high = 0;  // between which all others lie
  double share = 0;         // of the column's range, that the others span
};

// The columns of rows of features in which the distances from the median jump: by 1000 times and more to one value that
// at least two rows and at most a third hold, or by 100000 times to any values of at most a tenth of the rows. Columns
// whose other values are all equal are passed over: there is nothing to tell apart.
std::vector<FarValues> far_values(const Samples& rows);

}  // namespace datasets
