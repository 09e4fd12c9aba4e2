// The floating-point mode that every computation here runs in, whatever the host program has set: IEEE 754's own.
// Results are rounded to nearest, denormal numbers are kept and read as they are, and nothing traps. The receipts of
// engine/README.md hold in this mode alone: a host that flushes denormals (as -ffast-math at link time or an audio
// library does) would change them, and differently on each thread, since a thread takes its mode from whoever
// started it.
//
// Who enters the library from outside gets this mode for as long as an IeeeMode lives, and then its own back:
// every call of a backend, every thread that we start, and the functions that compute beside the backends. To look
// costs some ten cycles; the mode is written only where it differs.
#pragma once
#include <cstdint>

#if !(defined(__SSE2__) || defined(__aarch64__))
#include <cfenv>
#endif

namespace engine {

class IeeeMode {
 public:
  IeeeMode() noexcept : hosts_(read()) {
    if (!is_ieee(hosts_)) write(ieee(hosts_));
  }
  ~IeeeMode() {
    if (!is_ieee(hosts_)) write(hosts_);
  }
  IeeeMode(const IeeeMode&) = delete;
  IeeeMode& operator=(const IeeeMode&) = delete;

  static bool is_on() noexcept { return is_ieee(read()); }

 private:
#if defined(__SSE2__)
  // MXCSR: the exceptions' masks (0x1f80), denormals are zero (0x40), rounding (0x6000), flush to zero (0x8000); the
  // six lowest bits say what has happened so far. The x87 unit, which computes long double, has a word of its own:
  // masks (0x3f), precision (0x300), rounding (0xc00).
  struct State {
    uint32_t sse;
    uint16_t x87;
  };
  static State read() noexcept {
    State s;
    asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(s.sse), "=m"(s.x87)::"memory");
    return s;
  }
  static bool is_ieee(const State& s) noexcept {
    return (s.sse & 0xffc0u) == 0x1f80u && (s.x87 & 0xf3fu) == 0x33fu;
  }
  static State ieee(const State& s) noexcept { return {(s.sse & 0x3fu) | 0x1f80u, 0x37f}; }
  static void write(
      const State& s) noexcept {  // fnclex: an old x87 exception must not trap in a mode that lets it
    asm volatile("fnclex\n\tldmxcsr %0\n\tfldcw %1" ::"m"(s.sse), "m"(s.x87) : "memory");
  }
#elif defined(__aarch64__)
  using State = uint64_t;  // FPCR: 0 is the IEEE mode
  static State read() noexcept {
    State s;
    asm volatile("mrs %0, fpcr" : "=r"(s)::"memory");
    return s;
  }
  static bool is_ieee(State s) noexcept { return s == 0; }
  static State ieee(State) noexcept { return 0; }
  static void write(State s) noexcept { asm volatile("msr fpcr, %0" ::"r"(s) : "memory"); }
#else
  using State = std::fenv_t;  // what it holds is the system's business, so it is always written
  static State read() noexcept {
    State s;
    std::fegetenv(&s);
    return s;
  }
  static bool is_ieee(const State&) noexcept { return false; }
  static State ieee(const State&) noexcept {
    std::fesetenv(FE_DFL_ENV);
    return read();
  }
  static void write(const State& s) noexcept { std::fesetenv(&s); }
#endif

  State hosts_;
};

}  // namespace engine
