#include "tools/report/explanations.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "svdd/evaluation/attribution.h"
#include "tools/commands/csv_files.h"

namespace tools {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Whether a smoothed gradient is there in so many seconds, by what that of one copy takes; of a method that has one.
bool gradients_within(double seconds, svdd::Detector& detector, const datasets::Samples& image) {
  if (!detector.has_score_gradient()) return false;
  const Stopwatch one;
  svdd::gradient_map(detector, image, {.copies = 1, .noise = 0});
  return one.seconds() * static_cast<double>(svdd::SmoothGrad().copies) <= seconds;
}

}  // namespace

bool are_pictures(const std::vector<int64_t>& shape) {
  return shape.size() == 3 && (shape[0] == 1 || shape[0] == 3);
}

std::vector<size_t> highest_first(std::span<const float> scores) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  return order;
}

std::vector<std::vector<ColumnShare>> column_shares(svdd::Detector& detector, const datasets::Samples& rows,
                                                    const datasets::TableForm& form, int64_t top,
                                                    ExplainBy by) {
  const auto d = static_cast<size_t>(rows.size());
  std::vector<float> changes, gradients(rows.values.size());
  if (by == ExplainBy::gradient) {
    gradients = detector.score_gradient(rows);
    for (size_t i = 0; i < gradients.size(); ++i)
      changes.push_back(gradients[i] * (rows.values[i] - form.usual[i % d]));
  } else {
    changes = svdd::column_changes(detector, rows, form.usual);
  }
  const auto in_table = [&](float value, size_t column) {
    return form.offsets.empty() || form.offsets[column] == 0 ? shortest(value)
                                                             : shortest(value + form.offsets[column]);
  };
  std::vector<std::vector<ColumnShare>> all;
  for (int64_t i = 0; i < rows.count(); ++i) {
    const std::span<const float> change(changes.data() + static_cast<size_t>(i) * d, d);
    std::vector<size_t> order = highest_first(change);
    order.resize(std::min(static_cast<size_t>(top), d));
    all.emplace_back();
    for (const size_t column : order)
      all.back().push_back({form.feature_word(column), in_table(rows.sample(i)[column], column),
                            in_table(form.usual[column], column), change[column],
                            gradients[static_cast<size_t>(i) * d + column]});
  }
  return all;
}

std::vector<MappedImage> maps_within(double seconds, double seconds_of_a_score, svdd::Detector& detector,
                                     const datasets::Samples& images, std::span<const size_t> numbers,
                                     bool gradients) {
  std::vector<MappedImage> maps;
  double longest =
      seconds_of_a_score * static_cast<double>(svdd::occlusion_squares(images.shape[1], images.shape[2]));
  const Stopwatch all;
  for (const size_t number : numbers) {
    if (all.seconds() + longest > seconds) break;
    const Stopwatch one;
    const auto at = static_cast<int64_t>(number);
    MappedImage mapped{{images.shape, {images.sample(at), images.sample(at + 1)}}, {}};
    mapped.map = svdd::occlusion_map(detector, mapped.image);
    if (maps.empty()) gradients = gradients && gradients_within(seconds / 2, detector, mapped.image);
    if (gradients) mapped.gradient = svdd::gradient_map(detector, mapped.image);
    maps.push_back(std::move(mapped));
    longest = std::max(longest, one.seconds());
  }
  return maps;
}

std::vector<std::vector<ColumnShare>> shares_within(double seconds, svdd::Detector& detector,
                                                    const datasets::Samples& rows,
                                                    const datasets::TableForm& form, int64_t top,
                                                    std::span<const size_t> numbers) {
  constexpr size_t at_once = 10;  // rows, after which the clock is looked at
  std::vector<std::vector<ColumnShare>> shares;
  const Stopwatch all;
  double longest = 0;
  for (size_t first = 0; first < numbers.size() && all.seconds() + longest <= seconds; first += at_once) {
    const Stopwatch some;
    datasets::Samples chosen{rows.shape, {}};
    for (const size_t number : numbers.subspan(first, std::min(at_once, numbers.size() - first))) {
      const auto at = static_cast<int64_t>(number);
      chosen.values.insert(chosen.values.end(), rows.sample(at), rows.sample(at + 1));
    }
    for (auto& one : column_shares(detector, chosen, form, top)) shares.push_back(std::move(one));
    longest = std::max(longest, some.seconds());
  }
  return shares;
}

}  // namespace tools
