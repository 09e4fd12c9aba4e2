// What every method of the family answers to: fit, score, save, load. A larger score is more anomalous.
#pragma once
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/preprocessing.h"
#include "datasets/samples.h"
#include "engine/backend.h"

namespace engine::onnx {
struct Value;
}

namespace svdd {

class Checkpoints;
struct ModelFolder;
class PretrainingStore;
class StepTrace;

// One epoch of one phase ("autoencoder", "deep-svdd"), counted from 0.
struct EpochReport {
  std::string phase;
  int64_t epoch = 0, epochs = 0;
  double loss = 0;  // mean over the epoch's batches, each weighted by its samples
  double lr = 0;
  std::optional<double> radius = {};    // soft-boundary
  std::vector<float> radii = {};        // of every sphere, where there are several; a dead one's is 0
  std::optional<int64_t> spheres = {};  // how many are alive, where they can die
  double seconds = 0;                   // of this epoch
};

// Scores samples as the detector stands at some stage.
using ScoreFunction = std::function<std::vector<float>(const datasets::Samples&)>;

// What a long fit tells its caller. The default listens to nothing. A monitor may throw to stop the fit.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void epoch(const EpochReport&) {}
  virtual void note(const std::string& /*one line*/) {}
  // A stage worth measuring is reached: "untrained" (random weights, scored as the method scores) or
  // "autoencoder" (pretraining done, scored by reconstruction error). `score` is valid during the call only.
  virtual void stage(std::string_view /*name*/, const ScoreFunction& /*score*/) {}
  // The detector as it stands after an epoch of the method's own phase, to watch it learn: its scores, and its
  // representations, count × p. Of methods with a network; right after that epoch's report, and both functions are valid
  // during the call only. Looking changes no bit of the training.
  virtual void standing(const EpochReport&, const ScoreFunction& /*score*/, const ScoreFunction& /*embed*/) {}
  // A fingerprint of the network, decoder included, where a loss cannot see it: "start" (its first weights), then after
  // each phase, by the phase's name; weights_sha256 of receipt.h.
  virtual void weights(std::string_view /*after*/, const std::string& /*sha256*/) {}
  // What a checkpoint (checkpoint.h) holds for the monitor, such as the history, as JSON; it goes to the monitor of
  // the fit that goes on from there, before that is told anything else. go_on may throw where it is not what kept()
  // gave.
  virtual std::string kept() const { return "null"; }
  virtual void go_on(const std::string& /*kept*/) {}
};

// What to learn from: samples as read (images in [0, 1]); preprocessing is fitted and kept by the detector.
struct TrainingSet {
  const datasets::Samples& samples;
  std::vector<int32_t> classes = {};  // of the normal classes, for methods that may use them; may be empty
  // Where a method with a network leaves checkpoints and goes on from one; may be null.
  Checkpoints* checkpoints = nullptr;
  // Where it takes the pretrained network from, or leaves it for others; may be null.
  PretrainingStore* pretrainings = nullptr;
  // What takes the fingerprints of one epoch (step_trace.h) of a method with a network; may be null.
  StepTrace* trace = nullptr;
  // Normal samples that were set aside: what a method with a network has not learned from, its p-values go by, where
  // there are enough for one of 0.05; may be null.
  const datasets::Samples* held_out = nullptr;
  // Of each sample what is known of it: 1 it is normal, -1 it is an anomaly, 0 nothing. Empty: nothing of any. Methods that
  // learn from normal samples alone refuse known anomalies.
  std::vector<int8_t> known = {};
};

class Detector {
 public:
  virtual ~Detector() = default;
  virtual std::string method() const = 0;  // "deep-svdd"

  // Whether it learns from known anomalies too (TrainingSet::known).
  virtual bool learns_from_anomalies() const { return false; }
  // Learns from normal samples; std::invalid_argument if they do not fit the method or hold NaN.
  virtual void fit(const TrainingSet& train, Monitor& monitor) = 0;

  // One score for each sample, independent of the others and of any batch size; std::invalid_argument if the
  // shape is not the one fitted on.
  virtual std::vector<float> score(const datasets::Samples& samples) = 0;

  // The gradient of each sample's score by the sample's own values, as score takes them: through preprocessing and network,
  // count × size in C order; what explains a score (evaluation/attribution.h). On a kink it is that of one side, and of
  // several nearest centres that of one. After a fit, by which it learns nothing. std::invalid_argument as of score, and where
  // there is none; std::runtime_error naming a sample whose gradient is not finite.
  virtual std::vector<float> score_gradient(const datasets::Samples& samples);
  // Whether there is one: not of a score that changes in steps.
  virtual bool has_score_gradient() const { return false; }

  // φ of each sample, count × p in C order, for looking at; empty where the method has no network. Errors as
  // of score.
  virtual std::vector<float> embed(const datasets::Samples& /*samples*/) { return {}; }

  // The same scores as nodes of a graph (export/export.h): of `input`, samples (N, …) in float as score takes them, (N) in
  // float. After a fit. std::invalid_argument says why a method has none.
  virtual engine::onnx::Value score_graph(const engine::onnx::Value& input) const;

  // Writes all that scoring needs into a folder (created if absent); load_detector reads it back, on any
  // backend.
  virtual void save(const std::filesystem::path& folder) const = 0;

  virtual std::vector<int64_t> sample_shape() const = 0;  // e.g. {1, 28, 28}
  virtual std::string weights_sha256() const = 0;         // the receipt: see receipt.h
  // What the method has to say of itself beside its scores, for the run's results: its clusters, its γ. A JSON object.
  virtual std::string details() const { return "{}"; }

  // What whoever reads the data wants to find again with the model, such as the columns of a table
  // (datasets/table_form_json.h): kept beside it, stored by save under "data", and never looked at here. As JSON; null: nothing.
  void remember(std::string data) { data_ = std::move(data); }
  const std::string& remembered() const { return data_; }

  // Split-conformal calibration: normal samples that the fit has not seen become the yardstick of p-values, and the
  // threshold the one above which they have this rate of false alarms (threshold.h). After a fit; saved with the model.
  // std::invalid_argument for too few of them, and as score does.
  void calibrate(const datasets::Samples& held_out, double false_alarm_rate);
  struct Calibration {
    int64_t samples = 0;
    double false_alarm_rate = 0;
  };
  // Nothing where threshold and p-values go by the training samples, as the method has it.
  const std::optional<Calibration>& calibration() const { return calibration_; }

  // Whether it can score: after a fit, and loaded.
  virtual bool is_fitted() const { return !training_scores_.empty(); }

  // A sample is called anomalous when its score is larger.
  double threshold() const { return threshold_; }
  // The threshold of an imported model (import/import.h) that has none: no score is larger.
  static constexpr double no_threshold = std::numeric_limits<float>::max();
  // Another threshold, by a rule of the caller's; p-values stay as they are. std::invalid_argument for one that is not finite,
  // and where the detector is calibrated: there it is the rate of false alarms that sets it.
  void set_threshold(double threshold);
  // The yardstick of p-values (threshold.h), ascending: scores of the training samples after the fit, as near as the
  // method can tell to those of samples it has not learned from (of TrainingSet::held_out where there are such; KDE's
  // are cross-validated, kernel SVDD's without the sample's own weight). Empty in a model that was imported without them: it
  // has scores and a threshold, but no p-values until it is calibrated.
  const std::vector<float>& training_scores() const { return training_scores_; }
  // Of how many training samples a fit made use; 0 in a detector that was loaded.
  int64_t samples_used() const { return samples_used_; }
  // After a fit with several spheres, the one that each training sample used belongs to, in their order: k_i
  // under Multi-Radius, the nearest live sphere under Multi-sphere. Empty where there is one sphere or none,
  // and in a detector that was loaded.
  const std::vector<int32_t>& training_clusters() const { return training_clusters_; }
  // One sentence if the representation collapsed during the fit, or if there was nothing to tell apart (collapse.h).
  const std::optional<std::string>& collapse_warning() const { return collapse_warning_; }
  // What else whoever goes by the scores should know of the fit, in sentences.
  const std::vector<std::string>& warnings() const { return warnings_; }
  // Seconds spent, for the report.
  double pretrain_seconds() const { return pretrain_seconds_; }
  double train_seconds() const { return train_seconds_; }
  // Whether the autoencoder was trained by another fit (TrainingSet::pretrainings); the seconds are then that
  // fit's.
  bool took_pretraining() const { return took_pretraining_; }

 protected:
  // std::invalid_argument where what is known of the samples is not one of -1, 0 and 1 for each, or not for this method.
  void check_known(const TrainingSet& train) const;
  // Scores as they are told: a sample whose numbers are so large that its distance overflows, which leaves an infinity or no
  // number at all, is the farthest there can be, the largest float. (A network that has diverged is refused by fit.)
  static std::vector<float> farthest_where_overflown(std::vector<float> scores);
  // Carries the gradient by prepared values back to those of the samples, and sees that it is finite.
  static std::vector<float> by_samples(const datasets::Preprocessing& preprocessing,
                                       const datasets::Samples& samples,
                                       const std::vector<float>& by_prepared);

  double threshold_ = 0;
  std::vector<float> training_scores_;
  int64_t samples_used_ = 0;
  std::vector<int32_t> training_clusters_;
  std::optional<std::string> collapse_warning_;
  std::vector<std::string> warnings_;
  double pretrain_seconds_ = 0, train_seconds_ = 0;
  bool took_pretraining_ = false;
  std::string data_ = "null";
  std::optional<Calibration> calibration_;  // a fit takes it away

 private:
  friend std::unique_ptr<Detector> detector_of(const ModelFolder& model, engine::Backend& backend);
};

// Reads a model folder written by save; std::runtime_error naming the file that is missing or wrong.
std::unique_ptr<Detector> load_detector(const std::filesystem::path& folder, engine::Backend& backend);

}  // namespace svdd
