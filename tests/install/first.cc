#include <iostream>

#include "datasets/catalog.h"
#include "engine/backends/cpu/cpu.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/methods/deep_svdd.h"

int main() {
  auto digits = datasets::load("strokes");         // or "mnist", a folder, a table
  auto task = datasets::one_vs_rest(digits, {3});  // normal: the 3s; anomalous: the rest
  auto backend = engine::make_cpu_backend();
  svdd::DeepSvddOptions options = svdd::published_options(svdd::Recipe::pytorch);
  options.objective = svdd::Objective::soft_boundary;
  options.pretraining.epochs = options.training.epochs = 20;
  auto detector = svdd::make_deep_svdd(options, *backend);
  svdd::Monitor quiet;
  detector->fit({task.train, task.train_classes}, quiet);  // pretraining, centre, training
  auto scores = detector->score(task.test);                // larger = more anomalous
  std::cout << svdd::roc_auc(scores, task.test_labels) << '\n';
}
