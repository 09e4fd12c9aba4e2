#include "tools/options/options.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "svdd/recipes/published.h"
#include "tools/arguments.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const GivenOptions needed = {{"data", {"strokes"}}, {"normal", {"3"}}, {"out", {"run"}}};

GivenOptions with(GivenOptions more) {
  more.insert(needed.begin(), needed.end());
  return more;
}

// A file config.json in a fresh folder.
class Config {
 public:
  explicit Config(const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "svdd-options-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    std::ofstream(path()) << text;
  }
  ~Config() { fs::remove_all(folder_); }
  fs::path path() const { return folder_ / "config.json"; }

 private:
  fs::path folder_;
};

// The message with which the options are refused; empty where they are taken.
std::string refusal(const GivenOptions& given, const fs::path& config = {}) {
  try {
    resolve_train_options(given, config);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(TrainOptions, DefaultsAreThePublishedSettings) {
  const TrainOptions options = resolve_train_options(needed).options;
  EXPECT_EQ(options.method, "deep-svdd");
  EXPECT_EQ(options.normal, std::vector<std::string>{"3"});
  EXPECT_EQ(options.settings.deep()->training.epochs, 150);
  EXPECT_EQ(options.settings.deep()->training.lr, 1e-4);
  EXPECT_EQ(options.settings.deep()->training.lr_milestones, std::vector<int64_t>{50});
  EXPECT_EQ(options.settings.deep()->training.weight_decay, 0.5e-6);
  EXPECT_EQ(options.settings.deep()->pretraining.weight_decay, 0.5e-3);
  EXPECT_TRUE(options.settings.deep()->pretrain);
}

TEST(TrainOptions, DefaultsFollowTheRecipe) {
  const svdd::DeepSvddOptions published = svdd::published_options(svdd::Recipe::theano);
  const TrainOptions options = resolve_train_options(with({{"recipe", {"theano"}}})).options;
  EXPECT_EQ(options.settings.deep()->recipe, svdd::Recipe::theano);
  EXPECT_EQ(options.settings.deep()->pretraining.lr_milestones, published.pretraining.lr_milestones);
  EXPECT_EQ(options.settings.deep()->pretraining.weight_decay, published.pretraining.weight_decay);
  EXPECT_EQ(options.settings.deep()->training.weight_decay, published.training.weight_decay);
}

TEST(TrainOptions, ReadsEveryKindOfValue) {
  const TrainOptions o = resolve_train_options({{"data", {"strokes"}},
                                                {"normal", {"3,0", "1"}},
                                                {"out", {"a", "b"}},
                                                {"objective", {"soft-boundary"}},
                                                {"nu", {"0.05"}},
                                                {"seed", {"18446744073709551615"}},
                                                {"lr", {"0.5e-3"}},
                                                {"lr-milestones", {"10,20"}},
                                                {"ae-lr-milestones", {"none"}},
                                                {"optimizer", {"amsgrad"}},
                                                {"pretrain", {"False"}},
                                                {"threads", {"2"}}})
                             .options;
  EXPECT_EQ(o.normal, (std::vector<std::string>{"3", "0", "1"}));  // lists add up
  EXPECT_EQ(o.out, "b");                                           // of anything else the last counts
  EXPECT_EQ(o.settings.as<svdd::DeepSvddOptions>()->objective, svdd::Objective::soft_boundary);
  EXPECT_EQ(o.settings.as<svdd::DeepSvddOptions>()->nu, 0.05);
  EXPECT_EQ(o.settings.deep()->seed, UINT64_MAX);
  EXPECT_EQ(o.settings.deep()->training.lr, 0.5e-3);
  EXPECT_EQ(o.settings.deep()->training.lr_milestones, (std::vector<int64_t>{10, 20}));
  EXPECT_TRUE(o.settings.deep()->pretraining.lr_milestones.empty());
  EXPECT_TRUE(o.settings.deep()->amsgrad);
  EXPECT_FALSE(o.settings.deep()->pretrain);
  EXPECT_EQ(o.backend.threads, 2);
}

TEST(TrainOptions, RefusesWrongValuesByName) {
  const std::vector<std::pair<std::string, std::string>> wrong = {{"nu", "0"},
                                                                  {"nu", "1.01"},
                                                                  {"nu", "nan"},
                                                                  {"nu", "0.1x"},
                                                                  {"nu", ""},
                                                                  {"contamination", "-0.1"},
                                                                  {"lr", "0"},
                                                                  {"lr", "inf"},
                                                                  {"lr", "1e999"},
                                                                  {"weight-decay", "-1"},
                                                                  {"epochs", "-1"},
                                                                  {"epochs", "2.5"},
                                                                  {"epochs", "1e3"},
                                                                  {"epochs", "99999999999999999999"},
                                                                  {"ae-epochs", "x"},
                                                                  {"batch-size", "0"},
                                                                  {"rep-dim", "-3"},
                                                                  {"limit", "-1"},
                                                                  {"seed", "-1"},
                                                                  {"lr-milestones", ""},
                                                                  {"lr-milestones", "50,"},
                                                                  {"lr-milestones", ",50"},
                                                                  {"lr-milestones", "50,50"},
                                                                  {"lr-milestones", "50,20"},
                                                                  {"lr-milestones", "-5"},
                                                                  {"lr-milestones", "1 2"},
                                                                  {"normal", "3,,4"},
                                                                  {"normal", "\"a"},
                                                                  {"method", "svm"},
                                                                  {"gamma", "1"},
                                                                  {"labels", "finch"},
                                                                  {"spheres", "5"},
                                                                  {"objective", "hard"},
                                                                  {"recipe", "keras"},
                                                                  {"optimizer", "sgd"},
                                                                  {"pretrain", "maybe"},
                                                                  {"data", ""},
                                                                  {"network", ""}};
  for (const auto& [name, text] : wrong) {
    GivenOptions given = needed;
    given[name] = {text};
    EXPECT_NE(refusal(given).find("--" + name), std::string::npos)
        << name << ' ' << text << ": " << refusal(given);
  }
}

TEST(TrainOptions, TellsWhatIsMissing) {
  for (const char* name : {"data", "out"}) {
    GivenOptions given = needed;
    given.erase(name);
    EXPECT_EQ(refusal(given).find("--" + std::string(name) + " is missing"), 0u) << refusal(given);
  }
}

TEST(TrainOptions, ConfigGivesWhatTheCommandLineDoesNot) {
  const Config config(
      R"({"data": "mnist", "normal": [1, 2], "out": "there", "epochs": 7, "ae_lr": 1, "recipe": "theano",
                          "lr_milestones": [], "pretrain": false, "quiet": true, "data_dir": null})");
  const ResolvedOptions resolved =
      resolve_train_options({{"epochs", {"9"}}, {"out", {"here"}}}, config.path());
  const TrainOptions& o = resolved.options;
  EXPECT_EQ(o.data, "mnist");
  EXPECT_EQ(o.normal, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(o.out, "here");
  EXPECT_EQ(o.settings.deep()->training.epochs, 9);
  EXPECT_EQ(o.settings.deep()->pretraining.lr, 1.0);
  EXPECT_EQ(o.settings.deep()->recipe, svdd::Recipe::theano);
  EXPECT_TRUE(o.settings.deep()->training.lr_milestones.empty());
  EXPECT_FALSE(o.settings.deep()->pretrain);
  EXPECT_TRUE(o.quiet);
  EXPECT_EQ(resolved.from_command_line, (std::vector<std::string>{"epochs", "out"}));
  EXPECT_EQ(resolved.from_config.size(), 7u);  // the null is as if it were not there
}

TEST(TrainOptions, ClassesAreNumbersOrWords) {
  const auto config = [](const std::string& normal) {
    return to_json(
        resolve_train_options({{"data", {"mnist"}}, {"out", {"x"}}, {"normal", {normal}}}).options);
  };
  EXPECT_EQ(config("3,0")["normal"].dump(), "[3,0]");
  EXPECT_EQ(config("-1, no")["normal"].dump(), "[-1,\"no\"]");
  EXPECT_EQ(config("\"a, b\",none.")["normal"].dump(), "[\"a, b\",\"none.\"]");
  EXPECT_EQ(config("none")["normal"].dump(), "[]");
  EXPECT_FALSE(config("3").contains("header"));
  const Config back(R"({"data": "t.csv", "out": "x", "normal": ["a, b", -1, "none"], "header": "no"})");
  const TrainOptions o = resolve_train_options({}, back.path()).options;
  EXPECT_EQ(o.normal, (std::vector<std::string>{"a, b", "-1", "none"}));
  EXPECT_EQ(o.header, false);
}

TEST(TrainOptions, ConfigUnderstandsTheAuthorsNames) {
  const Config config(
      R"({"n_epochs": 7, "normal_class": 4, "optimizer_name": "amsgrad", "ae-lr-milestone": [3]})");
  const TrainOptions o =
      resolve_train_options({{"data", {"strokes"}}, {"out", {"x"}}}, config.path()).options;
  EXPECT_EQ(o.settings.deep()->training.epochs, 7);
  EXPECT_EQ(o.normal, std::vector<std::string>{"4"});
  EXPECT_TRUE(o.settings.deep()->amsgrad);
  EXPECT_EQ(o.settings.deep()->pretraining.lr_milestones, std::vector<int64_t>{3});
}

// A run's recorded place stands in for data that are not here, but only where it can be what the name means.
TEST(TrainOptions, ARecordedPlaceIsOfTheDataThatAreNamed) {
  const Config there("a,b\n");  // any file that exists
  const auto reads = [&](const std::string& data) {
    const Config config(json{{"data", data}, {"out", "x"}, {"data_path", there.path().string()}}.dump());
    return resolve_train_options({}, config.path()).options.reads_recorded_data;
  };
  const std::string folder = there.path().parent_path().filename().string();
  for (const std::string& same :
       {std::string("config.json"), "../elsewhere/../" + folder + "/config.json", folder + "/./config.json"})
    EXPECT_TRUE(reads(same)) << same;
  for (const std::string& other :
       {std::string("nosuch.csv"), std::string("other/config.json"), std::string("Strokes")})
    EXPECT_FALSE(reads(other)) << other;
}

TEST(TrainOptions, RefusesWrongConfigsByKey) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {R"({"epoch": 3})", "'epoch' is no option of svdd train; did you mean 'epochs'?"},
      {R"({"epochs": "3"})", "'epochs' is \"3\"; expected a whole number"},
      {R"({"epochs": 3.0})", "'epochs' is 3.0; expected a whole number"},
      {R"({"epochs": -3})", "'epochs' is '-3'"},
      {R"({"epochs": 1, "n_epochs": 1})", "another key gives too"},
      {R"({"lr": "fast"})", "'lr' is \"fast\"; expected a number"},
      {R"({"data": 3})", "'data' is 3; expected a string"},
      {R"({"pretrain": "yes"})", "'pretrain' is \"yes\"; expected true or false"},
      {R"({"normal": [3.5]})", "'normal' is [3.5]; expected an array of the names or numbers of classes"},
      {R"({"normal": {"3": 1}})",
       "'normal' is {\"3\":1}; expected an array of the names or numbers of classes"},
      {R"({"header": "maybe"})", "'header' is 'maybe'; expected yes, no or auto"},
      {R"({"clusters": 3})", "'clusters' is an option of multi-radius; the method deep-svdd has none such"},
      {R"({"method": "kde", "epochs": 3})", "'epochs' is an option of deep-svdd"},
      {R"({"method": "dasvdd", "gamma": true})", "'gamma' is true; expected a string or a number"},
      {R"({"method": "dasvdd", "gamma": "big"})", "'gamma' is 'big'; expected auto or a number from 0 on"},
      {R"({"resume": true})", "'resume' is no option of svdd train"},
      {R"([1, 2])", "expected a JSON object"},
      {R"({"epochs": 3)", "is not JSON"},
      {R"({"lr": 1e999})", "a number beyond float64"},
      {"", "is not JSON"}};
  for (const auto& [text, message] : wrong) {
    const Config config(text);
    GivenOptions given = needed;
    if (text.find("normal") != std::string::npos) given.erase("normal");
    if (text.find("data") != std::string::npos) given.erase("data");
    const std::string said = refusal(given, config.path());
    EXPECT_NE(said.find(message), std::string::npos) << text << ": " << said;
    EXPECT_NE(said.find("config.json'"), std::string::npos) << said;
    EXPECT_EQ(said.find('\n'), std::string::npos);
  }
  EXPECT_NE(refusal(needed, "nowhere/config.json").find("nowhere/config.json"), std::string::npos);
}

TEST(TrainOptions, WrittenAndReadBackAreTheSame) {
  GivenOptions given = with({{"lr", {"0.00012345678901234567"}},
                             {"seed", {"18446744073709551615"}},
                             {"lr-milestones", {"none"}},
                             {"objective", {"soft-boundary"}},
                             {"recipe", {"theano"}},
                             {"optimizer", {"amsgrad"}},
                             {"data-dir", {"some \"odd\" folder"}},
                             {"warm-up-epochs", {"2"}},
                             {"pretrain", {"false"}}});
  const nlohmann::ordered_json written = to_json(resolve_train_options(given).options);
  const Config config(written.dump());
  EXPECT_EQ(to_json(resolve_train_options({}, config.path()).options), written);
  EXPECT_EQ(written["lr"].get<double>(), 0.00012345678901234567);
}

TEST(TrainOptions, TheFirstDecisiveDifferenceIsNamed) {
  const TrainOptions options =
      resolve_train_options(with({{"method", {"multi-sphere"}}, {"epochs", {"20"}}})).options;
  nlohmann::ordered_json config = to_json(options);
  EXPECT_EQ(difference(config, options), "");
  config["threads"] = 7, config["out"] = "elsewhere", config["checkpoint_seconds"] = 1;
  EXPECT_EQ(difference(config, options), "") << "none of these decides on the results";
  config.erase("trainable_centres");
  EXPECT_EQ(difference(config, options), "") << "a version that had no such option left it at its default";
  config.erase("epochs");
  EXPECT_EQ(difference(config, options), "epochs 100, but this one has 20");
  config["nu"] = 0.2;
  EXPECT_EQ(difference(config, options), "nu 0.2, but this one has 0.1");
}

TEST(TrainOptions, NetworksThatDifferDoSoInALine) {
  const TrainOptions options =
      resolve_train_options(with({{"network", {"network a\ndense 8\nleaky_relu\ndense 4"}}})).options;
  nlohmann::ordered_json config = to_json(options);
  config["epochs"] = 3;
  config["network"] = "network a\ndense 9\nleaky_relu\ndense 4";
  EXPECT_EQ(difference(config, options), "network line 2 'dense 9', but this one has 'dense 8'");
  config["network"] = "network a\ndense 8\nleaky_relu\ndense 4\nelu";
  EXPECT_EQ(difference(config, options), "network line 5 'elu', but this one has ''");
  config["network"] = "mlp";
  EXPECT_EQ(difference(config, options), "network line 1 'mlp', but this one has 'network a'");
}

TEST(TrainOptions, ConfigJsonHoldsEveryOption) {
  // Nobody has said anything of these.
  const std::set<std::string> unsaid{"label-column", "header",          "columns", "drop",
                                     "missing",      "test-data",       "trace",   "split-seed",
                                     "image-size",   "false-alarm-rate"};
  for (const std::string method :
       {"deep-svdd", "multi-radius", "multi-sphere", "dasvdd", "autoencoder", "kernel-svdd", "kde",
        "isolation-forest", "knn", "lof", "mahalanobis", "pca"}) {
    TrainOptions options =
        resolve_train_options(with({{"data-dir", {"d"}}, {"test-fraction", {"0.5"}}, {"method", {method}}}))
            .options;
    nlohmann::ordered_json written = to_json(options);
    size_t known = 0;
    for (const svdd::Option& row : train_options(options))
      known += !unsaid.contains(row.name) && method_takes(method, row.name);
    EXPECT_EQ(written.size(), known) << method;
    const Config config(written.dump());
    EXPECT_EQ(to_json(resolve_train_options({}, config.path()).options), written) << method;
  }
}

// The published settings follow method and data.
TEST(TrainOptions, PublishedSettings) {
  const auto published = [](const std::string& method, const std::string& data) {
    return svdd::recipes::published(method, data);
  };
  const auto deep = [&](const std::string& method, const std::string& data) {
    return *published(method, data).deep();
  };
  EXPECT_EQ(deep("deep-svdd", "cifar10").network, "cifar10_LeNet");
  EXPECT_EQ(deep("deep-svdd", "cifar10").pretraining.epochs, 350);
  EXPECT_EQ(deep("multi-sphere", "mnist").network, "multi_sphere_mnist");
  EXPECT_EQ(deep("multi-sphere", "mnist").training.epochs, 100);
  EXPECT_TRUE(deep("multi-sphere", "mnist").dictionary);
  EXPECT_TRUE(deep("multi-sphere", "mobifall").dictionary);
  EXPECT_FALSE(deep("multi-sphere", "cifar10").dictionary);
  EXPECT_EQ(deep("dasvdd", "mnist").training.epochs, 300);
  EXPECT_FALSE(published("dasvdd", "mnist").preprocessing().min_max);
  EXPECT_EQ(deep("dasvdd", "pima").network, "dasvdd_pima");
  EXPECT_EQ(deep("dasvdd", "speech").network, "dasvdd_speech");
  EXPECT_EQ(deep("deep-svdd", "rows.csv").network, "mlp");
  EXPECT_EQ(published("kde", "mnist").preprocessing().pca, 0.95);
  EXPECT_EQ(deep("autoencoder", "mobifall").network, "multi_sphere_mobifall");
}

TEST(Arguments, OtherSpellingsBecomeOurs) {
  EXPECT_EQ(option_name("n_epochs"), "epochs");
  EXPECT_EQ(option_name("ae_lr_milestone"), "ae-lr-milestones");
  EXPECT_EQ(option_name("normal_class"), "normal");
  EXPECT_EQ(option_name("warm_up_epochs"), "warm-up-epochs");
  EXPECT_EQ(
      with_our_names({"train", "--n_epochs=5", "--data", "a_b", "--", "-x", "--weight_decay", "--out=a_b=c"}),
      (std::vector<std::string>{"train", "--epochs=5", "--data", "a_b", "--", "-x", "--weight-decay",
                                "--out=a_b=c"}));
}

TEST(Arguments, EmptyValuesAreRefused) {
  using Words = std::vector<std::string>;
  for (const Words& words : {Words{"score", "--output", ""}, Words{"score", "--model", "m", "--output="},
                             Words{"train", "--config", "", "--out", "o"}})
    try {
      tools::refuse_empty_values(words);
      ADD_FAILURE() << words[1];
    } catch (const tools::UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(" is empty"), std::string::npos) << error.what();
    }
  EXPECT_NO_THROW(tools::refuse_empty_values({"train", "--quiet", "--out", "o", "--normal=3", "--tf32"}));
}

TEST(Arguments, SuggestsWhatIsNear) {
  const std::vector<std::string> known = {"--epochs", "--ae-epochs", "--nu"};
  EXPECT_EQ(engine::nearest_word("--epoch", known), "--epochs");
  EXPECT_EQ(engine::nearest_word("--something-else", known), "");
  EXPECT_EQ(did_you_mean("--eposch", known), "; did you mean '--epochs'?");
  EXPECT_EQ(engine::nearest_word("--n", known), "") << "a letter is no slip for two";
  EXPECT_EQ(engine::nearest_word("x", {"y", "z"}), "");
  EXPECT_EQ(engine::nearest_word("lf", {"kde", "lof"}), "lof");
}

}  // namespace
}  // namespace tools
