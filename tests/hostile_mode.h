// A floating-point mode as a host program may have set it: denormal numbers flushed and read as zero where the processor
// can, and results rounded upwards.
#pragma once
#include <cfenv>
#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

class HostileMode {
 public:
  HostileMode() {
    std::fegetenv(&before_);
    std::fesetround(FE_UPWARD);
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | flush);
#elif defined(__aarch64__)
    uint64_t fpcr;
    asm volatile("mrs %0, fpcr" : "=r"(fpcr));
    asm volatile("msr fpcr, %0" ::"r"(fpcr | flush));
#endif
  }
  ~HostileMode() { std::fesetenv(&before_); }
  HostileMode(const HostileMode&) = delete;
  HostileMode& operator=(const HostileMode&) = delete;

  // Whether this thread computes in it.
  static bool is_on() {
    volatile float tiny = 1e-38f, small = 1e-3f;
    const float product = tiny * small;
#if defined(__x86_64__) || defined(__aarch64__)
    if (product != 0.0f) return false;
#endif
    static_cast<void>(product);
    return std::fegetround() == FE_UPWARD;
  }

 private:
#if defined(__x86_64__)
  static constexpr unsigned flush = 0x8040;
#elif defined(__aarch64__)
  static constexpr uint64_t flush = uint64_t{1} << 24;
#endif
  std::fenv_t before_;
};
