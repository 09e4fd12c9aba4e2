#include "engine/files/json_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "tests/engine/json_damage.h"

namespace json_file_test {

namespace fs = std::filesystem;
using engine::JsonEntry, engine::parse_json;
using nlohmann::json;

template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ParseJson, RefusesWhatCannotBeMeant) {
  const auto refusal = [](const std::string& text, int depth = engine::most_json_depth) {
    return error_of([&] { parse_json(text, depth); });
  };
  EXPECT_EQ(refusal("{\"a\": 1"), "is not JSON: it breaks at byte 8");
  EXPECT_EQ(refusal(""), "is not JSON: it breaks at byte 1");
  EXPECT_EQ(refusal(std::string("{}\0x", 4)), "is not JSON: byte 3 is a NUL");
  EXPECT_EQ(refusal("{\"a\": 1, \"a\": 2}"), "names 'a' twice");
  EXPECT_EQ(refusal("{\"b\": {\"a\": 1, \"a\": 2}}"), "names 'a' twice");
  EXPECT_EQ(refusal("{\"b\": {\"a\": 1}, \"c\": {\"a\": 2}, \"a\": [{\"a\": 1}, {\"a\": 2}]}"), "no error");
  EXPECT_NE(refusal("1e999").find("no double can hold"), std::string::npos);
  EXPECT_NE(refusal("{\"a\": \"\xff\"}").find("is not JSON"), std::string::npos);
  EXPECT_EQ(refusal("[[1]]", 2), "no error");
  EXPECT_NE(refusal("[[[1]]]", 2).find("nests deeper than 2 levels"), std::string::npos);
  for (const char* opening : {"[", "{\"a\":", "[{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 1000000; ++i) deep += opening;
    EXPECT_NE(refusal(deep).find("nests deeper than 64 levels"), std::string::npos) << opening;
  }
}

TEST(ReadJsonObject, NamesTheFileAndGivesAdvice) {
  const fs::path path = fs::temp_directory_path() / ("json_file_test." + std::to_string(getpid()));
  const auto refusal = [&](const std::string& text) {
    engine::write_file_atomically(path, text);
    return error_of([&] { engine::read_json_object(path, "make it again", 1000); });
  };
  const std::string name = "'" + path.string() + "'";
  EXPECT_EQ(refusal("[1]"), name + " holds array; expected a JSON object; make it again");
  EXPECT_EQ(refusal(""), name + " is not JSON: it is empty; make it again");
  EXPECT_EQ(refusal("{"), name + " is not JSON: it breaks at byte 2; make it again");
  EXPECT_NE(refusal(std::string(1001, ' ')).find("more than the 1000 allowed"), std::string::npos);
  EXPECT_EQ(refusal("{\"a\": [1, 2]}"), "no error");
  fs::remove(path);
  EXPECT_NE(error_of([&] { engine::read_json_object(path); }).find("No such file"), std::string::npos);
}

class JsonEntryTest : public testing::Test {
 protected:
  std::string error(const std::string& text, const std::function<void(const JsonEntry&)>& read) const {
    const json value = parse_json(text);
    return error_of([&] { read(JsonEntry(value, "'f.json'", "write it again")); });
  }
};

TEST_F(JsonEntryTest, ReadsValuesOfTheirKind) {
  const json value = parse_json(
      R"({"b": true, "s": "x", "i": -3, "u": 18446744073709551615, "d": 0.1, "l": [1, 2.5], "n": null, "o": {"k": [[4]]}})");
  const JsonEntry entry(value, "'f.json'");
  EXPECT_TRUE(entry.as<bool>("b"));
  EXPECT_EQ(entry.as<std::string>("s"), "x");
  EXPECT_EQ(entry.as<int>("i"), -3);
  EXPECT_EQ(entry.as<uint64_t>("u"), ~uint64_t{0});
  EXPECT_EQ(entry.as<double>("d"), 0.1);
  EXPECT_EQ(entry.as<float>("d"), 0.1f);
  EXPECT_EQ(entry.as<double>("i"), -3);
  EXPECT_EQ(entry.as<std::vector<float>>("l"), (std::vector<float>{1, 2.5f}));
  EXPECT_EQ(entry.at("o").as<std::vector<std::vector<int64_t>>>("k").at(0).at(0), 4);
  EXPECT_FALSE(entry.find("n"));
  EXPECT_FALSE(entry.find("absent"));
  EXPECT_EQ(entry.find("i")->as<int8_t>(), -3);
}

TEST_F(JsonEntryTest, NamesFileEntryFoundAndExpected) {
  const auto wrong = [&](const std::string& text, auto type) {
    return error("{\"a\": " + text + "}", [](const JsonEntry& e) { e.as<decltype(type)>("a"); });
  };
  EXPECT_EQ(wrong("\"x\"", 0.0), "'f.json': the entry 'a' is \"x\"; expected a number; write it again");
  EXPECT_EQ(wrong("null", false), "'f.json': the entry 'a' is null; expected true or false; write it again");
  EXPECT_EQ(wrong("1", std::string()), "'f.json': the entry 'a' is 1; expected a text; write it again");
  EXPECT_EQ(error("{}", [](const JsonEntry& e) { e.as<int>("a"); }),
            "'f.json': the entry 'a' is missing; write it again");
  EXPECT_EQ(error("{\"a\": {\"b\": [1, {\"c\": []}]}}",
                  [](const JsonEntry& e) { e.at("a").at("b").at(size_t{1}).as<int8_t>("c"); }),
            "'f.json': the entry 'a.b[1].c' is []; expected a whole number from -128 to 127; write it again");
  EXPECT_EQ(error("{\"a\": [1, null]}", [](const JsonEntry& e) { e.as<std::vector<double>>("a"); }),
            "'f.json': the entry 'a[1]' is null; expected a number; write it again");
  EXPECT_EQ(error("[]", [](const JsonEntry& e) { e.as<int>("a"); }),
            "'f.json': it is []; expected an object; write it again");
}

TEST_F(JsonEntryTest, NoNumberBecomesAnother) {
  const auto whole = [&](const std::string& text, auto type) {
    return error("[" + text + "]", [](const JsonEntry& e) { e.at(size_t{0}).as<decltype(type)>(); }) ==
           "no error";
  };
  EXPECT_TRUE(whole("9223372036854775807", int64_t{}));
  EXPECT_FALSE(whole("9223372036854775808", int64_t{}));
  EXPECT_FALSE(whole("92233720368547758081", int64_t{}));
  EXPECT_FALSE(whole("92233720368547758081", int{}));
  EXPECT_FALSE(whole("-1", uint64_t{}));
  EXPECT_FALSE(whole("256", uint8_t{}));
  EXPECT_FALSE(whole("2.0", int{})) << "no whole number as it is written";
  EXPECT_FALSE(whole("true", int{}));
  EXPECT_TRUE(whole("3e38", float{}));
  EXPECT_FALSE(whole("1e39", float{}));
  EXPECT_FALSE(whole("1e300", float{}));
  EXPECT_TRUE(whole("1e300", double{}));
}

TEST_F(JsonEntryTest, LongValuesAreNotEchoedWhole) {
  const std::string text = "\"" + std::string(5000, 'y') + "\"",
                    list = "[" + std::string(5000, '1') + "0e-5000]";
  for (const std::string& value : {text, list, "[\"a\"" + std::string(2000, ' ') + ", " + text + "]"})
    EXPECT_LT(error("{\"a\": " + value + "}", [](const JsonEntry& e) { e.as<bool>("a"); }).size(), 450u);
}

TEST(JsonText, OfWhatIsNoUtf8IsStillJson) {
  const json value = {{"name", "a\xff"}};
  EXPECT_THROW(value.dump(), json::exception);
  EXPECT_EQ(parse_json(engine::json_text(value)).at("name"), "a\xef\xbf\xbd");
}

}  // namespace json_file_test
