// What a table looked like when a model was trained on it: what is needed to read another table as the same kind of
// rows. Stored with the model (table_form_json.h).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace datasets {

// A column of words: several features, one for each word, 1 in rows that hold it and 0 in all others (one-hot). A row with
// a word that is not among them, or without one, has 0 in all of them.
struct WordColumn {
  int64_t first = 0;               // of its features, counted from 0
  std::string name;                // the column's; empty: the file gave none
  std::vector<std::string> words;  // sorted

  bool operator==(const WordColumn&) const = default;
};

// What is done with values that are missing.
enum class Missing {
  refuse,
  median,  // filled in by their column's median among the training rows; a missing word is none of the words
  drop     // the row is left out
};

struct TableForm {
  int64_t columns = 0;  // features: the size of a row
  // Their names, in order; empty: the file gave none. Those of a column of words are called "colour=red".
  std::vector<std::string> features;
  std::string label;         // the name of the column (or array) with the classes; empty: none, or no header
  int64_t label_number = 0;  // which column that was, counted from 1; 0: none
  // The classes: how each stands in the file ("0", "-1", "dos"), and what it is called ("normal", "-1", "dos").
  std::vector<std::string> labels, class_names;
  std::vector<std::string> normal;  // the classes that were trained on, as they are called
  // Of each feature: subtracted before the values are rounded to single precision (column_offsets.h); empty: nothing.
  std::vector<double> offsets;
  // Of each feature: the median of the training rows, offset subtracted; empty in models of earlier versions.
  std::vector<float> usual;
  std::string sha256;  // of the file
  // What models of earlier versions, and most tables, have not.
  std::vector<WordColumn> words = {};  // in the features' order
  Missing missing = Missing::refuse;
  std::vector<float> fill =
      {};  // of each feature, for `median`: offset subtracted; empty until the rows are chosen
  // Where some columns were chosen: the places of those that were read, counted from 1, in the order of the features, and
  // how many columns there were.
  std::vector<int64_t> places = {};
  int64_t fields = 0;

  // The columns of the file that the features come from.
  int64_t source_count() const;
  std::vector<std::string> source_names() const;  // empty where the file gave none
  // What the i-th feature is called: by its name, or by its column's number from 1 ("3", "3=red").
  std::string feature_word(size_t i) const;

  bool operator==(const TableForm&) const = default;
};

}  // namespace datasets
