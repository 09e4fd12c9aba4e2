// The real svdd command, run in a folder of its own.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#ifndef SVDD_BINARY
#define SVDD_BINARY "build/svdd"
#endif

namespace tools_test {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// SVDD_TESTED names another build of it, such as an instrumented one (.ci/run).
inline fs::path svdd_binary() {
  const char* tested = std::getenv("SVDD_TESTED");
  return fs::absolute(tested ? tested : SVDD_BINARY);
}

inline std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// A fresh folder for one test suite, removed with all that is in it.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "svdd-cli-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no scratch folder");
    path = pattern;
  }
  ~Scratch() { fs::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  fs::path path;
};

// Waits, however busy the machine is, until `there` holds (true) or the child has ended (false; it is still to be waited
// for).
inline bool wait_while_running(pid_t child, const std::function<bool()>& there) {
  for (;;) {
    siginfo_t ended = {};
    const bool over = waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                      ended.si_pid == child;
    if (there()) return true;
    if (over) return false;
    usleep(1000);
  }
}

struct Outcome {
  int status = -1;  // what it exited with; -1 where a signal ended it
  std::string out, err;
};

// Starts the command with `folder` as its working folder and home. Standard output goes to `out`, standard
// error to `err`; standard input comes from `in`. No real data are in its reach. It hears the signals that end a command, whatever
// the tests were started with: a shell has its background jobs ignore SIGINT, nohup SIGHUP, and the command keeps to that.
inline pid_t start_svdd(const fs::path& folder, const Words& words, const fs::path& out, const fs::path& err,
                        const fs::path& in = "/dev/null") {
  const std::string binary = svdd_binary().string();
  const pid_t child = fork();
  if (child != 0) return child;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, SIG_DFL);
  const int in_fd = open(in.c_str(), O_RDONLY);
  const int out_fd = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err_fd = open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(in_fd, 0), dup2(out_fd, 1), dup2(err_fd, 2);
  setenv("HOME", folder.c_str(), 1);
  for (const char* name : {"SVDD_DATA", "SVDD_MIRROR", "XDG_CACHE_HOME"}) unsetenv(name);
  if (chdir(folder.c_str()) != 0) _exit(126);
  std::vector<char*> arguments = {const_cast<char*>("svdd")};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(binary.c_str(), arguments.data());
  _exit(127);
}

inline Outcome run_svdd(const fs::path& folder, const Words& words, const fs::path& standard_output = {},
                        const fs::path& standard_input = "/dev/null") {
  const Scratch streams;
  const fs::path out = standard_output.empty() ? streams.path / "out" : standard_output,
                 err = streams.path / "err";
  const pid_t child = start_svdd(folder, words, out, err, standard_input);
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, standard_output.empty() ? text_of(out) : "",
          text_of(err)};
}

// "svdd train --data x" as words.
inline Words words_of(const std::string& line) {
  Words words;
  std::string word;
  for (const char c : line + ' ') {
    if (c != ' ')
      word += c;
    else if (!word.empty())
      words.push_back(word), word.clear();
  }
  return words;
}

}  // namespace tools_test
