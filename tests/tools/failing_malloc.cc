// Preloaded into the svdd command: the allocation of the number FAIL_AT fails, and with FAIL_ON all after it.
#include <errno.h>
#include <stdlib.h>

#include <atomic>

#ifdef __GLIBC__
extern "C" void* __libc_malloc(size_t);

extern "C" void* malloc(size_t size) {
  static std::atomic<long> count{0};
  static const long at = getenv("FAIL_AT") ? atol(getenv("FAIL_AT")) : 0;
  static const bool on = getenv("FAIL_ON") != nullptr;
  const long now = ++count;
  if (at > 0 && (now == at || (on && now > at))) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_malloc(size);
}
#endif
