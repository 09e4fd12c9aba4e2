#include "svdd/networks/theory.h"

namespace svdd {

std::vector<std::string> theory_objections(const NetworkPlan& plan, const NetworkOptions& options) {
  std::vector<std::string> objections;
  for (const engine::PlannedLayer& p : plan.encoder) {
    const engine::LayerDescription& l = p.layer;
    const std::string title = engine::title_of(l);
    if (l.bias && !options.bias_terms)
      objections.push_back(
          title +
          " has bias terms, so the network can send every sample to the centre by its biases "
          "alone (Ruff et al. 2018, Proposition 2)");
    if (l.affine && !options.affine_batch_norm)
      objections.push_back(
          title +
          " has a shift, which is a bias term: the network can send every sample to the centre "
          "by it alone (Ruff et al. 2018, Proposition 2)");
    if (engine::role_of(l.kind) == engine::LayerRole::bounded_activation)
      objections.push_back(title +
                           " is bounded, so it can saturate for every sample and become a bias term for what "
                           "follows it (Ruff et al. 2018, Proposition 3)");
  }
  return objections;
}

}  // namespace svdd
