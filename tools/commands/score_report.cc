#include "tools/commands/score_report.h"

#include <algorithm>
#include <cmath>

#include "svdd/evaluation/reliability.h"
#include "svdd/methods/method.h"
#include "tools/commands/counted.h"
#include "tools/report/explanations.h"
#include "tools/report/image_grid.h"
#include "tools/report/report_html.h"
#include "tools/report/score_page.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

constexpr double most_seconds = 10;  // for explanations
constexpr size_t most_maps = 8;
constexpr int64_t columns_a_row = 3;  // that are named of each
constexpr int64_t thumbnail_side = 128;

// How the threshold came to be, and the rate of false alarms that it has.
std::string where_from(const ScoreOptions& options, const svdd::Detector& detector,
                       std::optional<double>& rate) {
  if (options.threshold) return "The threshold was given (--threshold).";
  const auto& calibration = detector.calibration();
  rate = options.false_alarm_rate ? options.false_alarm_rate
         : calibration            ? std::optional(calibration->false_alarm_rate)
                                  : std::nullopt;
  if (calibration)
    return "The threshold goes by " +
           counted(static_cast<int64_t>(detector.training_scores().size()), "normal sample") +
           " that the model was not trained on: a new normal sample is above it with a probability of at "
           "most " +
           html::short_rate(*rate) + (options.false_alarm_rate ? " (--false-alarm-rate)." : ".");
  if (rate)
    return "The threshold is where " + html::short_rate(*rate) +
           " of the scores that the model gave what it was trained on are above it (--false-alarm-rate); of "
           "new normal "
           "samples it will be more.";
  return "The threshold is the model's own. It was not calibrated by samples that it was not trained on, so "
         "its rate "
         "of false alarms is not known.";
}

// Were all samples normal. What chance makes of very many is nearly a share of them, as of a million.
std::optional<std::pair<int64_t, int64_t>> false_alarms_between(const svdd::Detector& detector,
                                                                std::optional<double> rate, int64_t samples) {
  if (!rate || !detector.calibration()) return std::nullopt;
  constexpr int64_t most = 1'000'000;
  auto [low, high] = svdd::false_alarms_by_chance(static_cast<int64_t>(detector.training_scores().size()),
                                                  std::min(samples, most), *rate);
  if (samples > most) {
    const double times = static_cast<double>(samples) / static_cast<double>(most);
    low = static_cast<int64_t>(times * static_cast<double>(low));
    high = static_cast<int64_t>(std::ceil(times * static_cast<double>(high)));
  }
  return std::pair{low, high};
}

// At most thumbnail_side pixels high and wide: each the mean of a square of the image's.
datasets::Samples thumbnail(const datasets::Samples& images, size_t number) {
  const int64_t channels = images.shape[0], height = images.shape[1], width = images.shape[2];
  const int64_t square = (std::max(height, width) + thumbnail_side - 1) / thumbnail_side;
  const float* image = images.sample(static_cast<int64_t>(number));
  datasets::Samples small{{channels, (height + square - 1) / square, (width + square - 1) / square}, {}};
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t top = 0; top < height; top += square)
      for (int64_t left = 0; left < width; left += square) {
        const int64_t bottom = std::min(top + square, height), right = std::min(left + square, width);
        double sum = 0;
        for (int64_t y = top; y < bottom; ++y)
          for (int64_t x = left; x < right; ++x) sum += image[(c * height + y) * width + x];
        small.values.push_back(
            static_cast<float>(sum / static_cast<double>((bottom - top) * (right - left))));
      }
  return small;
}

void add_thumbnails(ScorePage& page, const datasets::Samples& images, std::span<const size_t> numbers) {
  datasets::Samples small;
  for (const size_t number : numbers) {
    datasets::Samples one = thumbnail(images, number);
    small.shape = one.shape;
    small.values.insert(small.values.end(), one.values.begin(), one.values.end());
  }
  ImageGrid grid;
  grid.images = small.values, grid.n = small.count(), grid.channels = small.shape[0];
  grid.height = small.shape[1], grid.width = small.shape[2], grid.enlarge = 1;
  page.thumbnails = png_of_grid(grid);
  page.thumbnail_columns = std::min(grid.columns, grid.n);
  page.thumbnail_height = grid.height, page.thumbnail_width = grid.width;
}

void add_maps(ScorePage& page, svdd::Detector& detector, const datasets::Samples& images,
              std::span<const size_t> numbers, double seconds_of_a_score) {
  const std::vector<MappedImage> maps = maps_within(most_seconds, seconds_of_a_score, detector, images,
                                                    numbers.first(std::min(most_maps, numbers.size())), true);
  if (maps.empty()) {
    page.unexplained =
        "A map of one image would take longer than the ten seconds that this page has for them: svdd explain "
        "draws it.";
    return;
  }
  page.maps = maps_png(maps, 1);
  page.map_count = static_cast<int64_t>(maps.size());
  page.map_pictures = pictures_of_each(maps);
  page.map_height = images.shape[1], page.map_width = images.shape[2];
}

void add_columns(ScorePage& page, svdd::Detector& detector, const datasets::Samples& rows,
                 const std::optional<datasets::TableForm>& form, std::span<const size_t> numbers) {
  if (!form || form->usual.empty()) {
    page.unexplained =
        "The model does not say what is usual in its columns, so nothing is said of those that a score goes "
        "with: it was "
        "not trained on a table, or by an earlier version.";
    return;
  }
  const auto shares = shares_within(most_seconds, detector, rows, *form, columns_a_row, numbers);
  for (size_t i = 0; i < shares.size(); ++i) page.shown[i].columns = shares[i];
  if (shares.size() < numbers.size())
    page.unexplained = "More than the first " + std::to_string(shares.size()) +
                       " would have taken longer than ten seconds: svdd explain tells of all.";
}

// As many of the path's last parts as no other of these paths ends in.
std::string distinguishing_end(const std::string& path, const std::vector<std::string>& paths) {
  size_t begin = path.size();
  while (begin > 0) {
    const size_t slash = begin < 2 ? std::string::npos : path.rfind('/', begin - 2);
    begin = slash == std::string::npos ? 0 : slash + 1;
    const std::string end = path.substr(begin);
    const auto same = std::count_if(paths.begin(), paths.end(), [&](const std::string& other) {
      return other.ends_with(end) && (other.size() == end.size() || end.front() == '/' ||
                                      other[other.size() - end.size() - 1] == '/');
    });
    if (same <= 1) return end;
  }
  return path;
}

}  // namespace

std::string score_report(const ScoreOptions& options, svdd::Detector& detector,
                         const std::optional<datasets::TableForm>& form, const Scored& scored,
                         double seconds_of_a_score) {
  ScorePage page;
  const svdd::Method* method = svdd::find_method(detector.method());
  page.input = options.input, page.model = options.model;
  page.method = method ? method->title : detector.method();
  page.are_files = !scored.input.names.empty();
  page.scores = scored.scores, page.threshold = scored.threshold;
  page.where_from = where_from(options, detector, page.false_alarm_rate);
  page.false_alarms_between =
      false_alarms_between(detector, page.false_alarm_rate, static_cast<int64_t>(scored.scores.size()));
  page.select = options.select;
  page.selected = std::count(scored.selected.begin(), scored.selected.end(), true);
  page.normal_scores = detector.training_scores();
  page.normal_name = detector.calibration() ? "normal, held out of training" : "training samples";
  page.drift = scored.drift, page.damaged = scored.input.damaged, page.remarks = scored.input.notes;

  std::vector<size_t> order = highest_first(scored.scores);
  order.resize(std::min(order.size(), static_cast<size_t>(most_shown_samples)));
  for (const size_t i : order) {
    ShownSample sample{page.are_files ? scored.input.names[i] : std::to_string(i), scored.scores[i]};
    if (page.are_files) sample.short_name = distinguishing_end(sample.name, scored.input.names);
    if (scored.p_values) sample.p_value = (*scored.p_values)(sample.score);
    sample.anomalous = static_cast<double>(sample.score) > scored.threshold;
    sample.selected = !scored.selected.empty() && scored.selected[i];
    page.shown.push_back(std::move(sample));
  }
  const datasets::Samples& samples = scored.input.samples;
  if (are_pictures(samples.shape)) {
    add_thumbnails(page, samples, order);
    add_maps(page, detector, samples, order, seconds_of_a_score);
  } else if (samples.shape.size() == 1) {
    add_columns(page, detector, samples, form, order);
  }
  return score_page(page);
}

}  // namespace tools
