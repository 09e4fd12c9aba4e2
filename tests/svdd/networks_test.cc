#include "svdd/networks/networks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "engine/files/sha256.h"
#include "engine/random.h"
#include "svdd/evaluation/receipt.h"
#include "tests/datasets/scratch.h"
#include "tests/engine/mnist_lenet.h"
#include "tests/svdd/small_runs.h"

namespace networks_test {

using engine::Mode;
using engine::NamedTensor;
using engine::Tensor;
using scratch::contains, scratch::error_of;
using svdd::Initialisation;
using svdd::Network;
using svdd::NetworkOptions;

engine::Backend* const backend = small_runs::backend().get();

Network lenet(const NetworkOptions& options = {}) {
  return svdd::build_network("mnist_LeNet", *backend, options);
}

std::vector<std::string> described(const std::vector<NamedTensor>& state) {
  std::vector<std::string> lines;
  for (const NamedTensor& s : state)
    lines.push_back(s.name + " " + s.tensor.shape().text() + (s.trainable ? "" : " buffer"));
  return lines;
}

std::vector<std::string> names(const std::vector<NamedTensor>& state) {
  std::vector<std::string> names;
  for (const NamedTensor& s : state) names.push_back(s.name);
  return names;
}

std::map<std::string, std::vector<float>> numbers(const std::vector<NamedTensor>& state) {
  std::map<std::string, std::vector<float>> numbers;
  for (const NamedTensor& s : state) numbers[s.name] = s.tensor.value().to_floats();
  return numbers;
}

Tensor random_images(int64_t n) {
  const engine::RandomStream stream(1, "images");
  std::vector<float> values(static_cast<size_t>(n * 28 * 28));
  for (size_t i = 0; i < values.size(); ++i) values[i] = stream.uniform(i);
  return Tensor(
      engine::Array::from(*backend, {n, 1, 28, 28}, engine::Layout::samples, engine::DType::f32, values));
}

TEST(Networks, MnistLeNetHasThePapersParameters) {
  const Network net = lenet();
  EXPECT_EQ(described(net.encoder.state()),
            (std::vector<std::string>{"conv1.weight (8, 1, 5, 5)", "bn1.running_mean (8) buffer",
                                      "bn1.running_var (8) buffer", "conv2.weight (4, 8, 5, 5)",
                                      "bn2.running_mean (4) buffer", "bn2.running_var (4) buffer",
                                      "fc1.weight (32, 196)"}));
  EXPECT_EQ(described(net.decoder.state()),
            (std::vector<std::string>{"deconv1.weight (2, 4, 5, 5)", "bn3.running_mean (4) buffer",
                                      "bn3.running_var (4) buffer", "deconv2.weight (4, 8, 5, 5)",
                                      "bn4.running_mean (8) buffer", "bn4.running_var (8) buffer",
                                      "deconv3.weight (8, 1, 5, 5)"}));
}

TEST(Networks, Cifar10LeNetHasThePapersParameters) {
  const Network net = svdd::build_network("cifar10_LeNet", *backend);
  EXPECT_EQ(described(net.encoder.state()),
            (std::vector<std::string>{"conv1.weight (32, 3, 5, 5)", "bn2d1.running_mean (32) buffer",
                                      "bn2d1.running_var (32) buffer", "conv2.weight (64, 32, 5, 5)",
                                      "bn2d2.running_mean (64) buffer", "bn2d2.running_var (64) buffer",
                                      "conv3.weight (128, 64, 5, 5)", "bn2d3.running_mean (128) buffer",
                                      "bn2d3.running_var (128) buffer", "fc1.weight (128, 2048)"}));
  EXPECT_EQ(described(net.decoder.state()),
            (std::vector<std::string>{"bn1d.running_mean (128) buffer", "bn1d.running_var (128) buffer",
                                      "deconv1.weight (8, 128, 5, 5)", "bn2d4.running_mean (128) buffer",
                                      "bn2d4.running_var (128) buffer", "deconv2.weight (128, 64, 5, 5)",
                                      "bn2d5.running_mean (64) buffer", "bn2d5.running_var (64) buffer",
                                      "deconv3.weight (64, 32, 5, 5)", "bn2d6.running_mean (32) buffer",
                                      "bn2d6.running_var (32) buffer", "deconv4.weight (32, 3, 5, 5)"}));
}

TEST(Networks, AffineBatchNormAndBiasTermsAreOptions) {
  EXPECT_EQ(names(lenet({.affine_batch_norm = true}).encoder.state()),
            (std::vector<std::string>{"conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean",
                                      "bn1.running_var", "conv2.weight", "bn2.weight", "bn2.bias",
                                      "bn2.running_mean", "bn2.running_var", "fc1.weight"}));
  EXPECT_EQ(names(lenet({.bias_terms = true}).encoder.state()),
            (std::vector<std::string>{"conv1.weight", "conv1.bias", "bn1.running_mean", "bn1.running_var",
                                      "conv2.weight", "conv2.bias", "bn2.running_mean", "bn2.running_var",
                                      "fc1.weight", "fc1.bias"}));
}

TEST(Networks, RepDimShapesBothHalves) {
  Network net = lenet({.rep_dim = 48});
  EXPECT_TRUE(net.encoder.state().back().tensor.shape() == (engine::Shape{48, 196}));
  EXPECT_TRUE(net.decoder.state().front().tensor.shape() == (engine::Shape{3, 4, 5, 5}));
  initialise(net.encoder.state(), Initialisation::pytorch, 1);
  initialise(net.decoder.state(), Initialisation::pytorch, 1);
  const Tensor z = net.encoder.forward(random_images(2), Mode::evaluate);
  EXPECT_TRUE(z.shape() == (engine::Shape{2, 48})) << z.shape().text();
  EXPECT_TRUE(net.decoder.forward(z, Mode::evaluate).shape() == (engine::Shape{2, 1, 28, 28}));
}

TEST(Networks, ImpossibleRepDim) {
  EXPECT_TRUE(
      contains(error_of<std::invalid_argument>([] { lenet({.rep_dim = 17}); }),
               "mnist_LeNet, line 22, reshape rep_dim/16x4x4: rep_dim must be a multiple of 16; found 17"));
  EXPECT_TRUE(contains(error_of<std::invalid_argument>([] { lenet({.rep_dim = -16}); }),
                       "mnist_LeNet: rep_dim must be at least 1, found -16"));
}

TEST(Networks, UnknownNameListsTheNamesThereAre) {
  for (const auto& action : std::vector<std::function<void()>>{
           [] { svdd::build_network("mnist_lenet", *backend); }, [] { svdd::network_info("mnist_lenet"); }})
    EXPECT_TRUE(contains(error_of<std::invalid_argument>(action),
                         "there is no network 'mnist_lenet'; known are cifar10_LeNet, "));
}

TEST(Networks, EachNameBuildsWhatItsInfoSays) {
  ASSERT_FALSE(svdd::networks().empty());
  for (const svdd::NetworkInfo& info : svdd::networks()) {
    EXPECT_EQ(svdd::network_info(info.name).input, info.input);
    const std::vector<int64_t> input = info.input.empty() ? std::vector<int64_t>{7} : info.input;
    Network net = svdd::build_network(info.name, *backend, {.input = input});
    initialise(net.encoder.state(), info.start, 1);
    initialise(net.decoder.state(), info.start, 1);
    std::vector<int64_t> batch{3};
    batch.insert(batch.end(), input.begin(), input.end());
    const Tensor x(
        engine::Array(*backend, engine::Shape(batch), engine::Layout::samples, engine::DType::f32));
    const Tensor z = net.encoder.forward(x, Mode::train);
    EXPECT_TRUE(z.shape() == (engine::Shape{3, info.rep_dim})) << info.name << " " << z.shape().text();
    EXPECT_TRUE(net.decoder.forward(z, Mode::train).shape() == x.shape()) << info.name;
  }
}

// The bits of every published network: parameters as they begin, and a reconstruction in training mode; of those that were
// functions once, as they were then. One more network: the two rows that this prints.
TEST(Networks, TheBitsOfTheTextsAreThoseOfBefore) {
  const std::set<std::string> known{"cifar10_LeNet plain bc26df901084ca64 c872395c44213274",
                                    "cifar10_LeNet affine f4760954ace2ccad c872395c44213274",
                                    "cifar10_LeNet_ELU plain a1f1f39a391f6510 38634ece8513d1b3",
                                    "cifar10_LeNet_ELU affine 4f8f1fe545b344e5 38634ece8513d1b3",
                                    "dasvdd_cifar10 plain 902b624ec386bff5 ca378bb8f8a46429",
                                    "dasvdd_cifar10 affine 902b624ec386bff5 ca378bb8f8a46429",
                                    "dasvdd_mnist plain aacfe341f861db44 c640d28c3ce35f8b",
                                    "dasvdd_mnist affine aacfe341f861db44 c640d28c3ce35f8b",
                                    "dasvdd_pima plain c1810be1c028d6c3 f2d6927c7b2d2d11",
                                    "dasvdd_pima affine c1810be1c028d6c3 f2d6927c7b2d2d11",
                                    "dasvdd_speech plain 0169bf8b7c79aec8 5fc332917f3a07f6",
                                    "dasvdd_speech affine 0169bf8b7c79aec8 5fc332917f3a07f6",
                                    "gtsrb_LeNet plain 12dc2c2364cb132f 74585ef5654cf287",
                                    "gtsrb_LeNet affine 12dc2c2364cb132f 74585ef5654cf287",
                                    "mlp plain 83446cc872c4a725 c4c407a1e294e674",
                                    "mlp affine 83446cc872c4a725 c4c407a1e294e674",
                                    "mnist_LeNet plain f7cc8357d1617242 17edec88071e8b51",
                                    "mnist_LeNet affine 679cdc38f813c6d1 17edec88071e8b51",
                                    "multi_sphere_cifar10 plain 79b704f9f9719e16 7a1d0fc0ca5b595e",
                                    "multi_sphere_cifar10 affine cd47b6022d1ca264 7a1d0fc0ca5b595e",
                                    "multi_sphere_mnist plain 564e975117f4ff17 29c902d7a277799a",
                                    "multi_sphere_mnist affine da465a041631f521 29c902d7a277799a",
                                    "multi_sphere_mobifall plain 6b988dd004a7cd99 69e84d8bdb826705",
                                    "multi_sphere_mobifall affine e6b6803720fa1c0c 69e84d8bdb826705"};
  for (const svdd::NetworkInfo& info : svdd::networks())
    for (const bool affine : {false, true}) {
      const std::vector<int64_t> input = info.input.empty() ? std::vector<int64_t>{7} : info.input;
      Network net = svdd::build_network(info.name, *backend, {.input = input, .affine_batch_norm = affine});
      initialise(net.state(), info.start, 1);
      std::vector<int64_t> batch{3};
      batch.insert(batch.end(), input.begin(), input.end());
      const engine::Shape shape(batch);
      const engine::RandomStream stream(1, "images");
      std::vector<float> values(static_cast<size_t>(shape.count()));
      for (size_t i = 0; i < values.size(); ++i) values[i] = stream.uniform(i);
      const Tensor x(
          engine::Array::from(*backend, shape, engine::Layout::samples, engine::DType::f32, values));
      const auto y =
          net.decoder.forward(net.encoder.forward(x, Mode::train), Mode::train).value().to_floats();
      const std::string row = info.name + (affine ? " affine " : " plain ") +
                              svdd::weights_sha256(net.state()).substr(0, 16) + " " +
                              engine::sha256_hex(y.data(), y.size() * sizeof(float)).substr(0, 16);
      EXPECT_TRUE(known.contains(row)) << "not among them: " << row;
    }
}

TEST(Networks, WidthsAreThoseAskedFor) {
  const Network narrow = svdd::build_network("multi_sphere_mnist", *backend, {.widths = {32, 32, 16, 32}});
  std::map<std::string, std::string> shapes;
  for (const NamedTensor& s : narrow.encoder.state()) shapes[s.name] = s.tensor.shape().text();
  EXPECT_EQ(shapes.at("conv2.weight"), engine::Shape({32, 32, 5, 5}).text());
  EXPECT_EQ(shapes.at("conv3.weight"), engine::Shape({16, 32, 5, 5}).text());
  EXPECT_EQ(shapes.at("fc1.weight"), engine::Shape({32, 144}).text());
  const Network dense = svdd::build_network("mlp", *backend, {.input = {9}, .rep_dim = 2, .widths = {5}});
  shapes.clear();
  for (const NamedTensor& s : dense.encoder.state()) shapes[s.name] = s.tensor.shape().text();
  EXPECT_EQ(shapes, (std::map<std::string, std::string>{{"fc1.weight", engine::Shape({5, 9}).text()},
                                                        {"fc2.weight", engine::Shape({2, 5}).text()}}));
}

TEST(Networks, WidthsAndInputsThatDoNotFitAreNamed) {
  const auto refused = [](const std::string& name, const NetworkOptions& options, const std::string& words) {
    EXPECT_TRUE(contains(
        error_of<std::invalid_argument>([&] { svdd::build_network(name, *backend, options); }), words));
  };
  refused("mnist_LeNet", {.widths = {3}}, "mnist_LeNet takes no widths, found 1");
  refused("multi_sphere_mnist", {.widths = {32, 32}}, "takes 4 widths, found 2");
  refused("multi_sphere_mnist", {.widths = {32, 32, 16, 8}}, "must be a multiple of 16; found 8");
  refused("mlp", {.input = {3}, .widths = {0}}, "a layer must be at least 1 wide, found 0");
  const int64_t large = int64_t{1} << 62, most = svdd::most_width;
  refused("mlp", {.input = {3}, .rep_dim = large},
          "a representation of 4611686018427387904 numbers is too large");
  refused("mlp", {.input = {3}, .rep_dim = most + 1}, "at most 1048576 are possible");
  refused("mlp", {.input = {3}, .widths = {8, large}},
          "a hidden layer of 4611686018427387904 numbers is too wide");
  refused("dasvdd_pima", {.input = {3}, .widths = {std::numeric_limits<int64_t>::max()}}, "too wide");
  refused("mnist_LeNet", {.rep_dim = std::numeric_limits<int64_t>::max() / 16 * 16}, "is too large");
  refused("mlp", {}, "takes samples of any size and must be told which");
  refused("mnist_LeNet", {.input = {3, 32, 32}}, "the samples are 3x32x32, but mnist_LeNet takes 1x28x28");
}

// Whose whole trainings are compared with PyTorch's (tests/engine/golden_trajectory_test.cc).
TEST(Networks, MnistLeNetIsTheNetworkOfTheGoldenTrajectories) {
  Network net = lenet();
  initialise(net.encoder.state(), Initialisation::pytorch, 5);
  initialise(net.decoder.state(), Initialisation::pytorch, 5);
  const auto golden = engine_tests::mnist_autoencoder(*backend, engine::DType::f32);
  engine_tests::start_weights(*golden, 5);
  const Tensor x = random_images(20);
  for (const Mode mode : {Mode::train, Mode::evaluate}) {
    const auto ours = net.decoder.forward(net.encoder.forward(x, mode), mode).value().to_floats();
    EXPECT_EQ(ours, golden->forward(x, mode).value().to_floats());
  }
  auto both = net.encoder.state();
  for (const NamedTensor& s : net.decoder.state()) both.push_back(s);
  EXPECT_EQ(svdd::weights_sha256(both), svdd::weights_sha256(golden->state()));
}

// U(−bound, bound): within the bound, close to it on both sides, and half on either side of 0.
void expect_uniform(const std::vector<float>& values, double bound, const std::string& name) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*low, -bound * 1.000001) << name;
  EXPECT_LE(*high, bound * 1.000001) << name;
  EXPECT_LT(*low, -0.95 * bound) << name;
  EXPECT_GT(*high, 0.95 * bound) << name;
  double sum = 0, squares = 0;
  for (const float v : values) sum += v, squares += v * v;
  const auto n = static_cast<double>(values.size());
  EXPECT_NEAR(sum / n, 0, 4 * bound / std::sqrt(3 * n)) << name;  // four standard errors
  EXPECT_NEAR(squares / n, bound * bound / 3, 4 * bound * bound * 0.3 / std::sqrt(n)) << name;
}

std::map<std::string, std::vector<float>> initialised(const NetworkOptions& options, Initialisation rule,
                                                      uint64_t seed = 3) {
  const Network net = lenet(options);
  initialise(net.encoder.state(), rule, seed);
  initialise(net.decoder.state(), rule, seed);
  auto all = numbers(net.encoder.state());
  all.merge(numbers(net.decoder.state()));
  return all;
}

TEST(Initialise, PytorchDrawsFromOneOverTheRootOfFanIn) {
  const auto start = initialised({}, Initialisation::pytorch);
  for (const auto& [name, fan_in] : std::map<std::string, double>{{"conv1.weight", 25},
                                                                  {"conv2.weight", 8 * 25},
                                                                  {"fc1.weight", 196},
                                                                  {"deconv1.weight", 4 * 25},
                                                                  {"deconv2.weight", 8 * 25},
                                                                  {"deconv3.weight", 25}})
    expect_uniform(start.at(name), 1 / std::sqrt(fan_in), name);
}

TEST(Initialise, GlorotHasTheGainOfLeakyReluForConvolutionsOnly) {
  const auto start = initialised({}, Initialisation::glorot);
  const double gain = std::sqrt(2 / (1 + 0.01 * 0.01));
  for (const auto& [name, fans] : std::map<std::string, double>{{"conv1.weight", (1 + 8) * 25},
                                                                {"conv2.weight", (8 + 4) * 25},
                                                                {"deconv1.weight", (2 + 4) * 25},
                                                                {"deconv2.weight", (4 + 8) * 25},
                                                                {"deconv3.weight", (8 + 1) * 25}})
    expect_uniform(start.at(name), gain * std::sqrt(6 / fans), name);
  expect_uniform(start.at("fc1.weight"), std::sqrt(6. / (196 + 32)), "fc1.weight");
}

TEST(Initialise, PytorchXavierIsGlorotForConvolutionsAndPytorchForTheRest) {
  const NetworkOptions options{.bias_terms = true};
  const auto both = initialised(options, Initialisation::pytorch_xavier);
  const auto glorot = initialised(options, Initialisation::glorot);
  const auto pytorch = initialised(options, Initialisation::pytorch);
  for (const auto& [name, values] : both) {
    const bool convolution = name.find("conv") != std::string::npos && name.ends_with("weight");
    EXPECT_EQ(values, (convolution ? glorot : pytorch).at(name)) << name;
  }
}

TEST(Initialise, BiasTermsFollowTheirWeight) {
  const NetworkOptions options{.affine_batch_norm = true, .bias_terms = true};
  const auto start = initialised(options, Initialisation::pytorch);
  for (const auto& [name, fan_in] :
       std::map<std::string, double>{{"conv1.bias", 25}, {"conv2.bias", 8 * 25}, {"fc1.bias", 196}}) {
    double largest = 0;
    for (const float v : start.at(name)) largest = std::max(largest, std::abs(double{v}));
    EXPECT_GT(largest, 0.1 / std::sqrt(fan_in)) << name;
    EXPECT_LE(largest, 1.000001 / std::sqrt(fan_in)) << name;
  }
  const auto glorot = initialised(options, Initialisation::glorot);
  for (const char* name : {"conv1.bias", "conv2.bias", "fc1.bias"})
    for (const float v : glorot.at(name)) EXPECT_EQ(v, 0) << name;
}

TEST(Initialise, LeavesBatchNormAsItIs) {
  for (const Initialisation rule : {Initialisation::pytorch, Initialisation::glorot}) {
    const auto start = initialised({.affine_batch_norm = true, .bias_terms = true}, rule);
    for (const std::string bn : {"bn1", "bn2", "bn3", "bn4"}) {
      for (const char* zero : {".bias", ".running_mean"})
        for (const float v : start.at(bn + zero)) EXPECT_EQ(v, 0) << bn << zero;
      for (const char* one : {".weight", ".running_var"})
        for (const float v : start.at(bn + one)) EXPECT_EQ(v, 1) << bn << one;
    }
  }
}

TEST(Initialise, DependsOnTheSeedAndOnTheParametersNameOnly) {
  const auto start = initialised({}, Initialisation::pytorch);
  EXPECT_EQ(start, initialised({}, Initialisation::pytorch));
  const auto other = initialised({}, Initialisation::pytorch, 4);
  const auto wider = initialised({.affine_batch_norm = true, .bias_terms = true}, Initialisation::pytorch);
  for (const auto& [name, values] : start) {
    EXPECT_EQ(values, wider.at(name)) << name;
    if (name.ends_with("weight")) {
      EXPECT_NE(values, other.at(name)) << name;
    }
  }
}

}  // namespace networks_test
