// trace.csv: what svdd train --trace notes (svdd/training/step_trace.h).
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "svdd/training/step_trace.h"

namespace tools {

struct TraceFile {
  std::string phase;
  int64_t epoch = 0;
  std::vector<svdd::TraceEntry> entries;
};

// "phase,epoch,step,part,operation,name,shape,numbers,sha256"
// What a run warns of that goes on from a checkpoint after the epoch.
inline constexpr const char* no_trace_because_resumed =
    "the run went on from a checkpoint after the epoch that was to be traced: no trace.csv";

std::string trace_csv(const svdd::StepTrace& trace);
// std::runtime_error of one line where it is no trace.
TraceFile read_trace(const std::filesystem::path& path);

}  // namespace tools
