// Convolutions of a few samples, output channels in the lanes. Part of the kernels of one instruction set (see simd.h).
//
// With samples in the lanes one image alone leaves fifteen of sixteen idle. Here a register holds the same position of
// neighbouring output channels of one sample; every output keeps its chain, so the bits are those of correlate(). The
// sample's numbers are read one after another from a copy without the lanes (`flat`), each broadcast to Q registers of
// weights; P positions × Q registers are the chains under way. The positions are neighbours in a row, or, at the edges, in a
// column, where the same taps fall inside the image.

enum class Neighbours { in_row, in_column };

template <Neighbours neighbours, int P, int Q>
void few_samples_tile(const FewSamples& job, const float* x, const float* w, int64_t first_group,
                      int64_t sample, int64_t row, int64_t column, Range taps) {
  constexpr int64_t group = V::width;
  const Correlation& c = job.of;
  const int64_t height = c.x.h, width = c.x.w, outputs = c.y.c;
  const int64_t top = row * c.stride + c.top, left = column * c.stride + c.left;
  const int64_t k_first = top < 0 ? -top : 0,
                k_last = height - top < c.kernel_rows ? height - top : c.kernel_rows;
  const int64_t step = neighbours == Neighbours::in_row ? c.stride : c.stride * width;
  const int64_t group_stride = c.x.c * c.kernel_rows * c.kernel_columns * group;
  V acc[Q][P];
  for (int q = 0; q < Q; ++q) {
    alignas(64) float start[group] = {};
    for (int64_t i = 0; c.bias && i < group && (first_group + q) * group + i < outputs; ++i)
      start[i] = c.bias[(first_group + q) * group + i];
    for (int p = 0; p < P; ++p) acc[q][p] = V::load(start);
  }
  for (int64_t channel = 0; channel < c.x.c; ++channel)
    for (int64_t k = k_first; k < k_last; ++k) {
      const float* xr = x + (channel * height + top + k) * width + left;
      const float* wr = w + (channel * c.kernel_rows + k) * c.kernel_columns * group;
      for (int64_t l = taps.first; l < taps.last; ++l) {
        V weight[Q];
        for (int q = 0; q < Q; ++q) weight[q] = V::load(wr + q * group_stride + l * group);
        for (int p = 0; p < P; ++p) {
          const V value(xr[p * step + l]);
          for (int q = 0; q < Q; ++q) acc[q][p] = fma(weight[q], value, acc[q][p]);
        }
      }
    }
  const int64_t at = (c.first_row + row * c.step) * c.y.w + c.first_column + column * c.step,
                out_step = neighbours == Neighbours::in_row ? c.step : c.step * c.y.w;
  for (int q = 0; q < Q; ++q)
    for (int p = 0; p < P; ++p) {
      alignas(64) float numbers[group];
      acc[q][p].store(numbers);
      for (int64_t i = 0; i < group && (first_group + q) * group + i < outputs; ++i) {
        float* to = c.y.at(0, (first_group + q) * group + i) + (at + p * out_step) * lanes;
        if (sample == 0)  // the first of all: lanes past the last sample are finite
          for (int part = 0; part < lanes; part += V::width) V(0.0f).store(to + part);
        to[sample] = numbers[i];
      }
    }
}

// Some rows: the columns whose taps all fall inside the image P at a time, the others P rows at a time where they can be.
template <int P, int Q>
void few_samples_rows(const FewSamples& job, const float* x, const float* w, int64_t first_group,
                      int64_t sample, Range rows) {
  using enum Neighbours;
  const Correlation& c = job.of;
  const auto taps_inside = [](int64_t begin, int64_t taps, int64_t extent) {
    return Range{begin < 0 ? -begin : 0, extent - begin < taps ? extent - begin : taps};
  };
  const auto columns_at = [&](int64_t column) {
    return taps_inside(column * c.stride + c.left, c.kernel_columns, c.x.w);
  };
  const auto all_rows_at = [&](int64_t row) {
    const Range r = taps_inside(row * c.stride + c.top, c.kernel_rows, c.x.h);
    return r.first == 0 && r.last == c.kernel_rows;
  };
  for (int64_t column = 0; column < c.columns;) {
    int64_t end = column;
    for (; end < c.columns && end < column + P; ++end) {
      const Range taps = columns_at(end);
      if (taps.first != 0 || taps.last != c.kernel_columns) break;
    }
    if (end == column + P) {
      for (int64_t row = rows.first; row < rows.last; ++row)
        few_samples_tile<in_row, P, Q>(job, x, w, first_group, sample, row, column, {0, c.kernel_columns});
      column = end;
      continue;
    }
    const Range taps = columns_at(column);
    for (int64_t row = rows.first; row < rows.last;)
      if (row + P <= rows.last && all_rows_at(row) && all_rows_at(row + P - 1)) {
        few_samples_tile<in_column, P, Q>(job, x, w, first_group, sample, row, column, taps);
        row += P;
      } else {
        few_samples_tile<in_row, 1, Q>(job, x, w, first_group, sample, row++, column, taps);
      }
    ++column;
  }
}

void few_samples(const FewSamples& job, Range units) {
  const Correlation& c = job.of;
  const int64_t groups = job.groups(V::width), bands = job.units();
  const int64_t stride = c.x.c * c.kernel_rows * c.kernel_columns * V::width;
  for (int64_t u = units.first * c.x.samples; u < units.last * c.x.samples; ++u) {
    const int64_t sample = u % c.x.samples, band = u / c.x.samples;
    const Range rows{c.rows * band / bands, c.rows * (band + 1) / bands};
    const float* x = job.flat + sample * c.x.c * c.x.positions();
    int64_t g = 0;
    const auto go = [&]<int P, int Q>() {  // while there are Q groups left
      for (; g + Q <= groups; g += Q) few_samples_rows<P, Q>(job, x, c.packed + g * stride, g, sample, rows);
    };
    if constexpr (V::width == 16) {
      go.template operator()<4, 4>(), go.template operator()<4, 2>(), go.template operator()<8, 1>();
    } else {  // sixteen registers
      go.template operator()<2, 4>(), go.template operator()<4, 2>(), go.template operator()<4, 1>();
    }
  }
}
