// What a network must not have, whose representations alone are drawn to a centre (Ruff et al., Deep One-Class
// Classification, 2018, section 3.3): with a bias term, a constant map onto the centre has objective 0 (Proposition 2);
// a bounded activation whose features keep their sign can saturate, and acts as a bias term for what follows it
// (Proposition 3). Batch norm's shift is a bias term. A method that reconstructs its samples besides is free of this.
#pragma once
#include <string>
#include <vector>

#include "svdd/networks/networks.h"

namespace svdd {

// One sentence for each layer of the encoder that breaks it, naming the layer; none where all is well. What the
// options bring in, the affine batch norm of the theano recipe, is no objection.
std::vector<std::string> theory_objections(const NetworkPlan& plan, const NetworkOptions& options = {});

}  // namespace svdd
