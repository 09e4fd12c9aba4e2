#include "svdd/methods/deep_rows.h"

#include <algorithm>
#include <stdexcept>

#include "svdd/networks/networks.h"

namespace svdd {
namespace {

constexpr auto optimizer_names = engine::names_of<bool>("optimizer", {{false, "adam"}, {true, "amsgrad"}});

void add_phase(Rows& rows, const std::string& group, const std::string& prefix, PhaseOptions& p,
               const Idle& idle = {}) {
  const size_t first = rows.size();
  rows.push_back(
      option::whole({prefix + "epochs", "N", group, "passes over the training data"}, int64_t{0}, p.epochs));
  rows.push_back(option::real({prefix + "lr", "X", group, "learning rate"}, option::positive, p.lr));
  rows.push_back(option::list(
      {prefix + "lr-milestones", "A,B,...", group, "epochs from which the rate is a tenth; or none"},
      {.ascending = true}, p.lr_milestones));
  rows.push_back(
      option::whole({prefix + "batch-size", "N", group, "samples per step"}, int64_t{1}, p.batch_size));
  rows.push_back(option::real({prefix + "weight-decay", "X", group, "L2 term added to the gradient"},
                              option::not_negative, p.weight_decay));
  for (size_t i = first; i < rows.size(); ++i) rows[i].idle = idle;
}

// Whether atoms learned from patches have first filters to become; true where that is not known yet.
bool begins_with_5x5_filters(const DeepOptions& o) {
  constexpr int64_t side = 5;
  try {
    const NetworkPlan plan =
        plan_network(o.network, {.input = o.input, .rep_dim = o.rep_dim, .widths = o.widths});
    return std::any_of(plan.encoder.begin(), plan.encoder.end(), [](const engine::PlannedLayer& p) {
      return p.layer.name == "conv1" && p.layer.kernel == side;
    });
  } catch (const std::invalid_argument&) {
    return true;
  }
}

}  // namespace

Option contamination_row(Common common, Idle idle) {
  Option row = option::real({"contamination", "X", method_group,
                             "one-class: share of the training data that the threshold\nlabels anomalous, "
                             "afterwards; not nu"},
                            option::share, common.contamination);
  row.idle = std::move(idle);
  return row;
}

Option seed_row(Common common) {
  return option::whole({"seed", "N", training_group, "of every random number; the same seed, the same bits"},
                       uint64_t{0}, common.seed);
}

Option nu_row(double& nu, Idle idle) {
  Option row = option::real({"nu", "X", method_group,
                             "soft-boundary: share of the training data allowed outside\nthe sphere; shapes "
                             "the training itself"},
                            option::positive_share, nu);
  row.idle = std::move(idle);
  return row;
}

Option pca_row(datasets::PreprocessingOptions& preprocessing) {
  return option::real_or(
      {"pca", "none|X", method_group,
       "keep the principal components that explain this share of\nthe variance: 0.95 where published, "
       "on your own data none (mahalanobis: of tables)"},
      "none", option::positive_share, preprocessing.pca);
}

Option recipe_row(DeepOptions& o) {
  return option::choice(
      {"recipe", "NAME", method_group, "pytorch, or theano: the code behind the paper's tables"},
      recipe_names, o.recipe);
}

void add_network_rows(Rows& rows, DeepOptions& o, bool objects_to_bias) {
  Option network = option::text({"network", "NAME|FILE|TEXT", method_group,
                                 network_names() + ";\nor your own, as a file or a text of layers"},
                                o.network);
  network.may_be_file = true;
  // The widths in force are those published for another network. This row comes before theirs, so that what is asked for stays.
  network.set = [&o, set_text = std::move(network.set)](const std::string& text) {
    const std::string before = o.network;
    set_text(text);
    if (o.network != before) o.rep_dim = 0, o.widths.clear();
  };
  rows.push_back(std::move(network));
  if (objects_to_bias)
    rows.push_back(option::flag({"allow-bias", "True|False", method_group,
                                 "train a network that has bias terms or bounded\nactivations, which can "
                                 "collapse the sphere"},
                                o.allow_bias));
  rows.push_back(
      option::whole({"rep-dim", "P", method_group, "dimensions of the representation; 0: the network's own"},
                    int64_t{0}, o.rep_dim));
  rows.push_back(option::list({"widths", "A,B,...", method_group,
                               "of the hidden layers, for the networks of dense layers and\n"
                               "multi_sphere_mnist; none: the network's own"},
                              {}, o.widths));
  rows.push_back(option::flag({"zca", "True|False", method_group,
                               "whiten the samples (ZCA, epsilon 0.1) after contrast\nnormalisation, before "
                               "they are scaled"},
                              o.preprocessing.zca));
}

Option dictionary_row(DeepOptions& o) {
  Option row = option::flag(
      {"dictionary", "True|False", method_group, "first 5x5 filters learned from patches"}, o.dictionary);
  row.idle = [&o] {
    return std::string(
        o.dictionary && !begins_with_5x5_filters(o) ? "the network does not begin with 5x5 filters" : "");
  };
  return row;
}

void add_optimizer_rows(Rows& rows, DeepOptions& o, Common common) {
  rows.push_back(
      option::choice({"optimizer", "NAME", training_group, "adam or amsgrad"}, optimizer_names, o.amsgrad));
  rows.push_back(seed_row(common));
}

void add_training_rows(Rows& rows, DeepOptions& o, Common common) {
  add_phase(rows, training_group, "", o.training);
  add_optimizer_rows(rows, o, common);
}

void add_pretraining_rows(Rows& rows, DeepOptions& o, bool there_is_a_choice) {
  Idle idle;
  if (there_is_a_choice) {
    rows.push_back(option::flag({"pretrain", "True|False", pretraining_group,
                                 "pretrain an autoencoder first; on tables of one's own false"},
                                o.pretrain));
    idle = [&o] {
      return std::string(
          o.pretrain ? "" : "without pretraining no autoencoder is trained (pretrain true trains one)");
    };
  }
  add_phase(rows, pretraining_group, "ae-", o.pretraining, idle);
}

}  // namespace svdd
