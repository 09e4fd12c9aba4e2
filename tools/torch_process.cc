#include "tools/torch_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "bench_torch_script.h"

namespace tools {

namespace {
[[noreturn]] void no_torch() {
  throw std::runtime_error(
      "--compare torch: python3 with PyTorch did not answer; install it (Debian: apt-get install "
      "python3-torch) or leave the option out");
}
}  // namespace

TorchProcess::TorchProcess(int64_t threads, const std::string& device) {
  int down[2], up[2];
  if (pipe(down) != 0 || pipe(up) != 0)
    throw std::runtime_error("--compare torch: no pipe to a child process");
  std::signal(SIGPIPE, SIG_IGN);  // a child that has died shows in what it does not answer
  child_ = fork();
  if (child_ == 0) {
    dup2(down[0], STDIN_FILENO);
    dup2(up[1], STDOUT_FILENO);
    for (const int end : {down[0], down[1], up[0], up[1]}) close(end);
    const std::string count = std::to_string(threads);
    // Debian's PyTorch belongs to Debian's python3, which another python3 may hide.
    for (const char* python : {"python3", "/usr/bin/python3"}) {
      const std::string test = std::string(python) + " -c 'import torch' 2>/dev/null";
      if (std::system(test.c_str()) == 0)
        execlp(python, python, "-c", bench_torch_script, count.c_str(), device.c_str(),
               static_cast<char*>(nullptr));
    }
    _exit(127);
  }
  close(down[0]);
  close(up[1]);
  to_ = fdopen(down[1], "w");
  from_ = fdopen(up[0], "r");
  if (child_ < 0 || !to_ || !from_) no_torch();
}

TorchProcess::~TorchProcess() {
  if (to_) std::fclose(to_);
  if (from_) std::fclose(from_);
  if (child_ > 0) waitpid(child_, nullptr, 0);
}

double TorchProcess::seconds(const std::string& request) {
  char line[64];
  std::fprintf(to_, "%s\n", request.c_str());
  std::fflush(to_);
  if (!std::fgets(line, sizeof line, from_)) no_torch();
  double value = 0;
  if (std::from_chars(line, line + std::strlen(line), value).ec != std::errc{}) no_torch();
  return value;
}

}  // namespace tools
