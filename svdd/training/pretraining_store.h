// Fits that begin alike share their pretraining: the first leaves the network as it is then in a folder, and
// the others take it from there, with the bits that their own pretraining would have had.
//
// Alike is told by all that enters: the network as it begins, the samples as prepared, the options of the
// phase, the seed, and what the caller adds (the program's version, how the device rounds). So fits of
// unlike methods share, and fits that differ in anything that counts do not.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "svdd/training/checkpoint.h"
#include "svdd/training/training.h"

namespace svdd {

class PretrainingStore {
 public:
  // `folder` is made when the first pretraining begins. `also`: entries that every pretraining must share.
  explicit PretrainingStore(std::filesystem::path folder, nlohmann::json also = nlohmann::json::object());

  // What a pretraining begins with.
  struct Beginning {
    const std::string& network;  // its name: the same numbers under other activations are another network
    const std::vector<engine::NamedTensor>& state;  // of encoder and decoder
    const datasets::Samples& samples;
    const PhaseOptions& options;
    Decay decay;
    bool amsgrad;
    uint64_t seed;
  };

  // Where a fit left the outcome of a pretraining that began alike: lists it back and says true. Else calls
  // `pretrain`, and keeps what `list` lists then. While it runs, others that begin alike wait for it, from
  // other threads too. A file that is damaged is made again, and `note` is told so in one line.
  // std::runtime_error for a file that cannot be read or written; whatever `pretrain` throws.
  bool take_or_make(const Beginning& beginning, const Checkpoints::List& list,
                    const std::function<void()>& pretrain,
                    const std::function<void(const std::string&)>& note = {});

 private:
  std::filesystem::path folder_;
  nlohmann::json also_;
  std::mutex lock_;                                            // of the map
  std::map<std::string, std::unique_ptr<std::mutex>> making_;  // by the file's name
};

}  // namespace svdd
