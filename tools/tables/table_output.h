// A table of results as text, CSV, Markdown and HTML.
#pragma once
#include <string>

#include "tools/tables/result_table.h"

namespace tools {

// Each method has a line, and below it where there are such: the 95 % interval of the mean over seeds, the best epoch, what
// was published; in a table of one case they stand beside it. Markdown and HTML put a table of more than twelve cases on its side: a line for each case.
std::string as_text(const ResultTable& table);  // for a terminal
std::string as_csv(
    const ResultTable& table);  // row,case,mean,std,low95,high95,seeds,published[,best_epoch]; AUC in percent
std::string as_markdown(const ResultTable& table);
std::string as_html(const ResultTable& table);  // one self-contained page

}  // namespace tools
