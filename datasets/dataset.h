// A labelled data set as it lies on disk, and the one-vs-rest protocol that turns it into an anomaly
// detection task.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/normal_guess.h"
#include "datasets/samples.h"
#include "datasets/table_form.h"

namespace datasets {

// The training or the test half. Images as their files hold them stay bytes until they are chosen: 60 000
// MNIST digits take 47 MB. What is no byte (rows of a table, motion, resized images) is kept as values.
struct Split {
  std::vector<int64_t> shape;   // of one sample: {channels, height, width} of an image, {features} of a row
  std::vector<uint8_t> bytes;   // count x size, C order; empty where there are `values`
  std::vector<int32_t> labels;  // count classes, from 0
  std::vector<float> values = {};  // count x size, C order; empty where there are `bytes`
  // The same as doubles, in the place of `values`, where floats might blur them (column_offsets.h); and what whole
  // numbers beyond 2^53 have more than their double, which may be left out.
  std::vector<double> wide = {};
  std::vector<float> wide_rest = {};
  // Where each sample comes from: the file that holds it, or its number in the file of all, counted from 0. Both empty: as
  // the samples come.
  std::vector<std::string> files = {};
  std::vector<int64_t> row_numbers = {};

  int64_t count() const { return static_cast<int64_t>(labels.size()); }
  int64_t size() const { return sample_size(shape); }

  // These rows, in this order: bytes / 255, values as they are, doubles less `offsets` (one for each of a sample's
  // values, or none) and rounded. Throws std::out_of_range for a row that is not there.
  Samples select(const std::vector<int64_t>& rows, const std::vector<double>& offsets = {}) const;
  std::vector<int64_t> all() const;  // the numbers of all rows
  // The same, still labelled, bytes staying bytes.
  Split subset(const std::vector<int64_t>& rows) const;
  // The first so many of each class, in their order; 0: all. Of whichever classes some are wanted, the first so many are there.
  Split first_of_class(int64_t most) const;
  // How many samples each of the classes 0 … classes-1 has.
  std::vector<int64_t> class_counts(int64_t classes) const;
};

struct Dataset {
  std::string name;
  std::vector<std::string> class_names;  // one per class
  Split train, test;
  // What is normal where nothing else is asked for: class 0 of a set that comes labelled normal and
  // anomalous, or the published choice. Empty: it must be named.
  std::vector<int> default_normal = {};
  // The set comes whole, and its test half was drawn from it: LoadOptions::test_fraction had a say.
  bool test_was_held_out = false;
  // What a person should know of how the files were read, a sentence each: what was guessed, what was passed over.
  std::vector<std::string> notes = {};
  // Of a table: how it was read. Without `normal` and `offsets`, which depend on what is trained on.
  std::optional<TableForm> table = {};
  // Of a table that was read as the rows of a model (LoadOptions::form): whether any row is of a class that the model
  // was trained or tested on, and the names of the columns that the model was not trained on.
  bool known_to_form = true;
  std::vector<std::string> passed_over = {};
  NormalGuess guess = {};  // of a table: where default_normal comes from
  // Of a table: columns that look like running numbers, by their names, or their numbers from 1.
  std::vector<std::string> running_numbers = {};
  // Whether some class is called by a number that is not its place here, as -1, 0, 1 are: then numbers name classes by
  // what they are called.
  bool names_are_numbers() const;
  // How a class is named in words and messages: by its number, or as it is called where that is another number.
  std::string class_word(int k) const;

  int64_t classes() const { return static_cast<int64_t>(class_names.size()); }
  // Throws std::invalid_argument, naming the data set, when the halves' shapes differ, a half's bytes or
  // values do not match its number of labels, it has both, a value is NaN or infinite, or a label is no
  // class.
  void check() const;
};

// One or more normal classes against the others.
struct OneVsRest {
  std::vector<int> normal;  // as asked for
  Samples train;            // the normal classes of the training half, in file order
  std::vector<int32_t>
      train_classes;  // their classes: for evaluation and supervised variants, not for training
  Samples test;       // the whole test half, in file order
  std::vector<int32_t> test_labels;  // 0 normal, 1 anomaly
  std::vector<int32_t> test_classes;
  std::vector<double> offsets =
      {};  // what was subtracted from each feature, from the training rows; empty: nothing
  // Of each test sample: the file that holds it, or its number in the file or test half, counted from 0.
  std::vector<std::string> test_files = {};
  std::vector<int64_t> test_rows = {};
  // Of a table, what a model is to remember, but for the names of the normal classes: words that no training row holds are
  // none of its features, and values to fill in are known.
  std::optional<TableForm> table = {};
};

// Puts the value for its feature in the place of each NaN; `fill` may be empty, and then nothing is filled in.
void fill_missing(Samples& rows, const std::vector<float>& fill);

struct OneVsRestOptions {
  int64_t limit = 0;                // above 0: only the first so many training samples
  std::vector<int> anomalous = {};  // the classes to test against; empty: all that are not normal. Classes in
                                    // neither list are left out (Deep Multi-Sphere SVDD on CIFAR-10: {1, 9}
                                    // against 2 to 7)
  bool train_on_anomalies = false;  // leave those classes in the training data, as the released DASVDD code
                                    // does with tables; the paper, and we, train on normal samples only
  bool test_only = false;           // no training samples are wanted, nor need there be any
  std::optional<TableForm> form =
      {};  // of a model, whose offsets and values to fill in count; nothing: as the
           // training rows need
};

// Throws std::invalid_argument when no class is named, a class is not in the data, named twice, normal
// without training samples, when `limit` is negative, when a column of a table whose missing values are to be filled in, or
// of words, has none in the training rows, or where Dataset::check() does.
OneVsRest one_vs_rest(const Dataset& data, const std::vector<int>& normal_classes,
                      const OneVsRestOptions& options);
OneVsRest one_vs_rest(const Dataset& data, const std::vector<int>& normal_classes, int64_t limit = 0);

}  // namespace datasets
