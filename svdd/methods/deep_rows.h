// The options that the methods with a network share, as rows (option.h), in the order in which they are listed.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "svdd/methods/deep_options.h"
#include "svdd/methods/settings.h"

namespace svdd {

using Rows = std::vector<Option>;
using Idle = std::function<std::string()>;

// The groups under which options are listed.
inline const std::string method_group = "Method", training_group = "Training",
                         pretraining_group = "Pretraining (autoencoder)";

Option contamination_row(Common common, Idle idle = {});  // of every method
Option seed_row(Common common);                           // of every one that draws numbers
Option nu_row(double& nu, Idle idle = {});
Option pca_row(datasets::PreprocessingOptions& preprocessing);  // of the methods without a network

Option recipe_row(DeepOptions& o);
// network, rep-dim, widths, zca; allow-bias where a network that breaks the theory is refused.
void add_network_rows(Rows& rows, DeepOptions& o, bool objects_to_bias);
Option dictionary_row(DeepOptions& o);
// Of the phase, the optimiser and the seed.
void add_training_rows(Rows& rows, DeepOptions& o, Common common);
void add_optimizer_rows(Rows& rows, DeepOptions& o, Common common);
// Of the autoencoder; `pretrain` only where there is a choice.
void add_pretraining_rows(Rows& rows, DeepOptions& o, bool there_is_a_choice);

}  // namespace svdd
