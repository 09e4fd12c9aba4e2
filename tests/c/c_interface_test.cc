// The C interface, as a program in C sees it: libsvdd.so beside the classes that it is made of, which this program links too.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "svdd/c/svdd.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/recipes/published.h"
#include "tests/svdd/small_runs.h"
#include "tests/tools/svdd_process.h"

namespace {

using nlohmann::json;
using tools_test::run_svdd;
using tools_test::Scratch;

struct Free {
  void operator()(svdd_detector* d) const { EXPECT_EQ(svdd_free(d), SVDD_OK); }
  void operator()(char* text) const { svdd_text_free(text); }
};
using Handle = std::unique_ptr<svdd_detector, Free>;

Handle created(const std::string& method, const std::string& options = "") {
  svdd_detector* detector = nullptr;
  EXPECT_EQ(svdd_create(method.c_str(), options.c_str(), &detector), SVDD_OK) << svdd_last_error();
  return Handle(detector);
}

Handle loaded(const std::filesystem::path& folder) {
  svdd_detector* detector = nullptr;
  EXPECT_EQ(svdd_load(folder.c_str(), "threads = 1", &detector), SVDD_OK) << svdd_last_error();
  return Handle(detector);
}

template <class Number>
svdd_array rows(const std::vector<Number>& values, int64_t d) {
  return {values.data(),
          std::is_same_v<Number, float> ? SVDD_FLOAT32 : SVDD_FLOAT64,
          2,
          {static_cast<int64_t>(values.size()) / d, d, 0, 0}};
}

svdd_array images(const datasets::Samples& s) {
  return {s.values.data(), SVDD_FLOAT32, 4, {s.count(), s.shape[0], s.shape[1], s.shape[2]}};
}

std::vector<float> scores(const Handle& detector, const svdd_array& array) {
  std::vector<float> found(static_cast<size_t>(array.shape[0]));
  EXPECT_EQ(svdd_score(detector.get(), &array, found.data(), array.shape[0]), SVDD_OK) << svdd_last_error();
  return found;
}

std::string weights(const Handle& detector) {
  char sha256[65] = "";
  EXPECT_EQ(svdd_weights_sha256(detector.get(), sha256), SVDD_OK) << svdd_last_error();
  return sha256;
}

json info(const Handle& detector) {
  char* text = nullptr;
  EXPECT_EQ(svdd_info(detector.get(), &text), SVDD_OK) << svdd_last_error();
  const std::unique_ptr<char, Free> owned(text);
  return json::parse(text ? text : "null");
}

bool fits(const Handle& detector, const svdd_array& array) {
  const svdd_status status = svdd_fit(detector.get(), &array, nullptr, nullptr, nullptr, nullptr);
  EXPECT_EQ(status, SVDD_OK) << svdd_last_error();
  return status == SVDD_OK;
}

// Normal rows about 0.
std::vector<float> table(int64_t n, int64_t d, uint64_t seed = 1) {
  const engine::RandomStream noise(seed, "tests/c");
  std::vector<float> values(static_cast<size_t>(n * d));
  for (size_t i = 0; i < values.size(); ++i) values[i] = noise.normal(i);
  return values;
}

testing::AssertionResult fails(svdd_status found, svdd_status expected, const std::string& words) {
  const std::string error = svdd_last_error();
  if (found == expected && error.find(words) != std::string::npos && error.find('\n') == std::string::npos)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "status " << found << ", " << error;
}

const std::string small_deep = R"({"epochs": 2, "ae_epochs": 1, "batch_size": 16, "seed": 3, "threads": 1})";

// ---- what is refused

TEST(CInterface, NullPointersAreRefused) {
  const Handle knn = created("knn");
  const std::vector<float> x = table(20, 2);
  const svdd_array array = rows(x, 2);
  svdd_array nothing = array;
  nothing.values = nullptr;
  float score[20];
  double number = 0;
  svdd_detector* detector = nullptr;
  char* text = nullptr;
  const std::string null = "null pointer";
  EXPECT_TRUE(fails(svdd_create(nullptr, nullptr, &detector), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_create("knn", nullptr, nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_load(nullptr, nullptr, &detector), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_load("x", nullptr, nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_methods(nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_options("knn", nullptr, nullptr, 1, &text), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_fit(nullptr, &array, nullptr, nullptr, nullptr, nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_fit(knn.get(), nullptr, nullptr, nullptr, nullptr, nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_fit(knn.get(), &nothing, nullptr, nullptr, nullptr, nullptr), SVDD_INVALID, "null"));
  ASSERT_TRUE(fits(knn, array));
  EXPECT_TRUE(fails(svdd_score(nullptr, &array, score, 20), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_score(knn.get(), nullptr, score, 20), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_score(knn.get(), &array, nullptr, 20), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_explain(knn.get(), &array, nullptr, 40), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_threshold(knn.get(), nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_threshold_at(nullptr, 0.1, &number), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_calibrate(knn.get(), nullptr, 0.1), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_p_values(knn.get(), nullptr, 1, &number), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_p_values(knn.get(), score, 1, nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_save(knn.get(), nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_info(knn.get(), nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_weights_sha256(knn.get(), nullptr), SVDD_INVALID, null));
  EXPECT_TRUE(fails(svdd_scores_sha256(nullptr, 1, nullptr), SVDD_INVALID, null));
  EXPECT_EQ(svdd_free(nullptr), SVDD_OK);
  svdd_text_free(nullptr);
  EXPECT_EQ(detector, nullptr);
  EXPECT_EQ(text, nullptr);
}

TEST(CInterface, MistakesInOptionsAreNamed) {
  const auto refused = [](const std::string& method, const std::string& options, const std::string& words) {
    svdd_detector* detector = nullptr;
    EXPECT_TRUE(fails(svdd_create(method.c_str(), options.c_str(), &detector), SVDD_INVALID, words))
        << options;
    EXPECT_EQ(detector, nullptr);
  };
  refused("lot", "", "there is no method 'lot'; known are deep-svdd");
  refused("knn", "epochs = 5", "there is no option 'epochs'; knn has contamination, neighbours");
  refused("deep-svdd", R"({"epochs": "many"})", "epochs is 'many'; expected a whole number");
  refused("deep-svdd", R"({"epochs": 2.5})", "epochs is '2.5'; expected a whole number");
  refused("deep-svdd", R"({"batch_size": 0})", "batch-size is '0'");
  refused("deep-svdd", R"({"lr_milestones": ["x"]})", "lr_milestones");
  refused("deep-svdd", R"({"epochs": {}})", "epochs");
  refused("deep-svdd", R"({"epochs": 1,)", "JSON");
  refused("deep-svdd", R"({"batch_size": 1, "batch-size": 1})", "comes twice");
  refused("deep-svdd", "epochs", "sets no option");
  refused("deep-svdd", "device = gpu", "device is 'gpu'; expected one of cpu, cuda, reference");
  refused("deep-svdd", "data = mnits", "data is 'mnits'");
  refused("deep-svdd", "calibration = 1", "calibration is '1'; expected auto or a number in [0, 1)");
  refused("deep-svdd", "threads = -1", "threads is '-1'");
  refused("deep-svdd", "networks = mlp", "there is no option 'networks'; did you mean 'network'?");
}

TEST(CInterface, MistakesInArraysAreNamed) {
  const Handle knn = created("knn");
  std::vector<float> x = table(20, 2);
  const svdd_array good = rows(x, 2);
  const auto refused = [&](svdd_array array, const std::string& words) {
    EXPECT_TRUE(fails(svdd_fit(knn.get(), &array, nullptr, nullptr, nullptr, nullptr), SVDD_INVALID, words));
  };
  float score[20];
  EXPECT_TRUE(fails(svdd_score(knn.get(), &good, score, 20), SVDD_NOT_FITTED, "has learned nothing yet"));
  svdd_array array = good;
  array.dimensions = 5;
  refused(array, "have 5 dimensions; expected 2 (n, d)");
  array = good, array.shape[0] = 0;
  refused(array, "hold no samples");
  array = good, array.shape[1] = -3;
  refused(array, "without values");
  array = good, array.shape[0] = int64_t{1} << 62, array.shape[1] = 1 << 10;
  refused(array, "more values than there can be");
  array = good, array.number = static_cast<svdd_number>(9);
  refused(array, "number type 9");
  array = good, array.shape[0] = 1;
  refused(array, "1 sample");
  std::vector<float> bright(2 * 4 * 4, 255.0f);
  bright[0] = 0;
  refused({bright.data(), SVDD_FLOAT32, 3, {2, 4, 4, 0}}, "divide them by 255");
  refused({x.data(), SVDD_FLOAT32, 4, {1, 5, 2, 3}}, "bring the channels to the front");
  x[5] = std::numeric_limits<float>::quiet_NaN();
  refused(good, "row 2 (counted from 0) holds NaN");
  x[5] = 0;
  const char* const twice[] = {"a", "a"};
  EXPECT_TRUE(
      fails(svdd_fit(knn.get(), &good, nullptr, twice, nullptr, nullptr), SVDD_INVALID, "two columns"));
  ASSERT_TRUE(fits(knn, good));
  EXPECT_TRUE(fails(svdd_score(knn.get(), &good, score, 19), SVDD_INVALID, "room for 19 numbers"));
  array = good, array.shape[0] = 10, array.shape[1] = 4;
  EXPECT_TRUE(fails(svdd_score(knn.get(), &array, score, 10), SVDD_INVALID, "trained on samples of 2"));
  double number = 7;
  EXPECT_TRUE(fails(svdd_threshold_at(knn.get(), 0.001, &number), SVDD_INVALID, "takes 999 normal samples"));
  EXPECT_EQ(number, 7) << "what fails gives nothing";
  EXPECT_TRUE(fails(svdd_set_threshold(knn.get(), std::nan("")), SVDD_INVALID, "finite"));
  svdd_detector* none = nullptr;
  EXPECT_TRUE(fails(svdd_load("/no/such/folder", nullptr, &none), SVDD_FAILED, "no model in"));
  EXPECT_TRUE(fails(svdd_load(".", "epochs = 3", &none), SVDD_INVALID, "threads and device alone"));
  EXPECT_TRUE(fails(svdd_save(knn.get(), "/proc/no"), SVDD_FAILED, "cannot make the folder"));
  EXPECT_EQ(svdd_threshold(knn.get(), &number), SVDD_OK);
  EXPECT_STREQ(svdd_last_error(), "");
}

// ---- equal bits

TEST(CInterface, FitsWhatTheDetectorClassesFit) {
  const datasets::OneVsRest& task = small_runs::ones();
  const Handle ours =
      created("deep-svdd", "data = strokes\nepochs = 2\nae-epochs = 1\nobjective = soft-boundary");
  ASSERT_TRUE(fits(ours, images(task.train)));
  svdd::Settings settings = svdd::recipes::published("deep-svdd", "strokes");
  settings.set("epochs", "2");
  settings.set("ae-epochs", "1");
  settings.set("objective", "soft-boundary");
  const auto theirs = settings.make(task.train.shape, *small_runs::backend());
  svdd::Monitor silent;
  theirs->fit({task.train}, silent);
  EXPECT_EQ(weights(ours), theirs->weights_sha256());
  const std::vector<float> found = scores(ours, images(task.test));
  EXPECT_EQ(found, theirs->score(task.test));
  char sha256[65];
  ASSERT_EQ(svdd_scores_sha256(found.data(), static_cast<int64_t>(found.size()), sha256), SVDD_OK);
  EXPECT_EQ(sha256, svdd::scores_sha256(found));
  double threshold = 0;
  ASSERT_EQ(svdd_threshold(ours.get(), &threshold), SVDD_OK);
  EXPECT_EQ(threshold, theirs->threshold());
}

// The widths published for tables are those of another network.
TEST(CInterface, OnesOwnNetworkHasItsOwnWidths) {
  const std::vector<float> x = table(70, 3);
  for (const std::string method : {"deep-svdd", "dasvdd", "autoencoder"}) {
    SCOPED_TRACE(method);
    json options{{"network", "dense 8, leaky_relu, dense 4"}};
    options[method == "autoencoder" ? "ae_epochs" : "epochs"] = 1;
    const Handle own = created(method, options.dump());
    ASSERT_TRUE(fits(own, rows(x, 3)));
    EXPECT_EQ(info(own)["options"]["rep-dim"], 0);
    EXPECT_EQ(info(own)["options"]["widths"], json::array());
  }
}

TEST(CInterface, EveryMethodFitsATableAndIsReadBack) {
  const Scratch scratch;
  const std::vector<float> x = table(70, 3), fresh = table(9, 3, 2);
  char* text = nullptr;
  ASSERT_EQ(svdd_methods(&text), SVDD_OK);
  const json methods = json::parse(text);
  svdd_text_free(text);
  ASSERT_EQ(methods.size(), svdd::methods().size());
  for (const json& method : methods) {
    const std::string name = method["name"];
    SCOPED_TRACE(name);
    ASSERT_EQ(svdd_options(name.c_str(), nullptr, nullptr, 0, &text), SVDD_OK) << svdd_last_error();
    std::string options;
    for (const json& option : json::parse(text))
      for (const std::string few : {"epochs = 1", "ae-epochs = 1", "spheres = 2"})
        if (few.starts_with(option["name"].get<std::string>() + ' ')) options += few + '\n';
    svdd_text_free(text);
    const Handle first = created(name, options);
    ASSERT_TRUE(fits(first, rows(x, 3)));
    EXPECT_EQ(info(first)["calibration"]["samples"], 14);
    ASSERT_EQ(svdd_save(first.get(), (scratch.path / name).c_str()), SVDD_OK) << svdd_last_error();
    const Handle second = loaded(scratch.path / name);
    EXPECT_EQ(scores(second, rows(fresh, 3)), scores(first, rows(fresh, 3)));
    EXPECT_EQ(weights(second), weights(first));
    EXPECT_EQ(info(second)["method"], name);
    EXPECT_EQ(info(second)["threshold"], info(first)["threshold"]);
    std::vector<float> changes(fresh.size());
    const svdd_array some = rows(fresh, 3);
    EXPECT_EQ(svdd_explain(second.get(), &some, changes.data(), 27), SVDD_OK) << svdd_last_error();
  }
}

// The number in the second column of what svdd score writes.
std::vector<float> scored_by_command(const Scratch& scratch, const std::string& model,
                                     const std::string& input) {
  const tools_test::Outcome o =
      run_svdd(scratch.path, {"score", "--model", model, "--input", input, "--quiet"});
  EXPECT_EQ(o.status, 0) << o.err;
  std::vector<float> found;
  std::istringstream lines(o.out);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) found.push_back(std::stof(line.substr(line.find(',') + 1)));
  return found;
}

TEST(CInterface, SharesModelsWithTheCommand) {
  if (!std::filesystem::exists(tools_test::svdd_binary()))
    GTEST_SKIP() << "needs the svdd command: build it first";
  const Scratch scratch;
  std::vector<double> x;
  std::string csv = "time,a\n";
  for (const float value : table(80, 2)) {
    const bool is_time = x.size() % 2 == 0;  // single precision would blur it
    x.push_back(is_time ? 1.7e9 + std::round(100 * value) : value);
    char number[40];
    std::snprintf(number, sizeof number, is_time ? "%.0f," : "%.17g\n", x.back());
    csv += number;
  }
  tools_test::write_text(scratch.path / "t.csv", csv);
  const std::string options = "epochs = 2\nwidths = 16\nrep-dim = 4\nseed = 5";
  const tools_test::Outcome trained = run_svdd(
      scratch.path, tools_test::words_of("train --method deep-svdd --data t.csv --out run --epochs 2 "
                                         "--widths 16 --rep-dim 4 --seed 5 --quiet"));
  ASSERT_EQ(trained.status, 0) << trained.err;
  const json results = json::parse(tools_test::text_of(scratch.path / "run" / "results.json"));

  const Handle ours = created("deep-svdd", options);
  const svdd_array array = rows(x, 2);
  const char* const columns[] = {"time", "a"};
  ASSERT_EQ(svdd_fit(ours.get(), &array, nullptr, columns, nullptr, nullptr), SVDD_OK) << svdd_last_error();
  EXPECT_EQ(weights(ours), results["weights_sha256"]);
  EXPECT_EQ(info(ours)["threshold"], results["threshold"]);
  const std::vector<float> found = scores(ours, array);
  const Handle theirs = loaded(scratch.path / "run");
  EXPECT_EQ(scores(theirs, array), found);
  EXPECT_EQ(info(theirs)["columns"], json({"time", "a"}));
  EXPECT_EQ(scored_by_command(scratch, "run", "t.csv"), found);
  ASSERT_EQ(svdd_save(ours.get(), (scratch.path / "saved").c_str()), SVDD_OK) << svdd_last_error();
  EXPECT_EQ(scored_by_command(scratch, "saved", "t.csv"), found);
  const tools_test::Outcome explained =
      run_svdd(scratch.path, tools_test::words_of("explain --model saved --input t.csv --top 1 --quiet"));
  EXPECT_EQ(explained.status, 0) << explained.err;
}

TEST(CInterface, BytesAreImagesFrom0To1) {
  std::vector<uint8_t> bytes(20 * 6 * 6);
  std::vector<float> values(bytes.size());
  const engine::RandomStream noise(1, "bytes");
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(255 * noise.uniform(i));
    values[i] = static_cast<float>(bytes[i]) / 255.0f;
  }
  const svdd_array grey{bytes.data(), SVDD_UINT8, 3, {20, 6, 6, 0}},
      same{values.data(), SVDD_FLOAT32, 4, {20, 1, 6, 6}};
  const Handle first = created("knn"), second = created("knn");
  ASSERT_TRUE(fits(first, grey));
  ASSERT_TRUE(fits(second, same));
  EXPECT_EQ(weights(first), weights(second));
  EXPECT_EQ(scores(first, same), scores(second, grey));
  std::vector<float> map(20 * 6 * 6);
  EXPECT_EQ(svdd_explain(first.get(), &grey, map.data(), 20 * 6 * 6), SVDD_OK) << svdd_last_error();
}

// ---- from a score to a decision

TEST(CInterface, ThresholdsFollowTheRateOfFalseAlarms) {
  const std::vector<float> x = table(400, 2), fresh = table(200, 2, 7);
  const Handle knn = created("knn", "false_alarm_rate = 0.05");
  ASSERT_TRUE(fits(knn, rows(x, 2)));
  EXPECT_EQ(info(knn)["calibration"], json({{"samples", 80}, {"false_alarm_rate", 0.05}}));
  double at_a_twentieth = 0, at_a_fifth = 0, threshold = 0;
  ASSERT_EQ(svdd_threshold(knn.get(), &threshold), SVDD_OK);
  ASSERT_EQ(svdd_threshold_at(knn.get(), 0.05, &at_a_twentieth), SVDD_OK);
  ASSERT_EQ(svdd_threshold_at(knn.get(), 0.2, &at_a_fifth), SVDD_OK);
  EXPECT_EQ(threshold, at_a_twentieth);
  EXPECT_LT(at_a_fifth, threshold);
  const std::vector<float> found = scores(knn, rows(fresh, 2));
  std::vector<double> p(found.size());
  ASSERT_EQ(svdd_p_values(knn.get(), found.data(), 200, p.data()), SVDD_OK);
  for (size_t i = 0; i < p.size(); ++i) EXPECT_EQ(p[i] <= 0.05, static_cast<double>(found[i]) > threshold);
  EXPECT_TRUE(fails(svdd_set_threshold(knn.get(), 1), SVDD_INVALID, "calibrated"));

  const Handle plain = created("knn", "calibration = 0");
  ASSERT_TRUE(fits(plain, rows(x, 2)));
  EXPECT_TRUE(info(plain)["calibration"].is_null());
  ASSERT_EQ(svdd_set_threshold(plain.get(), 1.5), SVDD_OK);
  ASSERT_EQ(svdd_threshold(plain.get(), &threshold), SVDD_OK);
  EXPECT_EQ(threshold, 1.5);
  const svdd_array aside = rows(fresh, 2);
  ASSERT_EQ(svdd_calibrate(plain.get(), &aside, 0.1), SVDD_OK);
  EXPECT_EQ(info(plain)["calibration"]["samples"], 200);
  const Handle greedy = created("knn", "calibration = 0.999");
  EXPECT_TRUE(fails(svdd_fit(greedy.get(), &aside, nullptr, nullptr, nullptr, nullptr), SVDD_INVALID,
                    "calibration 0.999 leaves 1 of 200 training samples"));
}

// ---- while a fit goes on

struct Seen {
  svdd_detector* detector = nullptr;
  svdd_array array = {};
  int epochs = 0, notes = 0, stop_after = -1;
  bool stops_all = false;
  std::vector<svdd_status> meanwhile = {};
};

int look(const svdd_event* event, void* context) {
  Seen& seen = *static_cast<Seen*>(context);
  if (event->note) return ++seen.notes, 0;
  EXPECT_STREQ(event->phase, "deep-svdd");
  EXPECT_EQ(event->epoch, seen.epochs);
  EXPECT_TRUE(std::isfinite(event->loss));
  ++seen.epochs;
  if (seen.detector) {
    std::vector<float> found(static_cast<size_t>(seen.array.shape[0]));
    seen.meanwhile.push_back(svdd_score(seen.detector, &seen.array, found.data(), seen.array.shape[0]));
    seen.meanwhile.push_back(svdd_free(seen.detector));
    std::thread([&] {
      double threshold = 0;
      seen.meanwhile.push_back(svdd_threshold(seen.detector, &threshold));
    }).join();
  }
  if (seen.stops_all) svdd_stop_all();
  return seen.epochs == seen.stop_after;
}

TEST(CInterface, TheCallbackStopsAFit) {
  const std::vector<float> x = table(60, 3), other = table(60, 3, 2);
  const svdd_array array = rows(x, 3), another = rows(other, 3);
  const Handle detector = created("deep-svdd", "epochs = 4\nwidths = 8\nrep-dim = 4");
  Seen all;
  ASSERT_EQ(svdd_fit(detector.get(), &array, nullptr, nullptr, look, &all), SVDD_OK) << svdd_last_error();
  EXPECT_EQ(all.epochs, 4);
  const std::string fitted = weights(detector);
  Seen two;
  two.stop_after = 2;
  EXPECT_TRUE(
      fails(svdd_fit(detector.get(), &another, nullptr, nullptr, look, &two), SVDD_STOPPED, "callback"));
  EXPECT_EQ(two.epochs, 2);
  EXPECT_EQ(weights(detector), fitted) << "what there was is left";
  ASSERT_TRUE(fits(detector, another));
  EXPECT_NE(weights(detector), fitted);
  ASSERT_TRUE(fits(detector, array));
  EXPECT_EQ(weights(detector), fitted) << "a stopped fit leaves nothing behind";
}

TEST(CInterface, AWishToStopEndsWhatIsUnderWayAndNothingElse) {
  const std::vector<float> x = table(60, 3);
  const svdd_array array = rows(x, 3);
  const Handle detector = created("deep-svdd", "epochs = 4\nwidths = 8\nrep-dim = 4");
  svdd_stop_all();  // nothing is under way
  Seen one;
  one.stops_all = true;
  EXPECT_TRUE(fails(svdd_fit(detector.get(), &array, nullptr, nullptr, look, &one), SVDD_STOPPED, "stopped"));
  EXPECT_LT(one.epochs, 4);
  EXPECT_TRUE(fits(detector, array));
}

TEST(CInterface, OneCallAtATime) {
  const std::vector<float> x = table(60, 3);
  const svdd_array array = rows(x, 3);
  const Handle detector = created("deep-svdd", "epochs = 1\nwidths = 8\nrep-dim = 4");
  Seen seen;
  seen.detector = detector.get(), seen.array = array;
  ASSERT_EQ(svdd_fit(detector.get(), &array, nullptr, nullptr, look, &seen), SVDD_OK) << svdd_last_error();
  EXPECT_EQ(seen.meanwhile, std::vector<svdd_status>(3, SVDD_BUSY));
  EXPECT_EQ(scores(detector, array).size(), 60u);
}

TEST(CInterface, OptionsSayTheirValuesForTheData) {
  const auto value_of = [](const std::string& name, const std::string& options, std::vector<int64_t> shape) {
    char* text = nullptr;
    EXPECT_EQ(
        svdd_options("deep-svdd", options.c_str(), shape.data(), static_cast<int32_t>(shape.size()), &text),
        SVDD_OK)
        << svdd_last_error();
    const std::unique_ptr<char, Free> owned(text);
    for (const json& option : json::parse(text ? text : "[]"))
      if (option["name"] == name) return option["value"];
    return json("not there");
  };
  EXPECT_EQ(value_of("network", "", {7}), "mlp");
  EXPECT_EQ(value_of("network", "", {1, 28, 28}), "mnist_LeNet");
  EXPECT_EQ(value_of("network", "", {3, 32, 32}), "cifar10_LeNet");
  EXPECT_EQ(value_of("network", "data = gtsrb", {3, 32, 32}), "gtsrb_LeNet");
  EXPECT_EQ(value_of("dictionary", "recipe = theano", {1, 28, 28}), true);
  EXPECT_EQ(value_of("dictionary", R"({"recipe": "theano", "dictionary": false})", {1, 28, 28}), false);
  EXPECT_EQ(value_of("calibration", "", {7}), "auto");
  EXPECT_EQ(value_of("data", "", {7}), nullptr);
}

TEST(CInterface, SaysItsVersion) { EXPECT_STREQ(svdd_version(), SVDD_VERSION); }

}  // namespace
