#include "datasets/download.h"

#if !defined(_WIN32)
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {

using engine::in_quotes;

#if defined(_WIN32)
void download(const std::string& url, const std::filesystem::path&, uint64_t) {
  throw std::runtime_error("cannot download " + in_quotes(url) +
                           " on Windows: fetch it by other means, and put the file there by hand");
}
#else
namespace {

struct Outcome {
  int status = 0;          // as waitpid gives it
  std::string last_words;  // the last line on its standard error that is not blank
};

std::string last_line(const std::string& text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "";
  const size_t break_before = text.find_last_of("\r\n", end);
  const size_t begin = break_before == std::string::npos ? 0 : break_before + 1;
  return text.substr(begin, end + 1 - begin);
}

// Up to the end, or until a stop is requested.
std::string read_to_end(int descriptor) {
  constexpr size_t kept = 1 << 16;  // of a program that talks without end, the last words
  std::string text;
  char block[4096];
  for (;;) {
    constexpr int a_moment = 100;  // milliseconds
    pollfd waiting{descriptor, POLLIN, 0};
    if (::poll(&waiting, 1, a_moment) <= 0) {
      if (engine::stop_requested()) return text;
      continue;
    }
    const ssize_t count = ::read(descriptor, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(block, static_cast<size_t>(count));
    if (text.size() > 2 * kept) text.erase(0, text.size() - kept);
  }
}

// Runs a program without a shell; nothing where it is not installed. It may write no file beyond
// `largest_file` bytes.
std::optional<Outcome> run(std::vector<std::string> words, uint64_t largest_file) {
  constexpr int not_installed = 127;
  std::vector<char*> arguments;  // made before the fork: a child of a threaded program must not allocate
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0)
    throw std::runtime_error(std::string("cannot start a download: ") + std::strerror(errno));
  for (const int end : pipe_ends)
    ::fcntl(end, F_SETFD, FD_CLOEXEC);  // not for children that others start meanwhile
  const pid_t child = ::fork();
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(pipe_ends[1], STDERR_FILENO);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    const rlimit file_limit{largest_file, largest_file}, core_limit{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &file_limit);
    ::signal(SIGXFSZ, SIG_DFL);             // ours may be ignored
    ::setrlimit(RLIMIT_CORE, &core_limit);  // ending at the first limit is no crash to be examined
    ::execvp(arguments[0], arguments.data());
    ::_exit(not_installed);
  }
  const int fork_error = errno;
  ::close(pipe_ends[1]);
  if (child < 0) {
    ::close(pipe_ends[0]);
    throw std::runtime_error(std::string("cannot start a download: ") + std::strerror(fork_error));
  }
  Outcome outcome;
  outcome.last_words = last_line(read_to_end(pipe_ends[0]));
  ::close(pipe_ends[0]);
  if (engine::stop_requested()) ::kill(child, SIGTERM);
  while (::waitpid(child, &outcome.status, 0) < 0 && errno == EINTR) {
  }
  engine::check_stop();
  if (WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == not_installed) return std::nullopt;
  return outcome;
}

}  // namespace

void download(const std::string& url, const std::filesystem::path& to, uint64_t largest) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos || scheme == 0 || url[0] == '-')
    throw std::invalid_argument(
        in_quotes(url) + " is no address: expected something like https://host/folder or file:///folder");
  const std::string target = engine::absolute_path(to).string();  // never mistaken for an option
  const uint64_t limit = largest + (uint64_t{1} << 16);           // room to see that it is too large
  std::optional<Outcome> outcome =
      run({"curl", "--fail", "--location", "--silent", "--show-error", "--connect-timeout", "30",
           "--speed-limit", "1", "--speed-time", "60", "--output", target, url},
          limit);
  if (!outcome)
    outcome =
        run({"wget", "--no-verbose", "--tries=2", "--timeout=60", "--output-document=" + target, url}, limit);
  if (!outcome)
    throw std::runtime_error(
        "cannot download " + in_quotes(url) +
        ": neither curl nor wget is installed; install one of them, or put the file there by hand");
  if (WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == 0) return;
  std::string why =
      outcome->last_words.empty() ? "the program gave no reason" : in_quotes(outcome->last_words);
  if (WIFSIGNALED(outcome->status))
    why = WTERMSIG(outcome->status) == SIGXFSZ
              ? "it is larger than the " + std::to_string(largest) + " bytes expected"
              : "the program was ended by signal " + std::to_string(WTERMSIG(outcome->status));
  throw std::runtime_error("cannot download " + in_quotes(url) + ": " + why);
}
#endif

}  // namespace datasets
