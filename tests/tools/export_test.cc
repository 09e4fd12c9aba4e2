// Models handed to other tools: what stands in the files, that ONNX Runtime scores as svdd score does, and what is refused.
//
// ONNX Runtime takes part where node is and SVDD_ONNXRUNTIME names a folder with node_modules/onnxruntime-node in it:
//   ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <sstream>
#include <vector>

#include "datasets/cifar10.h"
#include "datasets/strokes.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "engine/files/safetensors.h"
#include "engine/random.h"
#include "refusals.h"
#include "small_data.h"
#include "svdd/methods/method.h"
#include "tests/datasets/scratch.h"
#include "tests/protobuf_fields.h"
#include "torch_lenet.h"

namespace tools_test {
namespace {

using engine::NdArray;
using nlohmann::json;
using protobuf_test::Field;
using protobuf_test::fields;

// What a test looks at in an ONNX file.
struct OnnxFile {
  explicit OnnxFile(const fs::path& path) : bytes(text_of(path)) {
    using protobuf_test::text;
    for (const Field& field : fields(bytes, 14)) metadata[text(field.bytes, 1)] = text(field.bytes, 2);
    for (const Field& set : fields(bytes, 8)) versions[text(set.bytes, 1)] = fields(set.bytes, 2)[0].value;
    graph = text(bytes, 7);
  }
  // "input (batch_size, 1, 28, 28) of type 1"
  std::vector<std::string> values(uint64_t number) const {
    using protobuf_test::text;
    std::vector<std::string> all;
    for (const Field& info : fields(graph, number)) {
      const std::string type = text(text(info.bytes, 2), 1), extents = text(type, 2);
      std::string line = text(info.bytes, 1) + " (";
      for (const Field& extent : fields(extents, 1)) {
        const std::string parameter = text(extent.bytes, 2);
        line += (line.back() == '(' ? "" : ", ") +
                (parameter.empty() ? std::to_string(fields(extent.bytes, 1)[0].value) : parameter);
      }
      all.push_back(line + ") of type " + std::to_string(fields(type, 1)[0].value));
    }
    return all;
  }
  std::vector<std::string> inputs() const { return values(11); }
  std::vector<std::string> outputs() const { return values(12); }
  std::set<std::string> constants() const {
    std::set<std::string> names;
    for (const Field& constant : fields(graph, 5)) names.insert(protobuf_test::text(constant.bytes, 8));
    return names;
  }

  std::string bytes, graph;
  std::map<std::string, std::string> metadata;
  std::map<std::string, uint64_t> versions;
};

// Why ONNX Runtime cannot take part; empty where it can.
std::string no_onnx_runtime() {
  const char* folder = std::getenv("SVDD_ONNXRUNTIME");
  if (!folder) return "SVDD_ONNXRUNTIME names no folder with node_modules/onnxruntime-node";
  if (!fs::exists(fs::path(folder) / "node_modules" / "onnxruntime-node"))
    return std::string(folder) + " has no node_modules/onnxruntime-node";
  return std::system("node --version >/dev/null 2>&1") == 0 ? "" : "node is not installed";
}

std::vector<std::vector<double>> numbers_of_csv(const std::string& csv, bool header) {
  std::vector<std::vector<double>> rows;
  std::istringstream lines(csv);
  std::string line;
  if (header) std::getline(lines, line);
  while (std::getline(lines, line)) {
    rows.emplace_back();
    std::istringstream parts(line);
    for (std::string part; std::getline(parts, part, ',');) rows.back().push_back(std::stod(part));
  }
  return rows;
}

class Export : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    write_small_data(scratch_.path);
  }

  fs::path in_scratch(const std::string& name) const { return scratch_.path / name; }
  Outcome run(const std::string& line) const { return run_svdd(scratch_.path, words_of(line)); }
  void succeed(const std::string& line) const {
    const Outcome o = run(line);
    ASSERT_EQ(o.status, 0) << line << '\n' << o.err;
  }
  // A model of the small strokes in the folder `name`.
  void train_on_strokes(const std::string& name, const std::string& more) const {
    succeed("train --data small --normal 3 --out " + name + " --quiet " + more);
  }
  OnnxFile onnx(const std::string& model) const {
    succeed("export --model " + model + " --format onnx --output " + model + ".onnx --quiet");
    return OnnxFile(in_scratch(model + ".onnx"));
  }

  // ONNX Runtime's scores are those of svdd score, within `tolerance` of the larger of the score and the scores' median; so
  // are its labels, but where a score is as near to the threshold. `numbers`: the samples as the model's input takes them.
  template <class Number>
  void expect_equal_scores(const std::string& model, const std::string& input,
                           const std::vector<Number>& numbers, const std::string& shape,
                           double tolerance) const {
    const OnnxFile file = onnx(model);
    const Outcome ours = run("score --model " + model + " --input " + input + " --quiet");
    ASSERT_EQ(ours.status, 0) << ours.err;
    const auto scored = numbers_of_csv(ours.out, true);
    ASSERT_FALSE(scored.empty());
    write_text(in_scratch("in.bin"),
               {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)});
    const std::string script = fs::absolute(fs::path(__FILE__).parent_path() / "onnx_parity.js").string();
    const std::string line = "cd '" + scratch_.path.string() + "' && node '" + script + "' " + model +
                             ".onnx in.bin " + std::to_string(scored.size()) + ' ' + shape +
                             " out.csv 2> node.txt";
    ASSERT_EQ(std::system(line.c_str()), 0) << model << '\n' << text_of(in_scratch("node.txt"));
    const auto theirs = numbers_of_csv(text_of(in_scratch("out.csv")), false);
    ASSERT_EQ(theirs.size(), scored.size());
    std::vector<double> sizes;
    for (const auto& row : scored) sizes.push_back(std::abs(row[1]));
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    const double median = *middle, threshold = std::stod(file.metadata.at("threshold"));
    for (size_t i = 0; i < scored.size(); ++i) {
      const double score = scored[i][1], allowed = tolerance * std::max(std::abs(score), median);
      EXPECT_NEAR(theirs[i][0], score, allowed) << model << ", sample " << i;
      const bool is_near = std::abs(score - threshold) <= allowed;
      EXPECT_TRUE(is_near || theirs[i][1] == scored[i][3]) << model << ", sample " << i << ": another label";
      if (theirs[i].size() > 2) {  // a rank may move by one or two
        EXPECT_NEAR(theirs[i][2], scored[i][2], 0.05) << model << ", sample " << i;
      }
    }
  }

  // Test images, one that is constant, one of noise; as the file NAME and as numbers.
  std::vector<float> write_images(const std::string& name) const {
    std::vector<int64_t> rows(60);
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<float> pixels = datasets::load_strokes(1, 6, 7).test.select(rows).values;
    pixels.insert(pixels.end(), 784, 0.5f);
    const engine::RandomStream noise(3, "tests/export");
    for (uint64_t i = 0; i < 784; ++i) pixels.push_back(static_cast<float>(noise.uniform(i)));
    const auto count = static_cast<int64_t>(pixels.size() / 784);
    engine::write_npy(in_scratch(name), NdArray::from({count, 28, 28}, pixels));
    return pixels;
  }

  const Scratch scratch_;
};

const std::string briefly = "--epochs 2 --ae-epochs 1 --batch-size 16 --ae-batch-size 16 ";
const std::string softly = "--objective soft-boundary --warm-up-epochs 0 " + briefly;

TEST_F(Export, AModelOfImagesAsOnnx) {
  train_on_strokes("soft", softly);
  const OnnxFile file = onnx("soft");
  EXPECT_EQ(fields(file.bytes, 1)[0].value, 7u);  // ir_version
  EXPECT_EQ(file.versions, (std::map<std::string, uint64_t>{{"", 14}}));
  EXPECT_EQ(file.inputs(), (std::vector<std::string>{"input (batch_size, 1, 28, 28) of type 1"}));
  EXPECT_EQ(file.outputs(), (std::vector<std::string>{"pred_score (batch_size) of type 1",
                                                      "pred_label (batch_size) of type 7"}));
  const std::set<std::string> constants = file.constants();
  for (const char* name : {"conv1.weight", "bn1.running_mean", "fc1.weight", "centre", "squared_radius"})
    EXPECT_TRUE(constants.contains(name)) << name;
  const json model = json::parse(text_of(in_scratch("soft") / "model" / "model.json"));
  EXPECT_EQ(file.metadata.at("method"), "deep-svdd");
  EXPECT_EQ(file.metadata.at("weights_sha256"), model["weights_sha256"].get<std::string>());
  EXPECT_EQ(json::parse(file.metadata.at("threshold")), model["threshold"]);
  EXPECT_EQ(json::parse(file.metadata.at("preprocessing")), model["preprocessing"]);
}

TEST_F(Export, EveryMethodHasAGraph) {
  for (const svdd::Method& method : svdd::methods()) {
    std::string options = "--method " + method.name;
    if (method.name == "multi-sphere") options += " --spheres 3 --widths 8,8,4,16";
    if (method.has_network && method.name != "autoencoder") options += " --epochs 1 --batch-size 16";
    if (method.has_network && method.name != "dasvdd") options += " --ae-epochs 1 --ae-batch-size 16";
    const std::string name = "each-" + method.name;
    train_on_strokes(name, options);
    const OnnxFile file = onnx(name);
    EXPECT_EQ(file.metadata.at("method"), method.name);
    EXPECT_EQ(file.outputs()[0], "pred_score (batch_size) of type 1");
    EXPECT_EQ(file.versions.contains("ai.onnx.ml"), method.name == "isolation-forest");
  }
}

TEST_F(Export, OnnxRuntimeScoresImagesAsWeDo) {
  if (const std::string why = no_onnx_runtime(); !why.empty()) GTEST_SKIP() << why;
  const std::vector<float> pixels = write_images("new.npy");
  const std::string spheres = "--method multi-radius --labels kmeans --clusters 3 ";
  const std::map<std::string, std::string> models{
      {"one-class", briefly},
      {"soft", softly},
      {"theano", "--recipe theano " + briefly},
      {"radii", spheres + softly},
      {"margin", spheres + softly + "--inference smallest-margin"},
      {"relative", spheres + softly + "--inference relative-margin"},
      {"spheres", "--method multi-sphere --spheres 5 --widths 8,8,4,16 " + briefly},
      {"dasvdd", "--method dasvdd --epochs 2 --batch-size 16"},
      {"autoencoder", "--method autoencoder --ae-epochs 1 --ae-batch-size 16"},
      {"knn", "--method knn"},
      {"lof", "--method lof"},
      {"mahalanobis", "--method mahalanobis"},
      {"pca", "--method pca"},
      {"kde", "--method kde"},
      {"kernel", "--method kernel-svdd"},
      {"forest", "--method isolation-forest"}};
  for (const auto& [name, options] : models) {
    train_on_strokes(name, options);
    expect_equal_scores(name, "new.npy", pixels, "1x28x28", 2e-5);
  }
  // Words of networks that the published ones have not.
  write_text(
      in_scratch("own.net"),
      "input 1x28x28\nencoder\nconv 4 3x3 stride 2\nbatch_norm\nelu\nmax_pool 3x3 stride 2\n"
      "conv 6 3x3\nrelu\ndense 8\ndecoder\nreshape 2x2x2\nupsample x7\n"
      "conv_transpose 3 3x3 stride 2 padding 1\nleaky_relu 0.2\nconv_transpose 1 2x2 padding 0\nsigmoid\n");
  train_on_strokes("own", "--zca --method autoencoder --network own.net --ae-epochs 1 --ae-batch-size 16");
  expect_equal_scores("own", "new.npy", pixels, "1x28x28", 2e-5);
}

// Real photos in colour: 2000 of CIFAR-10's test half. Of the 10 000 the largest difference seen is 1.2e-6, and no label differs.
TEST_F(Export, OnnxRuntimeScoresPhotosAsWeDo) {
  if (const std::string why = no_onnx_runtime(); !why.empty()) GTEST_SKIP() << why;
  const fs::path folder = scratch::real_data("cifar10") / "cifar-10-batches-bin";
  if (!fs::exists(folder / "test_batch.bin"))
    GTEST_SKIP() << "needs the unpacked folder cifar10 in $SVDD_DATA";
  succeed("train --data cifar10 --data-dir " + folder.parent_path().parent_path().string() +
          " --normal 3 --limit 200 --epochs 1 --ae-epochs 1 --out photos --quiet");
  std::vector<int64_t> rows(2000);
  std::iota(rows.begin(), rows.end(), 0);
  const std::vector<float> pixels = datasets::load_cifar10_folder(folder).test.select(rows).values;
  engine::write_npy(in_scratch("photos.npy"), NdArray::from({2000, 3, 32, 32}, pixels));
  expect_equal_scores("photos", "photos.npy", pixels, "3x32x32", 5e-6);
}

// Columns of unlike sizes, one that is constant, one of times that float would blur, and classes.
class ExportTable : public Export {
 protected:
  void SetUp() override {
    Export::SetUp();
    const engine::RandomStream noise(5, "tests/export/table");
    std::string csv = "a,b,constant,when,class\n", rows = "a,b,constant,when\n";
    for (uint64_t i = 0; i < 400; ++i) {
      const bool odd = i % 10 == 9;
      const auto a = static_cast<float>(noise.normal(3 * i) + (odd ? 6 : 0)),
                 b = static_cast<float>(1000 * noise.normal(3 * i + 1));
      const double when = 1.7e9 + std::round(100 * noise.normal(3 * i + 2));
      std::ostringstream row;
      row.precision(17);
      row << a << ',' << b << ",7," << when;
      csv += row.str() + (odd ? ",odd\n" : ",even\n");
      rows += row.str() + '\n';
      numbers_.insert(numbers_.end(), {a, b, 7, when});
    }
    write_text(in_scratch("t.csv"), csv);
    write_text(in_scratch("new.csv"), rows);
  }
  std::vector<double> numbers_;
};

TEST_F(ExportTable, ColumnsClassesAndTimesAreInside) {
  succeed("train --data t.csv --normal even --method knn --out table --quiet");
  const OnnxFile file = onnx("table");
  EXPECT_EQ(file.inputs(), (std::vector<std::string>{"input (batch_size, 4) of type 11"}));  // double: `when`
  EXPECT_EQ(file.outputs(), (std::vector<std::string>{"pred_score (batch_size) of type 1",
                                                      "pred_label (batch_size) of type 7",
                                                      "p_value (batch_size) of type 1"}));
  EXPECT_EQ(json::parse(file.metadata.at("columns")), (json{"a", "b", "constant", "when"}));
  EXPECT_EQ(json::parse(file.metadata.at("normal")), json::array({"even"}));
  EXPECT_TRUE(file.metadata.contains("calibration"));
}

TEST_F(ExportTable, OnnxRuntimeScoresRowsAsWeDo) {
  if (const std::string why = no_onnx_runtime(); !why.empty()) GTEST_SKIP() << why;
  for (const std::string method :
       {"knn", "lof", "mahalanobis", "pca", "kde", "kernel-svdd", "isolation-forest", "dasvdd",
        "deep-svdd --widths 16 --rep-dim 4", "mahalanobis --pca 0.9"}) {
    succeed("train --data t.csv --normal even --out table --quiet --method " + method);
    expect_equal_scores("table", "new.csv", numbers_, "4", 2e-5);
  }
}

TEST_F(Export, ArraysUnderTheAuthorsNames) {
  train_on_strokes("arrays", briefly);
  succeed("export --model arrays --format safetensors --output a.safetensors --quiet");
  succeed("export --model arrays --format npz --output a.npz --quiet");
  const engine::SafeTensors tensors = engine::read_safetensors(in_scratch("a.safetensors"));
  const engine::Npz npz = engine::Npz::read(in_scratch("a.npz"));
  const json model = json::parse(text_of(in_scratch("arrays") / "model" / "model.json"));
  for (const char* name : {"conv1.weight", "bn1.running_mean", "bn1.running_var", "conv2.weight",
                           "bn2.running_mean", "fc1.weight", "centre", "radius", "training_scores"}) {
    ASSERT_TRUE(tensors.contains(name) && npz.contains(name)) << name;
    EXPECT_EQ(tensors.at(name), npz.at(name)) << name;
  }
  EXPECT_EQ(tensors.at("conv1.weight").shape, (std::vector<int64_t>{8, 1, 5, 5}));
  EXPECT_EQ(tensors.at("threshold"), NdArray::scalar(model["threshold"].get<double>()));
  EXPECT_EQ(tensors.at("preprocessing.min"), NdArray::scalar(model["preprocessing"]["min"].get<float>()));
  EXPECT_EQ(json::parse(tensors.metadata.at("model_json")), model);
  const std::vector<uint8_t> description = npz.at("model_json").as<uint8_t>();
  EXPECT_EQ(json::parse(description.begin(), description.end()), model);
}

// The authors' network, written as theirs is, takes the state and gives the scores.
TEST_F(Export, PyTorchTakesTheModel) {
  if (std::system("/usr/bin/python3 -c 'import torch, numpy' 2>/dev/null") != 0)
    GTEST_SKIP() << "/usr/bin/python3 has no torch (Debian: python3-torch)";
  train_on_strokes("torch", briefly);
  train_on_strokes("coder", "--method autoencoder --ae-epochs 1 --ae-batch-size 16");
  write_images("new.npy");
  succeed("export --model torch --format pytorch --output model.tar --quiet");
  succeed("export --model coder --format pytorch --output coder.tar --quiet");
  const Outcome ours = run("score --model torch --input new.npy --quiet");
  write_text(in_scratch("ours.csv"), ours.out);
  write_text(in_scratch("load.py"), torch_lenet + R"(
import json, numpy as np
model = torch.load('model.tar')
assert model['ae_net_dict'] is None
net = LeNet()
net.load_state_dict(model['net_dict'])
net.eval()
x = torch.from_numpy(np.load('new.npy')).double().reshape(-1, 784)
z = x - x.mean(1, keepdim=True)
z = torch.nan_to_num(z / z.abs().mean(1, keepdim=True))
p = model['preprocessing']
x = ((z.float().double() - p['min'].double()) / (p['max'].double() - p['min'].double())).float()
with torch.no_grad():
    scores = ((net(x.reshape(-1, 1, 28, 28)) - model['c']) ** 2).sum(1) - model['R'] ** 2
ours = np.genfromtxt('ours.csv', delimiter=',', skip_header=1)[:, 1]
assert np.allclose(scores.numpy(), ours, rtol=1e-5), abs(scores.numpy() / ours - 1).max()
assert ((scores.numpy() > model['threshold'].item()) == (ours > model['threshold'].item())).all()
assert json.loads(model['model_json'])['method'] == 'deep-svdd'
coder = torch.load('coder.tar')
assert coder['R'] is None and coder['c'] is None
assert 'deconv1.weight' in coder['ae_net_dict'] and 'conv1.weight' in coder['ae_net_dict']
assert 'deconv1.weight' not in coder['net_dict']
)");
  const std::string line = "cd '" + scratch_.path.string() + "' && /usr/bin/python3 load.py 2> load.txt";
  EXPECT_EQ(std::system(line.c_str()), 0) << text_of(in_scratch("load.txt"));
}

TEST_F(Export, WhatCannotBeIsRefused) {
  train_on_strokes("run", briefly);
  train_on_strokes("near", "--method knn");
  fs::create_directory(in_scratch("folder"));
  expect_refused(
      scratch_.path,
      {{"export --format onnx --output m.onnx", 2, "--model is missing"},
       {"export --model run --output m.onnx", 2, "--format is missing: name one of onnx, safetensors"},
       {"export --model run --format onnx", 2, "--output is missing"},
       {"export --model run --format tflite --output m", 2, "--format is 'tflite'; expected one of onnx"},
       {"export --model none --format onnx --output m.onnx", 1, "there is no folder 'none'"},
       {"export --model run --format onnx --output folder", 2, "'folder' is a folder"},
       {"export --model run --format onnx --output -", 2, "--output - would be a file of that name"},
       {"export --model run --format onnx --output no/m.onnx", 1, "no/m.onnx"},
       {"export --model run --format onnx --output run/model/model.json", 2, "model.json"},
       {"export --model near --format safetensors --output run/model/weights.safetensors", 2, "weights"},
       {"export --model near --format pytorch --output m.tar", 1, "a model of knn has no network"}});
}

TEST_F(Export, SaysWhereTheGraphBegins) {
  train_on_strokes("begins", briefly);
  const Outcome onnx = run("export --model begins --format onnx --output begins.onnx"),
                npz = run("export --model begins --format npz --output begins.npz");
  EXPECT_NE(onnx.err.find("of 1x28x28, pixels from 0 to 1"), std::string::npos) << onnx.err;
  EXPECT_EQ(npz.err.find("pixels"), std::string::npos) << npz.err;
}

TEST_F(Export, EqualModelsGiveEqualFilesAndReplaceThem) {
  train_on_strokes("twice", briefly);
  for (const std::string format : {"onnx", "safetensors", "npz", "pytorch"}) {
    const std::string line = "export --model twice --format " + format + " --quiet --output ";
    succeed(line + "a.bin");
    write_text(in_scratch("b.bin"), "something else");
    succeed(line + "b.bin");
    EXPECT_EQ(text_of(in_scratch("a.bin")), text_of(in_scratch("b.bin"))) << format;
  }
}

}  // namespace
}  // namespace tools_test
