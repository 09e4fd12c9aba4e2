// The HTML page of a run, rebuilt from the files in its folder alone.
//
// Reads results.json (needed) and, each where it is there, config.json, history.csv, scores.csv, map.csv, the sheets of pictures
// (picture_sheets.h) and, of a calibrated run, the model's scores; writes report.html: one self-contained page with inline styles, charts and pictures, no
// scripts and nothing fetched, light or dark as the reader's system is. What is missing, or has no meaning (a
// ROC curve of one class, a NaN score), is left out and the page says so. Equal files give an equal page.
#pragma once
#include <filesystem>

namespace tools {

// Throws std::runtime_error of one line naming the file, what was found and what was expected, for a folder
// without results.json and for a file that is there but broken (not JSON, a row of the wrong length, a field
// that is no number, a picture that is no PNG, a rate outside [0,1]). An older report.html is then left as it
// is.
void write_report(const std::filesystem::path& run_folder);

}  // namespace tools
