// A trace: a fingerprint of every number that the steps of one epoch compute, in the order in which they compute them.
// Where a run gives other bits than it should, two traces say from which operation of which step on.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/layers.h"
#include "engine/tape.h"

namespace svdd {

// One array of one step.
struct TraceEntry {
  int64_t step = 0;
  // "forward": an operation's output; "gradient": of the loss by that; "parameter gradient"; "update": the parameter
  // after it
  std::string part;
  int64_t operation = 0;  // its place on the tape, from 0; of a parameter the place among them
  std::string name;       // of the operation ("conv2d") or the parameter ("conv1.weight")
  std::string shape;      // "200x8x28x28"
  int64_t numbers = 0;
  std::string sha256;  // the first 16 hexadecimal digits of that of its float32, little-endian, in C order

  bool operator==(const TraceEntry&) const = default;
  std::string place() const;  // "step 3, forward, operation 4 conv2d (200x8x28x28, 1254400 numbers)"
};

class StepTrace {
 public:
  // Of an epoch, counted from 0, of the phase that is called so ("autoencoder", "deep-svdd").
  StepTrace(std::string phase, int64_t epoch) : phase_(std::move(phase)), epoch_(epoch) {}

  const std::string& phase() const { return phase_; }
  int64_t epoch() const { return epoch_; }
  bool is_of(const std::string& phase, int64_t epoch) const { return phase == phase_ && epoch == epoch_; }
  const std::vector<TraceEntry>& entries() const { return entries_; }

  // ---- for the training loop
  void begin();  // the epoch: of one that is begun again nothing is left of before
  void next_step() { ++step_; }
  void forward(const engine::Tape& tape);
  // After the backward pass, in its order; then those of the parameters.
  void gradients(const engine::Tape& tape, const std::vector<engine::NamedTensor>& names);
  void updates(const engine::Tape& tape, const std::vector<engine::NamedTensor>& names);

 private:
  void of_parameters(const engine::Tape& tape, const std::vector<engine::NamedTensor>& names,
                     const std::string& part);
  void add(const std::string& part, int64_t operation, const std::string& name, const engine::Array& array);

  std::string phase_;
  int64_t epoch_, step_ = -1;
  std::vector<TraceEntry> entries_;
};

// The first entry that is not the same in both; nothing where all are. Of traces of unlike length the first that only
// one has.
std::optional<TraceEntry> first_difference(const std::vector<TraceEntry>& here,
                                           const std::vector<TraceEntry>& there);

}  // namespace svdd
