#include "svdd/baselines/pca_reconstruction.h"

#include <gtest/gtest.h>

#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"
#include "tests/svdd/details.h"

namespace pca_reconstruction_test {

using namespace svdd;
using few_points::fitted;

// scikit-learn 1.2.1: PCA(share, svd_solver='full'), the squared distance from inverse_transform(transform(places)).
TEST(PcaReconstruction, KnownAnswers) {
  struct Known {
    double share;
    int64_t components;
    std::vector<double> scores;
  };
  const std::vector<Known> known{{0.5, 1, {0.198368014, 0.0815725431, 3.4905829, 0.436723743, 1154.48054}},
                                 {0.9, 2, {0.196941335, 0.0266202096, 3.24482989, 0.249997772, 8.5681851}},
                                 {0.999, 2, {0.196941335, 0.0266202096, 3.24482989, 0.249997772, 8.5681851}}};
  for (const Known& expected : known) {
    const auto detector = make_pca_reconstruction({.variance = expected.share});
    const auto scores = fitted(detector, few_points::forty()).score(few_points::places_in_space());
    EXPECT_EQ(details_of(*detector)["components"], expected.components);
    for (size_t i = 0; i < 5; ++i)
      EXPECT_NEAR(scores[i], expected.scores[i], 1e-6 + 1e-5 * expected.scores[i])
          << expected.share << ", " << i;
  }
}

TEST(PcaReconstruction, EqualSamplesAreAPoint) {
  const auto detector = make_pca_reconstruction({});
  fitted(detector, {{2}, {1, 2, 1, 2, 1, 2}});
  EXPECT_EQ(detector->score({{2}, {1, 2, 4, 6}}), (std::vector<float>{0, 25}));
  const scratch::Folder folder;
  detector->save(folder.path());
  EXPECT_EQ(load_detector(folder.path(), *small_runs::backend())->score({{2}, {4, 6}}),
            std::vector<float>{25});
}

TEST(PcaReconstruction, WhatCannotBeIsRefused) {
  for (const double share : {0.0, -1.0, 1.5, std::nan("")})
    EXPECT_TRUE(scratch::contains(
        scratch::error_of<std::invalid_argument>([&] { make_pca_reconstruction({.variance = share}); }),
        "in (0, 1]"));
}

}  // namespace pca_reconstruction_test
