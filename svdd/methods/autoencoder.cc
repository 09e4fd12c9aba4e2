#include "svdd/methods/autoencoder.h"

#include "svdd/export/distances.h"
#include "svdd/methods/deep_detector.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"

namespace svdd {

using datasets::Samples;

namespace {

constexpr std::string_view autoencoder_name = "autoencoder";

// Its training is the other methods' pretraining.
DeepOptions without_pretraining(DeepOptions options) {
  options.training = options.pretraining;
  options.pretrain = false;
  return options;
}

class Autoencoder final : public DeepDetector {
 public:
  Autoencoder(const DeepOptions& options, engine::Backend& backend)
      : DeepDetector(without_pretraining(options), backend) {
    require_decoder();
  }

  std::string method() const override { return std::string(autoencoder_name); }

 private:
  bool reconstructs() const override { return true; }
  void initialise_spheres(const Samples&, const std::vector<int32_t>&, Monitor&) override {}
  void minimise_objective(const Samples& x, Monitor& monitor) override {
    train_autoencoder(x, options_.training, monitor);
  }
  std::vector<float> score_prepared(const Samples& x) override {
    return reconstruction_errors(network_, x, backend_);
  }
  engine::Tensor differentiable_score(const engine::Tensor& x) override {
    const engine::Tensor z = phi(x, engine::Mode::evaluate);
    return squared_distance(network_.decoder.forward(z, engine::Mode::evaluate), x);
  }
  engine::onnx::Value graph_of_prepared(const engine::onnx::Value& x) const override {
    return squared_distance(flattened(reconstruction(phi(x))), flattened(x));
  }
  std::vector<engine::NamedTensor> scoring_state() const override { return network_.state(); }
  void describe(nlohmann::json&, NamedArrays&) const override {}
  void restore_spheres(const ModelFolder&) override {}
  void keep_spheres(Checkpoint&) override {}
};

}  // namespace

std::unique_ptr<Detector> make_autoencoder(const DeepOptions& options, engine::Backend& backend) {
  return made<Autoencoder>(options, backend);
}

namespace {

Rows rows_of(DeepOptions& o, Common common) {
  Rows rows{recipe_row(o), contamination_row(common)};
  add_network_rows(rows, o, false);
  rows.push_back(dictionary_row(o));
  add_optimizer_rows(rows, o, common);
  add_pretraining_rows(rows, o, false);
  return rows;
}

std::unique_ptr<Detector> load_autoencoder(const ModelFolder& model, engine::Backend& backend) {
  return restored<Autoencoder>(saved_options(model), model, backend);
}

}  // namespace

Method autoencoder_method() {
  return {.name = std::string(autoencoder_name),
          .title = "Autoencoder",
          .published =
              [](const recipes::DataTraits& data, Recipe recipe) {
                return Settings(recipes::autoencoder(data, recipe),
                                Settings::Form<DeepOptions>{rows_of, make_autoencoder,
                                                            recipes::fit_to_own_images<DeepOptions>(data)});
              },
          .load = load_autoencoder};
}

}  // namespace svdd
