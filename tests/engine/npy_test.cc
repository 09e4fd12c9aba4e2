#include "engine/files/npy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/random.h"

namespace npy_test {

namespace fs = std::filesystem;
using engine::NdArray;
using DType = NdArray::DType;
using namespace std::string_literals;

class NpyTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  const fs::path folder_ = fs::temp_directory_path() / ("npy_test." + std::to_string(getpid()));
};

// A file as numpy.save writes it: the header padded with spaces to 128 bytes in all.
std::string file_of(const std::string& header, const std::string& data, char version = 1) {
  const size_t prefix = version == 1 ? 10 : 12;
  std::string text = header + std::string(128 - prefix - header.size() - 1, ' ') + "\n";
  std::string bytes = "\x93NUMPY"s + version + '\0' + static_cast<char>(text.size()) + '\0';
  if (version > 1) bytes += "\0\0"s;
  return bytes + text + data;
}

const std::string f4_2x3 =  // numpy.save of arange(6, dtype='<f4').reshape(2, 3) / 2
    file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
            "\0\0\0\0\0\0\0?\0\0\x80?\0\0\xc0?\0\0\0@\0\0 @"s);

TEST(Npy, HalfPrecisionIsReadAsFloats) {
  // 1, -2, 65504, 2^-24, -0, inf and, in Fortran order and big-endian, the same.
  const std::vector<uint16_t> bits = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00};
  std::string little, big;
  for (const uint16_t b : bits) little += {static_cast<char>(b & 255), static_cast<char>(b >> 8)};
  for (const size_t i : {0u, 3u, 1u, 4u, 2u, 5u})
    big += {static_cast<char>(bits[i] >> 8), static_cast<char>(bits[i] & 255)};
  const std::vector<float> expected = {1, -2, 65504, 0x1p-24f, -0.0f, std::numeric_limits<float>::infinity()};
  for (const NdArray& array :
       {engine::parse_npy(file_of("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }", little),
                          "h"),
        engine::parse_npy(file_of("{'descr': '>f2', 'fortran_order': True, 'shape': (2, 3), }", big), "h")}) {
    EXPECT_EQ(array.dtype, DType::f4);
    EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(array.as<float>(), expected);
    EXPECT_TRUE(std::signbit(array.as<float>()[4]));
  }
  const NdArray nan =
      engine::parse_npy(file_of("{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }", "\1\x7c"), "h");
  EXPECT_TRUE(std::isnan(nan.as<float>()[0]));
}

TEST(Npy, ReadsWhatNumpyWrites) {
  const NdArray a = engine::parse_npy(f4_2x3, "a");
  EXPECT_EQ(a.dtype, DType::f4);
  EXPECT_EQ(a.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(a.as<float>(), (std::vector<float>{0, 0.5f, 1, 1.5f, 2, 2.5f}));

  // numpy.save of asfortranarray([[-3, -2, -1], [0, 1, 2]], '<i2'): columns first in the file
  const NdArray fortran =
      engine::parse_npy(file_of("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }",
                                "\xfd\xff\0\0\xfe\xff\1\0\xff\xff\2\0"s),
                        "f");
  EXPECT_EQ(fortran.as<int>(), (std::vector<int>{-3, -2, -1, 0, 1, 2}));

  const NdArray single = engine::parse_npy(
      file_of("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "\0\0\0\0\0\0\4@"s), "s");
  EXPECT_EQ(single.shape, std::vector<int64_t>{});
  EXPECT_EQ(single.size(), 1);
  EXPECT_EQ(single.as<double>(), std::vector<double>{2.5});

  const NdArray truths = engine::parse_npy(
      file_of("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", "\1\0\1"s, 2), "t");
  EXPECT_EQ(truths.as<uint8_t>(), (std::vector<uint8_t>{1, 0, 1}));

  const NdArray empty = engine::parse_npy(
      file_of("{'descr': '<u8', 'fortran_order': False, 'shape': (1, 0, 2), }", "", 3), "e");
  EXPECT_EQ(empty.shape, (std::vector<int64_t>{1, 0, 2}));
  EXPECT_EQ(empty.as<float>(), std::vector<float>{});
}

TEST(Npy, ReadsBigEndian) {
  EXPECT_EQ(engine::parse_npy(file_of("{'descr': '>i4', 'fortran_order': False, 'shape': (2,), }",
                                      "\0\0\1\2\xff\xff\xff\xfe"s),
                              "b")
                .as<int>(),
            (std::vector<int>{258, -2}));
  EXPECT_EQ(
      engine::parse_npy(
          file_of("{'descr': '>f8', 'fortran_order': True, 'shape': (1, 1), }", "@\4\0\0\0\0\0\0"s), "b")
          .as<double>(),
      std::vector<double>{2.5});
}

TEST(Npy, FortranOrderOfThreeDimensions) {  // element (i, j, k) of shape (2, 3, 4) holds 100 i + 10 j + k
  std::string data;
  std::vector<int> expected;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) data.push_back(static_cast<char>(100 * i + 10 * j + k));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) expected.push_back(100 * i + 10 * j + k);
  const NdArray array =
      engine::parse_npy(file_of("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }", data), "f");
  EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(array.as<int>(), expected);
}

TEST(Npy, ToleratesOtherSpellingsOfTheHeader) {
  for (const char* header : {"{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"|u1\"}",
                             "{'descr': 'u1', 'shape': (2L,), 'fortran_order': True, }",
                             " { 'descr' : '=u1' ,'fortran_order':False, 'shape': ( 2 , ) } "})
    EXPECT_EQ(engine::parse_npy(file_of(header, "\5\6"), "h").as<int>(), (std::vector<int>{5, 6})) << header;
}

TEST(Npy, WritesTheVeryBytesOfNumpy) {
  EXPECT_EQ(engine::npy_bytes(NdArray::from({2, 3}, std::vector<float>{0, 0.5f, 1, 1.5f, 2, 2.5f})), f4_2x3);
  EXPECT_EQ(engine::npy_bytes(NdArray::scalar(2.5)),
            file_of("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "\0\0\0\0\0\0\4@"s));
  EXPECT_EQ(engine::npy_bytes(NdArray::from({3}, std::array{true, false, true})),
            file_of("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", "\1\0\1"s));
}

template <class T>
void expect_round_trip(const fs::path& path) {
  const T low = std::numeric_limits<T>::lowest(), high = std::numeric_limits<T>::max();
  const NdArray array = NdArray::from({1, 4}, std::vector<T>{low, high, T{0}, T{1}});
  engine::write_npy(path, array);
  const NdArray back = engine::read_npy(path);
  EXPECT_EQ(back, array) << NdArray::name(array.dtype);
  EXPECT_EQ(back.as<T>(), array.as<T>());
}

TEST_F(NpyTest, EveryTypeSurvivesTheRoundTrip) {
  const fs::path path = folder_ / "a.npy";
  expect_round_trip<int8_t>(path), expect_round_trip<uint8_t>(path), expect_round_trip<int16_t>(path);
  expect_round_trip<uint16_t>(path), expect_round_trip<int32_t>(path), expect_round_trip<uint32_t>(path);
  expect_round_trip<int64_t>(path), expect_round_trip<uint64_t>(path), expect_round_trip<float>(path);
  expect_round_trip<double>(path);
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{}, {1}, {1, 1, 1}, std::vector<int64_t>(64, 1)}) {
    engine::write_npy(path, NdArray::from(shape, std::vector<float>{7}));
    EXPECT_EQ(engine::read_npy(path).shape, shape);
  }
}

TEST(NdArray, ConvertsWhatFits) {
  EXPECT_EQ(NdArray::from({3}, std::vector<double>{0, -3, 250}).as<int16_t>(),
            (std::vector<int16_t>{0, -3, 250}));
  EXPECT_EQ(NdArray::from({2}, std::vector<int64_t>{-1, 1 << 24}).as<float>(),
            (std::vector<float>{-1, 0x1p24f}));
  EXPECT_EQ(NdArray::from({1}, std::vector<double>{0x1p63}).as<uint64_t>(),
            std::vector<uint64_t>{1ull << 63});
  EXPECT_EQ(NdArray::from({1}, std::vector<float>{-0x1p63f}).as<int64_t>(),
            std::vector<int64_t>{std::numeric_limits<int64_t>::min()});
  EXPECT_TRUE(std::isnan(NdArray::scalar(std::nan("")).as<float>()[0]));
}

TEST(NdArray, RefusesWhatDoesNotFit) {
  const auto refused = [](const auto& convert, const std::string& reason) {
    try {
      convert();
      ADD_FAILURE() << reason;
    } catch (const std::range_error& error) {
      EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
    }
  };
  const auto vector = [](auto... values) {
    return NdArray::from({sizeof...(values)}, std::vector{values...});
  };
  refused([&] { vector(1.0, 1.5).as<int>(); },
          "element 1 of a float64 array is 1.5, which int32 cannot hold");
  refused([&] { vector(std::nanf("")).as<int64_t>(); }, "nan");
  refused([&] { vector(1e300).as<uint8_t>(); }, "1e+300");
  refused([&] { vector(0x1p63).as<int64_t>(); }, "int64");
  refused([&] { vector(256).as<uint8_t>(); }, "256");
  refused([&] { vector(-1).as<uint64_t>(); }, "-1");
  refused([&] { vector(~uint64_t{0}).as<int64_t>(); }, "18446744073709551615");
  refused([&] { vector(-129).as<int8_t>(); }, "-129");
}

TEST(NdArray, RefusesShapesThatDoNotFitTheValues) {
  const std::vector<float> three = {1, 2, 3};
  EXPECT_THROW(NdArray::from({2}, three), std::invalid_argument);
  EXPECT_THROW(NdArray::from({-3}, three), std::invalid_argument);
  EXPECT_THROW(NdArray::from({0}, three), std::invalid_argument);
  NdArray broken = NdArray::from({3}, three);
  broken.shape = {4};
  EXPECT_THROW(broken.as<float>(), std::invalid_argument);
  EXPECT_THROW(engine::npy_bytes(broken), std::invalid_argument);
  constexpr int64_t half = int64_t{1} << 32;
  EXPECT_FALSE(NdArray::byte_count({half, half}, DType::u1));
  EXPECT_FALSE(NdArray::byte_count({half, half, 0}, DType::u1));
  EXPECT_EQ(NdArray::byte_count({half, 0}, DType::f8), 0u);
}

TEST_F(NpyTest, HostileFilesAreRefusedByNameAndReason) {
  const std::string u1 = "{'descr': '|u1', 'fortran_order': False, 'shape': ";
  const auto descr = [](const std::string& code) {
    return file_of("{'descr': " + code + ", 'fortran_order': False, 'shape': (1,), }", "12345678");
  };
  const auto with_length = [](uint8_t low, uint8_t high) {
    std::string bytes = f4_2x3;
    bytes[8] = static_cast<char>(low), bytes[9] = static_cast<char>(high);
    return bytes;
  };
  std::string many = u1 + "(";
  for (int i = 0; i < 65; ++i) many += "1,";
  many += ")}";
  const std::string many_dimensions =
      "\x93NUMPY\1\0"s + static_cast<char>(many.size()) + static_cast<char>(many.size() >> 8) + many + "x";
  const std::string huge_header = "\x93NUMPY\2\0\0\0\2\0"s + std::string(0x20000, ' ');

  const std::pair<std::string, const char*> table[] = {
      {"", "does not begin with"},
      {"\x93NUMP", "does not begin with"},
      {"PK\3\4 this is a zip archive", "does not begin with"},
      {"\x93NUMPY\1"s, "ends within its first ten bytes"},
      {"\x93NUMPY\2\0\1\0"s, "ends within its header"},
      {"\x93NUMPY\4\0\1\0 "s, "version 4.0"},
      {"\x93NUMPY\1\7\1\0 "s, "version 1.7"},
      {with_length(255, 255), "header claims 65535 bytes, but only 142 follow"},
      {"\x93NUMPY\2\0\xff\xff\xff\xff"s, "header claims 4294967295 bytes"},
      {huge_header, "absurdly long"},
      {with_length(30, 0), "its header ends within a string"},
      {f4_2x3.substr(0, f4_2x3.size() - 1), "cut off: (2, 3) of float32 takes 24 bytes, but 23 follow"},
      {f4_2x3 + "x", "left over: (2, 3) of float32 takes 24 bytes, but 25 follow"},
      {file_of(u1 + "(-1,), }", ""), "negative dimension -1"},
      {file_of(u1 + "(4294967296, 4294967296), }", ""), "larger than any memory"},
      {file_of(u1 + "(4294967296, 4294967296, 0), }", ""), "larger than any memory"},
      {file_of(u1 + "(9223372036854775807,), }", "x"), "cut off"},
      {file_of(u1 + "(99999999999999999999,), }", ""), "beyond 64 bits"},
      {file_of(u1 + "(1.5,), }", ""), "'.5,), }"},
      {file_of(u1 + "(1), }", "x"), "where ',' is expected"},
      {file_of(u1 + "1, }", "x"), "where '(' is expected"},
      {file_of(u1 + "(__import__('os').system('ls'),), }", ""), "where a dimension is expected"},
      {many_dimensions, "more than 64 dimensions"},
      {file_of("[1, 2]", ""), "where '{' is expected"},
      {file_of("", ""), "its end where '{' is expected"},
      {file_of("{'descr': '|u1", ""), "ends within a string"},
      {file_of("{'descr': '|u1', 'shape': (1,), }", "x"), "lacks 'fortran_order'"},
      {file_of("{'descr': '|u1', 'fortran_order': 1, 'shape': (1,), }", "x"),
       "where True or False is expected"},
      {file_of(u1 + "(1,), 'shape': (1,), }", "x"), "names 'shape' twice"},
      {file_of(u1 + "(1,), 'color\n': 'red'}", "x"), "unknown key 'color\\x0a'"},
      {file_of(u1 + "(1,), } x", "x"), "where its end is expected"},
      {descr("'|O'"), "would run code"},
      {descr("'O'"), "would run code"},
      {descr("[('x', '<f4'), ('y', '<f4')]"), "structured dtype"},
      {descr("'<U2'"), "its dtype is '<U2'; expected bool"},
      {descr("'<c8'"), "its dtype is '<c8'"},
      {descr("'<f12'"), "astype('float32')"},
      {descr("'<M8[ns]'"), "its dtype is '<M8[ns]'"},
      {descr("''"), "its dtype is ''"},
      {descr("'<f16'"), "its dtype is '<f16'"},
  };
  for (const auto& [bytes, reason] : table) {
    const fs::path path = folder_ / "hostile.npy";
    engine::write_file_atomically(path, bytes);
    try {
      engine::read_npy(path);
      ADD_FAILURE() << "read, expected: " << reason;
    } catch (const std::runtime_error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with("cannot read " + engine::in_quotes(path) + ": ")) << message;
      EXPECT_NE(message.find(reason), std::string::npos) << message << "\nexpected: " << reason;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }
}

// A file read some places at a time gives the bits of all of it, whatever its order of bytes and dimensions.
TEST_F(NpyTest, ALargeFileIsReadAPartAtATime) {
  std::string numbers;
  for (int i = 0; i < 2 * 5 * 2 * 3; ++i) numbers += static_cast<char>((37 * i + 3) & 0x3f);
  for (const char* descr : {"<i2", ">i2", "<f2", ">f2"})
    for (const char* fortran : {"False", "True"}) {
      SCOPED_TRACE(std::string(descr) + ' ' + fortran);
      engine::write_file_atomically(
          folder_ / "x.npy",
          file_of("{'descr': '"s + descr + "', 'fortran_order': " + fortran + ", 'shape': (5, 2, 3), }",
                  numbers));
      const NdArray whole = engine::read_npy(folder_ / "x.npy");
      engine::NpyFile file(folder_ / "x.npy");
      EXPECT_EQ(file.shape(), whole.shape);
      EXPECT_EQ(file.dtype(), whole.dtype);
      for (const int64_t at_once : {1, 2, 5}) {
        std::vector<std::byte> bytes;
        for (int64_t first = 0; first < 5; first += at_once) {
          const NdArray part = file.rows(first, std::min(at_once, 5 - first));
          EXPECT_EQ(part.dtype, whole.dtype);
          bytes.insert(bytes.end(), part.bytes.begin(), part.bytes.end());
        }
        EXPECT_EQ(bytes, whole.bytes) << at_once;
      }
      EXPECT_EQ(file.rows(5, 0).size(), 0);
      EXPECT_THROW(file.rows(4, 2), std::out_of_range);
      EXPECT_THROW(file.rows(-1, 2), std::out_of_range);
    }
  // What is wrong with a file is said as read_npy says it, and what becomes of it meanwhile too.
  const std::string sound = engine::read_file(folder_ / "x.npy");
  engine::NpyFile file(folder_ / "x.npy");
  fs::resize_file(folder_ / "x.npy", sound.size() - 3);
  const auto said = [](const auto& act) -> std::string {
    try {
      act();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(said([&] { file.rows(0, 5); }).find("was cut off while it was read"), std::string::npos);
  EXPECT_EQ(said([&] { engine::NpyFile cut(folder_ / "x.npy"); }),
            said([&] { engine::read_npy(folder_ / "x.npy"); }));
  EXPECT_NE(said([&] { engine::NpyFile none(folder_ / "none.npy"); }).find("none.npy"), std::string::npos);
}

TEST_F(NpyTest, MissingAndUnwritableFilesAreNamed) {
  const NdArray one = NdArray::scalar(1);
  EXPECT_THROW(engine::read_npy(folder_ / "missing.npy"), std::runtime_error);
  EXPECT_THROW(engine::write_npy(folder_ / "missing" / "a.npy", one), std::runtime_error);
  NdArray broken = one;
  broken.bytes.clear();
  EXPECT_THROW(engine::write_npy(folder_ / "broken.npy", broken), std::invalid_argument);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST(Npy, DamagedFilesNeverCrash) {
  const std::string fortran =
      file_of("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", "123456789012");
  const engine::RandomStream random(1, "damage/npy");
  uint64_t draw = 0;
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = round % 2 == 0 ? f4_2x3 : fortran;
    for (uint64_t flips = 1 + random.below(4, draw++); flips > 0; --flips) {
      const uint64_t at = random.below(80, draw++);  // in the header
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.below(8, draw++));
    }
    if (random.below(4, draw++) == 0) bytes.resize(random.below(bytes.size(), draw++));
    try {
      const NdArray array = engine::parse_npy(bytes, "damaged");
      array.check();
    } catch (const std::exception&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace npy_test
