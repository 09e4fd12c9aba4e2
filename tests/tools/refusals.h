// What goes wrong must end in one line that names the culprit, the right exit status, and nothing written.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "svdd_process.h"

namespace tools_test {

// Every file below `folder` with its contents, every folder with none.
inline std::map<std::string, std::string> snapshot(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::error_code unknown;  // a link to itself
    files[entry.path().lexically_relative(folder).string()] =
        entry.is_regular_file(unknown) ? text_of(entry.path()) : "";
  }
  return files;
}

inline std::string difference(const std::map<std::string, std::string>& before,
                              const std::map<std::string, std::string>& after) {
  std::string names;
  for (const auto& [name, text] : after)
    if (const auto old = before.find(name); old == before.end() || old->second != text) names += " +" + name;
  for (const auto& [name, text] : before)
    if (!after.contains(name)) names += " -" + name;
  return names;
}

struct Bad {
  std::string line;  // after "svdd"
  int status;
  std::string culprit;  // must stand in the message
};

inline void expect_refused(const fs::path& folder, const std::vector<Bad>& table) {
  const auto before = snapshot(folder);
  for (const Bad& bad : table) {
    const Outcome outcome = run_svdd(folder, words_of(bad.line));
    EXPECT_EQ(outcome.status, bad.status) << bad.line << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, "") << bad.line;
    EXPECT_EQ(outcome.err.rfind("svdd: ", 0), 0u) << bad.line << "\n" << outcome.err;
    EXPECT_EQ(outcome.err.find('\n') + 1, outcome.err.size()) << bad.line << ": not one line\n"
                                                              << outcome.err;
    EXPECT_NE(outcome.err.find(bad.culprit), std::string::npos) << bad.line << "\n" << outcome.err;
    const std::string changed = difference(before, snapshot(folder));
    EXPECT_EQ(changed, "") << bad.line;
    if (!changed.empty()) return;
  }
}

}  // namespace tools_test
