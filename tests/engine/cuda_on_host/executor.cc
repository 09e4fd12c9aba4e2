// Runs CUDA kernels on the host; see cuda_runtime.h for what it promises.
//
// Blocks run one after another. Thread 0 of a block starts as a fibre (a stack of its own). If it returns
// without having waited for anyone, the other threads run as plain calls, one after another: most kernels are
// of that kind. Otherwise all threads become fibres: each runs until it waits for its block or its warp, and
// goes on when all those have arrived that it waits for.
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/engine/cuda_on_host/cuda_runtime.h"

#if defined(__has_feature)
#define CUDA_ON_HOST_HAS(feature) __has_feature(feature)
#else
#define CUDA_ON_HOST_HAS(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || CUDA_ON_HOST_HAS(address_sanitizer)
#define CUDA_ON_HOST_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define CUDA_ON_HOST_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || CUDA_ON_HOST_HAS(thread_sanitizer)
#define CUDA_ON_HOST_TSAN 1
#include <sanitizer/tsan_interface.h>
#else
#define CUDA_ON_HOST_TSAN 0
#endif

// The section that holds all shared memory; none if no kernel has any.
extern "C" {
[[gnu::weak]] extern char __start_cuda_shared[];
[[gnu::weak]] extern char __stop_cuda_shared[];
}

namespace {

using cuda_on_host::Counts;

// ---- threads of a block

struct KernelError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Waiting { for_nobody, for_block, for_warp };

constexpr size_t stack_bytes = CUDA_ON_HOST_ASAN ? 256 * 1024 : 64 * 1024;
constexpr int warp = 32, most_threads = 1024;

struct Fibre {
  ucontext_t context;
  char* stack = nullptr;
  bool at_rest = false;  // waits at the end of its loop for the next thread to be
  bool finished = false;
  Waiting waiting = Waiting::for_nobody;
  cuda_on_host::Where where;
  unsigned mask = 0;
  uint64_t brought[2];  // the values of this exchange and the last
  unsigned exchanges = 0;
  [[maybe_unused]] void* fake_stack = nullptr;  // AddressSanitizer's
  [[maybe_unused]] void* tsan_fibre = nullptr;  // ThreadSanitizer's
};

std::recursive_mutex everything;  // held by whoever touches the state below
std::vector<std::unique_ptr<Fibre>> fibres;
ucontext_t scheduler;
[[maybe_unused]] const void* scheduler_stack = nullptr;
[[maybe_unused]] size_t scheduler_stack_bytes = 0;
[[maybe_unused]] void* scheduler_tsan_fibre = nullptr;
int current = -1;                      // thread of the block; what runs is a fibre …
bool plain = false;                    // … or a plain call
int block_size = 0;                    // threads
const std::function<void()>* body;     // of the kernel, for one thread
std::unique_ptr<KernelError> failure;  // of a fibre

std::string text_of(uint3 v) {
  return "(" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + ")";
}
std::string place(cuda_on_host::Where where) {
  const std::string file = where.file;
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(where.line);
}
[[nodiscard]] KernelError error(const std::string& what) {
  return KernelError("block " + text_of(blockIdx) + ": " + what);
}

void become(int thread) {
  current = thread;
  const auto t = static_cast<unsigned>(thread), xy = blockDim.x * blockDim.y;
  threadIdx = {t % blockDim.x, t % xy / blockDim.x, t / xy};
}

void leave_fibre() {
  Fibre& f = *fibres[static_cast<size_t>(current)];
#if CUDA_ON_HOST_ASAN
  __sanitizer_start_switch_fiber(&f.fake_stack, scheduler_stack, scheduler_stack_bytes);
#endif
#if CUDA_ON_HOST_TSAN
  __tsan_switch_to_fiber(scheduler_tsan_fibre, 0);
#endif
  swapcontext(&f.context, &scheduler);
#if CUDA_ON_HOST_ASAN
  __sanitizer_finish_switch_fiber(f.fake_stack, &scheduler_stack, &scheduler_stack_bytes);
#endif
}

void fibre_loop() {
#if CUDA_ON_HOST_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_stack_bytes);
#endif
  for (;;) {
    Fibre& f = *fibres[static_cast<size_t>(current)];
    try {
      (*body)();
    } catch (const KernelError& e) {
      failure = std::make_unique<KernelError>(e);
    } catch (const std::exception& e) {
      failure = std::make_unique<KernelError>(error(e.what()));
    }
    f.finished = f.at_rest = true;
    leave_fibre();
  }
}

// A fibre that a failed block has left in the middle of a kernel begins afresh.
void prepare(Fibre& f) {
  if (!f.stack) {
    const auto guard = static_cast<size_t>(sysconf(_SC_PAGESIZE));  // a stack that overflows runs into it
    void* memory = mmap(nullptr, guard + stack_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    mprotect(memory, guard, PROT_NONE);
    f.stack = static_cast<char*>(memory) + guard;
  }
  if (!f.at_rest) {
#if CUDA_ON_HOST_ASAN
    __asan_unpoison_memory_region(f.stack, stack_bytes);
#endif
    getcontext(&f.context);
    f.context.uc_stack.ss_sp = f.stack;
    f.context.uc_stack.ss_size = stack_bytes;
    f.context.uc_link = nullptr;
    makecontext(&f.context, fibre_loop, 0);
#if CUDA_ON_HOST_TSAN
    if (f.tsan_fibre) __tsan_destroy_fiber(f.tsan_fibre);
    f.tsan_fibre = __tsan_create_fiber(0);
#endif
    f.fake_stack = nullptr;
  }
  f.at_rest = f.finished = false;
  f.waiting = Waiting::for_nobody;
  f.exchanges = 0;
}

void resume(int thread) {
  become(thread);
  Fibre& f = *fibres[static_cast<size_t>(thread)];
#if CUDA_ON_HOST_ASAN
  void* own = nullptr;
  __sanitizer_start_switch_fiber(&own, f.stack, stack_bytes);
#endif
#if CUDA_ON_HOST_TSAN
  scheduler_tsan_fibre = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(f.tsan_fibre, 0);
#endif
  swapcontext(&scheduler, &f.context);
#if CUDA_ON_HOST_ASAN
  __sanitizer_finish_switch_fiber(own, nullptr, nullptr);
#endif
  if (failure) throw KernelError(*std::exchange(failure, nullptr));
}

void wait(Waiting for_whom, unsigned mask, cuda_on_host::Where where) {
  if (plain)
    throw error("divergent barrier: thread " + text_of(threadIdx) + " waits at " + place(where) +
                ", but thread 0 has returned without waiting");
  Fibre& f = *fibres[static_cast<size_t>(current)];
  f.waiting = for_whom;
  f.where = where;
  f.mask = mask;
  leave_fibre();
}

// Lets those threads of a warp go on whose masks are complete; says whether there were any.
bool release_warp(int first) {
  const int count = std::min(warp, block_size - first);
  bool any = false;
  for (int lane = 0; lane < count; ++lane) {
    Fibre& f = *fibres[static_cast<size_t>(first + lane)];
    if (f.finished || f.waiting != Waiting::for_warp) continue;
    const auto fail = [&](const std::string& what) {
      return error("thread " + std::to_string(first + lane) + " waits at " + place(f.where) +
                   " for lanes of its warp, but " + what);
    };
    if (!(f.mask >> lane & 1)) throw fail("its mask does not name itself");
    bool complete = true;
    for (int other = 0; other < warp; ++other) {
      if (!(f.mask >> other & 1)) continue;
      if (other >= count) throw fail("lane " + std::to_string(other) + " does not exist");
      const Fibre& g = *fibres[static_cast<size_t>(first + other)];
      if (g.finished) throw fail("lane " + std::to_string(other) + " has returned");
      if (g.waiting != Waiting::for_warp) {
        complete = false;
      } else if (g.mask != f.mask || g.where.line != f.where.line) {
        throw fail("lane " + std::to_string(other) + " waits at " + place(g.where) +
                   (g.mask != f.mask ? " with another mask" : ""));
      }
    }
    if (!complete) continue;
    for (int other = 0; other < count; ++other)
      if (f.mask >> other & 1) fibres[static_cast<size_t>(first + other)]->waiting = Waiting::for_nobody;
    any = true;
    // The released lanes count as ready now; those of another mask are looked at in turn.
  }
  return any;
}

// The rest of a block whose thread 0 has met a barrier.
void run_fibres() {
  for (int t = 1; t < block_size; ++t) prepare(*fibres[static_cast<size_t>(t)]);
  for (;;) {
    bool progress = false;
    for (int first = 0; first < block_size; first += warp) {
      const int end = std::min(first + warp, block_size);
      do {
        for (int t = first; t < end; ++t) {
          const Fibre& f = *fibres[static_cast<size_t>(t)];
          if (f.finished || f.waiting != Waiting::for_nobody) continue;
          resume(t);
          progress = true;
        }
      } while (release_warp(first));
    }
    int finished = 0, at_barrier = 0, waits = 0, in_warp = 0;
    for (int t = 0; t < block_size; ++t) {
      const Fibre& f = *fibres[static_cast<size_t>(t)];
      finished += f.finished;
      at_barrier += !f.finished && f.waiting == Waiting::for_block;
      in_warp += !f.finished && f.waiting == Waiting::for_warp;
      if (!f.finished) waits = t;
    }
    if (finished == block_size) return;
    const cuda_on_host::Where where = fibres[static_cast<size_t>(waits)]->where;
    if (at_barrier == block_size) {
      for (int t = 0; t < block_size; ++t) {
        Fibre& f = *fibres[static_cast<size_t>(t)];
        if (f.where.line != where.line)
          throw error("divergent barrier: some threads wait at " + place(f.where) + ", others at " +
                      place(where));
        f.waiting = Waiting::for_nobody;
      }
    } else if (!progress || (finished > 0 && in_warp == 0)) {
      throw error("divergent barrier: at " + place(where) + ", " + std::to_string(at_barrier) +
                  " threads wait for their block and " + std::to_string(in_warp) + " for their warp, while " +
                  std::to_string(finished) + " have returned");
    }
  }
}

// Byte by byte, because the sanitizer's gaps between the variables are filled too.
__attribute__((no_sanitize("address"))) void poison_shared_memory() {
  for (volatile char* p = __start_cuda_shared; p < __stop_cuda_shared; p += sizeof(uint64_t))
    *reinterpret_cast<volatile uint64_t*>(p) = ~uint64_t{0};  // NaN
}

void run_kernel(dim3 grid, dim3 block, const std::function<void()>& kernel) {
  gridDim = grid;
  blockDim = block;
  body = &kernel;
  block_size = static_cast<int>(block.x * block.y * block.z);
  while (fibres.size() < static_cast<size_t>(block_size)) fibres.push_back(std::make_unique<Fibre>());
  bool shared_is_fresh = false;
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y, z};
        if (!shared_is_fresh) poison_shared_memory();
        prepare(*fibres[0]);
        resume(0);
        if (!fibres[0]->finished) {
          shared_is_fresh = false;
          run_fibres();
          continue;
        }
        shared_is_fresh = true;  // nobody who never waits has a use for it
        plain = true;
        try {
          for (int t = 1; t < block_size; ++t) {
            become(t);
            kernel();
          }
        } catch (...) {
          plain = false;
          throw;
        }
        plain = false;
      }
}

// ---- devices, memory, streams

int devices = 1;
cudaError_t devices_error = cudaSuccess;
std::string broken;  // what a kernel did, once it has
Counts done{};
std::map<const char*, size_t> device_memory;

thread_local bool device_chosen = false;
thread_local cudaError_t last_error = cudaSuccess, told_error = cudaSuccess;
thread_local std::string told;  // what there is to say of told_error
thread_local cudaStream_t captured = nullptr;

cudaError_t fail(cudaError_t code, const std::string& text) {
  told = text;
  return last_error = told_error = code;
}

}  // namespace

struct cuda_on_host_graph {
  std::vector<std::function<void()>> work;
};
struct cuda_on_host_graph_exec {
  std::shared_ptr<const cuda_on_host_graph> graph;
};
struct cuda_on_host_stream {
  std::vector<std::function<void()>> waiting;
  std::unique_ptr<cuda_on_host_graph> capture;
  bool capture_is_invalid = false;
};

namespace {

std::vector<cudaStream_t> streams;

// The host may touch device memory only between these two.
void open_device_memory() {
#if CUDA_ON_HOST_ASAN
  for (const auto& [memory, bytes] : device_memory) __asan_unpoison_memory_region(memory, bytes);
#endif
}
void close_device_memory() {
#if CUDA_ON_HOST_ASAN
  for (const auto& [memory, bytes] : device_memory) __asan_poison_memory_region(memory, bytes);
#endif
}

void run_waiting(cudaStream_t stream) {
  if (stream->waiting.empty()) return;
  open_device_memory();
  for (const auto& work : std::exchange(stream->waiting, {})) {
    if (!broken.empty()) break;
    try {
      work();
    } catch (const std::exception& e) {
      broken = e.what();
    }
  }
  close_device_memory();
}

cudaError_t state() { return broken.empty() ? cudaSuccess : fail(cudaErrorLaunchFailure, broken); }

// What every call begins with.
cudaError_t ready() {
  if (devices_error != cudaSuccess) return fail(devices_error, "no device is pretended to be there");
  if (!device_chosen)
    return fail(cudaErrorInvalidDevice, "cudaSetDevice has not been called by this host thread");
  return state();
}

// For calls that a capture does not allow.
cudaError_t outside_capture(const char* what) {
  if (!captured) return cudaSuccess;
  captured->capture_is_invalid = true;
  return fail(cudaErrorStreamCaptureUnsupported,
              std::string(what) + " is not permitted while this thread captures a stream");
}

cudaError_t enqueue(cudaStream_t stream, std::function<void()> work) {
  if (!stream)
    return fail(cudaErrorInvalidResourceHandle, "no stream given; the default stream is out of bounds");
  if (stream->capture) {
    if (stream != captured)
      return fail(cudaErrorStreamCaptureUnsupported, "another thread is capturing this stream");
    stream->capture->work.push_back(std::move(work));
    return cudaSuccess;
  }
  stream->waiting.push_back(std::move(work));
  constexpr size_t most = 4096;
  if (stream->waiting.size() >= most) run_waiting(stream);
  return cudaSuccess;
}

bool on_device(const void* p, size_t bytes) {
  const auto* begin = static_cast<const char*>(p);
  auto next = device_memory.upper_bound(begin);
  if (next == device_memory.begin()) return false;
  --next;
  return begin + bytes <= next->first + next->second;
}
bool touches_device(const void* p, size_t bytes) {
  const auto* begin = static_cast<const char*>(p);
  const auto next = device_memory.upper_bound(begin);
  return (next != device_memory.end() && begin + bytes > next->first) ||
         (next != device_memory.begin() && std::prev(next)->first + std::prev(next)->second > begin);
}

}  // namespace

// ---- what kernels call

void cuda_on_host::meet_block(Where where) { wait(Waiting::for_block, 0, where); }
void cuda_on_host::meet_warp(unsigned mask, Where where) { wait(Waiting::for_warp, mask, where); }
int cuda_on_host::lane() { return current % warp; }

uint64_t cuda_on_host::exchange(unsigned mask, uint64_t brought, int source, Where where) {
  if (plain) wait(Waiting::for_warp, mask, where);  // throws
  Fibre& f = *fibres[static_cast<size_t>(current)];
  const unsigned turn = f.exchanges++ % 2;
  f.brought[turn] = brought;
  wait(Waiting::for_warp, mask, where);
  if (!(mask >> source & 1))
    throw error("thread " + std::to_string(current) + " reads lane " + std::to_string(source) + " at " +
                place(where) + ", which its mask does not name");
  const Fibre& g = *fibres[static_cast<size_t>(current / warp * warp + source)];
  // Whoever has gone on to the next exchange has written to the other place.
  return g.brought[turn];
}

unsigned cuda_on_host::ballot(unsigned mask, bool predicate, Where where) {
  const int own = lane();
  unsigned votes = 0;
  if (plain) wait(Waiting::for_warp, mask, where);  // throws
  const unsigned turn = fibres[static_cast<size_t>(current)]->exchanges % 2;
  exchange(mask, predicate, own, where);
  for (int other = 0; other < warp; ++other)
    if (mask >> other & 1)
      votes |= static_cast<unsigned>(
                   fibres[static_cast<size_t>(current / warp * warp + other)]->brought[turn] != 0)
               << other;
  return votes;
}

// ---- the runtime

const char* cudaGetErrorString(cudaError_t code) {
  if (code == told_error && code != cudaSuccess) return told.c_str();
  switch (code) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    default:
      return "an error of the executor";
  }
}
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }

cudaError_t cudaDriverGetVersion(int* version) {
  *version = devices_error == cudaErrorInsufficientDriver ? 0 : 13000;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = devices_error == cudaSuccess ? devices : 0;
  return last_error = devices_error;
}
cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= devices) return fail(cudaErrorInvalidDevice, "invalid device ordinal");
  device_chosen = true;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device < 0 || device >= devices) return fail(cudaErrorInvalidDevice, "invalid device ordinal");
  *properties = {"the executor of the tests", size_t{1} << 34, 9, 0, 132};
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  if (flags != cudaStreamNonBlocking)
    return fail(cudaErrorInvalidValue, "a stream that waits for the default stream");
  *stream = new cuda_on_host_stream;
  streams.push_back(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const std::lock_guard lock(everything);
  if (!stream) return fail(cudaErrorInvalidResourceHandle, "no stream");
  run_waiting(stream);
  std::erase(streams, stream);
  delete stream;
  return state();
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  if (const cudaError_t e = outside_capture("synchronising")) return e;
  if (!stream) return fail(cudaErrorInvalidResourceHandle, "no stream given");
  ++done.synchronisations;
  run_waiting(stream);
  return state();
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  if (!stream || captured || stream->capture)
    return fail(cudaErrorInvalidValue, "a capture is already under way");
  stream->capture = std::make_unique<cuda_on_host_graph>();
  stream->capture_is_invalid = false;
  captured = stream;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(everything);
  *graph = nullptr;
  if (!stream || !stream->capture || captured != stream)
    return fail(cudaErrorInvalidValue, "no capture to end");
  captured = nullptr;
  const std::unique_ptr<cuda_on_host_graph> work = std::move(stream->capture);
  if (stream->capture_is_invalid)
    return fail(cudaErrorStreamCaptureInvalidated,
                "the capture failed because of an operation not permitted in it");
  *graph = new cuda_on_host_graph(*work);
  return state();
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new cuda_on_host_graph_exec{std::make_shared<const cuda_on_host_graph>(*graph)};
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  ++done.graph_launches;
  return enqueue(stream, [graph = exec->graph] {
    for (const auto& work : graph->work) work();
  });
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  if (const cudaError_t e = outside_capture("cudaMalloc")) return e;
  constexpr size_t alignment = 256;
  void* memory = nullptr;
  if (bytes > size_t{1} << 40 || posix_memalign(&memory, alignment, std::max<size_t>(bytes, 1)) != 0)
    return fail(cudaErrorMemoryAllocation, "out of memory");
  std::memset(memory, 0xff, bytes);  // NaN
  device_memory[static_cast<char*>(memory)] = bytes;
  close_device_memory();
  ++done.allocations;
  *pointer = memory;
  return cudaSuccess;
}
cudaError_t cudaFree(void* pointer) {
  const std::lock_guard lock(everything);
  if (!pointer) return cudaSuccess;
  if (const cudaError_t e = outside_capture("cudaFree")) return e;
  const auto memory = device_memory.find(static_cast<char*>(pointer));
  if (memory == device_memory.end())
    return fail(cudaErrorInvalidValue, "cudaFree of what cudaMalloc has not given");
  for (const cudaStream_t stream : streams) run_waiting(stream);  // cudaFree waits for the device
  open_device_memory();
  device_memory.erase(memory);
  close_device_memory();
  std::free(pointer);
  return state();
}
cudaError_t cudaMallocHost(void** pointer, size_t bytes) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  if (const cudaError_t e = outside_capture("cudaMallocHost")) return e;
  *pointer = std::malloc(std::max<size_t>(bytes, 1));
  return *pointer ? cudaSuccess : fail(cudaErrorMemoryAllocation, "out of memory");
}
cudaError_t cudaFreeHost(void* pointer) {
  std::free(pointer);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  if (bytes == 0) return cudaSuccess;
  const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
  if (to_device ? !on_device(to, bytes) : touches_device(to, bytes))
    return fail(cudaErrorInvalidValue,
                "the copy's destination is not within the memory that its direction names");
  if (from_device ? !on_device(from, bytes) : touches_device(from, bytes))
    return fail(cudaErrorInvalidValue, "the copy's source is not within the memory that its direction names");
  return enqueue(stream, [=] { std::memcpy(to, from, bytes); });
}
cudaError_t cudaMemsetAsync(void* to, int byte, size_t bytes, cudaStream_t stream) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  if (!on_device(to, bytes)) return fail(cudaErrorInvalidValue, "cudaMemsetAsync outside of device memory");
  return enqueue(stream, [=] { std::memset(to, byte, bytes); });
}

cudaError_t cuda_on_host::enqueue_kernel(const cudaLaunchConfig_t& config, size_t argument_bytes,
                                         std::function<void()> kernel) {
  const std::lock_guard lock(everything);
  if (const cudaError_t e = ready()) return e;
  const dim3 grid = config.gridDim, block = config.blockDim;
  constexpr unsigned most_columns = std::numeric_limits<int>::max(), most_rows = 65535, most_layers = 64;
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  if (threads == 0 || threads > most_threads || block.z > most_layers || grid.x == 0 || grid.y == 0 ||
      grid.z == 0 || grid.x > most_columns || grid.y > most_rows || grid.z > most_rows)
    return fail(cudaErrorInvalidConfiguration, "a grid of " + text_of({grid.x, grid.y, grid.z}) +
                                                   " blocks of " + text_of({block.x, block.y, block.z}) +
                                                   " threads");
  constexpr size_t most_arguments = 4096;
  if (argument_bytes > most_arguments)
    return fail(cudaErrorInvalidValue,
                std::to_string(argument_bytes) + " bytes of arguments; a kernel takes 4096");
  if (config.dynamicSmemBytes != 0)
    return fail(cudaErrorInvalidValue, "the executor knows static shared memory only");
  ++done.launches;
  return enqueue(config.stream, [=, kernel = std::move(kernel)] { run_kernel(grid, block, kernel); });
}

cuda_on_host::Counts cuda_on_host::counts() {
  const std::lock_guard lock(everything);
  return done;
}
void cuda_on_host::pretend_devices(int count, cudaError_t error) {
  devices = count;
  devices_error = error;
}
void cuda_on_host::recover() {
  const std::lock_guard lock(everything);
  broken.clear();
}

// What tests/engine/platforms.h asks: this is no card.
namespace engine_tests {
extern const bool on_a_card = false;
}
