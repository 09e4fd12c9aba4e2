// What goes wrong must end in one line that names the culprit, the right exit status, and nothing written.
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "engine/backends/cuda/cuda.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "refusals.h"
#include "small_data.h"
#include "tools/report/image_grid.h"

namespace tools_test {
namespace {

using engine::NdArray;

TEST(BadInput, CommandLine) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const std::string train = "train --data strokes --normal 3 --out run ";
  expect_refused(scratch.path,
                 {{"", 2, "--help"},
                  {"trian --data strokes", 2, "did you mean 'train'"},
                  {"nonsense", 2, "'nonsense'"},
                  {"--quiet train", 2, "'--quiet'"},
                  {"cluster --input x.csv", 2, "--output is missing"},
                  {"reproduce mnist", 2, "there is no table 'mnist'"},
                  {"reproduce dasvdd-tabular --methods vae", 2, "has no row 'vae'; it has dasvdd"},
                  {"reproduce deep-svdd-mnist --classes 11", 2, "has no case for '11'; it has 0; 1; 2"},
                  {"report one two", 2, "2 folders are named: call it once for each"},
                  {"reproduce deep-svdd-mnist --seeds 0", 2, "--seeds is '0'"},
                  {"reproduce deep-svdd-mnist --seeds 4..3", 2, "expected N, for seeds 1 to N, or A..B"},
                  {"reproduce deep-svdd-mnist --seeds 4..", 2, "--seeds is '4..'"},
                  {"reproduce deep-svdd-mnist --seeds 9223372036854775807", 2, "numbers from 1 to 1000"},
                  {"reproduce deep-svdd-mnist --jobs 2147483648", 2, "expected 1 to 1024"},
                  {"bench --repeat 9223372036854775807", 2, "expected 1 to 10000"},
                  {"reproduce deep-svdd-mnist --epochs many", 2, "--epochs is 'many'"},
                  {"import model.tar", 2, "--out is missing"},
                  {"train", 2, "--data is missing"},
                  {"train --data strokes --out run", 2, "--normal is missing"},
                  {"train --data strokes --normal 3", 2, "--out is missing"},
                  {train + "--epoch 3", 2, "'--epoch'; did you mean '--epochs'?"},
                  {train + "--zzzzzzzz 3", 2, "'--zzzzzzzz'"},
                  {train + "-e 3", 2, "'-e'"},
                  {train + "more", 2, "'more'"},
                  {train + "--epochs", 2, "--epochs"},
                  {"train --resume", 2, "--resume needs the folder of the run"},
                  {"train --resume --out nowhere", 2, "there is no run in 'nowhere' to go on with"},
                  {train + "--checkpoint-seconds soon", 2, "--checkpoint-seconds is 'soon'"},
                  {train + "--trainable-centres", 2, "--trainable-centres is an option of multi-sphere"},
                  {train + "--gamma auto", 2, "--gamma is an option of dasvdd, kernel-svdd"},
                  {train + "--use_multi_radius maybe", 2, "expected True or False"},
                  {train + "--anomalous 3", 2, "--anomalous: class 3 is normal too"},
                  {train + "--method svm", 2, "--method is 'svm'"},
                  {train + "--network vgg", 2, "vgg"},
                  {train + "--objective two-class", 2, "--objective is 'two-class'"},
                  {train + "--recipe keras", 2, "--recipe is 'keras'"},
                  {"bench steps --only ImageNet", 2, "--only 'ImageNet' names no epoch"},
                  {"bench kernels --only MNIST", 2, "--only 'MNIST' names no epoch"},
                  {train + "--device gpu", 2, "expected cpu, cuda or reference"},
                  {train + "--device tpu", 2, "--device is 'tpu'"},
                  {train + "--simd sse9", 2, "--simd is 'sse9'"},
                  {train + "--blas mkl", 2, "--blas is 'mkl'"},
                  {train + "--tf32", 2, "--tf32 is for --device cuda"},
                  {train + "--threads -2", 2, "--threads is '-2'"},
                  {train + "--threads 100000", 2, "--threads is 100000"},
                  {train + "--nu 0", 2, "--nu is '0'; expected a number in (0, 1]"},
                  {train + "--nu 1.5", 2, "--nu is '1.5'"},
                  {train + "--contamination 2", 2, "--contamination is '2'"},
                  {train + "--epochs -1", 2, "--epochs is '-1'"},
                  {train + "--n_epochs 2.5", 2, "--n_epochs is '2.5'"},
                  {train + "--batch-size 0", 2, "--batch-size is '0'"},
                  {train + "--lr 0", 2, "--lr is '0'"},
                  {train + "--lr=nan", 2, "--lr is 'nan'"},
                  {train + "--weight-decay -1", 2, "--weight-decay is '-1'"},
                  {train + "--seed -1", 2, "--seed is '-1'"},
                  {train + "--lr-milestones 50,20", 2, "--lr-milestones is '50,20'"},
                  {train + "--lr-milestones 5,,6", 2, "--lr-milestones is '5,,6'"},
                  {train + "--ae-lr-milestones=", 2, "--ae-lr-milestones"},
                  {train + "--no-pretrain --pretrain True", 2, "--no-pretrain"},
                  {"train --data strokes --normal 12 --out run", 2, "class 12 is not in strokes"},
                  {"train --data strokes --normal 3,3 --out run", 2, "class 3 is named twice"},
                  {"train --data strokes --normal x --out run", 2, "--normal is 'x'"},
                  {"train --data cifar10 --normal 3 --out run", 1, "svdd data fetch cifar10"},
                  {"score --input x.png", 2, "--model is missing"},
                  {"score --model run", 2, "--input is missing"},
                  {"score --model run --input x --zip", 2, "'--zip'"},
                  {"score --model run --input x --threads many", 2, "--threads"},
                  {"evaluate --data strokes", 2, "--model is missing"},
                  {"data", 2, "svdd data"},
                  {"data lost", 2, "'lost'"},
                  {"data info", 2, "needs a name"},
                  {"data info mnits", 1, "did you mean 'mnist'?"},
                  {"data info mnist", 1, "svdd data fetch mnist"},
                  {"data fetch strokes", 2, "built in"},
                  {"data list --data-dir nowhere", 1, "'nowhere'"},
                  {"report", 2, "needs the folder"},
                  {"report nowhere", 1, "nowhere"},
                  {"bench everything", 2, "'everything'"}});
}

TEST(BadInput, NoGpu) {
  const std::string problem = engine::cuda_problem();
  if (problem.empty()) GTEST_SKIP() << "this machine has a GPU";
  REQUIRE_SVDD();
  const Scratch scratch;
  expect_refused(scratch.path, {{"train --data strokes --normal 3 --out run --device cuda", 2, problem},
                                {"bench --device cuda", 2, problem},
                                {"bench --compare torch-graph", 2, "needs --device cuda"}});
}

TEST(BadInput, Configuration) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_text(f / "broken.json", "{\"epochs\": 3,");
  write_text(f / "list.json", "[]");
  write_text(f / "unknown.json", R"({"data": "strokes", "normal": [3], "out": "run", "epcohs": 3})");
  write_text(f / "type.json", R"({"data": "strokes", "normal": [3], "out": "run", "epochs": "3"})");
  write_text(f / "value.json", R"({"data": "strokes", "normal": [3], "out": "run", "nu": 0})");
  write_text(f / "resume.json", R"({"data": "strokes", "normal": [3], "out": "run", "resume": true})");
  write_text(f / "other.json", R"({"data": "strokes", "normal": [3], "out": "run", "spheres": 3})");
  write_text(f / "device.json", R"({"data": "strokes", "normal": [3], "out": "run", "device": "gpu"})");
  write_text(f / "empty.json", "");
  write_text(f / "deep.json", std::string(200000, '['));
  expect_refused(
      f, {{"train --config nowhere.json", 2, "nowhere.json"},
          {"train --config .", 2, "'.'"},
          {"train --config broken.json", 2, "broken.json"},
          {"train --config list.json", 2, "list.json"},
          {"train --config unknown.json", 2, "'epcohs' is no option of svdd train; did you mean 'epochs'?"},
          {"train --config type.json", 2, "type.json': 'epochs' is \"3\""},
          {"train --config value.json", 2, "value.json': 'nu' is '0'"},
          {"train --config resume.json", 2, "'resume' is no option of svdd train"},
          {"train --config other.json", 2, "'spheres' is an option of multi-sphere; the method deep-svdd"},
          {"train --config device.json", 2, "expected cpu, cuda or reference"},
          {"train --config empty.json", 2, "empty.json"},
          {"train --config deep.json", 2, "deep.json"}});
}

TEST(BadInput, Data) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const std::array<std::string, 4> names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                            "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  const auto copy_as = [&](const char* name) {
    fs::copy(f / "small", f / name);
    return f / name;
  };
  fs::resize_file(copy_as("truncated") / names[0], 5000);
  fs::resize_file(copy_as("stump") / names[2], 7);
  write_text(copy_as("magic") / names[0], std::string("\x00\x00\x08\x01\x00\x00\x00\x01\x05", 9));
  write_text(copy_as("huge") / names[0],
             std::string("\x00\x00\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 17));
  fs::remove(copy_as("gzip") / names[0]);
  write_text(f / "gzip" / (names[0] + ".gz"), "\x1f\x8b\x08 this is no gzip stream");
  fs::remove(copy_as("half") / names[3]);
  datasets::write_idx_labels(copy_as("counts") / names[1], std::vector<int32_t>(7, 3));
  datasets::write_idx_labels(copy_as("no-class-3") / names[1], std::vector<int32_t>(400, 5));
  fs::create_directories(f / "root");
  fs::rename(copy_as("labels"), f / "root" / "mnist");
  std::vector<int32_t> labels(400, 3);
  labels[17] = 12;
  datasets::write_idx_labels(f / "root" / "mnist" / names[1], labels);
  fs::create_directory(f / "empty");
  write_text(f / "table.csv", "1,2,3\n4,x,6\n");
  write_text(f / "rows.csv", "1,2,3\n4,5,6\n7,8,8\n");
  const auto train = [](const std::string& data) { return "train --normal 3 --out run --data " + data; };
  expect_refused(
      f, {{train("nowhere"), 1, "'nowhere'"},
          {train("mnist"), 1, "svdd data fetch mnist"},
          {train("empty"), 1, "'empty'"},
          {train("table.csv"), 1, "'table.csv'"},
          {train("truncated"), 1, "truncated/" + names[0]},
          {train("stump"), 1, "stump/" + names[2]},
          {train("magic"), 1, "magic/" + names[0]},
          {train("huge"), 1, "huge/" + names[0]},
          {train("gzip"), 1, "gzip/" + names[0] + ".gz"},
          {train("half"), 1, "half/" + names[3]},
          {train("counts"), 1, "counts/" + names[0]},
          {train("small --network cifar10_LeNet"), 2, "3x32x32"},
          {train("small --test-fraction 0.5"), 2, "small has a test half of its own"},
          {train("rows.csv --test-fraction 0.5"), 2, "rows.csv has no labels to test against"},
          {train("rows.csv --test-fraction 1"), 2, "a number in [0, 1)"},
          {train("small --method kde --zca True"), 2, "the method kde has none such"},
          {train("no-class-3"), 1, "class 3 has no training samples"},
          {train("mnist --data-dir root"), 1, "is not mnist"},
          {train("mnist --data-dir nowhere"), 1, "'nowhere'"},
          {"train --normal 3 --data strokes --network mnist_LeNet --limit 1 --data-dir x --out small/" +
               names[0] + "/run",
           1, "small/" + names[0]}});
}

TEST(BadInput, RunFolder) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  write_text(f / "file", "mine");
  fs::create_directory(f / "foreign");
  write_text(f / "foreign" / "thesis.txt", "mine");
  fs::create_directories(f / "other" / "model");
  write_text(f / "other" / "config.json", R"({"model_type": "bert"})");
  write_text(f / "other" / "model" / "weights.safetensors", "mine");
  const auto train = [](const std::string& out) { return "train --data small --normal 3 --out " + out; };
  expect_refused(f, {{train("file"), 1, "'file'"},
                     {train("file/below"), 1, "'file/below'"},
                     {train("/dev/null/run"), 1, "'/dev/null/run'"},
                     {train("foreign"), 1, "'foreign' holds files but no earlier run"},
                     {train("other"), 1, "'other' holds files but no earlier run"}});
}

TEST(BadInput, AFitThatFailsLeavesNothing) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const std::string failing = "train --data small --normal 3 --method multi-sphere --spheres 1000 --quiet";
  fs::create_directory(f / "mine");
  expect_refused(f, {{failing + " --out run", 1, "too few for 1000 spheres"},
                     {failing + " --out new/deep/run", 1, "too few for 1000 spheres"},
                     {failing + " --out mine", 1, "too few for 1000 spheres"}});
  // An earlier run stays as it was.
  ASSERT_EQ(run_svdd(f, words_of(small_train)).status, 0);
  write_text(f / "run" / "thesis.txt", "mine");
  expect_refused(f, {{failing + " --out run", 1, "too few for 1000 spheres"}});
}

TEST(BadInput, NothingThatIsReadIsReplaced) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  ASSERT_EQ(run_svdd(f, words_of(small_train)).status, 0);
  std::string csv = "a,b,label\n";
  for (int i = 0; i < 40; ++i)
    csv += std::to_string(i % 7) + "," + std::to_string(i % 5) + "," + std::to_string(i % 8 == 0) + "\n";
  write_text(f / "t.csv", csv);
  ASSERT_EQ(run_svdd(f, words_of("train --data t.csv --method isolation-forest --out table --quiet")).status,
            0);
  fs::create_symlink("t.csv", f / "soft.csv");
  fs::create_hard_link(f / "t.csv", f / "hard.csv");
  fs::create_symlink("run/scores.csv", f / "scores.csv");
  fs::create_symlink("run", f / "link");
  fs::create_directory(f / "images");
  fs::copy(f / "run" / "normals.png", f / "images" / "a.png");
  fs::copy(f / "small", f / "run" / "data");
  const std::string kde = "train --method kde --quiet --data ", score = "score --model table --input ";
  expect_refused(
      f,
      {{kde + "run/scores.csv --out run", 1, "--data 'run/scores.csv' lies in the folder that --out names"},
       {kde + "scores.csv --out run", 1, "'scores.csv' lies in"},
       {kde + "run/scores.csv --out link", 1, "'run/scores.csv' lies in"},
       {kde + "run --out run", 1, "'run' is the folder that --out names"},
       {kde + "run/data --normal 3 --out run", 1, "'run/data' lies in"},
       {score + "t.csv --output t.csv", 1, "--output 't.csv' is the file 't.csv', which is read"},
       {score + "t.csv --output ./t.csv", 1, "is read"},
       {score + "soft.csv --output t.csv", 1, "is read"},
       {score + "t.csv --output soft.csv", 1, "is read"},
       {score + "t.csv --output hard.csv", 1, "is read"},
       {score + "t.csv --output table/model/model.json", 1, "is read"},
       {score + "t.csv --output table/model/weights.safetensors", 1, "is read"},
       {score + "t.csv --output table/scores.csv", 1, "is read"},
       {"score --model run --input images --output images/a.png", 1, "is read"},
       {"evaluate --model table --output t.csv", 1, "is read"},
       {"evaluate --model table --scores hard.csv", 1, "is read"},
       {"evaluate --model table --scores table/results.json", 1, "is read"},
       {"evaluate --model table --output table/config.json", 1, "is read"},
       {"evaluate --model table --output x --scores x", 2, "--output and --scores name one file"},
       {"cluster --input t.csv --output t.csv", 1, "is read"},
       {"cluster --input t.csv --output soft.csv", 1, "is read"}});
  fs::remove(f / "table" / "report.html");
  fs::create_symlink("results.json", f / "table" / "report.html");
  expect_refused(f, {{"report table", 1, "is read"}});
  EXPECT_EQ(run_svdd(f, words_of(score + "t.csv --output new.csv --quiet")).status, 0);
  EXPECT_EQ(run_svdd(f, words_of(score + "t.csv --output new.csv --quiet")).status, 0)
      << "an earlier output is no input";
  EXPECT_EQ(run_svdd(f, words_of("train --config run/config.json --out run")).status, 0)
      << "the same run again";
}

// A run is whole or not there: nothing but a run writes its files, whether they are there or not.
TEST(BadInput, FilesOfRunsAndModelsAreNoOutputs) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  std::string csv = "a,b,label\n";
  for (int i = 0; i < 40; ++i)
    csv += std::to_string(i % 7) + "," + std::to_string(i % 5) + "," + std::to_string(i % 8 == 0) + "\n";
  write_text(f / "t.csv", csv);
  for (const char* run : {"run", "other"})
    ASSERT_EQ(run_svdd(f, words_of("train --data t.csv --method isolation-forest --quiet --out " +
                                   std::string(run)))
                  .status,
              0);
  fs::create_symlink("other", f / "link");
  fs::copy(f / "other" / "model", f / "model alone");
  fs::rename(f / "model alone", f / "alone");
  fs::remove(f / "other" / "map.csv");
  const std::string score = "score --model run --input t.csv --output ";
  expect_refused(f, {{score + "other/results.json", 2, "is a file of the run or model in"},
                     {score + "other/map.csv", 2, "name another file"},
                     {score + "link/scores.csv", 2, "name another file"},
                     {score + "other/model/model.json", 2, "name another file"},
                     {score + "alone/model.json", 2, "name another file"},
                     {score + "alone/weights.safetensors", 2, "name another file"},
                     {"evaluate --model run --output other/config.json", 2, "name another file"},
                     {"evaluate --model run --scores other/scores.csv", 2, "name another file"},
                     {"cluster --input t.csv --output other/report.html", 2, "name another file"},
                     {"bench peak --output other/results.json", 2, "name another file"}});
  ASSERT_EQ(run_svdd(f, words_of(score + "other/predictions.csv --quiet")).status, 0) << "a file of no run";
  ASSERT_EQ(run_svdd(f, words_of(score + "scores.csv --quiet")).status, 0) << "a folder of no run";
}

// A link stays a link: what it leads to is written, or nothing.
TEST(BadInput, LinksAsOutputs) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_text(f / "t.csv", "a,b,label\n1,2,0\n3,5,0\n2,2,1\n4,1,0\n5,2,0\n1,1,1\n2,3,0\n3,3,0\n");
  const std::string train = "train --data t.csv --method kde --quiet --out ";
  ASSERT_EQ(run_svdd(f, words_of(train + "run")).status, 0);
  fs::create_symlink("nowhere/new", f / "dangling");
  fs::create_symlink("circle", f / "circle");
  fs::create_symlink("new.csv", f / "new");
  const std::string score = "score --model run --input t.csv --quiet --output ";
  expect_refused(f, {{train + "dangling", 1, "is a link to 'nowhere/new', which is not there"},
                     {train + "dangling/below", 1, "is a link to 'nowhere/new', which is not there"},
                     {score + "dangling", 1, "whose folder does not exist"},
                     {score + "circle", 1, "leads in a circle"}});
  ASSERT_EQ(run_svdd(f, words_of(score + "new")).status, 0);
  EXPECT_TRUE(fs::is_symlink(f / "new"));
  EXPECT_TRUE(text_of(f / "new.csv").starts_with("path_or_row,score"));
}

TEST(BadInput, EmptyValues) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_text(scratch.path / "t.csv", "a,b\n1,2\n3,5\n");
  for (const Words& words : {Words{"score", "--model", "run", "--input", "t.csv", "--output", ""},
                             Words{"score", "--model", "", "--input", "t.csv"},
                             Words{"evaluate", "--model", "run", "--output", "", "--scores", ""},
                             Words{"cluster", "--input", "t.csv", "--output", "out.csv", "--label-column="},
                             Words{"bench", "peak", "--output", ""},
                             Words{"train", "--data", "t.csv", "--out", "run", "--config", ""},
                             Words{"train", "--data", "t.csv", "--out", ""}}) {
    const Outcome outcome = run_svdd(scratch.path, words);
    EXPECT_EQ(outcome.status, 2) << words[0];
    EXPECT_NE(outcome.err.find(" is empty\n"), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

// Names that the system does not take or JSON cannot hold.
TEST(BadInput, OddNames) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  fs::create_symlink("circle", f / "circle");
  const std::string name(300, 'n'), huge(5000, '7'), odd = "a\xff";
  fs::copy(f / "small", f / odd);
  const std::string train = "train --data small --normal 3 --quiet --out ";
  expect_refused(f, {{train + name, 1, "File name too long"},
                     {train + "circle", 1, "'circle'"},
                     {train + "circle/below", 1, "circle"},
                     {train + odd, 2, "--out is 'a\\xff', which is no UTF-8"},
                     {train + name + " --resume", 1, "File name too long"},
                     {"train --resume --out circle", 1, "'circle'"},
                     {"train --normal 3 --out run --data " + odd, 2, "--data is 'a\\xff', which is no UTF-8"},
                     {"train --normal 3 --out run --data " + name, 1, "File name too long"},
                     {"train --normal 3 --out run --data circle", 1, "'circle'"},
                     {"score --model " + name + " --input small", 1, "File name too long"},
                     {"score --model circle --input small", 1, "'circle"},
                     {"evaluate --model " + name, 1, "File name too long"},
                     {"report " + name, 1, "File name too long"},
                     {"report circle", 1, "'circle'"},
                     {"cluster --input " + name + " --output x", 1, "File name too long"},
                     {"data info " + name, 1, "File name too long"},
                     {"data list --data-dir " + name, 1, "File name too long"},
                     {"reproduce deep-svdd-mnist --out " + name, 1, "File name too long"},
                     {"reproduce deep-svdd-mnist --out circle", 1, "circle"}});
  for (const std::string& line :
       {train + "run --epochs " + huge, train + "run --seed=" + huge, train + "run --lr " + huge,
        train + "run --method " + huge, train + "run --normal " + huge, train + "run --" + huge, huge,
        "data info " + huge, "train --config " + huge, "reproduce " + huge,
        "reproduce deep-svdd-mnist --classes " + huge, "bench " + huge,
        "score --model " + huge + " --input x", train + "run --device " + huge}) {
    const Outcome outcome = run_svdd(f, words_of(line));
    EXPECT_NE(outcome.status, 0) << line.substr(0, 80);
    EXPECT_LT(outcome.err.size(), 2100u) << line.substr(0, 80);
  }
}

// ulimit -f, and what has no room for its threads or its memory.
TEST(BadInput, LimitsOfTheSystem) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const auto limited = [&](const std::string& limit, const std::string& line) {
    const Scratch streams;
    const std::string all = "cd '" + f.string() + "' && (ulimit " + limit + " && exec '" +
                            svdd_binary().string() + "' " + line + " 2>&1 >/dev/null) | cat > '" +
                            (streams.path / "err").string() + "'";
    EXPECT_GE(std::system(("bash -c \"" + all + "\"").c_str()), 0);
    return text_of(streams.path / "err");
  };
  for (const char* blocks : {"0", "1", "10"}) {
    const std::string said = limited(std::string("-f ") + blocks, small_train);
    EXPECT_NE(said.find(": File too large"), std::string::npos) << said;
    EXPECT_EQ(said.find('\n'), said.size() - 1) << said;
    EXPECT_FALSE(fs::exists(f / "run")) << blocks;
  }
}

TEST(BadInput, ATableThatFailsLeavesNothing) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const auto reproduce = [&](const std::string& rest) {
    return run_svdd(scratch.path, words_of("reproduce deep-svdd-mnist --seeds 2 --classes 0,1 " + rest));
  };
  for (const std::string rest : {"--jobs 2", "--jobs 1 --out new/deep", "--methods kernel-svdd --jobs 2"}) {
    const Outcome outcome = reproduce(rest);
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("svdd data fetch mnist"), std::string::npos) << outcome.err;
    EXPECT_TRUE(fs::is_empty(scratch.path)) << rest;
  }
  fs::create_directories(scratch.path / "here" / "mine");
  reproduce("--out here");
  EXPECT_TRUE(fs::is_directory(scratch.path / "here" / "mine"));
  EXPECT_FALSE(fs::exists(scratch.path / "here" / "runs"));
}

TEST(BadInput, ModelsAndInputs) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const Outcome trained = run_svdd(f, words_of(small_train));
  ASSERT_EQ(trained.status, 0) << trained.err;

  // Models that are none.
  fs::create_directory(f / "empty");
  std::string weights;
  for (const auto& entry : fs::directory_iterator(f / "run" / "model"))
    if (entry.path().extension() == ".safetensors") weights = entry.path().filename().string();
  ASSERT_NE(weights, "");
  const auto copy_model = [&](const char* name) {
    fs::copy(f / "run" / "model", f / name);
    return f / name;
  };
  fs::remove(copy_model("no-weights") / weights);
  write_text(copy_model("huge-header") / weights, std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10));
  fs::resize_file(copy_model("short") / weights, fs::file_size(f / "run" / "model" / weights) / 2);
  std::vector<Bad> table;
  for (const auto& entry : fs::directory_iterator(f / "run" / "model")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    const std::string model = "broken-" + entry.path().stem().string();
    write_text(copy_model(model.c_str()) / name, "{\"half\": ");
    table.push_back({"score --model " + model + " --input good.npy", 1, name});
    const std::string without = "without-" + entry.path().stem().string();
    fs::remove(copy_model(without.c_str()) / name);
    table.push_back({"score --model " + without + " --input good.npy", 1, name});
  }

  // Inputs that are none.
  const std::vector<float> image(784, 0.5f);
  const auto npy = [&](const char* name, const NdArray& array) { engine::write_npy(f / name, array); };
  npy("good.npy", NdArray::from({1, 28, 28}, image));
  npy("flat.npy", NdArray::from({1, 784}, image));
  npy("narrow.npy", NdArray::from({1, 28, 14}, std::vector<float>(392)));
  npy("colour.npy", NdArray::from({1, 3, 28, 28}, std::vector<float>(3 * 784)));
  npy("number.npy", NdArray::scalar(3.0f));
  npy("none.npy", NdArray::from({0, 28, 28}, std::vector<float>()));
  npy("integers.npy", NdArray::from({1, 28, 28}, std::vector<int64_t>(784)));
  std::vector<float> with_nan = image;
  with_nan[100] = std::numeric_limits<float>::quiet_NaN();
  npy("nan.npy", NdArray::from({1, 28, 28}, with_nan));
  with_nan[100] = std::numeric_limits<float>::infinity();
  npy("infinite.npy", NdArray::from({1, 28, 28}, with_nan));
  fs::copy(f / "good.npy", f / "cut.npy");
  fs::resize_file(f / "cut.npy", 1000);
  const std::string header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
  const std::string padded = header + std::string(117 - header.size(), ' ') + '\n';
  write_text(f / "object.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + padded + "\x80\x03pickle");
  write_text(f / "bad.npz", "PK\x03\x04 and then nothing of a zip archive");
  engine::write_npz(f / "two.npz",
                    {{"a", NdArray::from({1, 28, 28}, image)}, {"b", NdArray::from({1, 28, 28}, image)}});
  engine::write_npz(f / "shape.npz", {{"X", NdArray::from({2, 5}, std::vector<float>(10))}});
  write_text(f / "text.png", "this is no picture");
  write_text(f / "table.csv", "1,2,3\n");
  write_text(f / "nothing.png", "");
  fs::create_directory(f / "texts");
  write_text(f / "texts" / "a.png", "this is no picture");
  datasets::write_idx_images(f / "small-idx3-ubyte", {1, 5, 5, std::vector<uint8_t>(25)});
  write_text(f / "cut.gz", "\x1f\x8b");
  datasets::Dataset other = datasets::load_strokes(2, 1);
  for (datasets::Split* half : {&other.train, &other.test}) {
    half->shape = {1, 14, 14};
    half->bytes.resize(half->labels.size() * 196);
  }
  datasets::write_idx_folder(f / "fourteen", other);
  fs::copy(f / "run" / "model", f / "alone");

  const auto model = [](const std::string& folder) { return "score --input good.npy --model " + folder; };
  const auto input = [](const std::string& path) { return "score --model run --input " + path; };
  for (const Bad& bad : std::vector<Bad>{
           {model("nowhere"), 1, "'nowhere'"},
           {model("good.npy"), 1, "'good.npy'"},
           {model("empty"), 1, "empty"},
           {model("no-weights"), 1, weights},
           {model("huge-header"), 1, "huge-header/" + weights},
           {model("short"), 1, "short/" + weights},
           {input("nowhere.png"), 1, "'nowhere.png'"},
           {input("empty"), 1, "'empty'"},
           {input("texts"), 1, "texts/a.png"},
           {input("text.png"), 1, "'text.png'"},
           {input("nothing.png"), 1, "'nothing.png'"},
           {input("table.csv"), 1, "'table.csv'"},
           {input("flat.npy"), 1, "'flat.npy' has the shape (1, 784); expected samples of 1x28x28"},
           {input("narrow.npy"), 1, "'narrow.npy'"},
           {input("colour.npy"), 1, "'colour.npy'"},
           {input("number.npy"), 1, "'number.npy'"},
           {input("none.npy"), 1, "'none.npy' holds no samples"},
           {input("integers.npy"), 1, "'integers.npy' holds int64"},
           {input("nan.npy"), 1, "'nan.npy': row 0"},
           {input("infinite.npy"), 1, "'infinite.npy': row 0"},
           {input("cut.npy"), 1, "'cut.npy'"},
           {input("object.npy"), 1, "'object.npy'"},
           {input("bad.npz"), 1, "'bad.npz'"},
           {input("two.npz"), 1, "'two.npz' holds the arrays 'a', 'b'"},
           {input("shape.npz"), 1, "'shape.npz', array 'X'"},
           {input("small-idx3-ubyte"), 1, "'small-idx3-ubyte' holds images of 1x5x5"},
           {input("cut.gz"), 1, "'cut.gz'"},
           {input("good.npy --output nowhere/scores.csv"), 1, "nowhere/scores.csv"},
           {input("good.npy --output empty"), 1, "'empty'"},
           {input("nan.npy --output scores.csv"), 1, "'nan.npy'"},
           {"evaluate --model alone", 2, "--data is missing"},
           {"evaluate --model alone --data small", 2, "--normal is missing"},
           {"evaluate --model run --data fourteen", 1, "14x14"},
           {"evaluate --model run --normal 12", 2, "class 12"},
           {"evaluate --model run --output nowhere/m.json", 1, "nowhere/m.json"},
           {"report empty", 1, "results.json"}})
    table.push_back(bad);
  if (fs::exists("/dev/full"))
    table.push_back({input("good.npy --quiet --output /dev/full"), 1, "/dev/full"});
  expect_refused(f, table);
}

TEST(BadInput, StandardOutputThatCannotBeWritten) {
  REQUIRE_SVDD();
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  const Scratch scratch;
  const Outcome outcome = run_svdd(scratch.path, {"data", "list"}, "/dev/full");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "svdd: the results cannot be written to standard output\n");
}

}  // namespace
}  // namespace tools_test
