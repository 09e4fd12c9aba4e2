// Networks on the command line: names, files and texts become what the library takes, and `svdd network` shows them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tools {

// What --network is given: a published name and a text as they are, and the text of a file (called after the file, where it
// gives itself no name). `where` begins the UsageError for anything else, or for a text that cannot be read.
std::string network_in(const std::string& name_file_or_text, const std::string& where);

// The shape of a sample that --input is given, "3x64x64" or "8"; empty of nothing. UsageError for anything else.
std::vector<int64_t> input_in(const std::string& text);

struct NetworkCommand {
  std::string network;  // name, file, text, or the folder of a model or run; empty: list the published ones
  std::string input;    // "3x64x64"; of one sample, where the text takes any
  std::vector<int64_t> widths;
  int64_t rep_dim = 0, batch_size = 200;
  bool allow_bias = false, text = false;
};

// Prints the table of layers, or the text with all sizes; UsageError for a network that cannot be, or breaks the theory and
// was not allowed to.
void run_network(const NetworkCommand& command);

}  // namespace tools
