#include "datasets/column_offsets.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "datasets/dataset.h"

namespace datasets {
namespace {

constexpr int64_t most_rows_compared = 10'000;  // of each class or training set, evenly spaced

// u - double(u), which is less than 2^11.
float rest_of(uint64_t u) {
  const auto near = static_cast<double>(u);
  if (near >= 0x1p64) return -static_cast<float>(uint64_t{0} - u);
  const auto back = static_cast<uint64_t>(near);
  return back <= u ? static_cast<float>(u - back) : -static_cast<float>(back - u);
}

struct Span {
  double low = 0, high = 0;  // without a twentieth at either end
  bool exact = true;         // all are floats
};

template <class ValueAt>  // WideNumber of the i-th row
Span span_of(int64_t rows, ValueAt value_at) {
  Span span;
  const int64_t step = std::max<int64_t>(1, rows / most_rows_compared);
  std::vector<double> values;
  for (int64_t i = 0; i < rows; i += step) {
    const WideNumber x = value_at(i);
    if (std::isnan(x.value)) continue;  // missing
    values.push_back(x.value);
    span.exact = span.exact && x.rest == 0 && static_cast<double>(static_cast<float>(x.value)) == x.value;
  }
  if (span.exact || values.empty()) return span;
  const auto place = [&](size_t i) {
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(i);
    std::nth_element(values.begin(), at, values.end());
    return *at;
  };
  span.low = place(values.size() / 20);
  span.high = place(values.size() - 1 - values.size() / 20);
  return span;
}

// `factor`: how many times the span the largest magnitude may be.
bool blurs(const Span& span, double factor) {
  constexpr double no_float = 0x1p24;  // from here on not even whole numbers are all floats
  const double largest = std::max(std::abs(span.low), std::abs(span.high)), range = span.high - span.low;
  return !span.exact && (range > 0 ? largest > factor * range : largest >= no_float);
}

}  // namespace

WideNumber wide(uint64_t number) { return {static_cast<double>(number), rest_of(number)}; }

WideNumber wide(int64_t number) {
  if (number >= 0) return wide(static_cast<uint64_t>(number));
  const WideNumber positive = wide(uint64_t{0} - static_cast<uint64_t>(number));
  return {-positive.value, -positive.rest};
}

bool may_blur(const std::vector<double>& values, const std::vector<float>& rest, int64_t columns,
              const std::vector<int32_t>& labels) {
  constexpr double far = 0x1p22;  // whoever chooses among these rows may find them close together
  for (size_t i = 0; i < values.size(); ++i)
    if (std::abs(values[i]) >= far && static_cast<double>(static_cast<float>(values[i])) != values[i])
      return true;
  std::map<int32_t, std::vector<int64_t>> by_class;
  for (size_t i = 0; i < labels.size(); ++i) by_class[labels[i]].push_back(static_cast<int64_t>(i));
  for (const auto& of_class : by_class) {
    const std::vector<int64_t>& rows = of_class.second;  // clang before 16 captures no structured binding
    for (int64_t j = 0; j < columns; ++j) {
      const Span span = span_of(static_cast<int64_t>(rows.size()), [&](int64_t i) {
        const auto at = static_cast<size_t>(rows[static_cast<size_t>(i)] * columns + j);
        return WideNumber{values[at], rest.empty() ? 0 : rest[at]};
      });
      if (blurs(span, 512)) return true;
    }
  }
  return false;
}

std::vector<double> column_offsets(const Split& split, const std::vector<int64_t>& rows) {
  std::vector<double> offsets;
  const int64_t columns = split.size();
  for (int64_t j = 0; !split.wide.empty() && j < columns; ++j) {
    const Span span = span_of(static_cast<int64_t>(rows.size()), [&](int64_t i) {
      const auto at = static_cast<size_t>(rows[static_cast<size_t>(i)] * columns + j);
      return WideNumber{split.wide[at], split.wide_rest.empty() ? 0 : split.wide_rest[at]};
    });
    if (!blurs(span, 1024)) continue;
    offsets.resize(static_cast<size_t>(columns));
    const double middle = span.low + (span.high - span.low) / 2;
    offsets[static_cast<size_t>(j)] = span.high - span.low > 2 ? std::round(middle) : middle;
  }
  return offsets;
}

}  // namespace datasets
