#include "svdd/baselines/mean_distance.h"

#include <gtest/gtest.h>

TEST(MeanDistance, SquaredFromTheMeanOfTheTrainingData) {
  const datasets::Samples train{{2}, {0, 0, 2, 4}}, test{{2}, {1, 2, 4, 6}};  // mean (1, 2)
  EXPECT_EQ(svdd::distances_to_mean(train, test), (std::vector<float>{0, 25}));
}
