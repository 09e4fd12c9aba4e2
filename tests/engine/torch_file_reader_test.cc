// Files of torch.save, read: what the writer wrote, what PyTorch writes, pickles by hand, and files that mean harm.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/files/atomic_file.h"
#include "engine/files/torch_file.h"
#include "engine/files/torch_pickle.h"
#include "engine/files/zip.h"
#include "engine/random.h"
#include "tests/datasets/scratch.h"

namespace {

using engine::NdArray;
using engine::read_pickle;
using engine::read_torch_file;
using engine::TorchDict;
using engine::TorchValue;
using namespace std::string_literals;

const TorchValue& at(const TorchValue& value, const std::string& key) {
  for (const auto& [name, entry] : std::get<TorchDict>(value.value))
    if (name == key) return entry;
  throw std::out_of_range("no " + key);
}
const NdArray& array_at(const TorchValue& value, const std::string& key) {
  return std::get<NdArray>(at(value, key).value);
}

TorchDict model_to_write() {
  return {{"R", {NdArray::scalar(0.5)}},
          {"c", {NdArray::from({2}, std::vector<float>{1, -0.5f})}},
          {"net_dict",
           {TorchDict{{"w", {NdArray::from({2, 3}, std::vector<double>{0, 1, 2, 3, 4, 5})}},
                      {"n", {NdArray::from({1}, std::vector<int64_t>{-7})}},
                      {"b", {NdArray::from({2}, std::vector<uint8_t>{1, 255})}},
                      {"empty", {NdArray::from({0, 3}, std::vector<float>{})}}}}},
          {"none", {}},
          {"text", {"é"s}}};
}

// What must not be, of any bytes: another end than a value or one line.
std::string complaint_of(const std::filesystem::path& file) {
  try {
    read_torch_file(file);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// An archive with this pickle, and one storage, "0", of six floats 0, 1, … 5.
std::filesystem::path archive_of(const scratch::Folder& folder, const std::string& pickle) {
  const std::filesystem::path file = folder / "hostile.pt";
  engine::ZipWriter zip(file);
  zip.add("m/data.pkl", pickle);
  const std::vector<float> six{0, 1, 2, 3, 4, 5};
  zip.add("m/data/0", {reinterpret_cast<const char*>(six.data()), 24});
  zip.commit();
  return file;
}

std::string bin_int(int32_t value) {
  std::string bytes = "J";
  for (int shift = 0; shift < 32; shift += 8)
    bytes += static_cast<char>(static_cast<uint32_t>(value) >> shift);
  return bytes;
}
std::string bin_text(const std::string& text) {
  return "X" + bin_int(static_cast<int32_t>(text.size())).substr(1) + text;
}
std::string ints(const std::vector<int32_t>& values) {
  std::string bytes = "(";
  for (const int32_t v : values) bytes += bin_int(v);
  return bytes + "t";
}
std::string tensor_of(const std::string& offset, const std::string& shape, const std::string& strides,
                      int32_t count = 6, const std::string& type = "FloatStorage",
                      const std::string& key = "0") {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + bin_text("storage") + "ctorch\n" + type + "\n" +
         bin_text(key) + bin_text("cuda:0") + bin_int(count) + "tQ" + offset + shape + strides + "\x89" +
         "ccollections\nOrderedDict\n)RtR";
}
const std::string proto = "\x80\x02";

TEST(TorchFileReader, WhatTheWriterWroteComesBack) {
  const scratch::Folder folder;
  engine::write_torch_file(folder / "a.pt", model_to_write());
  const TorchValue read = read_torch_file(folder / "a.pt");
  EXPECT_EQ(std::get<TorchDict>(read.value).size(), 5u);
  EXPECT_EQ(array_at(read, "R"), NdArray::scalar(0.5));
  EXPECT_EQ(array_at(read, "c"), NdArray::from({2}, std::vector<float>{1, -0.5f}));
  const TorchValue& net = at(read, "net_dict");
  EXPECT_EQ(array_at(net, "w"), NdArray::from({2, 3}, std::vector<double>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(array_at(net, "n"), NdArray::from({1}, std::vector<int64_t>{-7}));
  EXPECT_EQ(array_at(net, "empty").shape, (std::vector<int64_t>{0, 3}));
  EXPECT_EQ(std::get<std::string>(at(read, "text").value), "é");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(at(read, "none").value));
  // Writing it again gives the same file.
  engine::write_torch_file(folder / "b.pt", std::get<TorchDict>(read.value));
  EXPECT_EQ(engine::read_file(folder / "a.pt"), engine::read_file(folder / "b.pt"));
}

// R and c as the authors' program has them: a float, and a list.
TEST(TorchFileReader, NumbersListsAndAttributes) {
  const scratch::Folder folder;
  const std::string real = "G\x3f\xf8\0\0\0\0\0\0"s;  // 1.5
  const TorchValue read = read_torch_file(
      archive_of(folder, proto + "ccollections\nOrderedDict\n)Rq\x01(" + bin_text("R") + real +
                             bin_text("c") + "](" + real + bin_int(-2) + "e" + bin_text("n") + "]K\x07\x61" +
                             bin_text("yes") + "\x88" + bin_text("mixed") + "(N" + bin_text("x") + "t" +
                             bin_text("long") + "\x8a\x02\xff\xfe"s + "u}" + bin_text("_metadata") + "}sb."));
  EXPECT_EQ(array_at(read, "R"), NdArray::scalar(1.5));
  EXPECT_EQ(array_at(read, "c"), NdArray::from({2}, std::vector<double>{1.5, -2}));
  EXPECT_EQ(array_at(read, "n"), NdArray::from({1}, std::vector<int64_t>{7}));
  EXPECT_EQ(array_at(read, "yes").dtype, NdArray::DType::b1);
  EXPECT_EQ(array_at(read, "long"), NdArray::scalar(int64_t{-257}));
  EXPECT_EQ(std::get<std::string>(at(at(read, "mixed"), "1").value), "x");
}

TEST(TorchFileReader, StridesAndOffsets) {
  const scratch::Folder folder;
  const auto read = [&](const std::string& tensor) {
    return std::get<NdArray>(read_torch_file(archive_of(folder, proto + tensor + ".")).value);
  };
  const std::string zero = bin_int(0);
  EXPECT_EQ(read(tensor_of(zero, ints({3, 2}), ints({1, 3}))),  // transposed
            NdArray::from({3, 2}, std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(read(tensor_of(bin_int(4), ints({2}), ints({1}))), NdArray::from({2}, std::vector<float>{4, 5}));
  EXPECT_EQ(read(tensor_of(bin_int(2), ints({2, 2}), ints({0, 1}))),  // expanded
            NdArray::from({2, 2}, std::vector<float>{2, 3, 2, 3}));
  EXPECT_EQ(read(tensor_of(bin_int(5), ints({1, 1}), ints({2147483647, 1}))),
            NdArray::from({1, 1}, std::vector<float>{5}));
  EXPECT_EQ(read(tensor_of(bin_int(3), ")", ")")), NdArray::scalar(3.f));
  // Half of 1.0f is, in bits, 0 and 0x3f80: bfloat16's 1.
  const NdArray bfloat = read(tensor_of(zero, ints({4}), ints({1}), 12, "BFloat16Storage"));
  EXPECT_EQ(bfloat, NdArray::from({4}, std::vector<float>{0, 0, 0, 1}));
  const NdArray half = read(tensor_of(zero, ints({4}), ints({1}), 12, "HalfStorage"));
  EXPECT_EQ(half, NdArray::from({4}, std::vector<float>{0, 0, 0, 1.875}));
}

TEST(TorchFileReader, WhatMeansHarmIsRefused) {
  const scratch::Folder folder;
  const std::string zero = bin_int(0);
  const auto refused = [&](const std::string& pickle, const std::string& words) {
    const std::string complaint = complaint_of(archive_of(folder, pickle));
    EXPECT_NE(complaint.find(words), std::string::npos) << complaint << "\n expected " << words;
    EXPECT_TRUE(complaint.starts_with("cannot read '")) << complaint;
  };
  // Code
  refused(proto + "cos\nsystem\n" + bin_text("true") + "\x85R.", "asks for os.system of Python's");
  refused(proto + "cbuiltins\neval\n.", "builtins.eval");
  refused(proto + "cnetworks.mnist_LeNet\nMNIST_LeNet\n.", "networks.mnist_LeNet.MNIST_LeNet");
  refused(proto + "cnumpy.core.multiarray\n_reconstruct\n.", "x.tolist()");
  refused(proto + "ctorch\nload\n.", "torch.load");
  refused(proto + "cos\x1b[2J\nsystem\n.", "os\\x1b");
  refused(proto + "(i" + "os\nsystem\n.", "instruction 105");
  refused("\x80\x04N.", "protocol 4");
  // Damage
  refused("", "cut off");
  refused(proto, "cut off");
  refused(proto + ".", "ends with 0 values");
  refused(proto + "NN.", "ends with 2 values");
  refused(proto + "X\xff\xff\xff\xffx.", "cut off");
  refused(proto + "Nt.", "no mark");
  refused(proto + "N(a.", "no value");
  refused(proto + "h\x05.", "recalls");
  refused(proto + "}(Nu.", "has no value");
  refused(proto + "]N(NNu.", "where a dict is expected");
  refused(proto + bin_text("\xff") + ".", "not UTF-8");
  refused(proto + "}(" + bin_text("a") + "N" + bin_text("a") + "Nu.", "key 'a' twice");
  refused(proto + "}NNs.", "neither a text nor a whole number");
  refused(proto + "\x8a\x09" + std::string(9, '\x01') + ".", "more than 64 bits");
  refused(proto + "ctorch\nFloatStorage\n.", "a type or a bare storage");
  refused(proto + "ctorch\nFloatStorage\n)R.", "calls a type of storage");
  refused(proto + "ctorch._utils\n_rebuild_tensor_v2\n)R.", "too few arguments");
  // Itself, deep nesting, doubling
  refused(proto + "]q\x01h\x01\x61.", "nested deeper");
  refused(proto + std::string(100000, ']') + std::string(99999, 'a') + ".", "nested deeper");
  std::string doubled = proto + "]q\x00"s;
  for (char level = 1; level < 30; ++level)
    doubled += "](h"s + static_cast<char>(level - 1) + "h" + static_cast<char>(level - 1) + "eq" + level;
  refused(doubled + "0.", "instruction 48");
  std::string tower = proto;
  for (char level = 1; level < 30; ++level) {
    tower += level == 1 ? "N" : "";
    tower += "q"s + level + "h" + level + "\x86";
  }
  refused(tower + ".", "more than 1048576 values");
  refused(proto + "(" + std::string(1048577, 'N') + "t.", "builds more than 1048576 values");
  // Tensors
  refused(proto + tensor_of(zero, ints({7}), ints({1})) + ".", "reaches beyond its storage of 6");
  refused(proto + tensor_of(bin_int(6), ints({1}), ints({1})) + ".", "reaches beyond");
  refused(proto + tensor_of(bin_int(-1), ints({1}), ints({1})) + ".", "reaches beyond");
  refused(proto + tensor_of(zero, ints({2}), ints({-1})) + ".", "reaches beyond");
  refused(proto + tensor_of(zero, ints({2, 2}), ints({2147483647, 2147483647})) + ".", "reaches beyond");
  refused(proto + tensor_of(zero, ints({-1}), ints({1})) + ".", "larger than any memory");
  refused(proto + tensor_of(zero, ints({2147483647, 2147483647, 4}), ints({0, 0, 0})) + ".",
          "larger than any memory");
  refused(proto + tensor_of(zero, ints({2147483647}), ints({0})) + ".", "many times as much");
  refused(proto + tensor_of(zero, ints({2}), ints({1, 1})) + ".", "1 dimensions and 2 strides");
  refused(proto + tensor_of(zero, ints(std::vector<int32_t>(65, 1)), ints({})) + ".",
          "more than 64 dimensions");
  refused(proto + tensor_of(zero, ints({6}), ints({1}), 5) + ".", "24 bytes, which is not 5 numbers");
  refused(proto + tensor_of(zero, ints({6}), ints({1}), -6) + ".", "which is not -6 numbers");
  refused(proto + tensor_of(zero, ints({6}), ints({1}), 6, "ComplexFloatStorage") + ".",
          "torch.ComplexFloatStorage");
  refused(proto + tensor_of(zero, ints({6}), ints({1}), 6, "FloatStorage", "../0") + ".",
          "storage '../0' is missing");
  refused(proto + "}" + bin_text("w") + tensor_of(zero, ints({7}), ints({1})) + "s.",
          "entry 'w': a tensor of shape (7,)");
}

TEST(TorchFileReader, OtherFilesAreRefused) {
  const scratch::Folder folder;
  engine::write_file_atomically(folder / "text.pt", "hello");
  EXPECT_NE(complaint_of(folder / "text.pt").find("no file of torch.save"), std::string::npos);
  engine::write_file_atomically(folder / "empty.pt", "");
  EXPECT_NE(complaint_of(folder / "empty.pt").find("no file of torch.save"), std::string::npos);
  EXPECT_NE(complaint_of(folder / "none.pt"), "");
  engine::ZipWriter zip(folder / "other.pt");
  zip.add("a/b", "c");
  zip.commit();
  EXPECT_NE(complaint_of(folder / "other.pt").find("holds no data.pkl"), std::string::npos);
}

// The stream of pickles of PyTorch before 1.6, by hand.
std::string old_file() {
  const std::string tensor = "ctorch._utils\n_rebuild_tensor_v2\n((" + bin_text("storage") +
                             "ctorch\nFloatStorage\n" + bin_text("94") + bin_text("cpu") +
                             "K\x02NtQK\0K\x02\x85K\x01\x85\x89"s + "ccollections\nOrderedDict\n)RtR";
  return "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}"s +
         bin_text("little_endian") + "\x88s.\x80\x02}" + bin_text("a") + tensor + "s.\x80\x02]" +
         bin_text("94") + "a." + "\x02\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\x40"s;
}

TEST(TorchFileReader, OldFilesToo) {
  const scratch::Folder folder;
  const std::string bytes = old_file();
  engine::write_file_atomically(folder / "old.pt", bytes);
  EXPECT_EQ(array_at(read_torch_file(folder / "old.pt"), "a"), NdArray::from({2}, std::vector<float>{1, 2}));
  for (size_t length = 0; length < bytes.size(); ++length) {
    engine::write_file_atomically(folder / "cut.pt", bytes.substr(0, length),
                                  engine::Durability::rebuildable);
    EXPECT_NE(complaint_of(folder / "cut.pt"), "") << length;
  }
}

// A few bytes of a sound file changed, inserted or taken out, by the thousand: a value or one line, and no crash. Of the pickle
// inside too, for the archive's checksums would stop most.
TEST(TorchFileReader, MutationsNeverCrash) {
  const scratch::Folder folder;
  engine::write_torch_file(folder / "whole.pt", model_to_write());
  const std::string whole = engine::read_file(folder / "whole.pt");
  std::string pickle;
  {
    const engine::ZipArchive archive(folder / "whole.pt", 1 << 20);
    pickle.resize(archive.members()[0].bytes);
    archive.unpack(archive.members()[0], pickle);
  }
  const engine::RandomStream random(11, "tests/torch_file_reader");
  uint64_t draw = 0;
  const auto below = [&](size_t n) {
    return static_cast<size_t>(random.uniform(draw++) * static_cast<float>(n)) % n;
  };
  const auto mutated = [&](std::string bytes) {
    for (size_t change = 0; change < 1 + draw % 3; ++change) {
      const size_t place = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[place] = static_cast<char>(below(256));
          break;
        case 1:
          bytes.insert(place, 1, "()]}tRQbuse.a\x85\x86\x87hqJNX"[below(20)]);
          break;
        case 2:
          bytes.erase(place, 1 + below(8));
          break;
        default:
          bytes.insert(place, bytes.substr(below(bytes.size()), below(40)));
      }
      if (bytes.empty()) bytes = "x";
    }
    return bytes;
  };
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    try {
      read_pickle(mutated(pickle));
    } catch (const std::runtime_error& error) {
      ++refused;
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  }
  EXPECT_GT(refused, 10000);
  const std::filesystem::path file = folder / "mutated.pt";
  for (int i = 0; i < 3000; ++i) {
    if (i % 3 == 0) {
      engine::write_file_atomically(file, mutated(whole), engine::Durability::rebuildable);
    } else if (i % 3 == 1) {
      engine::write_file_atomically(file, mutated(old_file()), engine::Durability::rebuildable);
    } else {
      std::string hostile = mutated(pickle);
      std::string archive = whole;  // with the mutated pickle, sound all around
      engine::ZipWriter zip(file);
      zip.add("archive/data.pkl", hostile);
      for (const char* key : {"0", "1", "2", "3", "4", "5"})
        zip.add("archive/data/" + std::string(key), std::string(48, 1));
      zip.commit();
    }
    EXPECT_EQ(complaint_of(file).find('\n'), std::string::npos);
  }
}

TEST(TorchFileReader, WhatPyTorchWrites) {
  if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0)
    GTEST_SKIP() << "/usr/bin/python3 has no torch (Debian: python3-torch)";
  const scratch::Folder folder;
  std::ofstream(folder / "write.py") << R"(
import sys, torch, torch.nn as nn
net = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2, affine=False))
with torch.no_grad():
    net[0].weight.copy_(torch.arange(18.).reshape(2, 1, 3, 3))
m = {'R': 0.25, 'c': torch.arange(3.).tolist(), 'net_dict': net.state_dict(), 'ae_net_dict': None,
     'half': torch.tensor([1., -2.5, 6e-8]).half(), 'bfloat': torch.tensor([1.5]).bfloat16(),
     't': torch.arange(6).reshape(2, 3).t(), 'view': torch.arange(6.)[2:4], 'flag': True,
     'parameter': nn.Parameter(torch.ones(2)), 'steps': {0: torch.tensor(3)}}
torch.save(m, sys.argv[1] + '/new.pt')
torch.save(m, sys.argv[1] + '/old.pt', _use_new_zipfile_serialization=False)
torch.save(net, sys.argv[1] + '/module.pt')
)";
  ASSERT_EQ(std::system(("/usr/bin/python3 '" + (folder / "write.py").string() + "' '" +
                         folder.path().string() + "' 2> /dev/null")
                            .c_str()),
            0);
  for (const char* name : {"new.pt", "old.pt"}) {
    const TorchValue m = read_torch_file(folder / name);
    EXPECT_EQ(array_at(m, "R"), NdArray::scalar(0.25));
    EXPECT_EQ(array_at(m, "c"), NdArray::from({3}, std::vector<double>{0, 1, 2}));
    const TorchValue& net = at(m, "net_dict");
    std::vector<float> counted(18);
    for (size_t i = 0; i < 18; ++i) counted[i] = static_cast<float>(i);
    EXPECT_EQ(array_at(net, "0.weight"), NdArray::from({2, 1, 3, 3}, counted));
    EXPECT_EQ(array_at(net, "1.running_var"), NdArray::from({2}, std::vector<float>{1, 1}));
    EXPECT_EQ(array_at(net, "1.num_batches_tracked"), NdArray::scalar(int64_t{0}));
    EXPECT_EQ(array_at(m, "half"), NdArray::from({3}, std::vector<float>{1, -2.5, 0x1p-24f}));
    EXPECT_EQ(array_at(m, "bfloat"), NdArray::from({1}, std::vector<float>{1.5}));
    EXPECT_EQ(array_at(m, "t"), NdArray::from({3, 2}, std::vector<int64_t>{0, 3, 1, 4, 2, 5}));
    EXPECT_EQ(array_at(m, "view"), NdArray::from({2}, std::vector<float>{2, 3}));
    EXPECT_EQ(array_at(m, "parameter"), NdArray::from({2}, std::vector<float>{1, 1}));
    EXPECT_EQ(array_at(at(m, "steps"), "0"), NdArray::scalar(int64_t{3}));
  }
  EXPECT_NE(complaint_of(folder / "module.pt").find("asks for torch.nn.modules.container.Sequential"),
            std::string::npos)
      << complaint_of(folder / "module.pt");
}

}  // namespace
