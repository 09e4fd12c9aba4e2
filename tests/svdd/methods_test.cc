// What holds of every method that there is: its row, its options by name, its published settings.
#include <gtest/gtest.h>

#include <set>

#include "small_runs.h"
#include "svdd/methods/method.h"
#include "svdd/recipes/published.h"
#include "tests/datasets/scratch.h"

namespace methods_test {

using namespace svdd;

class EachMethod : public testing::TestWithParam<std::string> {
 protected:
  const Method& method() const { return method_named(GetParam()); }
  Settings settings(const std::string& data = "strokes") const {
    return recipes::published(GetParam(), data);
  }
  std::unique_ptr<Detector> made() const { return settings().make({1, 28, 28}, *small_runs::backend()); }
};

INSTANTIATE_TEST_SUITE_P(, EachMethod, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const Method& method : methods()) names.push_back(method.name);
                           return names;
                         }()),
                         [](const auto& info) {
                           std::string name;
                           for (const char c : info.param)
                             if (c != '-') name += c;
                           return name;
                         });

TEST_P(EachMethod, IsCalledAsItsRowSays) {
  EXPECT_EQ(made()->method(), GetParam());
  EXPECT_FALSE(method().title.empty());
  EXPECT_EQ(settings().deep() != nullptr, method().has_network);
  EXPECT_EQ(made()->sample_shape().empty(), !method().has_network)
      << "what a network takes is known before the fit";
}

TEST_P(EachMethod, OptionsSayWhatTheyAreAndTakeIt) {
  Settings settings = this->settings();
  std::set<std::string> names;
  for (const Option& option : settings.options()) {
    SCOPED_TRACE(option.name);
    EXPECT_TRUE(names.insert(option.name).second) << "named twice";
    EXPECT_FALSE(option.group.empty() || option.help.empty());
    EXPECT_NE(option.get().index(), 0u) << "it has a value";
    EXPECT_THROW(option.set(""), BadValue);
    const bool any_text = option.kind == Option::Kind::text && option.choices.empty();
    if (!any_text) {
      EXPECT_THROW(option.set("?"), BadValue);
    }
    for (const std::string& choice : option.choices) {
      option.set(choice);
      EXPECT_EQ(std::get<std::string>(option.get()), choice);
    }
  }
  for (const char* of_all : {"seed", "contamination"}) EXPECT_TRUE(names.contains(of_all)) << of_all;
}

TEST_P(EachMethod, SettingsAreValues) {
  Settings one = settings(), other = one;
  other.set("seed", "7");
  EXPECT_EQ(one.seed(), 1u);
  EXPECT_EQ(other.seed(), 7u);
  one = other;
  EXPECT_EQ(one.seed(), 7u);
  EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([&] { one.set("speed", "7"); }),
                                "no option 'speed'; it has "));
  EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([&] { one.set("seed", "-7"); }),
                                "seed is '-7'; expected a whole number from 0 on"));
}

// The published widths are those of the published network.
TEST_P(EachMethod, AnotherNetworkComesWithItsOwnWidths) {
  if (!method().has_network) return;
  Settings settings = method().published({.kind = recipes::DataKind::table, .own = true}, Recipe::pytorch);
  const svdd::DeepOptions& deep = *settings.deep();
  const std::pair published(deep.rep_dim, deep.widths);
  const auto widths = [&] {
    settings.make({9}, *small_runs::backend());  // which refuses widths that the network does not take
    return std::pair(deep.rep_dim, deep.widths);
  };
  settings.set("network", deep.network);
  EXPECT_EQ(widths(), published) << "the same network changes nothing";
  settings.set("network", "dense 8, leaky_relu, dense 4");
  EXPECT_EQ(widths(), std::pair(int64_t{0}, std::vector<int64_t>{}));
  settings.set("rep-dim", "5");
  settings.set("network", "dense 8, leaky_relu, dense 4");
  EXPECT_EQ(deep.rep_dim, 5) << "what is asked for after it stays";
}

TEST_P(EachMethod, KnownAnomaliesAreNotLearnedAsNormal) {
  const auto detector = made();
  if (detector->learns_from_anomalies()) GTEST_SKIP() << "it learns from them";
  const datasets::Samples some = small_runs::first(small_runs::ones().train, 4);
  Monitor silent;
  const auto said = [&](std::vector<int8_t> known) {
    TrainingSet train{some, {}};
    train.known = std::move(known);
    return scratch::error_of<std::invalid_argument>([&] { detector->fit(train, silent); });
  };
  EXPECT_TRUE(scratch::contains(said({1, 0, -1, 0}), "learns from normal samples alone"));
  EXPECT_TRUE(scratch::contains(said({1, 0, 0}), "told of 3, but there are 4"));
  EXPECT_TRUE(scratch::contains(said({1, 0, 0, 2}), "found 2"));
}

TEST(Methods, AreFoundByName) {
  EXPECT_EQ(find_method("svm"), nullptr);
  EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([] { method_named("svm"); }),
                                "known are " + method_names()));
}

// A C++ user's way to the published CIFAR-10 recipe.
TEST(Recipes, PublishedSettingsAreAtHand) {
  Settings settings = recipes::published("deep-svdd", "cifar10");
  EXPECT_EQ(settings.deep()->network, "cifar10_LeNet");
  EXPECT_EQ(settings.deep()->pretraining.epochs, 350);
  settings.set("epochs", "3");
  settings.set("objective", "soft-boundary");
  EXPECT_EQ(settings.as<DeepSvddOptions>()->objective, Objective::soft_boundary);
  EXPECT_EQ(settings.as<MultiSphereOptions>(), nullptr);
  EXPECT_EQ(settings.make({3, 32, 32}, *small_runs::backend())->sample_shape(),
            (std::vector<int64_t>{3, 32, 32}));
  EXPECT_EQ(recipes::multi_sphere(recipes::traits_of("mnist")).training.epochs, 100);
}

}  // namespace methods_test
