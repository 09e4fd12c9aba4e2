#include "svdd/networks/mirror.h"

#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "datasets/samples.h"

namespace svdd {
namespace {

using engine::LayerDescription;
using engine::LayerKind;
using engine::PlannedLayer;

// A layer with weights and what follows it; the first block may have none, where something comes before all weights.
struct Block {
  const PlannedLayer* linear = nullptr;
  std::vector<const PlannedLayer*> after;

  const PlannedLayer* find(bool (*of_kind)(LayerKind)) const {
    for (const PlannedLayer* p : after)
      if (of_kind(p->layer.kind)) return p;
    return nullptr;
  }
};
bool is_norm(LayerKind kind) { return kind == LayerKind::batch_norm; }

std::vector<Block> blocks_of(const std::vector<PlannedLayer>& encoder) {
  std::vector<Block> blocks;
  for (const PlannedLayer& p : encoder) {
    if (is_linear(p.layer.kind) || blocks.empty()) blocks.emplace_back();
    if (is_linear(p.layer.kind))
      blocks.back().linear = &p;
    else
      blocks.back().after.push_back(&p);
  }
  return blocks;
}

[[noreturn]] void cannot(const PlannedLayer& p) {
  throw std::invalid_argument("the text has no decoder, and there is no mirror image of " +
                              (p.layer.where.empty() ? "" : p.layer.where + ", ") +
                              engine::words_of(p.layer) + ", which makes " + datasets::shape_text(p.output) +
                              " of " + datasets::shape_text(p.input) +
                              ": write the decoder, choose sizes that come out even, or do "
                              "without pretraining where the method can");
}

class Mirror {
 public:
  std::vector<LayerDescription> of(const std::vector<PlannedLayer>& encoder) {
    if (encoder.empty()) return {};
    for (const PlannedLayer& p : encoder) taken_.insert(p.layer.name);
    const std::vector<Block> blocks = blocks_of(encoder);
    if (!blocks.back().find(engine::is_activation)) begin_with_activation(encoder);
    for (size_t i = blocks.size(); i-- > 0;) {
      // What only rearranges comes before batch norm, which looks at channels, and resampling after it.
      const Block& block = blocks[i];
      for (size_t k = block.after.size(); k-- > 0;) undo_arrangement(*block.after[k]);
      // What is done to the samples before all weights is not undone: it would squeeze the reconstruction.
      if (i + 1 < blocks.size() && block.linear) add_norm_and_activation(block);
      for (size_t k = block.after.size(); k-- > 0;) undo_resampling(*block.after[k]);
      if (block.linear) undo_linear(*block.linear);
    }
    if (encoder.front().input.size() == 3) add({.kind = LayerKind::sigmoid});
    return std::move(layers_);
  }

 private:
  void add(LayerDescription layer, const PlannedLayer* mirrored = nullptr) {
    if (mirrored) layer.name = name_after(mirrored->layer.name);
    layers_.push_back(std::move(layer));
  }

  std::string name_after(const std::string& name) {
    const std::string base = "de" + name.substr(0, name.find_last_not_of("0123456789") + 1);
    std::string next;
    do next = base + std::to_string(++count_[base]);
    while (taken_.contains(next));
    return next;
  }

  void begin_with_activation(const std::vector<PlannedLayer>& encoder) {
    for (size_t i = encoder.size(); i-- > 0;)
      if (is_activation(encoder[i].layer.kind)) return add(plain(encoder[i].layer));
  }

  static LayerDescription plain(LayerDescription layer) {
    layer.where.clear();
    layer.name.clear();
    return layer;
  }

  void add_norm_and_activation(const Block& block) {
    if (const PlannedLayer* norm = block.find(is_norm)) add(plain(norm->layer), norm);
    if (const PlannedLayer* activation = block.find(engine::is_activation)) add(plain(activation->layer));
  }

  void undo_arrangement(const PlannedLayer& p) {
    if (p.layer.kind != LayerKind::flatten && p.layer.kind != LayerKind::reshape) return;
    if (p.input == p.output) return;
    add(p.input.size() == 1 ? LayerDescription{.kind = LayerKind::flatten}
                            : LayerDescription{.kind = LayerKind::reshape, .shape = p.input});
  }

  void undo_resampling(const PlannedLayer& p) {
    const LayerDescription& l = p.layer;
    if (l.kind == LayerKind::max_pool) {
      if (l.stride != l.kernel || p.output[1] * l.kernel != p.input[1] ||
          p.output[2] * l.kernel != p.input[2])
        cannot(p);
      add({.kind = LayerKind::upsample, .scale = l.kernel});
    } else if (l.kind == LayerKind::upsample) {
      add({.kind = LayerKind::max_pool, .kernel = l.scale, .stride = l.scale});
    }
  }

  void undo_linear(const PlannedLayer& p) {
    const LayerDescription& l = p.layer;
    if (l.kind == LayerKind::dense) {
      int64_t numbers = 1;
      for (const int64_t extent : p.input) numbers *= extent;
      add({.kind = LayerKind::dense, .out = numbers, .bias = l.bias}, &p);
      if (p.input.size() > 1) add({.kind = LayerKind::reshape, .shape = p.input});
      return;
    }
    LayerDescription back{.kind = l.kind == LayerKind::conv ? LayerKind::conv_transpose : LayerKind::conv,
                          .out = p.input[0],
                          .kernel = l.kernel,
                          .stride = l.stride,
                          .padding = l.padding};
    const auto gives = [&](const LayerDescription& layer, const std::vector<int64_t>& from) {
      return engine::plan({layer}, from).back().output == p.input;
    };
    if (gives(back, p.output)) return add(back, &p);
    // A stride that does not come out: 32 → 16 with a kernel of 3, say. Enlarged first, at stride 1 it does.
    back.stride = 1;
    const std::vector<int64_t> enlarged{p.output[0], p.output[1] * l.stride, p.output[2] * l.stride};
    if (l.kind != LayerKind::conv || l.stride == 1 || !gives(back, enlarged)) cannot(p);
    add({.kind = LayerKind::upsample, .scale = l.stride});
    add(back, &p);
  }

  std::vector<LayerDescription> layers_;
  std::map<std::string, int> count_;
  std::set<std::string> taken_;  // by the encoder
};

}  // namespace

std::vector<LayerDescription> mirror_of(const std::vector<PlannedLayer>& encoder) {
  return Mirror().of(encoder);
}

}  // namespace svdd
