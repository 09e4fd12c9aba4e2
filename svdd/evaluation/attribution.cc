#include "svdd/evaluation/attribution.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "engine/stopping.h"

namespace svdd {

using datasets::Samples;

namespace {

// Varied samples are scored some at a time, so that memory does not follow their number.
constexpr int64_t most_values = 1 << 22;

struct Square {
  int64_t top, left, bottom, right;  // rows and columns [top, bottom) x [left, right)
};

std::vector<Square> squares_of(int64_t height, int64_t width) {
  const int64_t side = std::min(std::max<int64_t>(2, std::min(height, width) / 6), std::min(height, width)),
                step = std::max<int64_t>(1, side / 2);
  const auto starts = [&](int64_t extent) {
    std::vector<int64_t> all;
    for (int64_t at = 0; at + side < extent; at += step) all.push_back(at);
    all.push_back(extent - side);
    return all;
  };
  std::vector<Square> squares;
  for (const int64_t top : starts(height))
    for (const int64_t left : starts(width)) squares.push_back({top, left, top + side, left + side});
  return squares;
}

void require_one_image(const Samples& image) {
  if (image.count() != 1 || image.shape.size() != 3)
    throw std::invalid_argument("a map of the score is made of one image");
}

}  // namespace

std::vector<float> column_medians(const Samples& rows) {
  std::vector<float> medians, column(static_cast<size_t>(rows.count()));
  for (int64_t f = 0; f < rows.size(); ++f) {
    for (int64_t i = 0; i < rows.count(); ++i) column[static_cast<size_t>(i)] = rows.sample(i)[f];
    const auto middle = column.begin() + (rows.count() - 1) / 2;
    std::nth_element(column.begin(), middle, column.end());
    medians.push_back(*middle);
  }
  return medians;
}

std::vector<float> column_changes(Detector& detector, const Samples& rows, const std::vector<float>& usual) {
  const engine::IeeeMode ieee;
  const int64_t d = rows.size();
  if (static_cast<int64_t>(usual.size()) != d ||
      !std::all_of(usual.begin(), usual.end(), [](float v) { return std::isfinite(v); }))
    throw std::invalid_argument("the usual values of " + std::to_string(d) + " columns are not given");
  const std::vector<float> whole = detector.score(rows);
  std::vector<float> changes(rows.values.size());
  const int64_t at_once = std::max<int64_t>(1, most_values / d);
  for (int64_t f = 0; f < d; ++f)
    for (int64_t first = 0; first < rows.count(); first += at_once) {
      engine::check_stop();
      const int64_t last = std::min(first + at_once, rows.count());
      Samples without{rows.shape, {rows.sample(first), rows.sample(last)}};
      for (int64_t i = 0; i < without.count(); ++i) without.sample(i)[f] = usual[static_cast<size_t>(f)];
      const std::vector<float> scores = detector.score(without);
      for (int64_t i = first; i < last; ++i)
        changes[static_cast<size_t>(i * d + f)] =
            whole[static_cast<size_t>(i)] - scores[static_cast<size_t>(i - first)];
    }
  return changes;
}

std::vector<float> gradient_map(Detector& detector, const Samples& image, const SmoothGrad& how) {
  const engine::IeeeMode ieee;
  require_one_image(image);
  if (how.copies < 1 || !(how.noise >= 0) || !std::isfinite(how.noise))
    throw std::invalid_argument(
        "a gradient is smoothed over at least 1 copy, with noise of at least 0; found " +
        std::to_string(how.copies) + " and " + engine::number_text(how.noise));
  image.check("the image");
  const auto [least, most] = std::minmax_element(image.values.begin(), image.values.end());
  const double sigma = how.noise * (static_cast<double>(*most) - static_cast<double>(*least));
  const engine::RandomStream noise(0, "smoothgrad");
  const int64_t copies = sigma > 0 ? how.copies : 1, size = image.size(),
                at_once = std::max<int64_t>(1, most_values / size);
  std::vector<double> sum(static_cast<size_t>(size));
  for (int64_t first = 0; first < copies; first += at_once) {
    engine::check_stop();
    Samples noisy{image.shape, {}};
    for (int64_t k = first; k < std::min(first + at_once, copies); ++k)
      for (int64_t i = 0; i < size; ++i)
        noisy.values.push_back(static_cast<float>(
            static_cast<double>(image.values[static_cast<size_t>(i)]) +
            sigma * static_cast<double>(noise.normal(static_cast<uint64_t>(k * size + i)))));
    const std::vector<float> gradients = detector.score_gradient(noisy);
    for (size_t i = 0; i < gradients.size(); ++i) sum[i % sum.size()] += static_cast<double>(gradients[i]);
  }
  const size_t pixels = static_cast<size_t>(image.shape[1] * image.shape[2]);
  std::vector<float> map(pixels);
  for (size_t i = 0; i < sum.size(); ++i)
    map[i % pixels] =
        std::max(map[i % pixels], static_cast<float>(std::abs(sum[i]) / static_cast<double>(copies)));
  return map;
}

int64_t occlusion_squares(int64_t height, int64_t width) {
  return static_cast<int64_t>(squares_of(height, width).size());
}

std::vector<float> occlusion_map(Detector& detector, const Samples& image) {
  const engine::IeeeMode ieee;
  require_one_image(image);
  const int64_t channels = image.shape[0], height = image.shape[1], width = image.shape[2];
  std::vector<float> mean;
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int64_t p = 0; p < height * width; ++p)
      sum += image.values[static_cast<size_t>(c * height * width + p)];
    mean.push_back(static_cast<float>(sum / static_cast<double>(height * width)));
  }
  const float whole = detector.score(image)[0];
  const std::vector<Square> squares = squares_of(height, width);
  std::vector<double> sum(static_cast<size_t>(height * width));
  std::vector<int64_t> count(sum.size());
  const size_t at_once = static_cast<size_t>(std::max<int64_t>(1, most_values / image.size()));
  for (size_t first = 0; first < squares.size(); first += at_once) {
    engine::check_stop();
    const size_t last = std::min(first + at_once, squares.size());
    Samples without{image.shape, {}};
    for (size_t k = first; k < last; ++k) {
      const Square& q = squares[k];
      without.values.insert(without.values.end(), image.values.begin(), image.values.end());
      float* values = without.sample(static_cast<int64_t>(k - first));
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t y = q.top; y < q.bottom; ++y)
          std::fill_n(values + (c * height + y) * width + q.left, q.right - q.left,
                      mean[static_cast<size_t>(c)]);
    }
    const std::vector<float> scores = detector.score(without);
    for (size_t k = first; k < last; ++k)
      for (int64_t y = squares[k].top; y < squares[k].bottom; ++y)
        for (int64_t x = squares[k].left; x < squares[k].right; ++x) {
          const auto at = static_cast<size_t>(y * width + x);
          sum[at] += static_cast<double>(whole) - static_cast<double>(scores[k - first]);
          ++count[at];
        }
  }
  std::vector<float> map;
  for (size_t i = 0; i < sum.size(); ++i)
    map.push_back(static_cast<float>(sum[i] / static_cast<double>(std::max<int64_t>(count[i], 1))));
  return map;
}

}  // namespace svdd
