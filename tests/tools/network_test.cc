// `svdd network`, and networks of one's own on the command line.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "small_data.h"

namespace tools_test {
namespace {

using nlohmann::json;

class NetworkCommandTest : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_SVDD(); }
  // Every word by itself, for texts with spaces.
  Outcome svdd(const Words& words) const { return run_svdd(folder_, words); }
  bool says(const Outcome& o, int status, const std::string& words) const {
    const bool there = (o.out + o.err).find(words) != std::string::npos;
    if (o.status != status || !there)
      ADD_FAILURE() << o.status << "\n" << o.out << o.err << "\nwanted: " << words;
    return o.status == status && there;
  }
  const Scratch scratch_;
  const fs::path folder_ = scratch_.path;
};

TEST_F(NetworkCommandTest, ListsAndShowsThePublishedOnes) {
  const Outcome list = svdd({"network"});
  says(list, 0, "mnist_LeNet");
  for (const std::string name : {"cifar10_LeNet", "gtsrb_LeNet", "multi_sphere_mnist", "dasvdd_mnist"})
    says(svdd({"network", name}), 0, name + ": ");
  const Outcome lenet = svdd({"network", "mnist_LeNet"});
  says(lenet, 0, "7 272 parameters, 319 872 multiply-adds a sample");
  says(lenet, 0, "  deconv2  conv_transpose 8 5x5 padding 3  8x14x14");
  says(svdd({"network", "mlp"}), 2, "give --input");
  says(svdd({"network", "mlp", "--input", "9", "--widths", "7,5", "--rep-dim", "3"}), 0, "defc3  dense 9");
  says(svdd({"network", "mnist_LeNte"}), 2, "did you mean 'mnist_LeNet'?");
}

TEST_F(NetworkCommandTest, RefusesWhatBreaksTheTheoryUntilAllowed) {
  const std::string text = "conv 4 3x3 bias, leaky_relu, max_pool, dense 8";
  says(svdd({"network", text, "--input", "1x16x16"}), 2, "has bias terms");
  says(svdd({"network", text, "--input", "1x16x16", "--allow-bias"}), 0, "conv 4 3x3 bias");
  says(svdd({"network", "conv 4 3x3, sigmoid, dense 8", "--input", "1x16x16"}), 2, "Proposition 3");
  says(svdd({"network", "dasvdd_mnist"}), 0, "note: ");
}

TEST_F(NetworkCommandTest, ContradictionsOfATextAreRefused) {
  says(svdd({"network", "input 1x28x28, rep_dim 32, conv 4 3x3, leaky_relu, dense 16"}), 2,
       "rep_dim is 32, and the last layer gives 16 numbers");
  for (const std::string text : {"rep_dim 5, dense 3, leaky_relu", "rep_dim 5, dense 3, batch_norm",
                                 "rep_dim 5, widths 2, dense width1"})
    says(svdd({"network", text, "--input", "4"}), 2, "rep_dim is 5, and the last layer gives ");
  says(svdd({"network", "rep_dim 5, conv 3 3x3", "--input", "1x4x4"}), 2, "gives 48 numbers");
  says(svdd({"network", "rep_dim 5, dense 8, leaky_relu, dense rep_dim", "--input", "4", "--rep-dim", "3"}),
       0, "dense 3");
  says(svdd({"network", "input 8, network mlp, dense 5, leaky_relu, dense 2"}), 2, "calls itself mlp");
  const Outcome published = svdd({"network", "mnist_LeNet", "--text"});
  engine::write_file_atomically(folder_ / "mine.net", published.out);
  EXPECT_EQ(svdd({"network", "mine.net"}).status, 0);
  std::string changed = published.out;
  changed.replace(changed.find("conv 8 5x5"), 10, "conv 9 5x5");
  engine::write_file_atomically(folder_ / "mine.net", changed);
  says(svdd({"network", "mine.net"}), 2, "give it a name of its own");
  // What the command writes of a published network at other sizes is that network, and read again.
  for (const std::vector<std::string>& sizes : std::vector<std::vector<std::string>>{
           {"mlp", "--input", "9", "--widths", "7,5", "--rep-dim", "3"},
           {"mlp", "--input", "9"},
           {"mnist_LeNet", "--rep-dim", "16"},
           {"cifar10_LeNet", "--rep-dim", "64"},
           {"multi_sphere_mnist", "--widths", "16,16,8,16"},
           {"dasvdd_pima", "--input", "8"},
           {"dense 8, sigmoid, dense 4 bias", "--input", "5", "--allow-bias"}}) {
    std::vector<std::string> words{"network", "--text"};
    words.insert(words.end(), sizes.begin(), sizes.end());
    const Outcome written = svdd(words);
    ASSERT_EQ(written.status, 0) << written.err;
    engine::write_file_atomically(folder_ / "again.net", written.out);
    const Outcome again = svdd({"network", "again.net", "--text"});
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(again.out, written.out);
  }
}

// It has been trained, whatever it is: batch norm's shift under the recipe theano, biases that were allowed.
TEST_F(NetworkCommandTest, AModelIsShownAsItIs) {
  write_small_data(folder_);
  ASSERT_EQ(svdd({"train", "--data", "small", "--normal", "3", "--out", "run", "--epochs", "1",
                  "--no-pretrain", "--recipe", "theano", "--batch-size", "16"})
                .status,
            0);
  says(svdd({"network", "run"}), 0, "batch_norm affine");
  says(svdd({"network", "run", "--text"}), 0, "batch_norm affine");
  says(svdd({"train", "--data", "small", "--normal", "3", "--out", "other", "--network", "run"}), 2,
       "svdd network run --text");
}

// A kernel most of which never meets the image is no mistake, and hardly meant.
TEST_F(NetworkCommandTest, KernelsLargerThanTheirInputAreRemarkedOn) {
  const auto network = [&](const std::string& text, const std::string& input) {
    return svdd({"network", text, "--input", input});
  };
  const std::string of_81 = "conv1: conv 1 9x9: of the 81 taps of a kernel only ";
  says(network("conv 1 999x999, leaky_relu, dense 4", "1x8x8"), 0,
       "of the 998001 taps of a kernel only 225 ever meet its input of 8x8; all others lie on padding");
  says(network("conv 1 9x9, dense 4", "1x3x3"), 0, of_81 + "25 ever meet");
  says(network("conv 1 9x9, dense 4", "1x8x1"), 0, of_81 + "9 ever meet");
  says(network("conv 1 9x9 stride 4 padding 6, dense 4", "1x3x3"), 0,
       "conv1: conv 1 9x9 stride 4 padding 6: of the 81 taps of a kernel only 36 ever meet");
  EXPECT_EQ(network("conv 1 9x9 stride 2 padding 6, dense 4", "1x3x3").err, "");
  EXPECT_EQ(network("conv 1 9x9, dense 4", "1x8x8").err, "");
  EXPECT_EQ(network("conv 1 5x5 padding 0, dense 4", "1x5x5").err, "");
  for (const std::string name : {"mnist_LeNet", "cifar10_LeNet", "gtsrb_LeNet", "multi_sphere_mobifall"})
    EXPECT_EQ(svdd({"network", name}).err, "") << name;
  says(network("conv 1 12x12, dense 4", "1x28x28"), 0,
       "backend trains kernels up to 11 wide; take a smaller one, or the reference backend");
  says(network("conv 1 9x9 padding 0, dense 4", "1x8x8"), 2, "conv1");  // an empty output is a mistake

  write_small_data(folder_);
  const Outcome trained = svdd({"train", "--data", "small", "--normal", "3", "--out", "run", "--epochs", "1",
                                "--no-pretrain", "--batch-size", "16", "--network",
                                "conv 1 3x3, leaky_relu, max_pool 14x14, conv 2 7x7, leaky_relu, dense 4"});
  says(trained, 0,
       "own, part 4, conv2: conv 2 7x7: of the 49 taps of a kernel only 9 ever meet its input of 2x2");
  EXPECT_NE(
      json::parse(text_of(folder_ / "run" / "results.json"))["warnings"].dump().find("only 9 ever meet"),
      std::string::npos);
}

TEST_F(NetworkCommandTest, BadTextsAndSizesAreOneLine) {
  for (const Words& words :
       std::vector<Words>{{"network", "conv 4 3x3, conw 8"},
                          {"network", "conv 4 3x3", "--input", "3"},
                          {"network", "conv 4 3x3", "--input", "1x2"},
                          {"network", "conv 4 3x3", "--input", "9x9x-1"},
                          {"network", "dense 3 x", "--input", "9"},
                          {"network", "mlp", "--input", "9", "--rep-dim", "4611686018427387904"},
                          {"network", "mlp", "--input", "9", "--batch-size", "0"},
                          {"network", "dense 1073741824, relu", "--input", "1073741824"},
                          {"network", "missing.net"},
                          {"network", "a", "b"}}) {
    const Outcome o = svdd(words);
    EXPECT_EQ(o.status, 2) << words[1] << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  }
  write_text(folder_ / "binary.net", std::string("\xff\xfe\0\0", 4));
  says(svdd({"network", "binary.net"}), 2, "is no text in UTF-8");
  fs::create_directory(folder_ / "empty");
  says(svdd({"network", "empty"}), 1, "empty");
}

// A network from a file: its text goes into config.json and the model, so the file may go, and the run can be repeated,
// resumed and shown.
TEST_F(NetworkCommandTest, AFileOfOnesOwnTrainsAndIsKept) {
  write_small_data(folder_);
  write_text(folder_ / "mine.net",
             "input 1x28x28  # small\nconv 4 3x3 stride 2\nbatch_norm\nleaky_relu\nmax_pool\ndense rep_dim\n"
             "rep_dim 8\n");
  says(svdd({"network", "mine.net"}), 2, "line 7: 'rep_dim' must stand before the layers");
  write_text(
      folder_ / "mine.net",
      "input 1x28x28  # small\nrep_dim 8\nencoder\nconv 4 3x3 stride 2\nbatch_norm\nleaky_relu\nmax_pool\n"
      "dense rep_dim\n");
  // One that says its name, and be it the one of those that say none, keeps it.
  write_text(folder_ / "called.net", "network own  # mine\ninput 1x28x28, rep_dim 8\ndense rep_dim\n");
  says(svdd({"network", "called.net"}), 0, "own");
  const Words train{"train",    "--data",          "small", "--normal",    "3", "--network",
                    "mine.net", "--epochs",        "2",     "--ae-epochs", "2", "--batch-size",
                    "16",       "--ae-batch-size", "16",    "--threads",   "1", "--quiet"};
  const auto with = [&](Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return svdd(words);
  };
  ASSERT_EQ(with(train, {"--out", "a"}).status, 0);
  const json config = json::parse(text_of(folder_ / "a/config.json")),
             results = json::parse(text_of(folder_ / "a/results.json"));
  EXPECT_EQ(results["network"], "mine");
  EXPECT_NE(config["network"].get<std::string>().find("conv 4 3x3 stride 2"), std::string::npos);
  const std::string text = svdd({"network", "a", "--text"}).out;
  EXPECT_NE(text.find("conv1: conv 4 3x3 stride 2"), std::string::npos) << text;
  // A finished run is the same one again, whatever the file ends in.
  const Outcome resumed = svdd({"train", "--resume", "--out", "a"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  fs::remove(folder_ / "mine.net");
  ASSERT_EQ(svdd({"train", "--config", "a/config.json", "--out", "b"}).status, 0);
  const json again = json::parse(text_of(folder_ / "b/results.json"));
  EXPECT_EQ(again["weights_sha256"], results["weights_sha256"]);
  EXPECT_EQ(again["scores_sha256"], results["scores_sha256"]);
  // The text that the model shows is the same network.
  write_text(folder_ / "shown.net", text);
  Words shown = train;
  shown[6] = "shown.net";
  ASSERT_EQ(with(shown, {"--out", "c", "--simd", "portable"}).status, 0);
  EXPECT_EQ(json::parse(text_of(folder_ / "c/results.json"))["weights_sha256"], results["weights_sha256"]);
  Words reference = train;
  reference[6] = "shown.net";
  ASSERT_EQ(with(reference, {"--out", "d", "--device", "reference"}).status, 0);
  EXPECT_EQ(json::parse(text_of(folder_ / "d/results.json"))["weights_sha256"], results["weights_sha256"]);
  says(with(train, {"--network", "conv 4 3x3 bias, leaky_relu, dense 8", "--out", "e"}), 2, "has bias terms");
  EXPECT_FALSE(fs::exists(folder_ / "e/config.json"));
}

}  // namespace
}  // namespace tools_test
