// What the methods with a network share: its start and pretraining, preprocessing, the threshold, the model
// folder, and the order of a run. What is a method's own (its spheres, its objective, its score) it adds
// through the functions at the end.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "datasets/preprocessing.h"
#include "svdd/detector.h"
#include "svdd/evaluation/collapse.h"
#include "svdd/methods/deep_options.h"
#include "svdd/model_folder.h"
#include "svdd/networks/networks.h"
#include "svdd/training/autoencoder_pretraining.h"
#include "svdd/training/checkpoint.h"
#include "svdd/training/stopwatch.h"
#include "svdd/training/training.h"

namespace svdd {

class DeepDetector : public Detector {
 public:
  std::vector<int64_t> sample_shape() const final { return plan_.input; }
  std::string weights_sha256() const final;
  void fit(const TrainingSet& train, Monitor& monitor) final;
  std::vector<float> score(const datasets::Samples& samples) final;
  std::vector<float> score_gradient(const datasets::Samples& samples) final;
  bool has_score_gradient() const final { return true; }
  std::vector<float> embed(const datasets::Samples& samples) final;
  engine::onnx::Value score_graph(const engine::onnx::Value& input) const final;
  void save(const std::filesystem::path& folder) const final;
  void restore(const ModelFolder& model);
  bool is_fitted() const final { return fitted_; }
  // Before a method learns; a saved model is taken as it is. std::invalid_argument where the network's text contradicts itself; breaks the theory
  // (networks/theory.h) and nobody allowed it to, of methods that draw representations to a centre and nothing else; and
  // naming a layer whose kernel this backend does not train.
  void require_trainable() const;

 protected:
  // std::invalid_argument naming the option that is impossible.
  DeepDetector(const DeepOptions& options, engine::Backend& backend);

  engine::Tensor phi(const engine::Tensor& x, engine::Mode mode) { return network_.encoder.forward(x, mode); }
  // The same, and the decoder's reconstruction, as nodes of a graph.
  engine::onnx::Value phi(const engine::onnx::Value& x) const;
  engine::onnx::Value reconstruction(const engine::onnx::Value& z) const;
  Decay decay() const { return options_.recipe == Recipe::theano ? Decay::weights_only : Decay::all; }
  int64_t rep_dim() const { return plan_.rep_dim; }
  // A network as it was built, its parameters zero.
  Network fresh_network() const { return build_network(plan_, backend_); }
  // std::invalid_argument where the network has no decoder.
  void require_decoder() const;
  void require_theory() const;

  std::vector<float> representations(const datasets::Samples& x);  // count × p, in evaluation mode
  // Those of the training samples, during a fit: computed once for each state of the network. Whoever lets it learn
  // says before that it changes.
  const std::vector<float>& training_representations();
  void network_changes() { training_z_.clear(); }
  // sum / count of p sums in double, the mean of so many rows; coordinates near zero are moved to ±0.1,
  // because a zero coordinate can be met by zero weights (Proposition 1). One that is exactly 0 goes to +0.1.
  static std::vector<float> centre_of(const std::vector<double>& sum, int64_t count);
  // Says that the radius stays 0, where all epochs of training are among the first.
  void warn_of_warm_up(int64_t warm_up_epochs);
  // Trains encoder and decoder as an autoencoder, or takes them from a fit that began alike.
  void train_autoencoder(const datasets::Samples& x, const PhaseOptions& options, Monitor& monitor);
  // A training phase of this name over the network's own state, to which a method adds its step.
  TrainingPhase phase(const std::string& name, const PhaseOptions& options,
                      const std::vector<std::unique_ptr<engine::Optimizer>>& optimizers) const;

  // ---- what is the method's own
  // Whether the loss holds a reconstruction, which keeps bias terms from collapsing the network.
  virtual bool reconstructs() const { return false; }
  // Throws std::invalid_argument where the method's own numbers do not fit so many training samples; before anything is
  // computed.
  virtual void check_count(int64_t /*samples*/) const {}
  // The spheres (centres, radii, …) about the representations as they are. Called before pretraining, for the
  // score of the untrained network, and after.
  virtual void initialise_spheres(const datasets::Samples& x, const std::vector<int32_t>& classes,
                                  Monitor& monitor) = 0;
  virtual void minimise_objective(const datasets::Samples& x, Monitor& monitor) = 0;
  virtual std::vector<float> score_prepared(const datasets::Samples& x) = 0;
  // The same of a batch, in evaluation mode, as an expression of ops that a tape can go back through; it may leave out what
  // does not depend on the samples.
  virtual engine::Tensor differentiable_score(const engine::Tensor& x) = 0;
  // score_prepared, to the bit, of samples with these representations; not asked of a method that reconstructs.
  virtual std::vector<float> score_represented(const std::vector<float>& z);
  // score_prepared as nodes of a graph, of samples in their shape (Detector::score_graph).
  virtual engine::onnx::Value graph_of_prepared(const engine::onnx::Value& x) const = 0;
  // The threshold that the objective itself sets (0: on the sphere); none: the contamination's.
  virtual std::optional<double> own_threshold() const { return std::nullopt; }
  // The sphere of each training sample, given their representations; none where there is one sphere only.
  virtual std::vector<int32_t> clusters_of_training(const std::vector<float>& /*z*/) const { return {}; }
  // The networks that scoring needs.
  virtual std::vector<engine::NamedTensor> scoring_state() const { return network_.encoder.state(); }
  // What the model folder holds beyond the network: options and numbers into model.json, arrays beside the
  // weights; and back.
  using NamedArrays = std::vector<std::pair<std::string, engine::NdArray>>;
  virtual void describe(nlohmann::json& description, NamedArrays& arrays) const = 0;
  virtual void restore_spheres(const ModelFolder& model) = 0;
  // What the method keeps beside the network while it trains.
  virtual void keep_spheres(Checkpoint& c) = 0;

  DeepOptions options_;
  engine::Backend& backend_;
  NetworkPlan plan_;
  Network network_;
  datasets::Preprocessing preprocessing_;
  const datasets::Samples* training_ = nullptr;  // during a fit
  std::vector<int8_t> known_;                    // of its samples (TrainingSet::known)
  Checkpoints* checkpoints_ = nullptr;           // during a fit that has some
  PretrainingStore* pretrainings_ = nullptr;     // the same
  StepTrace* trace_ = nullptr;                   // the same

 private:
  std::vector<float> training_z_;  // empty: not known as the network stands

  // How far a fit is.
  struct Stand {
    bool pretrained = false, training = false;
    Spread at_start = {};  // of training
    double seconds = 0;    // of the phase, before this process
    Stopwatch watch = {};  // of the phase, in it
    double spent() const { return seconds + watch.seconds(); }
  };
  // The parts of a fit around its phases.
  void say_beforehand(const datasets::Samples& samples, Monitor& monitor);
  void require_batches(const datasets::Samples& x);
  void begin_fit(const TrainingSet& train, const datasets::Samples& x);
  std::vector<float> scores_of_training();
  void end_fit(const TrainingSet& train, Monitor& monitor);

  void keep(Checkpoint& c, Monitor& monitor);
  void require_fitted() const;
  NetworkOptions network_options() const;
  void check_shape(const datasets::Samples& samples) const;
  datasets::Samples prepared(const datasets::Samples& samples) const;
  datasets::Samples training_samples(const datasets::Samples& samples);
  void initialise_network(const datasets::Samples& x);
  void check_last_batch(const datasets::Samples& x, const std::string& name, const PhaseOptions& phase,
                        bool decoder) const;

  Stand stand_;
  bool fitted_ = false;
};

// The options of a saved model's network, for the load_… functions; std::runtime_error names a damaged entry.
DeepOptions saved_options(const ModelFolder& model);

// A detector of type D (options O) that is to be fitted; std::invalid_argument where that cannot be.
template <class D, class O>
std::unique_ptr<Detector> made(const O& options, engine::Backend& backend) {
  auto detector = std::make_unique<D>(options, backend);
  detector->require_trainable();
  return detector;
}

// Builds a detector of type D (options O) and restores it; what its constructor refuses is an error of the
// file.
template <class D, class O>
std::unique_ptr<Detector> restored(const O& options, const ModelFolder& model, engine::Backend& backend) {
  return reading(model, [&]() -> std::unique_ptr<Detector> {
    auto detector = std::make_unique<D>(options, backend);
    detector->restore(model);
    return detector;
  });
}

}  // namespace svdd
