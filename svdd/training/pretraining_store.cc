#include "svdd/training/pretraining_store.h"

#include "engine/files/in_quotes.h"
#include "engine/files/sha256.h"
#include "engine/stopping.h"
#include "svdd/evaluation/receipt.h"

namespace svdd {

PretrainingStore::PretrainingStore(std::filesystem::path folder, nlohmann::json also)
    : folder_(std::move(folder)), also_(std::move(also)) {}

bool PretrainingStore::take_or_make(const Beginning& b, const Checkpoints::List& list,
                                    const std::function<void()>& pretrain,
                                    const std::function<void(const std::string&)>& note) {
  nlohmann::json run = also_;
  run["network"] = b.network;
  run["network_sha256"] = weights_sha256(b.state);
  run["samples_sha256"] = values_sha256(b.samples.values);
  run["epochs"] = b.options.epochs;
  run["lr"] = b.options.lr;
  run["lr_milestones"] = b.options.lr_milestones;
  run["batch_size"] = b.options.batch_size;
  run["weight_decay"] = b.options.weight_decay;
  run["decay"] = b.decay == Decay::all ? "all" : "weights";
  run["amsgrad"] = b.amsgrad;
  run["seed"] = b.seed;
  const std::string text = engine::json_text(run),
                    name = engine::sha256_hex(text.data(), text.size()).substr(0, 16);

  std::mutex* making;
  {
    const std::lock_guard hold(lock_);
    std::unique_ptr<std::mutex>& of_name = making_[name];
    if (!of_name) of_name = std::make_unique<std::mutex>();
    making = of_name.get();
  }
  const std::lock_guard hold(*making);
  engine::check_stop();  // who was waited for may have been asked to stop
  Checkpoints file({.file = folder_ / (name + ".safetensors"), .run = run});
  try {
    if (file.take(list)) return true;
  } catch (const DamagedCheckpoint& damage) {  // found before anything was listed back
    if (note) note("the pretraining is done again: " + std::string(damage.what()));
  }
  // First: what cannot be kept should not take hours to learn.
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error)
    throw std::runtime_error("pretrained networks cannot go to " + engine::in_quotes(folder_) + ": " +
                             error.message());
  try {
    pretrain();
  } catch (...) {
    std::filesystem::remove(folder_, error);  // where it is empty
    throw;
  }
  file.leave(list);
  return false;
}

}  // namespace svdd
