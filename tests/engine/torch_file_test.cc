// Files for torch.load: the pickle by hand, and PyTorch itself where it is installed.
#include "engine/files/torch_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "engine/files/zip.h"
#include "tests/datasets/scratch.h"

namespace {

using engine::NdArray;
using engine::TorchDict;
using engine::TorchValue;

std::string member(const std::filesystem::path& file, const std::string& name) {
  const engine::ZipArchive archive(file, 1 << 20);
  for (const auto& m : archive.members()) {
    if (m.name != name) continue;
    std::string bytes(m.bytes, '\0');
    archive.unpack(m, bytes);
    return bytes;
  }
  return "no " + name;
}

TorchDict small_model() {
  return {
      {"c", {NdArray::from({2, 1}, std::vector<float>{1, -0.5f})}}, {"none", {}}, {"x", {std::string("y")}}};
}

TEST(TorchFile, ThePickleByHand) {
  const scratch::Folder folder;
  const std::filesystem::path file = folder / "m.pt";
  engine::write_torch_file(file, small_model());
  using namespace std::string_literals;
  EXPECT_EQ(
      member(file, "archive/data.pkl"),
      "\x80\x02}(X\x01\0\0\0cctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n"
      "X\x01\0\0\0"
      "0X\x03\0\0\0cpuJ\x02\0\0\0tQJ\0\0\0\0(J\x02\0\0\0J\x01\0\0\0t(J\x01\0\0\0J\x01\0\0\0t\x89"
      "ccollections\nOrderedDict\n)RtR"
      "X\x04\0\0\0noneN"
      "X\x01\0\0\0xX\x01\0\0\0yu."s);
  EXPECT_EQ(member(file, "archive/data/0"), "\0\0\x80\x3f\0\0\0\xbf"s);
  EXPECT_EQ(member(file, "archive/version"), "3\n");
}

TEST(TorchFile, NumbersThatPyTorchHasNot) {
  const scratch::Folder folder;
  EXPECT_THROW(
      engine::write_torch_file(folder / "m.pt", {{"x", {NdArray::from({1}, std::vector<uint16_t>{1})}}}),
      std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "m.pt"));
}

TEST(TorchFile, PyTorchReadsIt) {
  if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0)
    GTEST_SKIP() << "/usr/bin/python3 has no torch (Debian: python3-torch)";
  const scratch::Folder folder;
  TorchDict model = small_model();
  model.push_back(
      {"inner", TorchValue{TorchDict{{"w", {NdArray::from({2, 3}, std::vector<double>{0, 1, 2, 3, 4, 5})}},
                                     {"n", {NdArray::scalar(int64_t{7})}},
                                     {"b", {NdArray::from({2}, std::vector<uint8_t>{1, 255})}},
                                     {"text", {std::string("é")}}}}});
  engine::write_torch_file(folder / "m.pt", model);
  std::ofstream(folder / "read.py") << R"(
import sys, torch
m = torch.load(sys.argv[1])
assert m['c'].tolist() == [[1.0], [-0.5]] and m['c'].dtype == torch.float32
assert m['none'] is None and m['x'] == 'y'
i = m['inner']
assert i['w'].tolist() == [[0, 1, 2], [3, 4, 5]] and i['w'].dtype == torch.float64
assert i['n'].item() == 7 and i['b'].tolist() == [1, 255] and i['text'] == '\u00e9'
try:
    torch.load(sys.argv[1], weights_only=True)
except TypeError:
    pass
)";
  EXPECT_EQ(std::system(("/usr/bin/python3 '" + (folder / "read.py").string() + "' '" +
                         (folder / "m.pt").string() + "'")
                            .c_str()),
            0);
}

}  // namespace
