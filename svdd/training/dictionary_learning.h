// Sparse dictionary learning: atoms of which every patch is nearly a sum of few. Its atoms are the
// first-layer filters that the `theano` recipe of Deep SVDD starts from.
//
// Mairal, Bach, Ponce, Sapiro, "Online dictionary learning for sparse coding", ICML 2009: minimise over D
// with atoms d_k in the unit ball  E_x min_a ½‖x - Σ_k a_k d_k‖² + alpha·‖a‖₁. Computed in double, in one
// fixed order.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace svdd {

// ½‖x - Dᵀa‖² + alpha·‖a‖₁ at its minimum over a, averaged over the patches: what learning minimises.
double mean_lasso_objective(std::span<const float> patches, std::span<const float> dictionary,
                            int64_t patch_size, double alpha);

struct DictionaryOptions {
  int64_t atoms = 8;
  double alpha = 1;
  int64_t iterations = 1000;  // mini-batches
  int64_t batch_size = 10;
  uint64_t seed = 0;  // of the streams "dictionary/..."
};

// Algorithm 1 of the paper with its mini-batches (section 3.4.3). `patches` is m x patch_size; the result is
// atoms x patch_size, every row of norm at most 1. The patches are visited in a random order, anew when all
// were seen. The first atoms are the patches' principal directions (about their mean of 0), what atoms exceed
// patch_size are patches drawn at random. An atom that no code uses is drawn anew from the patches
// (section 3.4.5). Throws std::invalid_argument for no patches, a size that is no multiple of patch_size, a
// number that is not finite (naming its patch), or options that are not positive (alpha: not negative).
std::vector<float> learn_dictionary(std::span<const float> patches, int64_t patch_size,
                                    const DictionaryOptions& options = {});

// n images of c channels, h x w each, in C order.
struct Images {
  std::span<const float> values;
  int64_t n, c, h, w;
};

// All size x size patches of the images: n·(h-size+1)·(w-size+1) rows of c·size·size values, images first,
// then patch rows, then patch columns. Throws std::invalid_argument for sizes that disagree.
std::vector<float> extract_patches(const Images& images, int64_t size);

// Gives each of the patch_size positions mean 0 and standard deviation 1 over the patches. A position that
// never varies becomes 0.
void standardise_positions(std::span<float> patches, int64_t patch_size);

// First-layer filters for a network that correlates (as ours do): a dictionary of all 5x5 patches of 500
// images drawn without replacement (all, where there are fewer), positions standardised; options.atoms x c x
// 5 x 5, each channel of atom k turned by 180° being filter k, because the original convolved. The images are
// preprocessed as for training.
std::vector<float> dictionary_filters(const Images& images, const DictionaryOptions& options = {});

}  // namespace svdd
