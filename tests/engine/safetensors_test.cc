#include "engine/files/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/random.h"

namespace safetensors_test {

namespace fs = std::filesystem;
using engine::NdArray, engine::SafeTensors;
using namespace std::string_literals;

class SafeTensorsTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  const fs::path folder_ = fs::temp_directory_path() / ("safetensors_test." + std::to_string(getpid()));
  const fs::path path_ = folder_ / "a.safetensors";
};

std::string file_of(const std::string& header, const std::string& data, uint64_t claimed = 0) {
  const uint64_t length = claimed > 0 ? claimed : header.size();
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(length >> (8 * i)));
  return bytes + header + data;
}

const std::vector<std::pair<std::string, NdArray>> two = {
    {"b.weight", NdArray::from({1, 2}, std::vector<float>{1, -2})},
    {"a", NdArray::from({3}, std::vector<uint8_t>{7, 8, 9})}};

TEST_F(SafeTensorsTest, WritesNameOrderAndAPaddedHeader) {
  engine::write_safetensors(path_, two, {{"made by", "hand"}});
  const std::string header =
      R"({"__metadata__":{"made by":"hand"},"a":{"data_offsets":[0,3],"dtype":"U8","shape":[3]},)"
      R"("b.weight":{"data_offsets":[3,11],"dtype":"F32","shape":[1,2]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  const std::string expected = file_of(padded, "\7\10\11\0\0\x80?\0\0\0\xc0"s);
  EXPECT_EQ(engine::read_file(path_), expected);
  engine::write_safetensors(path_, {two[1], two[0]}, {{"made by", "hand"}});
  EXPECT_EQ(engine::read_file(path_), expected);  // whatever order they are given in
}

TEST_F(SafeTensorsTest, RoundTripOfEveryType) {
  const auto vector = []<class T>(T) {
    return NdArray::from({2, 1},
                         std::vector<T>{std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max()});
  };
  const std::vector<std::pair<std::string, NdArray>> tensors = {
      {"a", vector(int8_t{})},
      {"b", vector(uint8_t{})},
      {"c", vector(int16_t{})},
      {"d", vector(uint16_t{})},
      {"e", vector(int32_t{})},
      {"f", vector(uint32_t{})},
      {"g", vector(int64_t{})},
      {"h", vector(uint64_t{})},
      {"i", vector(float{})},
      {"j", vector(double{})},
      {"k", NdArray::from({2}, std::array{true, false})},
      {"l", NdArray::scalar(5)},
      {"m", NdArray::from({0, 4}, std::vector<float>{})}};
  engine::write_safetensors(path_, tensors, {{"key", "line\nbreak \"quoted\" \xc3\xa9"}});
  const SafeTensors back = engine::read_safetensors(path_);
  EXPECT_EQ(back.tensors, tensors);
  EXPECT_EQ(back.metadata, (std::map<std::string, std::string>{{"key", "line\nbreak \"quoted\" \xc3\xa9"}}));
  EXPECT_EQ(back.at("k").as<int>(), (std::vector<int>{1, 0}));

  engine::write_safetensors(path_, {});
  EXPECT_TRUE(engine::read_safetensors(path_).tensors.empty());
}

TEST_F(SafeTensorsTest,
       ReadsOtherWritersFiles) {  // the largest type first, as the format's own library lays them out
  engine::write_file_atomically(path_, file_of(R"({"z":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
                                               R"( "a":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}}   )",
                                               "\1\2\0\0\0\0\0\0\5\6"s));
  const SafeTensors tensors = engine::read_safetensors(path_);
  EXPECT_EQ(tensors.names(), (std::vector<std::string>{"a", "z"}));
  EXPECT_EQ(tensors.at("z").as<int>(), std::vector<int>{513});
  EXPECT_EQ(tensors.at("a").as<int>(), (std::vector<int>{5, 6}));
}

TEST_F(SafeTensorsTest, MissingNamesGetAListOfWhatIsThere) {
  engine::write_safetensors(path_, two);
  const SafeTensors tensors = engine::read_safetensors(path_);
  EXPECT_TRUE(tensors.contains("a"));
  EXPECT_FALSE(tensors.contains("b"));
  try {
    tensors.at("b");
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), engine::in_quotes(path_) + " has no tensor 'b'; it holds 'a', 'b.weight'");
  }
}

TEST_F(SafeTensorsTest, HostileFilesAreRefusedByNameAndReason) {
  const auto tensor = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return file_of(
        R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}",
        "12345678");
  };
  const auto pair = [](const std::string& first, const std::string& second, const std::string& names = "ab") {
    const auto entry = [&](size_t i, const std::string& offsets) {
      return "\"" + names.substr(i, 1) + R"(":{"dtype":"U8","shape":[4],"data_offsets":)" + offsets + "}";
    };
    return file_of("{" + entry(0, first) + "," + entry(1, second) + "}", "12345678");
  };
  std::string ones = "[1";
  for (int i = 0; i < 64; ++i) ones += ",1";
  const std::string deep(100000, '[');

  const std::pair<std::string, const char*> table[] = {
      {"", "it has only 0 bytes"},
      {"1234567", "it has only 7 bytes"},
      {file_of("{}", "", 3), "its header claims 3 bytes, but only 2 follow"},
      {file_of("{}", "", ~uint64_t{0}), "its header claims 18446744073709551615 bytes"},
      {file_of(std::string((16 << 20) + 1, ' '), ""), "its header of 16777217 bytes is absurdly long"},
      {file_of("hello", ""), "not JSON: it breaks at byte 1"},
      {file_of("{\"a\":", ""), "not JSON: it breaks at byte 6"},
      {file_of("{}\n\x01", ""), "not JSON"},
      {file_of("{\"\xff\": 1}", ""), "not JSON"},
      {file_of("{\"a\": 1e999}", ""), "a number beyond float64"},
      {file_of(" {}", ""), "not a JSON object"},
      {file_of("[]", ""), "not a JSON object"},
      {file_of("3", ""), "not a JSON object"},
      {file_of(deep, ""), "nests deeper"},
      {tensor("\"U8\"", "[[8]]", "[0,8]"), "nests deeper"},
      {file_of("{}", "x"), "1 bytes left over"},
      {file_of(R"({"__metadata__":[]})", ""), "its __metadata__ is no object"},
      {file_of(R"({"__metadata__":{"a":1}})", ""), "its __metadata__ 'a' is no string"},
      {file_of(R"({"a":3})", ""), "tensor 'a': its entry is number, expected an object"},
      {file_of(R"({"a\nb":{}})", ""), "tensor 'a\\x0ab': its entry lacks 'dtype'"},
      {file_of(R"({"a":{"dtype":"U8","shape":[]}})", "x"), "its entry lacks 'data_offsets'"},
      {file_of(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":0}})", "x"), "its entry has more"},
      {tensor("\"F16\"", "[4]", "[0,8]"), "its dtype is 'F16'; expected BOOL"},
      {tensor("4", "[4]", "[0,8]"), "its dtype is number"},
      {tensor("\"U8\"", "8", "[0,8]"), "its shape is no list"},
      {tensor("\"U8\"", "[-8]", "[0,8]"), "its shape holds -8, expected whole numbers"},
      {tensor("\"U8\"", "[8.0]", "[0,8]"), "its shape holds 8.0, expected whole numbers"},
      {tensor("\"U8\"", "[\"8\"]", "[0,8]"), "its shape holds string"},
      {tensor("\"U8\"", "[18446744073709551615]", "[0,8]"), "its shape holds 18446744073709551615"},
      {tensor("\"U8\"", "[4294967296,4294967296,8]", "[0,8]"), "larger than any memory"},
      {tensor("\"F64\"", "[2305843009213693953]", "[0,8]"), "larger than any memory"},
      {tensor("\"U8\"", ones + "]", "[0,1]"), "its shape has 65 dimensions"},
      {tensor("\"U8\"", "[8]", "[0]"), "its data_offsets are no pair"},
      {tensor("\"U8\"", "[8]", "[0,\"8\"]"), "its data_offsets holds string"},
      {tensor("\"U8\"", "[8]", "[8,0]"), "its data_offsets run backwards: [8,0]"},
      {tensor("\"F32\"", "[3]", "[0,8]"), "[0,8] span 8 bytes, but (3,) of float32 takes 12"},
      {tensor("\"U8\"", "[9]", "[0,9]"), "tensor 'a' ends at byte 9 of the data, which has only 8"},
      {tensor("\"U8\"", "[8]", "[18446744073709551607,18446744073709551615]"), "which has only 8"},
      {tensor("\"U8\"", "[7]", "[0,7]"), "1 bytes left over after its last tensor"},
      {tensor("\"U8\"", "[7]", "[1,8]"), "no tensor owns the 1 bytes before tensor 'a'"},
      {pair("[0,4]", "[2,6]"), "tensor 'b' overlaps another tensor"},
      {pair("[0,4]", "[0,4]"), "tensor 'b' overlaps another tensor"},
      {pair("[0,4]", "[4,8]", "aa"), "its header names 'a' twice"},
      {file_of(R"({"a":{"dtype":"U8","dtype":"I8","shape":[],"data_offsets":[0,1]}})", "x"),
       "its header names 'dtype' twice"},
  };
  for (const auto& [bytes, reason] : table) {
    engine::write_file_atomically(path_, bytes);
    try {
      engine::read_safetensors(path_);
      ADD_FAILURE() << "read, expected: " << reason;
    } catch (const std::runtime_error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with("cannot read " + engine::in_quotes(path_) + ": ")) << message;
      EXPECT_NE(message.find(reason), std::string::npos) << message << "\nexpected: " << reason;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }
}

TEST_F(SafeTensorsTest, UnwritableTargetsAndNamesLeaveNothing) {
  const auto refused = [&](const fs::path& path, const std::vector<std::pair<std::string, NdArray>>& tensors,
                           const std::map<std::string, std::string>& metadata, const std::string& reason) {
    try {
      engine::write_safetensors(path, tensors, metadata);
      ADD_FAILURE() << reason;
    } catch (const std::runtime_error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with("cannot write " + engine::in_quotes(path) + ": ")) << message;
      EXPECT_NE(message.find(reason), std::string::npos) << message;
    }
  };
  const NdArray a = NdArray::scalar(1);
  refused(folder_ / "missing" / "a", {{"a", a}}, {}, "its folder does not exist");
  refused(path_, {{"a", a}, {"a", a}}, {}, "tensor 'a': it is given twice");
  refused(path_, {{"__metadata__", a}}, {}, "this name is the format's own");
  refused(path_, {{"\xff", a}}, {}, "not UTF-8");
  refused(path_, {{"a", a}}, {{"key", "\xff"}}, "not UTF-8");
  NdArray broken = a;
  broken.shape = {2};
  EXPECT_THROW(engine::write_safetensors(path_, {{"a", broken}}), std::invalid_argument);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(SafeTensorsTest, DamagedFilesNeverCrash) {
  engine::write_safetensors(path_, two, {{"key", "value"}});
  const std::string whole = engine::read_file(path_);
  const engine::RandomStream random(1, "damage/safetensors");
  uint64_t draw = 0;
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = whole;
    for (uint64_t flips = 1 + random.below(3, draw++); flips > 0; --flips) {
      const uint64_t at = random.below(bytes.size(), draw++);
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.below(8, draw++));
    }
    if (random.below(8, draw++) == 0) bytes.resize(random.below(bytes.size(), draw++));
    engine::write_file_atomically(path_, bytes);
    try {
      for (const auto& [name, array] : engine::read_safetensors(path_).tensors) array.check();
    } catch (const std::exception&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 700);
}

// A byte 0 ends the text for the JSON parser: what follows would go unread.
TEST_F(SafeTensorsTest, NothingFollowsTheHeadersJson) {
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  engine::write_file_atomically(path_, file_of(header + "   \n ", "x"));
  EXPECT_EQ(engine::read_safetensors(path_).at("a").bytes.size(), 1u);
  for (const std::string& tail : {"\0"s, "\0garbage"s, " \0 "s, "\0\0\0"s, "x"s, "{}"s}) {
    engine::write_file_atomically(path_, file_of(header + tail, "x"));
    EXPECT_THROW(engine::read_safetensors(path_), std::runtime_error) << engine::in_quotes(tail);
  }
  engine::write_file_atomically(path_, file_of("\0"s + header, "x"));
  EXPECT_THROW(engine::read_safetensors(path_), std::runtime_error);
}

}  // namespace safetensors_test
