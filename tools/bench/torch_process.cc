#include "tools/bench/torch_process.h"

#if defined(_WIN32) || defined(__EMSCRIPTEN__)
#define SVDD_STARTS_PROGRAMS 0
#else
#define SVDD_STARTS_PROGRAMS 1
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "bench_torch_script.h"
#include "engine/stopping.h"

#if SVDD_STARTS_PROGRAMS
extern char** environ;
#endif

namespace tools {

#if !SVDD_STARTS_PROGRAMS
TorchProcess::TorchProcess(int64_t, const std::string&) {
  throw std::runtime_error(
      "--compare torch starts a python3, which this build cannot do: leave the option out");
}
TorchProcess::~TorchProcess() = default;
double TorchProcess::seconds(const std::string&) { return 0; }
#else
namespace {

[[noreturn]] void no_torch() {
  throw std::runtime_error(
      "--compare torch: python3 with PyTorch did not answer; install it (Debian: apt-get install "
      "python3-torch) or leave the option out");
}

// Debian's PyTorch belongs to Debian's python3, which another python3 may hide.
const char* python_with_torch() {
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    const std::string test = std::string(python) + " -c 'import torch' 2>/dev/null";
    if (std::system(test.c_str()) == 0) return python;
  }
  no_torch();
}

#ifdef MSG_NOSIGNAL
constexpr int no_signal = MSG_NOSIGNAL;
#else
constexpr int no_signal = 0;
#endif

}  // namespace

// Started by posix_spawn: this process has threads, so a forked copy of it could not even allocate. A socket rather
// than pipes, because writing to a child that has died is then an error of that one call (no_signal) and no signal to
// the whole process.
TorchProcess::TorchProcess(int64_t threads, const std::string& device) {
  const char* python = python_with_torch();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
    throw std::runtime_error("--compare torch: no connection to a child process");
#ifdef SO_NOSIGPIPE
  const int on = 1;
  setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  for (const int end : ends) posix_spawn_file_actions_addclose(&actions, end);
  std::string words[] = {python, "-c", bench_torch_script, std::to_string(threads), device};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(),
                       words[3].data(), words[4].data(), nullptr};
  const int failed = posix_spawnp(&child_, python, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed != 0) child_ = -1;
  answers_ = failed == 0 ? fdopen(ends[0], "r") : nullptr;
  if (answers_) return;
  close(ends[0]);
  if (child_ > 0) waitpid(child_, nullptr, 0);
  no_torch();
}

TorchProcess::~TorchProcess() {
  std::fclose(answers_);  // the end of the child's input, at which it ends
  if (engine::stop_requested()) kill(child_, SIGTERM);
  while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

double TorchProcess::seconds(const std::string& request) {
  const std::string question = request + "\n";
  for (size_t sent = 0; sent < question.size();) {
    const ssize_t n = send(fileno(answers_), question.data() + sent, question.size() - sent, no_signal);
    if (n < 0 && errno != EINTR) no_torch();
    if (n > 0) sent += static_cast<size_t>(n);
  }
  char line[64];
  constexpr int a_moment = 100;  // milliseconds
  for (pollfd answer{fileno(answers_), POLLIN, 0}; poll(&answer, 1, a_moment) <= 0;) engine::check_stop();
  engine::check_stop();  // the child hears a terminal's signals too, and is gone then
  if (!std::fgets(line, sizeof line, answers_)) no_torch();
  double value = 0;
  if (std::from_chars(line, line + std::strlen(line), value).ec != std::errc{}) no_torch();
  return value;
}
#endif

}  // namespace tools
