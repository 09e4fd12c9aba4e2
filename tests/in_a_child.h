// Tests of what a process may do once only, or not any more afterwards: limits of its memory, its processors.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool under_a_sanitizer = true;  // they need more address space than a limit leaves
#else
inline constexpr bool under_a_sanitizer = false;
#endif

// What `test` returns in a process forked for it; −1 where a signal ended it. 0 stands for success.
template <class Test>
int in_a_child(const Test& test) {
  const pid_t child = fork();
  if (child == 0) {
    int result = 99;
    try {
      result = test();
    } catch (...) {
    }
    _exit(result);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The address space that this process has taken, in bytes.
inline unsigned long address_space() {
  std::ifstream statm("/proc/self/statm");
  unsigned long pages = 0;
  statm >> pages;
  return pages * static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
}
