// DASVDD: Hojjati and Armanfard, "DASVDD: Deep Autoencoding Support Vector Data Descriptor for Anomaly
// Detection", IEEE TKDE 2024. An autoencoder and the centre of a sphere, learned together. With the code
// z = encoder(x), its reconstruction x̂ = decoder(z) and D features,
//
//     s(x) = (1/D)·‖x̂ − x‖² + γ·‖z − c‖²
//
// is the score, and (1/n) Σ_i s(x_i) what is minimised. The network and c take turns on every batch: its
// first ⌈κ·n⌉ samples move the network, c being fixed (Adam); the others then move c, the network being
// fixed, by one step of AdaGrad on the mean over the coordinates of (c − mean_i z_i)².
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "svdd/methods/deep_options.h"
#include "svdd/methods/method.h"
#include "svdd/networks/networks.h"

namespace svdd {

// How γ is found: a ratio that sets both terms of the objective against each other, averaged over networks
// that have only been initialised. e = (1/D)·‖x̂ − x‖²; means go over the samples of whole batches.
enum class GammaRule {
  mean_of_all,   // mean e / mean ‖z‖²: the authors' code since March 2026
  first_sample,  // mean e / mean ‖z‖² of the first sample of each batch: their code behind the published
                 // figures
  paper          // mean over all samples of e / ‖z − c‖², c as it begins: the paper's text
};
inline constexpr auto gamma_rule_names =
    engine::names_of<GammaRule>("rule for gamma", {{GammaRule::mean_of_all, "all"},
                                                   {GammaRule::first_sample, "first-sample"},
                                                   {GammaRule::paper, "paper"}});
inline std::string_view name_of(GammaRule rule) { return gamma_rule_names(rule); }

struct DasvddOptions : DeepOptions {
  std::optional<double> gamma = {};  // at least 0; none: by the rule
  GammaRule gamma_rule = GammaRule::mean_of_all;
  int64_t gamma_networks = 10;  // T; each draws from a seed of its own
  double network_share = 0.9;   // κ, in (0, 1]; at 1 the same samples serve both turns
  bool train_centre = true;     // otherwise c stays as drawn, and the network has the whole batches
  double centre_lr = 1;  // of AdaGrad: step t has the rate centre_lr / (1 + (t − 1)·centre_lr_decay)
  double centre_lr_decay = 0.01;
};

// The published settings of one of its networks, "dasvdd_mnist", "dasvdd_cifar10", "dasvdd_speech" or
// "dasvdd_pima" (Fashion-MNIST has MNIST's): 300 epochs in batches of 200 at a rate of 1e-3, no pretraining;
// samples as they are, or under global contrast normalisation (l2) for CIFAR-10.
DasvddOptions published_dasvdd_options(const std::string& network = "dasvdd_mnist");

// std::invalid_argument naming the option that is impossible. The fit throws it too where the rule finds no
// finite γ.
std::unique_ptr<Detector> make_dasvdd(const DasvddOptions& options, engine::Backend& backend);

Method dasvdd_method();

// ---- the method's two formulas, in the number type of their arguments

// s(x) of each sample: (N).
engine::Tensor dasvdd_score(Network& network, const engine::Tensor& x, const engine::Tensor& centre,
                            double gamma, engine::Mode mode);
// The gradient of (1/p)·‖c − mean_i z_i‖² by c, 2·(c − mean_i z_i)/p, into centre.grad(), which must exist.
// z: (N, p), centre: (p).
void dasvdd_centre_gradient(const engine::Tensor& z, const engine::Tensor& centre);

}  // namespace svdd
