#include "datasets/dataset.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>

namespace datasets {
namespace {

std::array<float, 256> make_fractions() {
  std::array<float, 256> fractions;
  for (int byte = 0; byte < 256; ++byte)
    fractions[static_cast<size_t>(byte)] = static_cast<float>(byte) / 255.0f;
  return fractions;
}

void check_split(const Dataset& data, const Split& split, const std::string& half) {
  const std::string where = data.name + " (" + half + ")";
  const int64_t size = split.size(), bytes = static_cast<int64_t>(split.bytes.size());
  if (bytes % size != 0 || bytes / size != split.count())
    throw std::invalid_argument(where + ": " + std::to_string(split.count()) + " labels for " +
                                std::to_string(bytes) + " bytes of samples of shape " +
                                shape_text(split.shape));
  for (size_t i = 0; i < split.labels.size(); ++i)
    if (split.labels[i] < 0 || split.labels[i] >= data.classes())
      throw std::invalid_argument(where + ": sample " + std::to_string(i) + " has label " +
                                  std::to_string(split.labels[i]) + ", expected 0 to " +
                                  std::to_string(data.classes() - 1));
}

// "0 (T-shirt/top), 1 (Trouser)", or "0 to 9" where the names say no more than the numbers.
std::string class_list(const Dataset& data) {
  bool plain = true;
  std::string list;
  for (size_t k = 0; k < data.class_names.size(); ++k) {
    const std::string number = std::to_string(k);
    if (data.class_names[k] != number) plain = false;
    list += (k > 0 ? ", " : "") + number + " (" + data.class_names[k] + ")";
  }
  return plain ? "0 to " + std::to_string(data.classes() - 1) : list;
}

void check_normal_classes(const Dataset& data, const std::vector<int>& normal) {
  if (normal.empty())
    throw std::invalid_argument(data.name + ": no normal class is named; the classes are " +
                                class_list(data));
  const std::vector<int64_t> counts = data.train.class_counts(data.classes());
  for (size_t i = 0; i < normal.size(); ++i) {
    const std::string name = std::to_string(normal[i]);
    if (normal[i] < 0 || normal[i] >= data.classes())
      throw std::invalid_argument(data.name + " has no class " + name + "; its classes are " +
                                  class_list(data));
    if (std::find(normal.begin(), normal.begin() + static_cast<std::ptrdiff_t>(i), normal[i]) !=
        normal.begin() + static_cast<std::ptrdiff_t>(i))
      throw std::invalid_argument("normal class " + name + " is named twice");
    if (counts[static_cast<size_t>(normal[i])] == 0)
      throw std::invalid_argument(data.name + ": class " + name +
                                  " has no training samples, so it cannot be normal");
  }
}

}  // namespace

Samples Split::select(const std::vector<int64_t>& rows) const {
  static const std::array<float, 256> fractions = make_fractions();
  const int64_t per_sample = size();
  Samples samples{shape, {}};
  samples.values.resize(rows.size() * static_cast<size_t>(per_sample));
  float* to = samples.values.data();
  for (const int64_t row : rows) {
    if (row < 0 || row >= count())
      throw std::out_of_range("row " + std::to_string(row) + " was asked for; there are " +
                              std::to_string(count()));
    const uint8_t* from = bytes.data() + row * per_sample;
    for (int64_t i = 0; i < per_sample; ++i) *to++ = fractions[from[i]];
  }
  return samples;
}

std::vector<int64_t> Split::class_counts(int64_t classes) const {
  std::vector<int64_t> counts(static_cast<size_t>(classes), 0);
  for (const int32_t label : labels) ++counts.at(static_cast<size_t>(label));
  return counts;
}

void Dataset::check() const {
  if (train.shape != test.shape)
    throw std::invalid_argument(name + ": training samples are " + shape_text(train.shape) +
                                ", test samples " + shape_text(test.shape) + "; both must have one shape");
  check_split(*this, train, "training half");
  check_split(*this, test, "test half");
}

OneVsRest one_vs_rest(const Dataset& data, const std::vector<int>& normal_classes, int64_t limit) {
  data.check();
  check_normal_classes(data, normal_classes);
  if (limit < 0)
    throw std::invalid_argument("the limit of training samples is " + std::to_string(limit) +
                                "; expected 0 (all) or more");
  std::vector<bool> is_normal(static_cast<size_t>(data.classes()), false);
  for (const int k : normal_classes) is_normal[static_cast<size_t>(k)] = true;

  OneVsRest task;
  task.normal = normal_classes;
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < data.train.count() && (limit == 0 || static_cast<int64_t>(rows.size()) < limit);
       ++i) {
    const int32_t label = data.train.labels[static_cast<size_t>(i)];
    if (!is_normal[static_cast<size_t>(label)]) continue;
    rows.push_back(i);
    task.train_classes.push_back(label);
  }
  task.train = data.train.select(rows);

  rows.resize(static_cast<size_t>(data.test.count()));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  task.test = data.test.select(rows);
  task.test_classes = data.test.labels;
  for (const int32_t label : data.test.labels)
    task.test_labels.push_back(is_normal[static_cast<size_t>(label)] ? 0 : 1);
  return task;
}

}  // namespace datasets
