// The sections of the page that show test samples and training: charts and classes.
#pragma once
#include <string>
#include <vector>

#include "tools/run/run_folder.h"

namespace tools {

using Notes = std::vector<std::string>;  // sentences saying what a section had to leave out

std::string normal_classes(const RunFolder& run);  // "0, 1" or "3 (cat)"; "" where not known
// Of one class by its number: "3", or "3 (cat)" where results.json names its classes.
std::string class_label(const RunFolder& run, const std::string& number);

// Each is HTML, or "" where the run has nothing to show.
std::string separation(const RunFolder& run, Notes& notes);  // ROC curve and histograms
std::string classes(const RunFolder& run, Notes& notes);     // each anomalous class against the normal ones
std::string plane_map(const RunFolder& run);                 // representations, by cluster or by label
std::string training(const RunFolder& run, Notes& notes);    // losses and radii by epoch

}  // namespace tools
