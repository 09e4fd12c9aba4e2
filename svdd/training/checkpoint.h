// Checkpoints: what a long fit leaves behind at the ends of epochs, so that a fit that was cut short goes on
// from there and ends with the same bits as one that was not.
//
// A checkpoint is one file, written atomically, in the safetensors format: the arrays (weights, moments,
// centres); as JSON, the bytes of the array "json", the format's number, which run it is of, and all other
// values; and in the metadata a SHA-256 over all that. Random numbers need no place in it: they are drawn by
// the number of the epoch (engine/random.h).
#pragma once
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/array.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/files/safetensors.h"
#include "engine/stopping.h"
#include "svdd/training/stopwatch.h"

namespace svdd {

inline constexpr int checkpoint_format = 1;

// Named arrays and values on their way into a file, or back to where they came from. Whoever has a state
// lists it once, by reference, and that one list serves both ways:
//
//   void keep(Checkpoint& c) { c.array("centre", centre_); c.value("gamma", gamma_); }
//
// A name stands once in a checkpoint. Reading, std::runtime_error names the file and an entry that is missing
// or of another shape or type.
class Checkpoint {
 public:
  Checkpoint() = default;                                         // to be written
  Checkpoint(nlohmann::json values, engine::SafeTensors arrays);  // to be read
  bool reading() const { return from_.has_value(); }

  void array(const std::string& name, engine::Array& a);         // of float; keeps its shape
  void array(const std::string& name, std::vector<float>& a);    // of any length
  void array(const std::string& name, std::vector<int32_t>& a);  // of any length
  // Whatever nlohmann-json writes and engine::JsonEntry reads; doubles and floats come back with the same bits, if
  // finite.
  template <class T>
  void value(const std::string& name, T& v);
  // Reading: refuses the file as damaged unless `holds`.
  void require(bool holds, const std::string& what) const;

  const nlohmann::json& values() const { return values_; }
  const std::vector<std::pair<std::string, engine::NdArray>>& arrays() const { return arrays_; }

 private:
  const engine::NdArray& stored(const std::string& name, engine::NdArray::DType type) const;

  nlohmann::json values_ = nlohmann::json::object();
  std::vector<std::pair<std::string, engine::NdArray>> arrays_;
  std::optional<engine::SafeTensors> from_;
};

struct CheckpointOptions {
  std::filesystem::path file;  // in a folder that exists
  // What makes the run what it is (options, fingerprints of the data): an object, compared entry by entry
  // with that of the run which left the file.
  nlohmann::json run = nlohmann::json::object();
  // No sooner than so many seconds after the last one, nor before fifty times what that took; 0: after every
  // epoch.
  double seconds = 30;
  // Asked after every epoch: whether to leave a checkpoint and stop. engine::request_stop() does the same.
  std::function<bool()> stop = {};
};

// A checkpoint that is not as it was written: cut off, empty, with other bytes. The run can only begin anew. One of
// another run or format is another std::runtime_error.
struct DamagedCheckpoint : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a fit throws that was asked to stop and has left a checkpoint of all that it has done.
struct Interrupted : engine::Stopped {
  using engine::Stopped::Stopped;
};

// Where one fit leaves its checkpoints, each in the place of the one before, and goes on from one.
class Checkpoints {
 public:
  using List = std::function<void(Checkpoint&)>;

  explicit Checkpoints(CheckpointOptions options) : options_(std::move(options)) {}
  bool exists() const { return engine::file_exists(options_.file); }
  // Reads the file where there is one. In one line: DamagedCheckpoint, or std::runtime_error where it cannot be read, is
  // of another format, or of another run, naming the entry of `run` that differs.
  void open();
  // "after epoch 3 of autoencoder": where the last one stands that was read or written; empty where none was.
  const std::string& last() const { return last_; }

  // ---- outside of epochs
  // Writes what is listed, now; and lists it back where the file is there, which it says.
  void leave(const List& list);
  bool take(const List& list);

  // ---- for a fit, in this order
  // What it keeps beside its phases. Where there is a checkpoint, lists it back and says true; opens it
  // first, unless that has been done.
  bool begin(List fit);
  // In the phase in which the checkpoint was left, lists back what the phase keeps.
  void begin_phase(const std::string& phase, const List& list);
  // Leaves a checkpoint if it is time, or if asked to stop, and then throws Interrupted.
  void end_epoch(const std::string& phase, const List& list);

 private:
  Checkpoint read() const;
  void write(const std::string& phase, const List& list);
  [[noreturn]] void refuse(const std::string& what) const;

  CheckpointOptions options_;
  List fit_;
  std::optional<Checkpoint> opened_;  // until its phase has begun
  std::string last_;
  Stopwatch since_last_;
  double last_took_ = 0;  // seconds
};

// Removes one that is of no more use, and what a killed process may have left of another.
void remove_checkpoint(const std::filesystem::path& file);

template <class T>
void Checkpoint::value(const std::string& name, T& v) {
  if (!reading()) {
    values_[name] = v;
    return;
  }
  v = engine::JsonEntry(values_, "cannot go on from the checkpoint " + engine::in_quotes(from_->path),
                        "without it the run begins anew")
          .as<T>(name);
}

}  // namespace svdd
