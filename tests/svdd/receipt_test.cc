#include "svdd/evaluation/receipt.h"

#include <gtest/gtest.h>

#include "engine/backends/cpu/cpu.h"

namespace receipt_test {

using engine::NamedTensor;

const auto backend = engine::make_cpu_backend({.threads = 1});

NamedTensor tensor(const std::string& name, const engine::Shape& shape, const std::vector<float>& values,
                   engine::Layout layout = engine::Layout::plain) {
  return {name, engine::Tensor(engine::Array::from(*backend, shape, layout, engine::DType::f32, values)),
          true};
}

// Known answers: Python's hashlib.sha256(struct.pack('<…f', …)).

TEST(ScoresSha256, KnownAnswers) {
  EXPECT_EQ(svdd::scores_sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(svdd::scores_sha256(std::vector<float>{0.5f, -2.25f, 3e-40f}),
            "e0a5e500713f51d6d5fac3e8281874e696cec502e20c87960c8835495ecfa34d");
}

TEST(ScoresSha256, TellsTheZerosApart) {  // bits, not values
  EXPECT_EQ(svdd::scores_sha256(std::vector<float>{0.0f}),
            "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119");
  EXPECT_EQ(svdd::scores_sha256(std::vector<float>{-0.0f}),
            "6d58692645c9d1cfaf13541cbd258f86193ef63c2f1d38f6bbca9617372d7bd6");
}

TEST(WeightsSha256, IsOverTheNumbersInNameOrder) {  // 7 8, 1 … 6, -1
  const NamedTensor bn = tensor("bn1.running_mean", {2}, {7, 8});
  const NamedTensor conv = tensor("conv1.weight", {3, 2}, {1, 2, 3, 4, 5, 6});
  const NamedTensor fc = tensor("fc1.weight", {1}, {-1});
  const std::string expected = "bc6ef51a914b8988b00c63aa45e1c55b47ec11eb89101c93d7bb251fdd89f81e";
  EXPECT_EQ(svdd::weights_sha256({bn, conv, fc}), expected);
  EXPECT_EQ(svdd::weights_sha256({fc, conv, bn}), expected);
  EXPECT_EQ(svdd::weights_sha256({}), svdd::scores_sha256({}));
}

TEST(WeightsSha256, DoesNotDependOnHowNumbersLieInMemory) {
  std::vector<float> values;
  for (int i = 0; i < 18 * 3; ++i) values.push_back(static_cast<float>(i));
  EXPECT_EQ(svdd::weights_sha256({tensor("w", {18, 3}, values, engine::Layout::samples)}),
            svdd::weights_sha256({tensor("w", {18, 3}, values)}));
}

TEST(ArraysSha256, IsThatOfANetworkWithTheSameNumbers) {
  const auto array = [](const std::vector<int64_t>& shape, const std::vector<float>& values) {
    return engine::NdArray::from(shape, values);
  };
  EXPECT_EQ(svdd::arrays_sha256({{"fc1.weight", array({1}, {-1})},
                                 {"bn1.running_mean", array({2}, {7, 8})},
                                 {"conv1.weight", array({3, 2}, {1, 2, 3, 4, 5, 6})}}),
            "bc6ef51a914b8988b00c63aa45e1c55b47ec11eb89101c93d7bb251fdd89f81e");
  EXPECT_NE(svdd::arrays_sha256({{"a", engine::NdArray::from({1}, std::vector<int32_t>{1})}}),
            svdd::arrays_sha256({{"a", engine::NdArray::from({1}, std::vector<float>{1})}}));
}

}  // namespace receipt_test
