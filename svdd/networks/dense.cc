// Networks of dense layers: DASVDD's (Hojjati and Armanfard 2024), and one for rows of numbers that every
// method can take.
#include <functional>

#include "datasets/samples.h"
#include "svdd/networks/builder.h"

namespace svdd {
namespace {

// The encoder d – widths – p and back. The reconstruction has the shape of the input.
struct Widths {
  std::vector<int64_t> down, back;  // with both ends
};
Widths widths_of(const Builder& b) {
  Widths w{{datasets::sample_size(b.options.input)}, {}};
  w.down.insert(w.down.end(), b.options.widths.begin(), b.options.widths.end());
  w.down.push_back(b.p());
  w.back.assign(w.down.rbegin(), w.down.rend());
  return w;
}

engine::Shape batch_of(const engine::Tensor& x, const std::vector<int64_t>& sample) {
  std::vector<int64_t> extents{x.shape()[0]};
  extents.insert(extents.end(), sample.begin(), sample.end());
  return engine::Shape(extents);
}

// Biases everywhere and leaky ReLU after every layer but the last, the code itself included: the
// reconstruction term keeps these from collapsing. `last` is what follows the last layer.
Network dasvdd(const Builder& b, const std::function<engine::Tensor(const engine::Tensor&)>& last) {
  const Widths w = widths_of(b);
  Network net;
  net.encoder.add(engine::flatten);
  for (size_t i = 0; i + 1 < w.down.size(); ++i)
    net.encoder.add("e." + std::to_string(i), b.biased_dense(w.down[i], w.down[i + 1])).add(leaky);
  for (size_t i = 0; i + 1 < w.back.size(); ++i) {
    net.decoder.add("d." + std::to_string(i), b.biased_dense(w.back[i], w.back[i + 1]));
    if (i + 2 < w.back.size()) net.decoder.add(leaky);
  }
  if (last) net.decoder.add(last);
  net.decoder.add(
      [input = b.options.input](const engine::Tensor& x) { return engine::reshape(x, batch_of(x, input)); });
  return net;
}

}  // namespace

Network dasvdd_sigmoid(const Builder& b) {
  return dasvdd(b, [](const engine::Tensor& x) { return engine::sigmoid(x); });
}
Network dasvdd_activated(const Builder& b) { return dasvdd(b, leaky); }
Network dasvdd_linear(const Builder& b) { return dasvdd(b, nullptr); }

// No biases (Proposition 2 of Deep SVDD), leaky ReLU between the layers, and the mirror image; neither the
// representation nor the reconstruction is bounded, for rows that are standardised.
Network mlp(const Builder& b) {
  const Widths w = widths_of(b);
  Network net;
  net.encoder.add(engine::flatten);
  for (size_t i = 0; i + 1 < w.down.size(); ++i) {
    net.encoder.add("fc" + std::to_string(i + 1), b.dense(w.down[i], w.down[i + 1]));
    if (i + 2 < w.down.size()) net.encoder.add(leaky);
  }
  for (size_t i = 0; i + 1 < w.back.size(); ++i)
    net.decoder.add(leaky).add("defc" + std::to_string(i + 1), b.dense(w.back[i], w.back[i + 1]));
  net.decoder.add(
      [input = b.options.input](const engine::Tensor& x) { return engine::reshape(x, batch_of(x, input)); });
  return net;
}

}  // namespace svdd
