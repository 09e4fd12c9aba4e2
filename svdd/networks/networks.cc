#include "svdd/networks/networks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include "datasets/samples.h"
#include "engine/did_you_mean.h"
#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "engine/initializers.h"
#include "published_network.h"  // made by the build of networks/*.net
#include "svdd/networks/mirror.h"
#include "svdd/networks/network_text.h"

namespace svdd {

using engine::Backend;
using engine::LayerDescription;
using engine::PlannedLayer;

namespace {

struct Published {
  std::string_view text;
  NetworkText network;
};
const std::vector<Published>& all_published() {
  static const std::vector<Published> all = [] {
    std::vector<Published> list;
    for (const std::string_view text : published_network_texts) list.push_back({text, parse_network(text)});
    std::sort(list.begin(), list.end(), [](const Published& a, const Published& b) {
      return a.network.info.name < b.network.info.name;
    });
    return list;
  }();
  return all;
}

const Published& published(const std::string& name) {
  std::string names;
  std::vector<std::string> known;
  for (const Published& p : all_published()) {
    if (p.network.info.name == name) return p;
    known.push_back(p.network.info.name);
    names += (names.empty() ? "" : ", ") + p.network.info.name;
  }
  throw std::invalid_argument("there is no network " + engine::in_quotes(name) + "; known are " + names +
                              engine::did_you_mean(name, known));
}

// An error in a text is told with the network's name before it.
NetworkText text_named(const std::string& name_or_text) {
  if (!is_network_text(name_or_text)) return published(name_or_text).network;
  try {
    return parse_network(name_or_text);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("the network's text: " + std::string(error.what()));
  }
}

bool takes_any_number_of_widths(const NetworkText& text) {
  const auto is_loop = [](const NetworkText::Line& line) {
    return line.kind == NetworkText::Line::Kind::for_each;
  };
  return std::any_of(text.encoder.begin(), text.encoder.end(), is_loop);
}

void check_widths(const NetworkText& text, const std::vector<int64_t>& widths) {
  const NetworkInfo& info = text.info;
  if (widths.empty()) return;
  if (info.widths.empty() || (!takes_any_number_of_widths(text) && widths.size() != info.widths.size()))
    throw std::invalid_argument(
        info.name + " takes " +
        (info.widths.empty() ? "no widths" : std::to_string(info.widths.size()) + " widths") + ", found " +
        std::to_string(widths.size()));
  for (const int64_t w : widths)
    if (w < 1)
      throw std::invalid_argument(info.name + ": a layer must be at least 1 wide, found " +
                                  std::to_string(w));
    else if (w > most_width)
      throw std::invalid_argument(info.name + ": a hidden layer of " + std::to_string(w) +
                                  " numbers is too wide; at most " + std::to_string(most_width) +
                                  " are possible");
}

void check_rep_dim(const std::string& name, int64_t rep_dim) {
  if (rep_dim < 1)
    throw std::invalid_argument(name + ": rep_dim must be at least 1, found " + std::to_string(rep_dim));
  if (rep_dim > most_width)
    throw std::invalid_argument(name + ": a representation of " + std::to_string(rep_dim) +
                                " numbers is too large; at most " + std::to_string(most_width) +
                                " are possible");
}

Sizes complete(const NetworkText& text, const NetworkOptions& options) {
  const NetworkInfo& info = text.info;
  Sizes sizes{options.input, options.widths, options.rep_dim == 0 ? info.rep_dim : options.rep_dim};
  if (sizes.rep_dim != 0) check_rep_dim(info.name, sizes.rep_dim);
  check_widths(text, options.widths);
  check_widths(text, info.widths);
  if (sizes.widths.empty()) sizes.widths = info.widths;
  if (info.input.empty() && sizes.input.empty())
    throw std::invalid_argument(info.name + " takes samples of any size and must be told which");
  if (sizes.input.empty()) sizes.input = info.input;
  if (!info.input.empty() && sizes.input != info.input)
    throw std::invalid_argument("the samples are " + datasets::shape_text(sizes.input) + ", but " +
                                info.name + " takes " + datasets::shape_text(info.input));
  return sizes;
}

// Layers with a state and without a name are called after their operation, numbered through the whole text.
class Namer {
 public:
  explicit Namer(const std::vector<LayerDescription>& named) {
    for (const LayerDescription& layer : named) keep(layer.name);
  }
  void name(std::vector<LayerDescription>& layers) {
    for (LayerDescription& layer : layers) {
      if (!has_state(layer.kind)) continue;
      if (!layer.name.empty()) continue;
      int64_t& count = count_[static_cast<size_t>(layer.kind)];
      do layer.name = stem(layer.kind) + std::to_string(++count);
      while (taken_.contains(layer.name));
      keep(layer.name);
    }
  }

 private:
  static std::string stem(engine::LayerKind kind) {
    switch (kind) {
      case engine::LayerKind::conv:
        return "conv";
      case engine::LayerKind::conv_transpose:
        return "deconv";
      case engine::LayerKind::dense:
        return "fc";
      default:
        return "bn";
    }
  }
  void keep(const std::string& name) {
    if (!name.empty() && !taken_.insert(name).second)
      throw std::invalid_argument("two layers are called " + engine::in_quotes(name));
  }

  std::set<std::string> taken_;
  int64_t count_[4] = {};
};

void set_options(std::vector<LayerDescription>& layers, const NetworkOptions& options) {
  for (LayerDescription& layer : layers) {
    if (layer.kind == engine::LayerKind::batch_norm && options.affine_batch_norm) layer.affine = true;
    if ((layer.kind == engine::LayerKind::conv || layer.kind == engine::LayerKind::dense) &&
        options.bias_terms)
      layer.bias = true;
  }
}

// A last layer whose numbers are as wanted and whose shape is not.
void end_with(std::vector<LayerDescription>& layers, const std::vector<int64_t>& from,
              const std::vector<int64_t>& shape) {
  if (from == shape || datasets::sample_size(from) != datasets::sample_size(shape)) return;
  layers.push_back(shape.size() == 1 ? LayerDescription{.kind = engine::LayerKind::flatten}
                                     : LayerDescription{.kind = engine::LayerKind::reshape, .shape = shape});
}

std::vector<int64_t> last_shape(const std::vector<LayerDescription>& layers,
                                const std::vector<int64_t>& input) {
  const std::vector<PlannedLayer> planned = engine::plan(layers, input);
  return planned.empty() ? input : planned.back().output;
}

NetworkPlan planned(const NetworkText& text, const NetworkOptions& options) {
  const Sizes sizes = complete(text, options);
  NetworkPlan plan{.name = text.info.name,
                   .start = text.info.start,
                   .input = sizes.input,
                   .widths = sizes.widths,
                   .allow_bias = text.allow_bias};
  std::vector<LayerDescription> encoder = layers_of(text.encoder, sizes),
                                decoder = layers_of(text.decoder, sizes);
  std::vector<LayerDescription> both = encoder;
  both.insert(both.end(), decoder.begin(), decoder.end());
  Namer namer(both);
  namer.name(encoder);
  namer.name(decoder);
  set_options(encoder, options);
  set_options(decoder, options);

  const std::vector<int64_t> code = last_shape(encoder, plan.input);
  const int64_t p = datasets::sample_size(code);
  end_with(encoder, code, {p});
  plan.encoder = engine::plan(encoder, plan.input);
  if (options.rep_dim != 0 && options.rep_dim != p)
    throw std::invalid_argument("the text fixes the representation at " + std::to_string(p) +
                                " numbers; with 'rep_dim' in its last layer it could have " +
                                std::to_string(options.rep_dim));
  check_rep_dim(plan.name, p);
  plan.rep_dim = p;

  if (!text.has_decoder) try {
      decoder = mirror_of(plan.encoder);
    } catch (const std::invalid_argument& error) {
      plan.no_decoder = error.what();
      return plan;
    }
  std::vector<int64_t> reconstruction = last_shape(decoder, {p});
  end_with(decoder, reconstruction, plan.input);
  plan.decoder = engine::plan(decoder, {p});
  if (datasets::sample_size(reconstruction) != datasets::sample_size(plan.input))
    throw std::invalid_argument(plan.name + ": the decoder gives " + datasets::shape_text(reconstruction) +
                                ", but the samples are " + datasets::shape_text(plan.input) +
                                ": let its last layer give as many numbers");
  return plan;
}

void add_lines(std::string& text, const std::string& title, const std::vector<PlannedLayer>& layers) {
  size_t column = 0;
  for (const PlannedLayer& p : layers) column = std::max(column, p.layer.name.size() + 2);
  text += "\n" + title + "\n";
  for (const PlannedLayer& p : layers) {
    std::string line = p.layer.name.empty() ? "" : p.layer.name + ":";
    line.resize(column, ' ');
    text += line + engine::words_of(p.layer) + "\n";
  }
}

}  // namespace

const std::vector<NetworkInfo>& networks() {
  static const std::vector<NetworkInfo> infos = [] {
    std::vector<NetworkInfo> list;
    for (const Published& p : all_published()) list.push_back(p.network.info);
    return list;
  }();
  return infos;
}

std::string network_names() {
  std::string names;
  for (const NetworkInfo& info : networks()) names += (names.empty() ? "" : ", ") + info.name;
  return names;
}

bool is_network_text(std::string_view network) {
  return network.find_first_of(" ,\n\t") != std::string_view::npos;
}

NetworkInfo network_info(const std::string& name_or_text) { return text_named(name_or_text).info; }

std::string_view published_text(const std::string& name) { return published(name).text; }

static void require_its_rep_dim(const NetworkText& text, std::vector<int64_t> input) {
  if (text.info.rep_dim == 0) return;
  if (!text.info.input.empty()) input = text.info.input;
  int64_t comes_to = text.info.rep_dim;
  if (!input.empty()) {
    comes_to = planned(text, {.input = input}).rep_dim;
  } else {  // a last dense layer says it by itself
    std::istringstream last(text.encoder.back().words);
    std::string operation;
    int64_t numbers = 0;
    if (last >> operation >> numbers && operation == "dense") comes_to = numbers;
  }
  if (comes_to != text.info.rep_dim)
    throw std::invalid_argument("rep_dim is " + std::to_string(text.info.rep_dim) +
                                ", and the last layer gives " + std::to_string(comes_to) +
                                " numbers: write rep_dim in its place, or leave the rep_dim line out");
}

// Whether the text has the layers of the published network at some input, representation and widths.
static bool is_built_as(const NetworkText& text, const NetworkText& published) {
  const NetworkInfo &info = text.info, &original = published.info;
  const auto layers = [&](const NetworkText& of, const NetworkOptions& options) {
    NetworkPlan plan = planned(of, options);
    plan.start = original.start, plan.allow_bias = false, plan.widths.clear();
    if (!text.has_decoder) plan.decoder.clear(), plan.no_decoder.clear();
    return text_of(plan);
  };
  // Where neither fixes the input, any serves to compare them.
  const std::vector<int64_t> input = !info.input.empty()      ? info.input
                                     : original.input.empty() ? std::vector<int64_t>{8}
                                                              : original.input;
  for (const bool affine : {false, true}) try {
      const std::string own = layers(text, {.input = input});
      const int64_t rep_dim = info.rep_dim == original.rep_dim ? 0 : info.rep_dim;
      const bool same_widths = info.widths.empty() || info.widths == original.widths;
      const NetworkOptions sizes{.input = input,
                                 .rep_dim = rep_dim,
                                 .widths = same_widths ? std::vector<int64_t>{} : info.widths,
                                 .affine_batch_norm = affine};
      if (own == layers(published, sizes)) return true;
    } catch (const std::invalid_argument&) {
    }
  return false;
}

void require_consistent(const std::string& name_or_text, const std::vector<int64_t>& input) {
  if (!is_network_text(name_or_text)) return;
  const NetworkText text = text_named(name_or_text);
  for (const Published& p : all_published())
    if (p.network.info.name == text.info.name && !is_built_as(text, p.network))
      throw std::invalid_argument("it calls itself " + text.info.name +
                                  " and has other layers than that published network: give it a name of its "
                                  "own (network NAME)");
  require_its_rep_dim(text, input);
}

NetworkPlan plan_network(const std::string& name_or_text, const NetworkOptions& options) {
  const NetworkText text = text_named(name_or_text);
  try {
    return planned(text, options);
  } catch (const std::invalid_argument& error) {
    const std::string what = error.what();
    throw std::invalid_argument(what.starts_with("line ") ? text.info.name + ", " + what : what);
  }
}

std::string text_of(const NetworkPlan& plan) {
  std::string text = "network " + plan.name + "\ninput " + datasets::shape_text(plan.input) + "\nrep_dim " +
                     std::to_string(plan.rep_dim) + "\n";
  if (!plan.widths.empty()) {
    text += "widths";
    for (const int64_t width : plan.widths) text += " " + std::to_string(width);
    text += "\n";
  }
  text += "start " + std::string(initialisation_names(plan.start)) + "\n";
  if (plan.allow_bias) text += "allow_bias\n";
  add_lines(text, "encoder", plan.encoder);
  if (plan.no_decoder.empty()) add_lines(text, "decoder", plan.decoder);
  return text;
}

std::vector<engine::NamedTensor> Network::state() const {
  std::vector<engine::NamedTensor> all = encoder.state();
  for (engine::NamedTensor& s : decoder.state()) all.push_back(std::move(s));
  return all;
}

Network build_network(const NetworkPlan& plan, Backend& backend) {
  return {engine::build(plan.encoder, backend), engine::build(plan.decoder, backend)};
}
Network build_network(const std::string& name_or_text, Backend& backend, const NetworkOptions& options) {
  return build_network(plan_network(name_or_text, options), backend);
}

std::string why_untrainable(const NetworkPlan& plan, const engine::Backend& backend) {
  const int64_t most = backend.most_trained_kernel();
  for (const auto* half : {&plan.encoder, &plan.decoder})
    for (const engine::PlannedLayer& p : *half) {
      const bool convolves =
          p.layer.kind == engine::LayerKind::conv || p.layer.kind == engine::LayerKind::conv_transpose;
      if (convolves && p.layer.kernel > most)
        return engine::title_of(p.layer) + ": the " + backend.name() + " backend trains kernels up to " +
               std::to_string(most) + " wide; take a smaller one, or the reference backend, which is slow";
    }
  return "";
}

void initialise(const std::vector<engine::NamedTensor>& state, Initialisation rule, uint64_t seed) {
  const engine::IeeeMode ieee;
  double bias_bound = 0;  // of a bias, from the weight before it; batch norm's own bias stays 0
  for (const engine::NamedTensor& s : state) {
    if (!s.trainable) continue;
    const engine::Shape& shape = s.tensor.shape();
    if (shape.rank() > 1) {
      const engine::Fans fans = engine::fans_of(shape);
      const bool convolution = shape.rank() == 4;
      const double gain = convolution ? engine::leaky_relu_gain() : 1.0;
      const bool pytorch =
          rule == Initialisation::pytorch || (rule == Initialisation::pytorch_xavier && !convolution);
      engine::uniform_init(s.tensor.value(),
                           pytorch ? engine::default_bound(fans) : engine::xavier_bound(fans, gain), seed,
                           s.name);
      bias_bound = rule == Initialisation::glorot ? 0 : engine::default_bound(fans);
    } else if (s.name.ends_with(".weight")) {
      bias_bound = 0;
    } else if (bias_bound > 0) {
      engine::uniform_init(s.tensor.value(), bias_bound, seed, s.name);
    }
  }
}

}  // namespace svdd
