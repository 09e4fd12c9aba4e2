#include "engine/files/npz.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"
#include "engine/files/sha256.h"
#include "engine/files/zip.h"
#include "engine/random.h"

namespace npz_test {

namespace fs = std::filesystem;
using engine::NdArray, engine::Npz;
using namespace std::string_literals;

class NpzTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  const fs::path folder_ = fs::temp_directory_path() / ("npz_test." + std::to_string(getpid()));
  const fs::path path_ = folder_ / "a.npz";
};

// numpy.savez_compressed of 'a/x' = array([1, 2, 3], '<i4') and 'r' = array(0.5); it deflates, and reserves a
// zip64 field in each local header.
const std::string deflated(
    "PK\003\004\024\000\000\000\010\000\000\000!\000\353\300+\004M\000\000\000\214\000\000\000\007\000"
    "\024\000a/x.npy\001\000\020\000\214\000\000\000\000\000\000\000M\000\000\000\000\000\000\000\233"
    "\354\027\352\033\020\311\310P\306P\255\236\222Z\234\\\244n\245\240n\223i\242\256\243\240\236\226_T"
    "R\224\230\027\237_\224\222\012\022wK\314)N\005\212\027g$\026\244\002\371\032\306:\232:\012\265\012"
    "\024\000.F\006\006\006& f\006b\000PK\003\004\024\000\000\000\010\000\000\000!\000p\356\222iG\000"
    "\000\000\210\000\000\000\005\000\024\000r.npy\001\000\020\000\210\000\000\000\000\000\000\000G\000"
    "\000\000\000\000\000\000\233\354\027\352\033\020\311\310P\306P\255\236\222Z\234\\\244n\245\240n"
    "\223f\241\256\243\240\236\226_TR\224\230\027\237_\224\222\012\022wK\314)N\005\212\027g$\026\244"
    "\002\371\032\232:\012\265\012\024\001.\0060x`\017\000PK\001\002\024\003\024\000\000\000\010\000"
    "\000\000!\000\353\300+\004M\000\000\000\214\000\000\000\007\000\000\000\000\000\000\000\000\000"
    "\000\000\200\001\000\000\000\000a/x.npyPK\001\002\024\003\024\000\000\000\010\000\000\000!\000p"
    "\356\222iG\000\000\000\210\000\000\000\005\000\000\000\000\000\000\000\000\000\000\000\200\001\206"
    "\000\000\000r.npyPK\005\006\000\000\000\000\002\000\002\000h\000\000\000\004\001\000\000\000\000",
    386);

const std::vector<std::pair<std::string, NdArray>> one = {
    {"x", NdArray::from({3}, std::vector<int32_t>{1, 2, 3})}};

// Where the numbers of an archive of the array `x` alone stand: a local header of 30 bytes, the name "x.npy",
// 140 bytes of data, the directory's entry of 46 + 5 bytes, the end record of 22.
constexpr size_t data = 35, entry = 175, end = 226, total = 248;

std::string patched(std::string bytes, size_t at, size_t width, uint64_t value) {
  for (size_t i = 0; i < width; ++i) bytes.at(at + i) = static_cast<char>(value >> (8 * i));
  return bytes;
}

TEST_F(NpzTest, RoundTrip) {
  const std::vector<std::pair<std::string, NdArray>> arrays = {
      {"layer/1.weight", NdArray::from({2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5})},
      {"R", NdArray::scalar(0.25)},
      {"empty", NdArray::from({0, 7}, std::vector<int64_t>{})},
      {"\xc3\xa9t\xc3\xa9", NdArray::from({2}, std::vector<uint8_t>{8, 9})}};
  engine::write_npz(path_, arrays);
  const Npz npz = Npz::read(path_);
  EXPECT_EQ(npz.names(), (std::vector<std::string>{"layer/1.weight", "R", "empty", "\xc3\xa9t\xc3\xa9"}));
  for (const auto& [name, array] : arrays) {
    EXPECT_TRUE(npz.contains(name));
    EXPECT_EQ(npz.at(name), array) << name;
  }
  EXPECT_FALSE(npz.contains("R.npy"));
  EXPECT_EQ(npz.at("R").shape, std::vector<int64_t>{});

  engine::write_npz(path_, {});
  EXPECT_EQ(Npz::read(path_).names(), std::vector<std::string>{});
}

TEST_F(NpzTest, EqualArraysGiveEqualFiles) {
  engine::write_npz(path_, one);
  const std::string bytes = engine::read_file(path_);
  ASSERT_EQ(bytes.size(), total);
  EXPECT_EQ(engine::sha256_hex(bytes.data(), bytes.size()),
            "1b426db85cccb42dbcf9bfe05f0e3c92cf9219c1093858486a543b65943e3a2b");  // this very file was read
                                                                                  // by numpy.load
}

TEST_F(NpzTest, ReadsWhatNumpyCompresses) {
  engine::write_file_atomically(path_, deflated);
#if SVDD_HAVE_ZLIB
  const Npz npz = Npz::read(path_);
  EXPECT_EQ(npz.names(), (std::vector<std::string>{"a/x", "r"}));
  EXPECT_EQ(npz.at("a/x").as<int>(), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(npz.at("r").as<double>(), std::vector<double>{0.5});
  EXPECT_EQ(npz.at("r").shape, std::vector<int64_t>{});
#else
  try {
    Npz::read(path_);
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("without zlib"), std::string::npos) << error.what();
  }
#endif
}

TEST_F(NpzTest, ReadsZip64) {  // sizes, place and end record all moved into their zip64 forms
  engine::write_npz(path_, one);
  std::string bytes = engine::read_file(path_);
  const std::string zeros(64, '\0');
  std::string extra = patched(zeros.substr(0, 28), 0, 2, 1);
  extra = patched(extra, 2, 2, 24);
  extra = patched(extra, 4, 8, 140);   // unpacked
  extra = patched(extra, 12, 8, 140);  // packed; the place, 0, follows
  std::string directory = bytes.substr(entry, 51) + extra;
  directory = patched(directory, 20, 8, ~uint64_t{0});
  directory = patched(directory, 30, 2, extra.size());
  directory = patched(directory, 42, 4, 0xffffffff);
  std::string end64 = patched("PK\6\6"s + zeros.substr(0, 52), 4, 8, 44);
  end64 = patched(end64, 24, 8, 1);
  end64 = patched(end64, 32, 8, 1);
  end64 = patched(end64, 40, 8, directory.size());
  end64 = patched(end64, 48, 8, entry);
  const std::string locator = patched("PK\6\7"s + zeros.substr(0, 16), 8, 8, entry + directory.size());
  const std::string last = patched("PK\5\6"s + zeros.substr(0, 18), 8, 8, ~uint64_t{0});
  bytes = bytes.substr(0, entry) + directory + end64 + locator + patched(last, 16, 4, 0xffffffff);
  engine::write_file_atomically(path_, bytes);
  EXPECT_EQ(Npz::read(path_).at("x"), one[0].second);

  engine::write_file_atomically(path_, patched(bytes, bytes.size() - 22 - 20 + 8, 8, ~uint64_t{0} - 10));
  EXPECT_THROW(Npz::read(path_), std::runtime_error);  // its zip64 record would lie far beyond the end
}

TEST_F(NpzTest, ACommentAtTheEndIsPassedOver) {
  engine::write_npz(path_, one);
  const std::string bytes = patched(engine::read_file(path_), end + 20, 2, 5) + "hello";
  engine::write_file_atomically(path_, bytes);
  EXPECT_EQ(Npz::read(path_).at("x"), one[0].second);
}

TEST_F(NpzTest, MissingNamesGetAListOfWhatIsThere) {
  engine::write_npz(path_, {{"X", NdArray::scalar(1)}, {"y", NdArray::scalar(2)}});
  try {
    Npz::read(path_).at("x");
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), engine::in_quotes(path_) + " has no array 'x'; it holds 'X', 'y'");
  }
}

TEST_F(NpzTest, MembersThatAreNoArraysHarmOnlyThoseWhoAsk) {
  std::string objects = engine::npy_bytes(NdArray::scalar(1.0));
  objects.replace(objects.find("'<f8'"), 5, "'|O' ");
  engine::ZipWriter zip(path_);
  zip.add("names.npy", objects);
  zip.add("READ\nME", "text");
  zip.add("x.npy", engine::npy_bytes(one[0].second));
  zip.commit();
  const Npz npz = Npz::read(path_);
  EXPECT_EQ(npz.at("x"), one[0].second);
  const auto refused = [&](const std::string& name, const std::string& reason) {
    try {
      npz.at(name);
      ADD_FAILURE() << name;
    } catch (const std::runtime_error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with("cannot read " + engine::in_quotes(path_) + ", member " +
                                      engine::in_quotes(name) + ": "))
          << message;
      EXPECT_NE(message.find(reason), std::string::npos) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  };
  refused("names", "would run code");
  refused("READ\nME", "not a .npy file");
}

TEST_F(NpzTest, HostileFilesAreRefusedByNameAndReason) {
  engine::write_npz(path_, one);
  const std::string x = engine::read_file(path_);
  ASSERT_EQ(x.size(), total);
  std::string twice = x.substr(0, end) + x.substr(entry);
  twice = patched(twice, end + 51 + 10, 2, 2);
  twice = patched(twice, end + 51 + 12, 4, 2 * 51);

  // Two members a and b; b listed first, and a stretched so that it holds b's header and data as its own.
  engine::write_npz(path_, {{"a", one[0].second}, {"b", one[0].second}});
  const std::string two = engine::read_file(path_);
  std::string inner = two.substr(0, 350) + two.substr(401, 51) + two.substr(350, 51) + two.substr(452);
  inner = patched(inner, 401 + 20, 4, 140 + 175);
  inner = patched(inner, 401 + 24, 4, 140 + 175);

  engine::ZipWriter collision(path_);
  collision.add("x", "");
  collision.add("x.npy", "");
  collision.commit();
  const std::string same_name = engine::read_file(path_);

  std::vector<std::pair<std::string, const char*>> table = {
      {"", "it has only 0 bytes"},
      {"PK\3\4", "it has only 4 bytes"},
      {std::string(100000, 'x'), "its directory is missing at the end"},
      {x.substr(0, total - 1), "its directory is missing at the end"},
      {x.substr(0, end), "its directory is missing at the end"},
      {x.substr(0, 100), "its directory is missing at the end"},
      {x + "x", "its directory is missing at the end"},
      {x.substr(1), "its directory is damaged"},
      {patched(x, end + 10, 2, 2), "its directory of 51 bytes cannot hold 2 members"},
      {patched(x, end + 10, 2, 0), "its directory has 51 bytes left over"},
      {patched(x, end + 16, 4, 0xfffffff0), "its directory lies beyond the end of the file"},
      {patched(x, end + 16, 4, entry - 1), "its directory is damaged"},
      {patched(x, entry, 1, 'Q'), "its directory is damaged"},
      {patched(x, entry + 28, 2, 500), "a directory entry lies beyond the end"},
      {patched(x, entry + 46, 1, 'y'), "member 'y.npy': its local header bears another name"},
      {patched(x, entry + 46, 1, '\n'), "member '\\x0a.npy'"},
      {patched(x, entry + 42, 4, total), "member 'x.npy': its local header lies beyond the end"},
      {patched(x, entry + 42, 4, 1), "its local header is damaged"},
      {patched(x, 26, 2, 60000), "its local header lies beyond the end"},
      {patched(x, 28, 2, 60000), "its data lies beyond the end"},
      {patched(x, entry + 20, 4, 141), "its data lies beyond the end"},
      {patched(x, entry + 20, 4, 0xffffffff), "its data lies beyond the end"},
      {patched(x, entry + 24, 4, 0xf0000000), "its sizes differ: 140 and 4026531840"},
      {patched(x, entry + 8, 2, 1), "it is encrypted"},
      {patched(x, entry + 10, 2, 12), "packed by method 12; expected 0 (stored) or 8 (deflated)"},
      {patched(x, entry + 16, 4, 0), "its checksum does not fit"},
      {patched(x, data + 139, 1, 1), "its checksum does not fit"},
      {twice, "member 'x.npy': it stands there twice"},
      {inner, "member 'a.npy': it overlaps another member"},
      {same_name, "it holds two arrays 'x'"},
  };
#if SVDD_HAVE_ZLIB
  const size_t first = 260;  // the directory's entry for a/x.npy: 77 bytes that unpack to 140
  for (const auto& [bytes, reason] : std::vector<std::pair<std::string, const char*>>{
           {patched(deflated, first + 24, 4, 139),
            "its 77 deflated bytes unpack to more than the 139 declared"},
           {patched(deflated, first + 24, 4, 0), "unpack to more than the 0 declared"},
           {patched(deflated, first + 24, 4, 141), "unpack to 140, not the 141 declared"},
           {patched(deflated, first + 24, 4, 0xf0000000), "cannot hold the 4026531840 that it declares"},
           {patched(deflated, first + 20, 4, 60), "its 60 deflated bytes are cut off"},
           {patched(deflated, first + 20, 4, 78), "end early, after 77"},
           {patched(deflated, 57, 1, 0xff), "deflated bytes are damaged"},
           {patched(deflated, first + 16, 4, 7), "its checksum does not fit"}})
    table.emplace_back(bytes, reason);
#endif
  for (const auto& [bytes, reason] : table) {
    engine::write_file_atomically(path_, bytes);
    try {
      Npz::read(path_);
      ADD_FAILURE() << "read, expected: " << reason;
    } catch (const std::runtime_error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with("cannot read " + engine::in_quotes(path_) + ": ")) << message;
      EXPECT_NE(message.find(reason), std::string::npos) << message << "\nexpected: " << reason;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }
}

TEST_F(NpzTest, TheWholeMayNotUnpackBeyondTheBound) {
  const std::string bomb = patched(deflated, 260 + 24, 4, 70000);  // within deflate's best ratio
  engine::write_file_atomically(path_, bomb);
  try {
    Npz::read(path_, 1000);
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("unpacks to more than the 1000 bytes allowed"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(NpzTest, ShapesAreKnownBeforeAnythingIsUnpacked) {
  for (const bool packed : {false, true}) {
    if (packed && !SVDD_HAVE_ZLIB) continue;
    if (packed)
      engine::write_file_atomically(path_, deflated);
    else
      engine::write_npz(path_, {{"a/x", one[0].second}, {"r", NdArray::scalar(0.5)}});
    Npz npz = Npz::open(path_);
    EXPECT_EQ(npz.names(), (std::vector<std::string>{"a/x", "r"}));
    EXPECT_EQ(npz.shape("a/x"), std::vector<int64_t>{3});
    EXPECT_TRUE(npz.shape("r").empty());
    EXPECT_THROW(npz.shape("z"), std::runtime_error);
    npz.unpack({"a/x"});
    EXPECT_EQ(npz.at("a/x"), one[0].second);
  }
  engine::write_file_atomically(path_, patched(deflated, 57, 1, 0xff));  // damaged
  EXPECT_NO_THROW(Npz::open(path_));
  // A header that promises other data than the member holds is refused without them.
  engine::ZipWriter zip(path_);
  zip.add("x.npy", engine::npy_bytes(one[0].second) + std::string(1000, '\0'));
  zip.commit();
  try {
    Npz::open(path_).shape("x");
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("has bytes left over"), std::string::npos) << error.what();
  }
}

TEST_F(NpzTest, UnwritableTargetsAndNamesLeaveNothing) {
  EXPECT_THROW(engine::write_npz(folder_ / "missing" / "a.npz", one), std::runtime_error);
  EXPECT_THROW(engine::write_npz(path_, {one[0], one[0]}), std::runtime_error);  // a name twice
  EXPECT_THROW(engine::write_npz(path_, {{std::string(70000, 'n'), one[0].second}}), std::runtime_error);
  NdArray broken = one[0].second;
  broken.shape = {4};
  EXPECT_THROW(engine::write_npz(path_, {one[0], {"broken", broken}}), std::invalid_argument);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(NpzTest, DamagedFilesNeverCrash) {
  engine::write_npz(path_, {{"x", one[0].second}, {"r", NdArray::scalar(2.5)}});
  const std::string stored = engine::read_file(path_);
  const engine::RandomStream random(1, "damage/npz");
  uint64_t draw = 0;
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = round % 2 == 0 ? stored : deflated;
    for (uint64_t flips = 1 + random.below(3, draw++); flips > 0; --flips) {
      const uint64_t at = random.below(bytes.size(), draw++);
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.below(8, draw++));
    }
    if (random.below(8, draw++) == 0) bytes.resize(random.below(bytes.size(), draw++));
    engine::write_file_atomically(path_, bytes);
    try {
      const Npz npz = Npz::read(path_);
      for (const std::string& name : npz.names()) npz.at(name).check();
    } catch (const std::exception&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 700);
}

// Python would cut the name off there: two readers, two names.
TEST_F(NpzTest, AByteZeroInANameIsRefused) {
  engine::write_npz(path_, {{"x"s + '\0' + "y", NdArray::scalar(1)}});
  try {
    Npz::read(path_);
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("its name holds a byte 0"), std::string::npos) << error.what();
  }
}

}  // namespace npz_test
