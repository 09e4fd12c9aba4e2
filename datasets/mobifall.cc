#include "datasets/mobifall.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "datasets/csv.h"
#include "datasets/mobifall_windows.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/random.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;
using Fields = std::vector<std::string_view>;

constexpr int64_t window_values = 3 * window_samples, last_activity = 14;

// 1, 3, 4, 8 fall, as in the published labels; 0 is nobody's.
const std::vector<std::string> activities = {"none", "BSC", "CSI", "FKL", "FOL", "JOG", "JUM",
                                             "SCH",  "SDL", "STD", "STN", "STU", "WAL", "CSO"};

const char* const text_entry = "train_mobiFall.txt";
const char* const raw_entry = "acc.csv";

// ---- the published text

Split read_text_half(const fs::path& windows, const fs::path& labels) {
  Split split{{3, 20, 20}, {}, {}};
  const std::string text = engine::read_file(windows);
  CsvReader reader(text, in_quotes(windows), ',');
  Fields fields;
  int64_t rows = 0;
  for (; reader.next(fields); ++rows) {
    if (static_cast<int64_t>(fields.size()) != window_values)
      reader.refuse("there are " + std::to_string(fields.size()) + " numbers, expected " +
                    std::to_string(window_values) + " (3 axes of 20 x 20)");
    for (size_t i = 0; i < fields.size(); ++i) split.values.push_back(number_at(reader, fields, i));
  }
  const std::string label_text = engine::read_file(labels);
  CsvReader label_reader(label_text, in_quotes(labels), ',');
  while (label_reader.next(fields)) {
    const float label = number_at(label_reader, fields, 0);
    if (fields.size() != 1 || label != std::floor(label) || label < 1 || label > last_activity)
      label_reader.refuse("expected one activity, a whole number from 1 to " + std::to_string(last_activity));
    split.labels.push_back(static_cast<int32_t>(label));
  }
  if (split.count() != rows)
    throw std::runtime_error(in_quotes(windows) + " holds " + std::to_string(rows) + " windows but " +
                             in_quotes(labels) + " " + std::to_string(split.count()) +
                             " labels: they belong to different data sets");
  return split;
}

// ---- the recording

struct Trial {
  int64_t subject = 0;
  int32_t activity = 0;
  bool is_fall = false;
};

size_t column_named(const CsvReader& reader, const Fields& header, const char* name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) reader.refuse("there is no column " + in_quotes(name));
  return static_cast<size_t>(found - header.begin());
}

void require_fields(const CsvReader& reader, const Fields& fields, size_t expected) {
  if (fields.size() != expected)
    reader.refuse("there are " + std::to_string(fields.size()) + " fields, expected " +
                  std::to_string(expected));
}

std::map<int64_t, Trial> read_trials(const fs::path& path) {
  const std::string text = engine::read_file(path);
  CsvReader reader(text, in_quotes(path), ',');
  Fields fields;
  if (!reader.next(fields)) throw std::runtime_error(in_quotes(path) + " is empty");
  const size_t number = column_named(reader, fields, "trial"),
               subject = column_named(reader, fields, "subject"),
               group = column_named(reader, fields, "group"),
               activity = column_named(reader, fields, "activity"), width = fields.size();
  std::map<int64_t, Trial> trials;
  while (reader.next(fields)) {
    require_fields(reader, fields, width);
    const auto known = std::find(activities.begin() + 1, activities.end(), fields[activity]);
    if (known == activities.end())
      reader.refuse(activity, "there is no activity " + in_quotes(fields[activity]));
    if (fields[group] != "FALL" && fields[group] != "ADL")
      reader.refuse(group, in_quotes(fields[group]) + " is neither FALL nor ADL");
    const Trial trial{whole_number_at(reader, fields, subject, 0, 1'000'000),
                      static_cast<int32_t>(known - activities.begin()), fields[group] == "FALL"};
    if (!trials.emplace(whole_number_at(reader, fields, number, 0, 1'000'000'000), trial).second)
      reader.refuse(number, "trial " + std::string(fields[number]) + " is there twice");
  }
  return trials;
}

std::string seconds_text(int64_t microseconds) { return std::to_string(microseconds / 1'000'000) + " s"; }

// What comes out at 100 Hz is then at most four times what is recorded; the published recording's trials hold 54 samples
// a second or more.
void require_rate(const fs::path& path, int64_t trial, const Recording& recording) {
  constexpr int64_t longest_step = 40'000;  // on average
  const std::vector<int64_t>& t = recording.microseconds;
  if (t.back() - t.front() <= longest_step * static_cast<int64_t>(t.size())) return;
  throw std::runtime_error(in_quotes(path) + ": trial " + std::to_string(trial) + " holds " +
                           std::to_string(t.size()) + " samples in " + seconds_text(t.back() - t.front()) +
                           "; expected about 100 a second, and no less than 25");
}

// Calls visit(trial's number, Recording) for each trial of acc.csv, in the file's order.
template <class Visit>
void for_each_recording(const fs::path& path, Visit visit) {
  const std::string text = engine::read_file(path);
  CsvReader reader(text, in_quotes(path), ',');
  Fields fields;
  if (!reader.next(fields)) throw std::runtime_error(in_quotes(path) + " is empty");
  const size_t number = column_named(reader, fields, "trial"), time = column_named(reader, fields, "t_us"),
               width = fields.size();
  const std::array<size_t, 3> axis = {column_named(reader, fields, "ax"), column_named(reader, fields, "ay"),
                                      column_named(reader, fields, "az")};
  constexpr int64_t longest = 3'600'000'000;  // an hour; the longest trial takes five minutes
  constexpr int64_t largest = 1 << 20;        // a thousand g
  constexpr int64_t longest_gap = 2'000'000;  // two seconds; the longest of the published recording is 1.1
  std::set<int64_t> seen;
  int64_t current = -1;
  Recording recording;
  while (reader.next(fields)) {
    require_fields(reader, fields, width);
    const int64_t trial = whole_number_at(reader, fields, number, 0, 1'000'000'000);
    if (trial != current) {
      engine::check_stop();
      if (current >= 0) require_rate(path, current, recording), visit(current, recording);
      if (!seen.insert(trial).second)
        reader.refuse(number, "trial " + std::to_string(trial) + " goes on after another one");
      recording = {};
      current = trial;
    }
    const int64_t earliest = recording.microseconds.empty() ? 0 : recording.microseconds.back();
    const int64_t now = whole_number_at(reader, fields, time, earliest, longest);
    // Interpolation over hours would make much of nothing.
    if (!recording.microseconds.empty() && now - earliest > longest_gap)
      reader.refuse(time, "trial " + std::to_string(trial) + " has a gap of " + seconds_text(now - earliest) +
                              " between two samples; expected about 100 samples a second, and no gap above " +
                              seconds_text(longest_gap));
    recording.microseconds.push_back(now);
    std::array<int32_t, 3>& a = recording.axes.emplace_back();
    for (size_t i = 0; i < 3; ++i)
      a[i] = static_cast<int32_t>(whole_number_at(reader, fields, axis[i], -largest, largest));
  }
  if (current >= 0) require_rate(path, current, recording), visit(current, recording);
}

// Of the subjects with daily activities, those left for training.
std::set<int64_t> training_subjects(const std::map<int64_t, Trial>& trials, const LoadOptions& options) {
  std::set<int64_t> active;
  for (const auto& [number, trial] : trials)
    if (!trial.is_fall) active.insert(trial.subject);
  const std::vector<int64_t> subjects(active.begin(), active.end());
  const auto n = static_cast<int64_t>(subjects.size());
  const double fraction = options.test_fraction.value_or(1.0 / 3.0);
  if (!(fraction >= 0 && fraction < 1))
    throw std::invalid_argument("the share of subjects held out for the test is " + std::to_string(fraction) +
                                "; expected 0 or more and less than 1");
  const auto held = static_cast<size_t>(fraction * static_cast<double>(n));
  const std::vector<int32_t> order =
      engine::permutation(n, engine::RandomStream(options.split_seed, "split/subjects"));
  for (size_t i = 0; i < held; ++i) active.erase(subjects[static_cast<size_t>(order[i])]);
  return active;
}

void read_recording(const fs::path& folder, const LoadOptions& options, Dataset& data) {
  const std::map<int64_t, Trial> trials = read_trials(folder / "trials.csv");
  const std::set<int64_t> training = training_subjects(trials, options);
  for_each_recording(folder / raw_entry, [&](int64_t number, const Recording& recording) {
    const auto trial = trials.find(number);
    if (trial == trials.end())
      throw std::runtime_error(in_quotes(folder / raw_entry) + " holds trial " + std::to_string(number) +
                               ", which is not in trials.csv beside it");
    const auto signal = resampled(recording);
    const std::vector<float> windows = trial->second.is_fall ? fall_window(signal) : activity_windows(signal);
    Split& half = training.contains(trial->second.subject) ? data.train : data.test;
    half.values.insert(half.values.end(), windows.begin(), windows.end());
    half.labels.insert(half.labels.end(), windows.size() / static_cast<size_t>(window_values),
                       trial->second.activity);
  });
  if (data.train.count() == 0)
    throw std::runtime_error(in_quotes(folder / raw_entry) + " holds no trial long enough to train on: " +
                             std::to_string(window_samples) + " samples at 100 Hz are needed");
}

}  // namespace

const std::vector<std::string>& mobifall_entries() {
  static const std::vector<std::string> entries = {text_entry, raw_entry};
  return entries;
}

Dataset load_mobifall_folder(const fs::path& folder, const LoadOptions& options) {
  Dataset data{
      folder.string(), {}, {{3, 20, 20}, {}, {}}, {{3, 20, 20}, {}, {}}, {2, 5, 6, 7, 9, 10, 11, 12, 13}};
  std::error_code error;
  if (fs::exists(folder / text_entry, error)) {
    for (int64_t k = 0; k <= last_activity; ++k) data.class_names.push_back(std::to_string(k));
    data.train = read_text_half(folder / text_entry, folder / "train_mobiFall_labels.txt");
    data.test = read_text_half(folder / "test_mobiFall.txt", folder / "test_mobiFall_labels.txt");
  } else {
    data.class_names = activities;
    read_recording(folder, options, data);
    data.test_was_held_out = true;
  }
  return data;
}

}  // namespace datasets
