// A step of training allocates nothing once it has run: after the first steps, replay, backward and update
// call operator new not once. The backends take their arrays' memory from the C library, but each array comes
// with a handle from operator new, so a new array would show.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/backends/cpu/cpu.h"
#include "engine/backends/reference/reference.h"
#include "engine/optimizers.h"
#include "engine/random.h"
#include "engine/tape.h"
#include "tests/engine/mnist_lenet.h"

namespace {
std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t alignment) noexcept {
  ++allocations;
  if (size == 0) size = 1;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}
void* counted_or_throw(std::size_t size, std::size_t alignment = 1) {
  if (void* memory = counted(size, alignment)) return memory;
  throw std::bad_alloc();
}
}  // namespace

// All forms, so that none of the library's own is mixed with these. Were one inlined and its partner not, g++
// would take them for a mismatched pair.
#define NOT_INLINED [[gnu::noinline]]
void* operator new(std::size_t n) { return counted_or_throw(n); }
void* operator new[](std::size_t n) { return counted_or_throw(n); }
void* operator new(std::size_t n, std::align_val_t a) {
  return counted_or_throw(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return counted_or_throw(n, static_cast<std::size_t>(a));
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return counted(n, 1); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return counted(n, 1); }
NOT_INLINED void operator delete(void* p) noexcept { std::free(p); }
NOT_INLINED void operator delete[](void* p) noexcept { std::free(p); }
NOT_INLINED void operator delete(void* p, std::size_t) noexcept { std::free(p); }
NOT_INLINED void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
NOT_INLINED void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
NOT_INLINED void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
NOT_INLINED void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
NOT_INLINED void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
NOT_INLINED void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
NOT_INLINED void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }

namespace {

using namespace engine;
using namespace engine_tests;

// Allocations of the third to fifth step of training `net` with its loss.
template <class Loss, class AfterStep>
long allocations_in_steady_state(Backend& on, Layer& net, Loss loss_of, AfterStep after_step) {
  start_weights(net, 1);
  const RandomStream stream(1, "images");
  const Shape shape{20, 1, 28, 28};
  std::vector<float> pixels(static_cast<size_t>(shape.count()));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = stream.uniform(i);
  const Array images = Array::from(on, shape, Layout::plain, DType::f32, pixels);
  const std::vector<int32_t> order = permutation(20, stream);

  const Tensor batch(Array(on, shape.with_samples(5), Layout::samples, DType::f32));
  Adam adam(trainable(net.state()), {.weight_decay = 5e-7, .amsgrad = true});
  Tape tape;
  Tensor loss;
  {
    Tape::Recording recording(tape);
    loss = loss_of(batch);
  }
  double total = 0;
  const auto step = [&](int number) {
    on.gather(images, std::span(order).subspan(static_cast<size_t>(number) * 5 % 20, 5), batch.value());
    tape.replay();
    tape.backward(loss);
    adam.step(1e-3);
    after_step();
    total += loss.value().item();
  };
  step(0);
  step(1);
  const long before = allocations;
  for (int number = 2; number < 5; ++number) step(number);
  const long after = allocations;
  EXPECT_GT(total, 0);
  return after - before;
}

long one_class_allocations(Backend& on, Passes passes) {
  const auto net = mnist_lenet(on, DType::f32, passes);
  const Tensor centre(Array(on, {32}, Layout::plain, DType::f32));
  return allocations_in_steady_state(
      on, *net, [&](const Tensor& x) { return mean(squared_distance(net->forward(x, Mode::train), centre)); },
      [] {});
}

long soft_boundary_allocations(Backend& on) {
  const auto net = mnist_lenet(on, DType::f32);
  const Tensor centre(Array(on, {32}, Layout::plain, DType::f32)),
      radius(Array(on, {1}, Layout::plain, DType::f32));
  Tensor distances;
  return allocations_in_steady_state(
      on, *net,
      [&](const Tensor& x) {
        distances = squared_distance(net->forward(x, Mode::train), centre);
        return square(radius) + 10.0 * mean(relu(distances - square(radius)));
      },
      [&] { on.root_quantile(distances.value(), 0.9, radius.value()); });
}

long nearest_centre_allocations(Backend& on, bool trainable) {
  const auto net = mnist_lenet(on, DType::f32);
  std::vector<double> points(7 * 32);
  for (size_t i = 0; i < points.size(); ++i) points[i] = 0.01 * static_cast<double>(i % 13);
  const Tensor centres(Array::from(on, {7, 32}, Layout::plain, DType::f32, points), trainable),
      alive(Array::from(on, {7}, Layout::plain, DType::f32, std::vector<double>{1, 0, 1, 1, 0, 1, 1}));
  return allocations_in_steady_state(
      on, *net,
      [&](const Tensor& x) {
        const Tensor z = net->forward(x, Mode::train), k = nearest_point(z, centres, alive);
        return mean(squared_distance(z, take(centres, k)) - take(alive, k));
      },
      [] {});
}

long autoencoder_allocations(Backend& on) {
  const auto net = mnist_autoencoder(on, DType::f32);
  return allocations_in_steady_state(
      on, *net, [&](const Tensor& x) { return mean(squared_distance(net->forward(x, Mode::train), x)); },
      [] {});
}

TEST(Allocation, IsCounted) {
  const long before = allocations;
  const auto on = make_reference_backend();
  const Array a(*on, {3}, Layout::plain, DType::f32);
  EXPECT_GE(allocations - before, 2);
}

TEST(Allocation, NoneInAStepOfTheReference) {
  EXPECT_EQ(one_class_allocations(*make_reference_backend(), Passes::three), 0);
}

TEST(Allocation, NoneInAStepOfTheCpu) {
  for (const int threads : {1, 2}) {
    const auto on = make_cpu_backend({.threads = threads});
    EXPECT_EQ(one_class_allocations(*on, Passes::one), 0) << on->name();
    EXPECT_EQ(one_class_allocations(*on, Passes::three), 0) << on->name();
    EXPECT_EQ(soft_boundary_allocations(*on), 0) << on->name();
    EXPECT_EQ(nearest_centre_allocations(*on, false), 0) << on->name();
    EXPECT_EQ(nearest_centre_allocations(*on, true), 0) << on->name();
    EXPECT_EQ(autoencoder_allocations(*on), 0) << on->name();
  }
}

#if SVDD_HAVE_OPENBLAS
TEST(Allocation, NoneInAStepOfOpenBlas) {
  const auto on = make_cpu_backend({.threads = 2, .blas = Blas::openblas});
  EXPECT_EQ(autoencoder_allocations(*on), 0);
}
#endif

}  // namespace
