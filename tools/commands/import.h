// `svdd import`: a model folder out of what another program saved.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace tools {

struct ImportCommand {
  std::string file, network, output;
  std::string preprocessing;  // mnist, cifar10 or none
  std::optional<int64_t> normal;
  std::string input;  // "3x64x64" or "8", where the network takes any
  std::string objective, centre;
  std::optional<double> threshold;
  bool quiet = false;
};

// Throws UsageError and std::exception as run_score does; nothing half-written. Only a new or an empty folder is written.
void run_import(const ImportCommand& command);

}  // namespace tools
