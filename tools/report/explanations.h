// Why samples have their scores, in the form in which explain, score and train show it.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "datasets/samples.h"
#include "datasets/table_form.h"
#include "engine/names.h"
#include "svdd/detector.h"
#include "tools/report/map_overlay.h"

namespace tools {

// Whether these are images that a map can be drawn of: (1 or 3, H, W).
bool are_pictures(const std::vector<int64_t>& shape);

// The numbers of the samples, from the highest score to the lowest; equal scores in the order of the samples.
std::vector<size_t> highest_first(std::span<const float> scores);

// What a score is explained by (svdd/evaluation/attribution.h).
enum class ExplainBy { occlusion, gradient };
inline constexpr auto explain_by_names = engine::names_of<ExplainBy>(
    "explanation", {{ExplainBy::occlusion, "occlusion"}, {ExplainBy::gradient, "gradient"}});

// A column of a row, and how much of the row's score goes with it.
struct ColumnShare {
  std::string name, value,
      usual;  // as they stand in the table; the name is the column's number where it has none
  // By occlusion: of the score, when the column stands at its usual value. By gradient: what the gradient makes of that change,
  // gradient·(value − usual).
  float change = 0;
  float gradient = 0;  // of the score by the column, in the column's own unit; 0 by occlusion
};

// Of each row the `top` columns with the largest change, those first. `form` must know what is usual. By gradient:
// std::invalid_argument where the method has none.
std::vector<std::vector<ColumnShare>> column_shares(svdd::Detector& detector, const datasets::Samples& rows,
                                                    const datasets::TableForm& form, int64_t top,
                                                    ExplainBy by = ExplainBy::occlusion);

// Maps of the images with these numbers, the first of them, as many as are drawn in some `seconds`: none where one alone takes
// longer, by what a score takes (in seconds, too). `gradients`: with the maps by gradient, of methods that have one, unless
// these would take half of the time each.
std::vector<MappedImage> maps_within(double seconds, double seconds_of_a_score, svdd::Detector& detector,
                                     const datasets::Samples& images, std::span<const size_t> numbers,
                                     bool gradients = false);

// The same of rows: the shares of the first of those with these numbers.
std::vector<std::vector<ColumnShare>> shares_within(double seconds, svdd::Detector& detector,
                                                    const datasets::Samples& rows,
                                                    const datasets::TableForm& form, int64_t top,
                                                    std::span<const size_t> numbers);

}  // namespace tools
