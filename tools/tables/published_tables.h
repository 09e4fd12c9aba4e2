// The tables that `svdd reproduce` fills: what is run for each cell, and what was published for it.
//
// One more table is one more entry of published_tables(); its options are those of svdd train, so it needs no
// other code.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "tools/options/options.h"

namespace tools {

struct TableCase {  // a column: a data set and what is normal in it
  std::string name;
  GivenOptions options;  // data, normal, anomalous
};

struct TableMethod {  // a row
  std::string key, name;
  GivenOptions options;                               // method, objective, …
  std::map<std::string, std::string> published = {};  // by the case's name, as printed, in percent
  std::string published_mean = "";                    // over the cases
  bool reference = false;                             // what any method should beat, and none itself
  // The figure is the plain distance to the mean of the training data, prepared as these options say.
  bool mean_distance = false;
};

struct PublishedTable {
  std::string name, title, source;
  std::string note;  // what a reader must know of the published figures
  std::vector<TableCase> cases;
  std::vector<TableMethod> methods;
  std::vector<std::string> own;  // the methods run where none are asked for
  std::string chosen = "";       // of which epoch and settings the published figures are
};

const std::vector<PublishedTable>& published_tables();

// UsageError lists the names there are.
const PublishedTable& published_table(const std::string& name);

}  // namespace tools
