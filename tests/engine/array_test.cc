#include "engine/array.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>
#include <thread>

#include "engine/ops/pointwise.h"
#include "tests/engine/expect_message.h"
#include "tests/engine/platforms.h"

namespace array_test {

using namespace engine;
using engine_tests::message_of;
using engine_tests::OnEachPlatform;

std::vector<double> counting(int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), -3.0);
  return values;
}

class ArrayTest : public OnEachPlatform {
 protected:
  Array make(Shape shape, Layout layout) const { return Array(*on_, shape, layout, GetParam().type); }
};

TEST_P(ArrayTest, BeginsWithZeros) {
  for (const Layout layout : {Layout::plain, Layout::samples})
    EXPECT_EQ(make({17, 3}, layout).to_doubles(), std::vector<double>(51, 0.0));
}

TEST_P(ArrayTest, ComesBackInCOrder) {
  for (const Shape& shape : {Shape{1}, Shape{33}, Shape{16, 5}, Shape{17, 2, 3, 4}, Shape{3, 1, 1, 7}})
    for (const Layout layout : {Layout::plain, Layout::samples}) {
      Array a = make(shape, layout);
      const std::vector<double> values = counting(shape.count());
      a.assign(values);
      EXPECT_EQ(a.to_doubles(), values) << shape.text();
      EXPECT_EQ(a.to_floats(), std::vector<float>(values.begin(), values.end())) << shape.text();
      a.assign(std::vector<float>(values.size(), 0.5f));
      EXPECT_EQ(a.to_doubles(), std::vector<double>(values.size(), 0.5)) << shape.text();
    }
}

TEST_P(ArrayTest, HoldsNothingWhereThereAreNoSamples) {
  Array none = make({0, 3}, Layout::samples);
  none.assign(std::vector<double>{});
  EXPECT_TRUE(none.to_doubles().empty());
}

TEST_P(ArrayTest, CopiesShareTheNumbers) {
  Array a = make({2}, Layout::plain);
  const Array b = a;
  a.assign(std::vector<double>{1, 2});
  EXPECT_EQ(b.to_doubles(), (std::vector<double>{1, 2}));
  EXPECT_EQ(a.zeros_like().to_doubles(), (std::vector<double>{0, 0}));
  EXPECT_EQ(a.to_doubles(), (std::vector<double>{1, 2}));
}

TEST_P(ArrayTest, ReshapedSharesTheNumbersInCOrder) {
  const std::vector<double> values = counting(18 * 12);
  for (const Layout layout : {Layout::plain, Layout::samples}) {
    Array a = make({18, 12}, layout);
    const Array images = a.reshaped({18, 3, 2, 2});
    a.assign(values);
    EXPECT_EQ(images.shape(), (Shape{18, 3, 2, 2}));
    EXPECT_EQ(images.to_doubles(), values);
  }
  EXPECT_EQ(make({6, 2}, Layout::plain).reshaped({12}).shape(), Shape{12});
}

TEST_P(ArrayTest, ReshapedKeepsTheCountAndTheSamples) {
  const Array a = make({4, 6}, Layout::samples);
  EXPECT_EQ(message_of([&] { a.reshaped({4, 5}); }).substr(0, 39), "[reshape] (4, 6) cannot become (4, 5): ");
  EXPECT_THROW(a.reshaped({8, 3}), std::invalid_argument);
  EXPECT_NO_THROW(make({4, 6}, Layout::plain).reshaped({8, 3}));
}

TEST_P(ArrayTest, ItemIsTheOnlyNumber) {
  EXPECT_EQ(plain({1}, {2.5}).item(), 2.5);
  EXPECT_EQ(samples({1, 1}, {-1.5}).item(), -1.5);
  EXPECT_EQ(message_of([&] { make({2}, Layout::plain).item(); }),
            "[item] expected a single number, found shape (2)");
}

TEST_P(ArrayTest, TakesAsManyNumbersAsItsShape) {
  EXPECT_EQ(message_of([&] { plain({2, 3}, {1, 2}); }), "[Array] 2 numbers given for shape (2, 3)");
}

INSTANTIATE_TEST_SUITE_P(Platforms, ArrayTest, testing::ValuesIn(engine_tests::platforms()),
                         engine_tests::platform_name);

TEST(ArrayOnCpu, HasNoDouble) {
  const auto on = make_cpu_backend({.threads = 1, .simd = Simd::portable});
  EXPECT_EQ(message_of([&] { Array(*on, {1}, Layout::plain, DType::f64); }),
            "[Array] the cpu (portable, 1 thread) backend computes in float only; double lives on the "
            "reference backend");
}

TEST(ArrayOnCpu, RefusesWhatTheMachineLacks) {
  EXPECT_THROW(make_cpu_backend({.threads = -1}), std::invalid_argument);
  for (const Simd simd : {Simd::avx2, Simd::avx512}) {
    if (simd_available(simd)) continue;
    EXPECT_THROW(make_cpu_backend({.simd = simd}), std::invalid_argument);
  }
  EXPECT_TRUE(simd_available(Simd::portable));
  EXPECT_TRUE(simd_available(best_simd()));
  EXPECT_GE(machine_threads(), 1);
}

TEST(ArrayAndBackend, AnArrayThatIsLeftOverSaysSo) {
  for (const bool reference : {false, true}) {
    auto on = reference ? make_reference_backend() : make_cpu_backend({.threads = 1});
    Array a = Array::from(*on, {2}, Layout::plain, DType::f32, std::vector<float>{1, 2});
    Array b = a;
    on.reset();
    EXPECT_TRUE(a.defined());
    for (const auto& use :
         std::vector<std::function<void()>>{[&] { a.backend(); }, [&] { a.to_floats(); },
                                            [&] {
                                              a.assign(std::vector<float>{3, 4});
                                            },
                                            [&] { a.zeros_like(); }, [&] { scale(Tensor(a), 2.0); }})
      EXPECT_THROW(use(), std::logic_error);
    const auto other = make_cpu_backend({.threads = 1});
    a = Array(*other, {1}, Layout::plain, DType::f32);  // replaced, and b dropped
    EXPECT_EQ(a.item(), 0);
  }
  EXPECT_THROW(Array().backend(), std::logic_error);
}

// Two threads in one backend would share its scratch memory. One after the other is another matter.
TEST(ArrayAndBackend, ASecondThreadAtTheSameTimeIsRefused) {
  if (!SVDD_HAVE_THREADS) GTEST_SKIP() << "this build has no threads";
  const auto on = make_cpu_backend({.threads = 1});
  const Array a(*on, {3}, Layout::plain, DType::f32);
  std::string refusal = "none";
  const auto repeated = on->capture([&] {
    std::thread([&] { refusal = message_of([&] { a.to_floats(); }); }).join();
    a.to_floats();  // within a call of its own thread
  });
  repeated->run();
  EXPECT_NE(refusal.find("two threads call one backend"), std::string::npos) << refusal;
  std::thread([&] { EXPECT_NO_THROW(a.to_floats()); }).join();
}

}  // namespace array_test
