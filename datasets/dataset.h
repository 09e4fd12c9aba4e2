// A labelled data set as it lies on disk, and the one-vs-rest protocol that turns it into an anomaly
// detection task.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/samples.h"

namespace datasets {

// The training or the test half. Images stay bytes until they are chosen: 60 000 MNIST digits take 47 MB.
struct Split {
  std::vector<int64_t> shape;   // of one sample: {channels, height, width}
  std::vector<uint8_t> bytes;   // count x size, C order
  std::vector<int32_t> labels;  // count classes, from 0

  int64_t count() const { return static_cast<int64_t>(labels.size()); }
  int64_t size() const { return sample_size(shape); }

  // These rows, in this order, as bytes / 255. Throws std::out_of_range for a row that is not there.
  Samples select(const std::vector<int64_t>& rows) const;
  // How many samples each of the classes 0 … classes-1 has.
  std::vector<int64_t> class_counts(int64_t classes) const;
};

struct Dataset {
  std::string name;
  std::vector<std::string> class_names;  // one per class
  Split train, test;

  int64_t classes() const { return static_cast<int64_t>(class_names.size()); }
  // Throws std::invalid_argument, naming the data set, when the halves' shapes differ, a half's bytes do not
  // match its number of labels, or a label is no class.
  void check() const;
};

// One or more normal classes against all the others.
struct OneVsRest {
  std::vector<int> normal;  // as asked for
  Samples train;            // the normal classes of the training half, in file order
  std::vector<int32_t>
      train_classes;  // their classes: for evaluation and supervised variants, not for training
  Samples test;       // the whole test half, in file order
  std::vector<int32_t> test_labels;  // 0 normal, 1 anomaly
  std::vector<int32_t> test_classes;
};

// `limit` > 0 keeps only the first `limit` normal training samples. Throws std::invalid_argument when no
// class is named, a class is not in the data, named twice or without training samples, when `limit` is
// negative, or where Dataset::check() does.
OneVsRest one_vs_rest(const Dataset& data, const std::vector<int>& normal_classes, int64_t limit = 0);

}  // namespace datasets
