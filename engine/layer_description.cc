#include "engine/layer_description.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>

#include "engine/checked_size.h"
#include "engine/files/in_quotes.h"

namespace engine {
namespace {

// ---- from words

[[noreturn]] void wrong(const std::string& what) { throw std::invalid_argument(what); }

template <class Number>
std::optional<Number> number_in(std::string_view word) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return {};
  return value;
}

// The words of one layer, taken one after another.
class Words {
 public:
  explicit Words(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      const size_t begin = text.find_first_not_of(" \t", at);
      if (begin == std::string_view::npos) break;
      at = std::min(text.find_first_of(" \t", begin), text.size());
      words_.push_back(text.substr(begin, at - begin));
    }
  }

  bool empty() const { return next_ == words_.size(); }
  std::string_view word() { return words_[next_++]; }
  bool take(std::string_view word) {
    if (empty() || words_[next_] != word) return false;
    if (std::find(words_.begin(), words_.begin() + static_cast<ptrdiff_t>(next_), word) !=
        words_.begin() + static_cast<ptrdiff_t>(next_))
      wrong(in_quotes(std::string(word)) + " stands twice");
    ++next_;
    return true;
  }
  // The next word, read by `read`, where it is of that kind.
  template <class Read>
  auto take_if(Read read) -> decltype(read(std::string_view{})) {
    if (empty()) return {};
    auto value = read(words_[next_]);
    if (value) ++next_;
    return value;
  }
  std::string_view next() const { return empty() ? "nothing" : words_[next_]; }

 private:
  std::vector<std::string_view> words_;
  size_t next_ = 0;
};

struct Kind {
  LayerKind kind;
  std::string_view operation, usage;
};
constexpr std::array<Kind, 12> kinds{
    {{LayerKind::conv, "conv", "conv CHANNELS KxK [stride S] [padding P] [bias]"},
     {LayerKind::conv_transpose, "conv_transpose", "conv_transpose CHANNELS KxK [stride S] [padding P]"},
     {LayerKind::dense, "dense", "dense NUMBERS [bias]"},
     {LayerKind::batch_norm, "batch_norm", "batch_norm [affine] [epsilon E] [momentum M]"},
     {LayerKind::leaky_relu, "leaky_relu", "leaky_relu [SLOPE]"},
     {LayerKind::relu, "relu", "relu"},
     {LayerKind::elu, "elu", "elu [ALPHA]"},
     {LayerKind::sigmoid, "sigmoid", "sigmoid"},
     {LayerKind::max_pool, "max_pool", "max_pool [KxK] [stride S]"},
     {LayerKind::upsample, "upsample", "upsample [xS]"},
     {LayerKind::flatten, "flatten", "flatten"},
     {LayerKind::reshape, "reshape", "reshape CxHxW"}}};

const Kind& kind_of(LayerKind kind) {
  for (const Kind& row : kinds)
    if (row.kind == kind) return row;
  throw std::logic_error("kinds lacks the row of a layer");
}

[[noreturn]] void expected(const Kind& kind, const std::string& what) {
  wrong(what + "; expected " + std::string(kind.usage));
}

int64_t whole(const Kind& kind, Words& words, const std::string& what, int64_t least) {
  const std::string found(words.next());
  const auto value = words.take_if(number_in<int64_t>);
  if (!value || *value < least || *value > most_layer_numbers)
    expected(kind, what + " is " + in_quotes(found) + ", no whole number from " + std::to_string(least) +
                       " to " + std::to_string(most_layer_numbers));
  return *value;
}

// The shortest text that reads as the same number.
std::string text(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), end};
}

double real(const Kind& kind, Words& words, const std::string& what, double least, double most) {
  const std::string found(words.next());
  const auto value = words.take_if(number_in<double>);
  if (!value || !(*value >= least && *value <= most))
    expected(kind,
             what + " is " + in_quotes(found) + ", no number from " + text(least) + " to " + text(most));
  return *value;
}

std::optional<int64_t> square_in(std::string_view word) {
  const auto extents = extents_in(word);
  if (!extents || extents->size() != 2 || (*extents)[0] != (*extents)[1]) return {};
  return (*extents)[0];
}

int64_t square(const Kind& kind, Words& words) {
  const std::string found(words.next());
  const auto side = words.take_if(square_in);
  if (!side) expected(kind, "the kernel is " + in_quotes(found) + ", not square like 5x5");
  return *side;
}

void read_convolution(const Kind& kind, Words& words, LayerDescription& layer) {
  layer.out = whole(kind, words, "the number of channels", 1);
  layer.kernel = square(kind, words);
  layer.padding = (layer.kernel - 1) / 2;
  while (!words.empty()) {
    if (words.take("stride"))
      layer.stride = whole(kind, words, "the stride", 1);
    else if (words.take("padding"))
      layer.padding = whole(kind, words, "the padding", 0);
    else if (kind.kind == LayerKind::conv && words.take("bias"))
      layer.bias = true;
    else
      break;
  }
  if (layer.padding >= layer.kernel)
    expected(kind, "a padding of " + std::to_string(layer.padding) + " is as wide as the kernel or wider");
}

void read_dense(const Kind& kind, Words& words, LayerDescription& layer) {
  const std::string found(words.next());
  const auto extents = words.take_if(extents_in);  // 784, or 1x28x28: as many numbers
  if (!extents)
    expected(kind, "the number of outputs is " + in_quotes(found) + ", no whole number from 1 to " +
                       std::to_string(most_layer_numbers));
  layer.out = 1;
  for (const int64_t extent : *extents) {
    layer.out = product_if_counted({layer.out, extent}).value_or(most_numbers);
    if (layer.out > most_layer_numbers) expected(kind, "the number of outputs is larger than 2^30");
  }
  layer.bias = words.take("bias");
}

void read_batch_norm(const Kind& kind, Words& words, LayerDescription& layer) {
  while (!words.empty()) {
    if (words.take("affine"))
      layer.affine = true;
    else if (words.take("epsilon"))
      layer.epsilon = real(kind, words, "epsilon", 1e-12, 1);
    else if (words.take("momentum"))
      layer.momentum = real(kind, words, "the momentum", 0, 1);
    else
      break;
  }
}

void read_max_pool(const Kind& kind, Words& words, LayerDescription& layer) {
  layer.kernel = 2;
  if (!words.empty() && words.next() != "stride") layer.kernel = square(kind, words);
  layer.stride = words.take("stride") ? whole(kind, words, "the stride", 1) : layer.kernel;
}

void read_upsample(const Kind& kind, Words& words, LayerDescription& layer) {
  if (words.empty()) return;
  const std::string found(words.next());
  const auto scale = words.take_if([](std::string_view word) {
    return word.starts_with("x") ? number_in<int64_t>(word.substr(1)) : std::nullopt;
  });
  if (!scale || *scale < 1) expected(kind, "the scale is " + in_quotes(found) + ", not like x2");
  layer.scale = *scale;
}

void read_attributes(const Kind& kind, Words& words, LayerDescription& layer) {
  constexpr double steepest = 1;
  switch (kind.kind) {
    case LayerKind::conv:
    case LayerKind::conv_transpose:
      return read_convolution(kind, words, layer);
    case LayerKind::dense:
      return read_dense(kind, words, layer);
    case LayerKind::batch_norm:
      return read_batch_norm(kind, words, layer);
    case LayerKind::leaky_relu:
      if (!words.empty()) layer.slope = real(kind, words, "the slope", 0, steepest);
      return;
    case LayerKind::elu:
      layer.slope = words.empty() ? 1 : real(kind, words, "alpha", 0, 1e6);
      return;
    case LayerKind::max_pool:
      return read_max_pool(kind, words, layer);
    case LayerKind::upsample:
      return read_upsample(kind, words, layer);
    case LayerKind::reshape: {
      const std::string found(words.next());
      const auto extents = words.take_if(extents_in);
      if (!extents || extents->size() > 3) expected(kind, "the shape is " + in_quotes(found));
      layer.shape = *extents;
      return;
    }
    case LayerKind::relu:
    case LayerKind::sigmoid:
    case LayerKind::flatten:
      return;
  }
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string s;
  for (const int64_t extent : shape) s += (s.empty() ? "" : "x") + std::to_string(extent);
  return s;
}

// ---- shapes

// The product; nothing where no machine holds as many.
std::optional<int64_t> product_of(const std::vector<int64_t>& extents) {
  std::optional<int64_t> n = 1;
  for (size_t i = 0; n && i < extents.size(); ++i) n = product_if_counted({*n, extents[i]});
  return n;
}
int64_t counted(const std::vector<int64_t>& shape) { return product_of(shape).value_or(most_numbers); }

// One layer, given what comes to it.
class Fitting {
 public:
  explicit Fitting(const LayerDescription& layer) : layer_(layer) {}

  PlannedLayer to(const std::vector<int64_t>& input) const {
    PlannedLayer p{.layer = layer_, .input = input, .output = input};
    switch (layer_.kind) {
      case LayerKind::conv:
        require_images(input);
        p.output = {layer_.out, narrowed(input[1]), narrowed(input[2])};
        p.parameters = size({layer_.kernel, layer_.kernel, input[0], layer_.out});
        p.multiply_adds = work({p.parameters, p.output[1], p.output[2]});
        if (layer_.bias) p.parameters += layer_.out;
        break;
      case LayerKind::conv_transpose:
        require_images(input);
        p.output = {layer_.out, widened(input[1]), widened(input[2])};
        p.parameters = size({layer_.kernel, layer_.kernel, layer_.out, input[0]});
        p.multiply_adds = work({p.parameters, input[1], input[2]});
        break;
      case LayerKind::dense:
        p.output = {layer_.out};
        p.parameters = p.multiply_adds = size({counted(input), layer_.out});
        if (layer_.bias) p.parameters += layer_.out;
        break;
      case LayerKind::batch_norm:
        p.parameters = layer_.affine ? 2 * input[0] : 0;
        break;
      case LayerKind::max_pool:
        require_images(input);
        if (layer_.kernel > std::min(input[1], input[2]))
          refuse("the images that come to it are smaller: " + shape_text(input));
        p.output = {input[0], (input[1] - layer_.kernel) / layer_.stride + 1,
                    (input[2] - layer_.kernel) / layer_.stride + 1};
        break;
      case LayerKind::upsample:
        require_images(input);
        p.output = {input[0], size({layer_.scale, input[1]}), size({layer_.scale, input[2]})};
        break;
      case LayerKind::flatten:
        p.output = {counted(input)};
        break;
      case LayerKind::reshape:
        p.output = layer_.shape;
        if (product_of(layer_.shape) != counted(input))
          refuse("what comes to it is " + shape_text(input) + ", " + std::to_string(counted(input)) +
                 " numbers");
        break;
      case LayerKind::leaky_relu:
      case LayerKind::relu:
      case LayerKind::elu:
      case LayerKind::sigmoid:
        break;
    }
    size(p.output);
    return p;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { wrong(title_of(layer_) + ": " + why); }

  void require_images(const std::vector<int64_t>& input) const {
    if (input.size() != 3)
      refuse("it takes images, but what comes to it is " + shape_text(input) +
             " numbers; reshape CxHxW makes images of them");
  }
  int64_t size(const std::vector<int64_t>& extents) const {
    const auto n = product_of(extents);
    if (!n || *n > most_layer_numbers) refuse("it would hold more than 2^30 numbers");
    return *n;
  }
  int64_t work(const std::vector<int64_t>& extents) const {
    const auto n = product_of(extents);
    if (!n) refuse("it is more work than can be counted");
    return *n;
  }
  int64_t narrowed(int64_t extent) const {
    const int64_t padded = extent + 2 * layer_.padding;
    if (padded < layer_.kernel)
      refuse("its kernel is wider than the images that come to it, " + std::to_string(extent) + " wide, " +
             std::to_string(padded) + " with padding");
    return (padded - layer_.kernel) / layer_.stride + 1;
  }
  int64_t widened(int64_t extent) const {
    const int64_t wide = size({extent, layer_.stride}) - layer_.stride + layer_.kernel - 2 * layer_.padding;
    if (wide < 1) refuse("nothing of the images that come to it is left without the padding");
    return wide;
  }

  const LayerDescription& layer_;
};

// ---- in memory

Tensor flattened(const Tensor& x) { return x.shape().rank() == 2 ? x : flatten(x); }

// How many layers after a batch norm become one operation with it.
size_t fused_after(const std::vector<PlannedLayer>& layers, size_t norm) {
  const auto at = [&](size_t i) { return i < layers.size() ? &layers[i].layer : nullptr; };
  const LayerDescription *activation = at(norm + 1), *resampling = at(norm + 2);
  if (!activation || activation->kind != LayerKind::leaky_relu) return 0;
  const bool pools = resampling && resampling->kind == LayerKind::max_pool && resampling->kernel == 2 &&
                     resampling->stride == 2;
  const bool enlarges = resampling && resampling->kind == LayerKind::upsample && resampling->scale == 2;
  return pools || enlarges ? 2 : 1;
}

// Batch norm, leaky ReLU and, where there are three, the resampling after them.
BatchNormOptions fused_options(std::span<const PlannedLayer> layers) {
  const LayerDescription& norm = layers[0].layer;
  BatchNormOptions o{.affine = norm.affine, .epsilon = norm.epsilon, .momentum = norm.momentum};
  if (layers.size() > 1) o.slope = layers[1].layer.slope;
  if (layers.size() > 2)
    o.then = layers[2].layer.kind == LayerKind::max_pool ? Resample::max_pool : Resample::upsample;
  return o;
}

void add_layer(Sequential& net, const PlannedLayer& p, Backend& on, DType type) {
  const LayerDescription& l = p.layer;
  const int64_t in = p.input[0];
  switch (l.kind) {
    case LayerKind::conv:
      net.add(l.name, std::make_unique<Conv2d>(on, type, in, l.out, l.kernel, l.padding, l.bias, l.stride));
      return;
    case LayerKind::conv_transpose:
      net.add(l.name, std::make_unique<ConvTranspose2d>(on, type, in, l.out, l.kernel, l.padding, l.stride));
      return;
    case LayerKind::dense:
      if (p.input.size() > 1) net.add(flattened);
      net.add(l.name, std::make_unique<Dense>(on, type, counted(p.input), l.out, l.bias));
      return;
    case LayerKind::batch_norm:
      net.add(l.name, std::make_unique<BatchNorm>(on, type, in, fused_options({&p, 1})));
      return;
    case LayerKind::leaky_relu:
      net.add([slope = l.slope](const Tensor& x) { return leaky_relu(x, slope); });
      return;
    case LayerKind::relu:
      net.add([](const Tensor& x) { return relu(x); });
      return;
    case LayerKind::elu:
      net.add([alpha = l.slope](const Tensor& x) { return elu(x, alpha); });
      return;
    case LayerKind::sigmoid:
      net.add([](const Tensor& x) { return sigmoid(x); });
      return;
    case LayerKind::max_pool:
      net.add([size = l.kernel, stride = l.stride](const Tensor& x) { return max_pool2d(x, size, stride); });
      return;
    case LayerKind::upsample:
      net.add([scale = l.scale](const Tensor& x) { return upsample_nearest(x, scale); });
      return;
    case LayerKind::flatten:
      net.add(flattened);
      return;
    case LayerKind::reshape:
      net.add([shape = l.shape](const Tensor& x) {
        std::vector<int64_t> extents{x.shape()[0]};
        extents.insert(extents.end(), shape.begin(), shape.end());
        return reshape(x, Shape(extents));
      });
      return;
  }
}

}  // namespace

std::optional<std::vector<int64_t>> extents_in(std::string_view word) {
  std::vector<int64_t> extents;
  for (size_t begin = 0; begin <= word.size();) {
    const size_t end = std::min(word.find('x', begin), word.size());
    const auto extent = number_in<int64_t>(word.substr(begin, end - begin));
    if (!extent || *extent < 1 || *extent > most_layer_numbers) return {};
    extents.push_back(*extent);
    begin = end + 1;
  }
  return extents;
}

std::string title_of(const LayerDescription& layer) {
  std::string title = layer.where;
  if (!title.empty()) title += ", ";
  if (!layer.name.empty()) title += layer.name + ": ";
  return title + words_of(layer);
}

LayerRole role_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv:
    case LayerKind::conv_transpose:
    case LayerKind::dense:
      return LayerRole::linear;
    case LayerKind::batch_norm:
      return LayerRole::normalisation;
    case LayerKind::leaky_relu:
    case LayerKind::relu:
    case LayerKind::elu:  // below, not above
      return LayerRole::activation;
    case LayerKind::sigmoid:
      return LayerRole::bounded_activation;
    case LayerKind::max_pool:
    case LayerKind::upsample:
      return LayerRole::resampling;
    case LayerKind::flatten:
    case LayerKind::reshape:
      return LayerRole::reshaping;
  }
  throw std::logic_error("role_of lacks a layer");
}

std::string_view operation_of(LayerKind kind) { return kind_of(kind).operation; }

const std::vector<std::string_view>& operations() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> names;
    for (const Kind& kind : kinds) names.push_back(kind.operation);
    return names;
  }();
  return all;
}

LayerDescription layer_of(std::string_view text) {
  Words words(text);
  if (words.empty()) wrong("a layer begins with its operation, found nothing");
  const std::string_view operation = words.word();
  const auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.operation == operation; });
  if (kind == kinds.end()) {
    std::string list;
    for (const Kind& k : kinds) list += (list.empty() ? "" : ", ") + std::string(k.operation);
    wrong("there is no operation " + in_quotes(operation) + "; there are " + list);
  }
  LayerDescription layer{.kind = kind->kind};
  read_attributes(*kind, words, layer);
  if (!words.empty()) expected(*kind, in_quotes(words.next()) + " is not understood");
  return layer;
}

std::string words_of(const LayerDescription& l) {
  const LayerDescription usual{};
  std::string words(operation_of(l.kind));
  const auto add = [&](const std::string& word) { words += " " + word; };
  const auto square = [&] { return std::to_string(l.kernel) + "x" + std::to_string(l.kernel); };
  switch (l.kind) {
    case LayerKind::conv:
    case LayerKind::conv_transpose:
      add(std::to_string(l.out));
      add(square());
      if (l.stride != 1) add("stride " + std::to_string(l.stride));
      if (l.padding != (l.kernel - 1) / 2) add("padding " + std::to_string(l.padding));
      if (l.bias) add("bias");
      break;
    case LayerKind::dense:
      add(std::to_string(l.out));
      if (l.bias) add("bias");
      break;
    case LayerKind::batch_norm:
      if (l.affine) add("affine");
      if (l.epsilon != usual.epsilon) add("epsilon " + text(l.epsilon));
      if (l.momentum != usual.momentum) add("momentum " + text(l.momentum));
      break;
    case LayerKind::leaky_relu:
      if (l.slope != usual.slope) add(text(l.slope));
      break;
    case LayerKind::elu:
      if (l.slope != 1) add(text(l.slope));
      break;
    case LayerKind::max_pool:
      if (l.kernel != 2) add(square());
      if (l.stride != l.kernel) add("stride " + std::to_string(l.stride));
      break;
    case LayerKind::upsample:
      if (l.scale != 2) add("x" + std::to_string(l.scale));
      break;
    case LayerKind::reshape:
      add(shape_text(l.shape));
      break;
    case LayerKind::relu:
    case LayerKind::sigmoid:
    case LayerKind::flatten:
      break;
  }
  return words;
}

std::vector<PlannedLayer> plan(const std::vector<LayerDescription>& layers,
                               const std::vector<int64_t>& input) {
  std::vector<PlannedLayer> planned;
  std::vector<int64_t> shape = input;
  for (const LayerDescription& layer : layers) {
    planned.push_back(Fitting(layer).to(shape));
    shape = planned.back().output;
  }
  for (size_t i = 0; i < planned.size(); ++i)
    if (planned[i].layer.kind == LayerKind::batch_norm)
      for (size_t k = 0, count = fused_after(planned, i); k < count; ++k) planned[i + k].fused = true;
  return planned;
}

Sequential build(const std::vector<PlannedLayer>& layers, Backend& backend, DType type) {
  Sequential net;
  for (size_t i = 0; i < layers.size(); ++i) {
    const size_t first = i;
    while (layers[i].fused) ++i;
    if (i == first) {
      add_layer(net, layers[i], backend, type);
      continue;
    }
    const std::span<const PlannedLayer> together(&layers[first], i - first + 1);
    net.add(layers[first].layer.name,
            std::make_unique<BatchNorm>(backend, type, layers[first].input[0], fused_options(together)));
  }
  return net;
}

}  // namespace engine
