// Why samples have their scores, in the form in which explain, score and train show it.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "datasets/samples.h"
#include "datasets/table_form.h"
#include "svdd/detector.h"
#include "tools/report/map_overlay.h"

namespace tools {

// Whether these are images that a map can be drawn of: (1 or 3, H, W).
bool are_pictures(const std::vector<int64_t>& shape);

// The numbers of the samples, from the highest score to the lowest; equal scores in the order of the samples.
std::vector<size_t> highest_first(std::span<const float> scores);

// A column of a row, and how much of the row's score goes with it.
struct ColumnShare {
  std::string name, value,
      usual;         // as they stand in the table; the name is the column's number where it has none
  float change = 0;  // of the score, when the column stands at its usual value
};

// Of each row the `top` columns without which its score falls most, those first. `form` must know what is usual.
std::vector<std::vector<ColumnShare>> column_shares(svdd::Detector& detector, const datasets::Samples& rows,
                                                    const datasets::TableForm& form, int64_t top);

// Maps of the images with these numbers, the first of them, as many as are drawn in some `seconds`: none where one alone takes
// longer, by what a score takes (in seconds, too).
std::vector<MappedImage> maps_within(double seconds, double seconds_of_a_score, svdd::Detector& detector,
                                     const datasets::Samples& images, std::span<const size_t> numbers);

// The same of rows: the shares of the first of those with these numbers.
std::vector<std::vector<ColumnShare>> shares_within(double seconds, svdd::Detector& detector,
                                                    const datasets::Samples& rows,
                                                    const datasets::TableForm& form, int64_t top,
                                                    std::span<const size_t> numbers);

}  // namespace tools
