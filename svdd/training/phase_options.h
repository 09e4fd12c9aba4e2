// How long and how fast a phase of training learns.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace svdd {

// One phase of training.
struct PhaseOptions {
  int64_t epochs = 150;
  double lr = 1e-4;
  std::vector<int64_t> lr_milestones = {50};  // epoch m, counted from 0, is the first at a tenth of the rate
  int64_t batch_size = 200;
  double weight_decay = 0;

  void check(const std::string& phase) const;  // std::invalid_argument naming the option that is impossible
};

}  // namespace svdd
