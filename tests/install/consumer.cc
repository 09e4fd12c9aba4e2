// Asks the lowest and the highest floor for an answer known beforehand.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "engine/random.h"
#include "svdd/evaluation/metrics.h"

int main() {
  const auto order = engine::permutation(4, engine::RandomStream(1, "install"));
  std::vector<float> scores;
  std::vector<int32_t> labels;
  for (const int32_t place : order) {
    scores.push_back(static_cast<float>(place));
    labels.push_back(place == 3 || place == 1);  // of the four pairs 0-1, 0-3, 2-1, 2-3, one is wrong
  }
  const double auc = svdd::roc_auc(scores, labels);
  std::printf("svdd %s: AUC %.2f\n", SVDD_VERSION, auc);
  return auc == 0.75 ? 0 : 1;
}
