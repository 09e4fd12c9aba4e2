// Which class of a table is taken for normal where nobody names one.
#pragma once
#include <string>

namespace datasets {

struct NormalGuess {
  std::string label = {};     // of the class, as it stands in the table; empty: none suggests itself
  std::string sentence = {};  // which was taken, to be said where the guess is used
  std::string unclear = {};   // why none suggests itself though some read as normal: several do
};

}  // namespace datasets
