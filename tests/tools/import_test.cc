// Models out of what other programs saved: our own exports come back to the bit, PyTorch's networks score as they do in PyTorch,
// and what does not fit is refused in one line, with nothing written.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "datasets/strokes.h"
#include "engine/files/folder_lock.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "engine/files/safetensors.h"
#include "engine/files/torch_file.h"
#include "refusals.h"
#include "small_data.h"
#include "torch_lenet.h"

namespace tools_test {
namespace {

using engine::NdArray;
using engine::TorchDict;
using engine::TorchValue;
using nlohmann::json;

class Import : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    write_small_data(scratch_.path);
    std::vector<int64_t> rows(40);
    std::iota(rows.begin(), rows.end(), 0);
    engine::write_npy(in_scratch("new.npy"),
                      NdArray::from({40, 28, 28}, datasets::load_strokes(1, 4, 7).test.select(rows).values));
  }

  fs::path in_scratch(const std::string& name) const { return scratch_.path / name; }
  Outcome run(const std::string& line) const { return run_svdd(scratch_.path, words_of(line)); }
  Outcome succeed(const std::string& line) const {
    const Outcome o = run(line);
    EXPECT_EQ(o.status, 0) << line << '\n' << o.err;
    return o;
  }
  void train(const std::string& name, const std::string& more) const {
    succeed("train --data small --normal 3 --quiet --out " + name + ' ' + more);
  }
  // The table of `svdd score`: score and is_anomaly of each row; and p_value, where it is wanted.
  std::string scores(const std::string& model, bool with_p_values) const {
    const std::string csv = succeed("score --model " + model + " --input new.npy --quiet").out;
    if (with_p_values) return csv;
    std::string kept;
    std::istringstream lines(csv);
    for (std::string line; std::getline(lines, line);) {
      const size_t score = line.find(','), p = line.find(',', score + 1), label = line.find(',', p + 1);
      kept += line.substr(0, p) + line.substr(label) + '\n';
    }
    return kept;
  }

  const Scratch scratch_;
};

const std::string a_brief_run = "--epochs 1 --ae-epochs 1 --batch-size 16 --ae-batch-size 16 ";
const std::string a_soft_run = "--objective soft-boundary --warm-up-epochs 0 " + a_brief_run;
const std::string as_mnist = " --network mnist_LeNet --preprocessing mnist --normal 3 ";

TEST_F(Import, ExportsComeBackToTheBit) {
  const std::vector<std::pair<std::string, std::string>> models{
      {"one", a_brief_run},
      {"soft", a_soft_run},
      {"theano", "--recipe theano " + a_brief_run},
      {"spheres", "--method multi-sphere --spheres 2 --widths 8,8,4,16 " + a_brief_run},
      {"radii", "--method multi-radius --labels kmeans --clusters 2 " + a_soft_run},
      {"dasvdd", "--method dasvdd --epochs 1 --batch-size 16"},
      {"knn", "--method knn"}};
  for (const auto& [name, options] : models) {
    train(name, options);
    for (const std::string format : {"pytorch", "safetensors", "npz"}) {
      const bool for_torch = format == "pytorch";
      if (for_torch && name == "knn") continue;
      const std::string file = name + (for_torch ? ".tar" : '.' + format), back = name + "-" + format;
      succeed("export --model " + name + " --format " + format + " --output " + file + " --quiet");
      const Outcome said = succeed("import " + file + " --out " + back);
      EXPECT_EQ(said.err.find("no p-values") != std::string::npos, for_torch) << said.err;
      EXPECT_EQ(scores(back, !for_torch), scores(name, !for_torch)) << back;
      const json ours = json::parse(text_of(in_scratch(name) / "model" / "model.json")),
                 theirs = json::parse(text_of(in_scratch(back) / "model.json"));
      EXPECT_EQ(ours["weights_sha256"], theirs["weights_sha256"]) << back;
      if (!for_torch) {
        EXPECT_EQ(ours, theirs) << back;
      }
    }
  }
}

// The authors' file says nothing of itself.
TEST_F(Import, TheAuthorsFile) {
  train("soft", a_soft_run);
  succeed("export --model soft --format npz --output soft.npz --quiet");
  const engine::Npz npz = engine::Npz::read(in_scratch("soft.npz"));
  TorchDict net;
  for (const std::string& name : npz.names())
    if (name.starts_with("conv") || name.starts_with("bn") || name.starts_with("fc"))
      net.emplace_back(name, TorchValue{npz.at(name)});
  net.emplace_back("bn1.num_batches_tracked", TorchValue{NdArray::scalar(int64_t{3})});
  const TorchValue r{NdArray::scalar(npz.at("radius").as<double>()[0])}, c{npz.at("centre")},
      none{NdArray::scalar(0.0)};
  engine::write_torch_file(in_scratch("soft.tar"),
                           {{"R", r}, {"c", c}, {"net_dict", {net}}, {"ae_net_dict", {net}}});
  engine::write_torch_file(in_scratch("one.tar"),
                           {{"R", none}, {"c", c}, {"net_dict", {net}}, {"ae_net_dict", {}}});

  Outcome said = succeed("import soft.tar --output theirs" + as_mnist);
  for (const char* words : {"ae_net_dict", "no p-values", "threshold 0"})
    EXPECT_NE(said.err.find(words), std::string::npos) << words << " in " << said.err;
  json model = json::parse(text_of(in_scratch("theirs") / "model.json"));
  EXPECT_EQ(model["objective"], "soft-boundary");
  EXPECT_EQ(model["preprocessing"]["gcn"], "l1");
  EXPECT_FLOAT_EQ(model["preprocessing"]["max"].get<float>(), 12.895051191467457f);
  // Scores and commands; what goes by training scores says that there are none.
  const std::string csv = succeed("score --model theirs --input new.npy --quiet").out;
  EXPECT_NE(csv.find(",,"), std::string::npos) << csv;
  EXPECT_NE(succeed("score --model theirs --input new.npy --output-format jsonl --quiet")
                .out.find("\"p_value\":null"),
            std::string::npos);
  EXPECT_NE(succeed("score --model theirs --input new.npy").err.find("no p-values"), std::string::npos);
  expect_refused(scratch_.path,
                 {{"score --model theirs --input new.npy --false-alarm-rate 0.1", 1, "imported without them"},
                  {"score --model theirs --input new.npy --select 0.1", 1, "imported without them"}});
  succeed("evaluate --model theirs --data small --normal 3");
  succeed("explain --model theirs --input new.npy --output maps --most 2 --quiet");
  for (const std::string format : {"onnx", "npz", "pytorch"})
    succeed("export --model theirs --format " + format + " --quiet --output again." + format);
  succeed("import again.npz --out again --quiet");
  EXPECT_EQ(scores("again", true), scores("theirs", true));

  said = succeed("import one.tar --out one" + as_mnist);
  EXPECT_NE(said.err.find("nothing is called anomalous"), std::string::npos) << said.err;
  EXPECT_EQ(json::parse(text_of(in_scratch("one") / "model.json"))["objective"], "one-class");
  EXPECT_NE(succeed("score --model one --input new.npy").err.find("imported without a threshold"),
            std::string::npos);
  EXPECT_EQ(scores("one", true).find(",1\n"), std::string::npos);
  EXPECT_NE(succeed("score --model one --input new.npy --quiet --threshold -1").out.find(",,1\n"),
            std::string::npos);
  succeed("import one.tar --out at --quiet --threshold 0.25" + as_mnist);
  EXPECT_EQ(json::parse(text_of(in_scratch("at") / "model.json"))["threshold"], 0.25);
  succeed("import one.tar --out forced --quiet --objective soft-boundary" + as_mnist);
}

// A network of one's own, its layers called as in PyTorch, as a bare state_dict in each format.
TEST_F(Import, BareStates) {
  const NdArray weight = NdArray::from({2, 3}, std::vector<float>{1, 0, 0, 0, 1, 0}),
                bias = NdArray::from({2}, std::vector<float>{0.5f, 0}),
                c = NdArray::from({2}, std::vector<double>{0.5, 0});
  engine::write_torch_file(in_scratch("s.pt"),
                           {{"module.layers.0.weight", {weight}}, {"module.layers.0.bias", {bias}}});
  engine::write_safetensors(in_scratch("s.safetensors"),
                            {{"layers.0.weight", weight}, {"layers.0.bias", bias}, {"c", c}});
  engine::write_npz(in_scratch("s.npz"), {{"layers.0.weight", weight}, {"layers.0.bias", bias}, {"c", c}});
  engine::write_npy(in_scratch("c.npy"), c);
  write_text(in_scratch("own.net"), "input 3\nallow_bias\nencoder\nlayers.0: dense 2 bias\n");
  write_text(in_scratch("rows.csv"), "a,b,c\n3,4,9\n0,1,5\n");
  for (const std::string file : {"s.pt --centre c.npy", "s.safetensors", "s.npz"}) {
    const std::string out = "own-" + file.substr(2, 2);
    succeed("import " + file + " --quiet --out " + out + " --preprocessing none --network own.net");
    const std::string csv = succeed("score --model " + out + " --input rows.csv --quiet").out;
    EXPECT_EQ(csv, "path_or_row,score,p_value,is_anomaly\n0,25,,0\n1,1,,0\n");
  }
}

TEST_F(Import, WhatCannotBeIsRefused) {
  train("run", a_brief_run);
  succeed("export --model run --format npz --output run.npz --quiet");
  succeed("export --model run --format pytorch --output run.tar --quiet");
  const engine::Npz npz = engine::Npz::read(in_scratch("run.npz"));
  TorchDict net, cut, odd;
  for (const std::string& name : npz.names())
    if (name.starts_with("conv") || name.starts_with("bn") || name.starts_with("fc")) {
      net.emplace_back(name, TorchValue{npz.at(name)});
      if (name != "conv2.weight") cut.emplace_back(name, TorchValue{npz.at(name)});
      NdArray other = npz.at(name);
      if (name == "conv1.weight") std::reverse(other.shape.begin(), other.shape.end());
      odd.emplace_back(name, TorchValue{other});
    }
  TorchDict more = net, broken = net;
  more.emplace_back("fc2.weight", TorchValue{NdArray::scalar(1.f)});
  NdArray nan = npz.at("centre");
  std::fill(nan.bytes.begin(), nan.bytes.end(), std::byte{0xff});
  const TorchValue c{npz.at("centre")}, r{NdArray::scalar(0.0)};
  const auto write = [&](const std::string& name, const TorchDict& saved) {
    engine::write_torch_file(in_scratch(name), saved);
  };
  write("whole.tar", {{"R", r}, {"c", c}, {"net_dict", {net}}});
  write("cut.tar", {{"R", r}, {"c", c}, {"net_dict", {cut}}});
  write("odd.tar", {{"R", r}, {"c", c}, {"net_dict", {odd}}});
  write("more.tar", {{"R", r}, {"c", c}, {"net_dict", {more}}});
  write("nan.tar", {{"R", r}, {"c", {nan}}, {"net_dict", {net}}});
  write("no-c.tar", {{"R", r}, {"net_dict", {net}}});
  write("many.tar",
        {{"R", r}, {"c", {NdArray::from({2, 1}, std::vector<float>{1, 2})}}, {"net_dict", {net}}});
  write("below.tar", {{"R", {NdArray::scalar(-1.0)}}, {"c", c}, {"net_dict", {net}}});
  write("radii.tar", {{"R", {NdArray::from({2}, std::vector<float>{1, 2})}}, {"c", c}, {"net_dict", {net}}});
  write("text.tar", {{"net_dict", {std::string("x")}}});
  json described = json::parse(text_of(in_scratch("run") / "model" / "model.json"));
  described["rep_dim"] = 1 << 20;
  write("large.tar", {{"R", r}, {"c", c}, {"net_dict", {net}}, {"model_json", {described.dump()}}});
  described["format"] = 99;
  write("later.tar", {{"R", r}, {"c", c}, {"net_dict", {net}}, {"model_json", {described.dump()}}});
  write("deep.tar", {{"net_dict", {net}}, {"model_json", {std::string(100000, '[')}}});
  write_text(in_scratch("hello.tar"), "hello");
  const std::string to = " --out out" + as_mnist;
  expect_refused(
      scratch_.path,
      {{"import", 2, "the file is missing"},
       {"import whole.tar", 2, "--out is missing"},
       {"import whole.tar --out out", 2, "--network is missing"},
       {"import whole.tar --out out --network mnist_LeNet", 2, "--preprocessing is missing"},
       {"import whole.tar --out out --network nosuch --preprocessing none", 2, "'nosuch'"},
       {"import whole.tar --out out --network mnist_LeNet --preprocessing mnist", 2, "name it with --normal"},
       {"import whole.tar --out out --network mnist_LeNet --preprocessing mnist --normal 10", 2, "0 to 9"},
       {"import whole.tar --out out --network mnist_LeNet --preprocessing gtsrb", 2,
        "expected mnist, cifar10"},
       {"import whole.tar --out out --network mnist_LeNet --normal 3", 2, "--normal says"},
       {"import whole.tar --objective x" + to, 2, "--objective is 'x'"},
       {"import run.tar --out out --preprocessing none", 2, "--preprocessing is of no use"},
       {"import whole.tar --out run" + as_mnist, 2, "'run' is there already"},
       {"import whole.tar --out hello.tar" + as_mnist, 2, "is there already"},
       {"import none.tar" + to, 1, "none.tar"},
       {"import hello.tar" + to, 1,
        "no file of torch.save; what can be imported is what torch.save wrote (.tar, .pt, .pth), "
        ".safetensors "},
       {"import cut.tar" + to, 1, "the network has 'conv2.weight', which the file does not hold"},
       {"import odd.tar" + to, 1, "tensor 'conv1.weight' has shape (5, 5, 1, 8), expected (8, 1, 5, 5)"},
       {"import more.tar" + to, 1, "holds 'fc2.weight', which the network does not have"},
       {"import nan.tar" + to, 1, "not finite"},
       {"import no-c.tar" + to, 1, "holds no centre c"},
       {"import many.tar" + to, 1, "several centres"},
       {"import below.tar" + to, 1, "R is -1"},
       {"import radii.tar" + to, 1, "R is 2 numbers"},
       {"import text.tar" + to, 1, "net_dict is no dict"},
       {"import whole.tar --out out --network cifar10_LeNet --preprocessing none", 1,
        "the network has 'bn2d1.running_mean', which the file does not hold"},
       {"import large.tar --out out", 1, "large.tar"},
       {"import later.tar --out out", 1, "format 99"},
       {"import deep.tar --out out", 1, "model_json is damaged"}});
  EXPECT_FALSE(fs::exists(in_scratch("out")));
  for (const auto& entry : fs::directory_iterator(scratch_.path))
    EXPECT_EQ(entry.path().string().find(".partial"), std::string::npos) << entry.path();
}

// What a killed import left beside its place goes with the next one; what another is writing, or is none of ours, stays.
TEST_F(Import, TakesAwayWhatAKilledOneLeft) {
  train("run", a_brief_run);
  succeed("export --model run --format npz --output whole.npz --quiet");
  for (const char* name :
       {"out.partial-12-0", "out.partial-13-0", "out.partial-14-0", "other.partial-12-0"}) {
    fs::create_directory(in_scratch(name));
    write_text(in_scratch(name) / "weights.safetensors", "cut");
    write_text(in_scratch(name) / "model.json.partial-12-1", "cut");
  }
  write_text(in_scratch("out.partial-13-0") / "mine.txt", "not ours");
  const engine::FolderLock at_work(in_scratch("out.partial-14-0"));
  succeed("import whole.npz --output out/ --quiet");
  EXPECT_TRUE(fs::exists(in_scratch("out") / "model.json"));
  EXPECT_FALSE(fs::exists(in_scratch("out.partial-12-0")));
  EXPECT_TRUE(fs::exists(in_scratch("out.partial-13-0") / "mine.txt"));
  EXPECT_TRUE(fs::exists(in_scratch("out.partial-14-0") / "weights.safetensors"));
  EXPECT_TRUE(fs::exists(in_scratch("other.partial-12-0") / "weights.safetensors"));
}

// PyTorch's own network, with numbers of its own, saved as the authors' program does; scores as PyTorch has them.
TEST_F(Import, PyTorchScoresAreOurs) {
  if (std::system("/usr/bin/python3 -c 'import torch, numpy' 2>/dev/null") != 0)
    GTEST_SKIP() << "/usr/bin/python3 has no torch (Debian: python3-torch)";
  write_text(in_scratch("save.py"), torch_lenet + R"(
import numpy as np
torch.manual_seed(1)
raw = torch.from_numpy(np.load('new.npy')).reshape(-1, 1, 28, 28)
x = raw.double().reshape(len(raw), -1)
x = x - x.mean(1, keepdim=True)
x = x / x.abs().mean(1, keepdim=True)
low, high = -0.7645772083211267, 12.895051191467457      # the authors', of class 3
x = ((x - low) / (high - low)).float().reshape(-1, 1, 28, 28)
net = LeNet()
for _ in range(5):
    net(x)
net.eval()
with torch.no_grad():
    z = net(x)
    c = z.mean(0)
    dist = ((z - c) ** 2).sum(1)
R = float(dist.median().sqrt())
net_dict = net.state_dict()
torch.save({'R': R, 'c': c.tolist(), 'net_dict': net_dict, 'ae_net_dict': net_dict}, 'soft.tar')
torch.save({'R': 0.0, 'c': c.tolist(), 'net_dict': net_dict, 'ae_net_dict': None}, 'one.tar',
           _use_new_zipfile_serialization=False)
torch.save(net, 'module.tar')
np.savetxt('soft.csv', (dist - R ** 2).numpy())
np.savetxt('one.csv', dist.numpy())
)");
  const std::string line = "cd '" + scratch_.path.string() + "' && /usr/bin/python3 save.py > save.txt 2>&1";
  ASSERT_EQ(std::system(line.c_str()), 0) << text_of(in_scratch("save.txt"));
  for (const std::string name : {"soft", "one"}) {
    succeed("import " + name + ".tar --quiet --output " + name + as_mnist);
    std::istringstream ours(succeed("score --model " + name + " --input new.npy --quiet").out),
        theirs(text_of(in_scratch(name + ".csv")));
    std::string row;
    std::getline(ours, row);
    double wanted = 0, worst = 0, largest = 0;
    size_t rows = 0;
    while (std::getline(ours, row) && theirs >> wanted) {
      const double score = std::stod(row.substr(row.find(',') + 1));
      worst = std::max(worst, std::abs(score - wanted));
      largest = std::max(largest, std::abs(wanted));
      ++rows;
    }
    EXPECT_EQ(rows, 40u);
    EXPECT_LT(worst, 1e-5 * largest) << name;
    RecordProperty(name + "_difference", std::to_string(worst / largest));
  }
  expect_refused(scratch_.path, {{"import module.tar --out out" + as_mnist, 1, "asks for __main__.LeNet"}});
}

}  // namespace
}  // namespace tools_test
