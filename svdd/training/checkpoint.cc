#include "svdd/training/checkpoint.h"

#include <limits>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/model_folder.h"

namespace svdd {

namespace fs = std::filesystem;
using engine::NdArray;
using nlohmann::json;

namespace {

// The array with all that is no array, and the metadata's entry.
constexpr const char *json_name = "json", *sha256_key = "checkpoint_sha256";

std::string shown(const json& run, const std::string& key) {
  return run.contains(key) ? engine::json_text(run[key]) : "no such entry";
}

std::string place_of(const json& values) {
  const auto phase = values.find("phase"), epochs = values.find("epochs_done");
  if (phase == values.end() || !phase->is_string() || epochs == values.end()) return "";
  return "after epoch " + engine::JsonEntry::shown(*epochs) + " of " + phase->get<std::string>();
}

}  // namespace

Checkpoint::Checkpoint(json values, engine::SafeTensors arrays)
    : values_(std::move(values)), from_(std::move(arrays)) {}

void Checkpoint::array(const std::string& name, engine::Array& a) {
  if (!reading()) return arrays_.emplace_back(name, svdd::stored(a)), void();
  const NdArray& kept = stored(name, NdArray::DType::f4);
  std::vector<int64_t> shape;
  for (int i = 0; i < a.shape().rank(); ++i) shape.push_back(a.shape()[i]);
  require(kept.shape == shape, "its array " + name + " has the shape " + NdArray::text(kept.shape) +
                                   ", expected " + a.shape().text());
  a.assign(kept.as<float>());
}

void Checkpoint::array(const std::string& name, std::vector<float>& a) {
  if (!reading())
    return arrays_.emplace_back(name, NdArray::from({static_cast<int64_t>(a.size())}, a)), void();
  a = stored(name, NdArray::DType::f4).as<float>();
}

void Checkpoint::array(const std::string& name, std::vector<int32_t>& a) {
  if (!reading())
    return arrays_.emplace_back(name, NdArray::from({static_cast<int64_t>(a.size())}, a)), void();
  a = stored(name, NdArray::DType::i4).as<int32_t>();
}

void Checkpoint::require(bool holds, const std::string& what) const {
  if (reading() && !holds)
    throw std::runtime_error("cannot go on from the checkpoint " + engine::in_quotes(from_->path) + ": " +
                             what + "; without it the run begins anew");
}

const NdArray& Checkpoint::stored(const std::string& name, NdArray::DType type) const {
  require(from_->contains(name), "it lacks the array " + name);
  const NdArray& array = from_->at(name);
  require(array.dtype == type,
          "its array " + name + " holds " + NdArray::name(array.dtype) + ", expected " + NdArray::name(type));
  return array;
}

void remove_checkpoint(const fs::path& file) {
  std::error_code ignored;
  fs::remove(file, ignored);
  const std::string name = file.filename().string();
  engine::remove_partial_files(file.has_parent_path() ? file.parent_path() : fs::path("."),
                               [&](const std::string& partial) { return partial == name; });
}

void Checkpoints::open() {
  if (!exists()) return;
  opened_ = read();
  last_ = place_of(opened_->values());
}

void Checkpoints::leave(const List& list) { write("", list); }

bool Checkpoints::take(const List& list) {
  if (!exists()) return false;
  Checkpoint c = read();
  list(c);
  return true;
}

bool Checkpoints::begin(List fit) {
  fit_ = std::move(fit);
  since_last_ = Stopwatch();
  if (!opened_) open();
  if (!opened_) return false;
  fit_(*opened_);
  return true;
}

void Checkpoints::begin_phase(const std::string& phase, const List& list) {
  if (!opened_) return;
  std::string left_in;
  opened_->value("phase", left_in);
  if (left_in != phase) return;
  list(*opened_);
  opened_.reset();
}

void Checkpoints::end_epoch(const std::string& phase, const List& list) {
  const bool stop = engine::stop_requested() || (options_.stop && options_.stop());
  const double seconds = since_last_.seconds();
  const bool due = seconds >= options_.seconds && (options_.seconds == 0 || seconds >= 50 * last_took_);
  if (!stop && !due) return;
  write(phase, list);
  if (stop) throw Interrupted("the fit was asked to stop; it left a checkpoint");
}

void Checkpoints::refuse(const std::string& what) const {
  throw std::runtime_error("cannot go on from the checkpoint " + engine::in_quotes(options_.file) + ": " +
                           what + "; without it the run begins anew");
}

Checkpoint Checkpoints::read() const {
  if (std::error_code error; !std::filesystem::is_regular_file(options_.file, error))  // a pipe has no end
    refuse("it is no regular file");
  const std::string bytes =
      engine::read_file(options_.file);  // a file that cannot be read is not a damaged one
  const auto damaged = [&](const std::string& what) -> void {
    throw DamagedCheckpoint("cannot go on from the checkpoint " + engine::in_quotes(options_.file) + ": " +
                            what + "; without it the run begins anew");
  };
  if (bytes.empty()) damaged("it is empty");
  engine::SafeTensors file;
  try {
    file = engine::parse_safetensors(bytes, options_.file);
  } catch (const std::runtime_error& error) {
    throw DamagedCheckpoint(std::string(error.what()) + "; without this checkpoint the run begins anew");
  }
  const auto sum = file.metadata.find(sha256_key);
  if (sum == file.metadata.end() || !file.contains(json_name))
    damaged("it is a safetensors file, but no checkpoint");
  if (arrays_sha256(file.tensors) != sum->second)
    damaged("its numbers are not those that were written (the SHA-256 differs); the file is damaged");
  const NdArray& text = file.at(json_name);
  if (text.dtype != NdArray::DType::u1)
    damaged("its description holds " + std::string(NdArray::name(text.dtype)));
  json all;
  try {
    all = engine::parse_json({reinterpret_cast<const char*>(text.bytes.data()), text.bytes.size()});
  } catch (const std::runtime_error& error) {
    damaged("its description " + std::string(error.what()));
  }
  const int format = all.is_object() && all.contains("format") && all["format"].is_number_integer() &&
                             all["format"] >= 0 && all["format"] <= std::numeric_limits<int>::max()
                         ? all["format"].get<int>()
                         : 0;
  if (format != checkpoint_format)
    refuse("it has format " + std::to_string(format) + ", and this version reads format " +
           std::to_string(checkpoint_format));
  if (!all.contains("run") || !all.contains("values") || !all["run"].is_object() ||
      !all["values"].is_object())
    refuse("it lacks its entries run and values");
  json either = all["run"];
  either.update(options_.run);
  for (const auto& [key, ignored] : either.items())
    if (shown(all["run"], key) != shown(options_.run, key))
      refuse("the run that left it has " + key + " " + shown(all["run"], key) + ", this one " +
             shown(options_.run, key));
  return {all["values"], std::move(file)};
}

void Checkpoints::write(const std::string& phase, const List& list) {
  const engine::StopGrace whole(std::numeric_limits<double>::infinity());
  const Stopwatch watch;
  Checkpoint c;
  std::string name = phase;
  c.value("phase", name);
  if (fit_) fit_(c);
  list(c);
  const std::string text =
      engine::json_text(json{{"format", checkpoint_format}, {"run", options_.run}, {"values", c.values()}});
  auto arrays = c.arrays();
  arrays.emplace_back(json_name, NdArray::from({static_cast<int64_t>(text.size())},
                                               std::vector<uint8_t>(text.begin(), text.end())));
  engine::write_safetensors(options_.file, arrays, {{sha256_key, arrays_sha256(arrays)}});
  last_ = place_of(c.values());
  last_took_ = watch.seconds();
  since_last_ = Stopwatch();
}

}  // namespace svdd
