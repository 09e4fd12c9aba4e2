// One's own tables and pictures, of which no paper speaks: settings that suit them, and what is said of them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/random.h"
#include "refusals.h"
#include "small_data.h"
#include "svdd/methods/deep_options.h"
#include "tools/options/options.h"
#include "tools/report/image_grid.h"

namespace tools_test {
namespace {

using datasets::Preprocessing;
using nlohmann::json;

tools::TrainOptions settings(const std::string& method, const std::string& data) {
  return tools::resolve_train_options({{"method", {method}}, {"data", {data}}, {"out", {"x"}}}).options;
}

TEST(OwnData, IsWhatNoPaperUsed) {
  const Scratch scratch;
  write_small_data(scratch.path);
  fs::create_directories(scratch.path / "pictures");
  for (const char* published : {"mnist", "pima", "speech", "strokes", "mobifall"})
    EXPECT_FALSE(svdd::recipes::traits_of(published).own) << published;
  EXPECT_FALSE(svdd::recipes::traits_of((scratch.path / "small").string()).own)
      << "a folder of IDX files is MNIST's kind";
  for (const std::string& own : {std::string("table.csv"), (scratch.path / "pictures").string()})
    EXPECT_TRUE(svdd::recipes::traits_of(own).own) << own;
}

TEST(OwnData, TablesAreScaledAndKeepAllTheirColumns) {
  for (const char* method : {"isolation-forest", "kde", "kernel-svdd"}) {
    EXPECT_EQ(settings(method, "table.csv").settings.preprocessing().pca, 0) << method;
    EXPECT_EQ(settings(method, "table.npz").settings.preprocessing().pca, 0) << method;
    EXPECT_EQ(settings(method, "pima").settings.preprocessing().pca, 0.95) << method;
    EXPECT_EQ(settings(method, "mnist").settings.preprocessing().pca, 0.95) << method;
  }
  for (const char* method : {"dasvdd", "deep-svdd", "kde", "autoencoder"})
    EXPECT_EQ(settings(method, "table.csv").settings.preprocessing().per_feature,
              Preprocessing::PerFeature::standard)
        << method;
  EXPECT_EQ(settings("dasvdd", "pima").settings.preprocessing().per_feature, Preprocessing::PerFeature::none);
  EXPECT_EQ(settings("dasvdd", "speech").settings.preprocessing().per_feature,
            Preprocessing::PerFeature::none);
}

TEST(OwnData, ThePcaSwitch) {
  const auto pca = [](const std::string& text) {
    return tools::resolve_train_options(
               {{"method", {"kde"}}, {"data", {"mnist"}}, {"out", {"x"}}, {"pca", {text}}})
        .options;
  };
  EXPECT_EQ(pca("none").settings.preprocessing().pca, 0);
  EXPECT_EQ(pca("0.5").settings.preprocessing().pca, 0.5);
  EXPECT_EQ(pca("1").settings.preprocessing().pca, 1);
  EXPECT_EQ(tools::to_json(pca("none"))["pca"], "none");
  EXPECT_EQ(tools::to_json(pca("0.5"))["pca"], 0.5);
  for (const char* wrong : {"0", "-1", "1.1", "nan", "all", ""}) EXPECT_ANY_THROW(pca(wrong)) << wrong;
  EXPECT_FALSE(tools::method_takes("dasvdd", "pca"));
}

TEST(OwnData, DasvddsBatchesFollowItsSize) {
  const auto batch = [](const std::string& method, const std::string& data, int64_t n) {
    tools::TrainOptions options = settings(method, data);
    options.settings.fit_to_size(n, [](const std::string&) { return false; });
    return options.settings.deep()->training.batch_size;
  };
  EXPECT_EQ(batch("dasvdd", "table.csv", 2), 16);
  EXPECT_EQ(batch("dasvdd", "table.csv", 87), 16);
  EXPECT_EQ(batch("dasvdd", "table.csv", 300), 32);
  EXPECT_EQ(batch("dasvdd", "table.csv", 1599), 192);
  EXPECT_EQ(batch("dasvdd", "table.csv", 1664), 200);
  EXPECT_EQ(batch("dasvdd", "table.csv", 1000000), 200);
  EXPECT_EQ(batch("dasvdd", "pima", 302), 200) << "published";
  EXPECT_EQ(batch("dasvdd", "mnist", 87), 200);
  EXPECT_EQ(batch("deep-svdd", "table.csv", 87), 32);
  EXPECT_EQ(batch("deep-svdd", "table.csv", 24000), 80);
  EXPECT_EQ(batch("deep-svdd", "table.csv", 1000000), 1024);
  EXPECT_EQ(batch("deep-svdd", "pima", 87), 200);
}

// A csv table of `rows`, made row by row.
template <class Row>
void write_table(const fs::path& path, const std::string& header, int rows, const Row& row) {
  std::string text = header + '\n';
  for (int i = 0; i < rows; ++i) text += std::string(row(i)) + '\n';
  write_text(path, text);
}

json train(const fs::path& folder, const std::string& line) {
  const Outcome outcome = run_svdd(folder, words_of("train --out run --threads 1 --quiet " + line));
  EXPECT_EQ(outcome.status, 0) << line << '\n' << outcome.err;
  return outcome.status == 0 ? json::parse(text_of(folder / "run" / "results.json")) : json::object();
}

// A column in pascals beside one that tells the anomalies: without scaling, only the pressure is heard.
TEST(OwnData, DasvddHearsEveryColumn) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const engine::RandomStream noise(7, "table");
  write_table(scratch.path / "t.csv", "pressure,a,b,label", 240, [&](int i) {
    const auto at = 3 * static_cast<uint64_t>(i);
    const bool anomalous = i % 10 == 0;
    return std::to_string(101325 + 800 * noise.normal(at)) + ',' +
           std::to_string(noise.normal(at + 1) + (anomalous ? 6.0f : 0.0f)) + ',' +
           std::to_string(noise.normal(at + 2)) + ',' + (anomalous ? "1" : "0");
  });
  const json results = train(scratch.path, "--data t.csv --method dasvdd --epochs 60");
  EXPECT_GT(results["auc"].get<double>(), 0.97);
  const json config = json::parse(text_of(scratch.path / "run" / "config.json"));
  EXPECT_EQ(config["batch_size"], 16) << "the size in force is in the configuration, which repeats the run";
  const std::string scores = text_of(scratch.path / "run" / "scores.csv");
  EXPECT_EQ(run_svdd(scratch.path, words_of("train --config run/config.json --out again --quiet")).status, 0);
  EXPECT_EQ(text_of(scratch.path / "again" / "scores.csv"), scores);
  train(scratch.path, "--data t.csv --method dasvdd --epochs 2 --batch-size 64");
  EXPECT_EQ(json::parse(text_of(scratch.path / "run" / "config.json"))["batch_size"], 64) << "as asked for";
}

// Anomalies break a relation between columns that each look normal: the direction with the least variance.
TEST(OwnData, TheShallowMethodsKeepTheDirectionThatMatters) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const engine::RandomStream noise(3, "table");
  write_table(scratch.path / "t.csv", "a,b,c,label", 300, [&](int i) {
    const auto at = 4 * static_cast<uint64_t>(i);
    const bool anomalous = i % 6 == 0;
    const float a = noise.normal(at), b = anomalous ? noise.normal(at + 1) : a + 0.05f * noise.normal(at + 1);
    return std::to_string(a) + ',' + std::to_string(b) + ',' + std::to_string(noise.normal(at + 2)) + ',' +
           (anomalous ? "1" : "0");
  });
  EXPECT_GT(train(scratch.path, "--data t.csv --method kernel-svdd")["auc"].get<double>(), 0.85);
  EXPECT_LT(train(scratch.path, "--data t.csv --method kernel-svdd --pca 0.9")["auc"].get<double>(), 0.75);
  EXPECT_GT(train(scratch.path, "--data t.csv --method isolation-forest")["auc"].get<double>(), 0.6);
}

// Nine anomalies ranked perfectly: 9 times 1/9 must not end above 1.
TEST(OwnData, APerfectRankingEndsWithAReport) {
  REQUIRE_SVDD();
  const Scratch scratch;
  for (const int anomalies : {9, 11, 22}) {
    write_table(scratch.path / "t.csv", "a,label", 60 + 3 * anomalies, [&](int i) {
      return i < 60 ? std::to_string(i % 7) + ",0" : std::to_string(1000 + i) + ",1";
    });
    for (const char* method : {"kde", "kernel-svdd"}) {
      const json results = train(scratch.path, std::string("--data t.csv --method ") + method);
      EXPECT_EQ(results["average_precision"], 1);
      EXPECT_EQ(results["auc"], 1);
      EXPECT_EQ(run_svdd(scratch.path, {"report", "run"}).status, 0);
      EXPECT_EQ(run_svdd(scratch.path, words_of("evaluate --model run --output m.json")).status, 0);
    }
  }
}

// Without labels nothing is wrong: a remark, no warning.
TEST(OwnData, DataWithoutLabelsAreNoReasonForAnAlarm) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_table(scratch.path / "t.csv", "a,b", 50,
              [](int i) { return std::to_string(i * i % 17) + ',' + std::to_string(i % 5); });
  const json results = train(scratch.path, "--data t.csv --method kde --calibration 0");
  EXPECT_EQ(results["warnings"], json::array());
  EXPECT_EQ(results["remarks"], json::array({"no AUC: the data have no test samples"}));
  const std::string report = text_of(scratch.path / "run" / "report.html");
  EXPECT_EQ(report.find("class=\"alarm\""), std::string::npos);
  EXPECT_NE(report.find("<ul class=\"remarks\"><li>No AUC: the data have no test samples</li>"),
            std::string::npos);
  EXPECT_EQ(report.find("normals.png is missing"), std::string::npos) << "rows have no pictures to miss";
}

TEST(OwnData, TiesAtTheThresholdAreExplained) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const engine::RandomStream noise(5, "table");
  write_table(scratch.path / "t.csv", "a,b", 100, [&](int i) {
    const auto at = 2 * static_cast<uint64_t>(i);
    return i < 80 ? std::to_string(noise.normal(at)) + ',' + std::to_string(noise.normal(at + 1)) : "9,9";
  });
  const json results = train(scratch.path, "--data t.csv --method kde --calibration 0");
  ASSERT_EQ(results["remarks"].size(), 2u) << results["remarks"];
  EXPECT_NE(
      results["remarks"][1].get<std::string>().find("20 of 100 training samples share the largest score"),
      std::string::npos);
  const Outcome scored = run_svdd(scratch.path, words_of("score --model run --input t.csv"));
  EXPECT_NE(scored.err.find("100 samples, 0 above the threshold"), std::string::npos) << scored.err;
  EXPECT_NE(scored.err.find("20 of 100 training samples share the largest score, which is the threshold"),
            std::string::npos);
  train(scratch.path, "--data t.csv --method kde --calibration 0 --contamination 0.3");
  const Outcome lower = run_svdd(scratch.path, words_of("score --model run --input t.csv"));
  EXPECT_EQ(lower.err.find("share the largest"), std::string::npos) << lower.err;
}

// Where the data are the cause, no network is blamed.
TEST(OwnData, EqualSamplesAreToBlameThemselves) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_table(scratch.path / "t.csv", "a,b,label", 60,
              [](int i) { return i % 6 == 0 ? "5.5,8,1" : "5,7,0"; });
  for (const char* method : {"deep-svdd --epochs 2 --ae-epochs 1", "autoencoder --ae-epochs 2",
                             "dasvdd --epochs 2", "kde", "isolation-forest"}) {
    const json results = train(scratch.path, std::string("--data t.csv --method ") + method);
    ASSERT_FALSE(results["warnings"].empty()) << method;
    const std::string warning = results["warnings"][0];
    EXPECT_NE(warning.find("training samples are equal after preprocessing"), std::string::npos) << warning;
    EXPECT_EQ(warning.find("bias"), std::string::npos) << method;
    // The network's own text, at the end, may speak of them.
    const std::string html = text_of(scratch.path / "run" / "report.html");
    EXPECT_EQ(html.substr(0, html.find("layer by layer")).find("bias terms"), std::string::npos) << method;
  }
}

TEST(OwnData, DataInfoTellsWhatTheProgramSees) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_table(f / "t.csv", "a,b,c,label", 50,
              [](int i) { return std::to_string(i) + ",1,2," + (i % 5 == 0 ? "bad" : "good"); });
  const std::string table = run_svdd(f, words_of("data info t.csv")).out;
  for (const char* part :
       {"sample          3\n", "0 (good), 1 (bad)", "normal          0 (good), where --normal names no other",
        "training        30 samples; by class: ", "test            20 samples; by class: ",
        "held out of the whole"})
    EXPECT_NE(table.find(part), std::string::npos) << part << '\n' << table;
  const std::string unlabelled = run_svdd(f, words_of("data info t.csv --label-column none")).out;
  EXPECT_NE(unlabelled.find("'label' holds words: 2 features, one for each ('bad', 'good')"),
            std::string::npos)
      << unlabelled;
  write_table(f / "many.csv", "a,y", 200,
              [](int i) { return std::to_string(i) + ',' + std::to_string(i % 90); });
  const std::string many = run_svdd(f, words_of("data info many.csv")).out;
  EXPECT_NE(many.find("... 90 in all"), std::string::npos) << many;
  EXPECT_NE(many.find("name the normal class or classes with --normal"), std::string::npos) << many;
  const std::vector<float> grey(12 * 10, 0.5f);
  for (const char* place : {"images/train/good", "images/test/good", "images/test/crack"}) {
    fs::create_directories(f / place);
    tools::write_grid(f / place / "1.png", {grey, 1, 1, 12, 10, 1, 1, 0});
  }
  const std::string images = run_svdd(f, words_of("data info images")).out;
  for (const char* part : {"x12x10\n", "0 (good), 1 (crack)", "training        1 sample; by class: 1 0",
                           "test            2 samples; by class: 1 1"})
    EXPECT_NE(images.find(part), std::string::npos) << part << '\n' << images;
}

}  // namespace
}  // namespace tools_test
