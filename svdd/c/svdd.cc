#include "svdd/c/svdd.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/files/json_file.h"
#include "engine/floating_point_mode.h"
#include "engine/stopping.h"
#include "svdd/c/array_model.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/methods/option_json.h"

struct svdd_detector {
  std::atomic<bool> busy{false};
  std::unique_ptr<svdd::c::ArrayModel> model;
};

namespace {

using nlohmann::json;

// ---- errors

struct NotFitted : std::exception {};
struct Busy : std::exception {};

thread_local std::string error_text;
// What the thread reads: the text above, or words that need no memory.
thread_local const char* error_shown = "";

svdd_status failed(svdd_status status, const char* words) noexcept {
  try {
    error_text = *words ? words : "there was no reason given";
    error_shown = error_text.c_str();
  } catch (...) {
    error_shown = "there is not enough memory";
  }
  return status;
}

// Runs f, and no exception leaves. From whatever mode the host computes in, f computes in IEEE's (floating_point_mode.h).
template <class F>
svdd_status guarded(F f) noexcept {
  error_shown = "";
  try {
    const engine::IeeeMode ieee;
    f();
    return SVDD_OK;
  } catch (const NotFitted&) {
    return failed(SVDD_NOT_FITTED, "the detector has learned nothing yet; fit it, or load a model");
  } catch (const Busy&) {
    return failed(SVDD_BUSY, "another call on this detector is under way; one thread at a time may use it");
  } catch (const engine::Stopped& stop) {
    return failed(SVDD_STOPPED, stop.what());
  } catch (const std::bad_alloc& error) {
    const bool says_nothing = std::strstr(error.what(), "bad_alloc") || std::strstr(error.what(), "length");
    return failed(SVDD_NO_MEMORY, says_nothing ? "there is not enough memory" : error.what());
  } catch (const std::length_error&) {
    return failed(SVDD_NO_MEMORY, "there is not enough memory for so many numbers");
  } catch (const std::invalid_argument& error) {
    return failed(SVDD_INVALID, error.what());
  } catch (const std::logic_error& error) {
    return failed(SVDD_INTERNAL, error.what());
  } catch (const std::exception& error) {
    return failed(SVDD_FAILED, error.what());
  } catch (...) {
    return failed(SVDD_INTERNAL, "an exception of no known kind");
  }
}

template <class T>
T& required(T* pointer, const char* what) {
  if (!pointer) throw std::invalid_argument(std::string(what) + " is a null pointer");
  return *pointer;
}

// ---- who is at work

// One call at a time on a detector.
class Use {
 public:
  explicit Use(svdd_detector* detector) : detector_(required(detector, "the detector")) {
    if (detector_.busy.exchange(true, std::memory_order_acquire)) throw Busy();
  }
  ~Use() { detector_.busy.store(false, std::memory_order_release); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  svdd::c::ArrayModel& model() const { return *detector_.model; }
  svdd::c::ArrayModel& fitted() const {
    if (!model().fitted()) throw NotFitted();
    return model();
  }

 private:
  svdd_detector& detector_;
};

// A wish to stop (engine/stopping.h) is the process's, and stands until it is withdrawn: while any computation is under way
// that it may be meant for.
std::mutex counting;
std::atomic<int> computations{0};

class Computation {
 public:
  Computation() {
    const std::scoped_lock lock(counting);
    if (computations++ == 0) engine::withdraw_stop();
  }
  ~Computation() {
    const std::scoped_lock lock(counting);
    if (--computations == 0) engine::withdraw_stop();
  }
  Computation(const Computation&) = delete;
  Computation& operator=(const Computation&) = delete;
};

class CallbackMonitor final : public svdd::Monitor {
 public:
  CallbackMonitor(svdd_progress progress, void* context) : progress_(progress), context_(context) {}

  void epoch(const svdd::EpochReport& report) override {
    svdd_event event = {};
    event.phase = report.phase.c_str();
    event.epoch = report.epoch;
    event.epochs = report.epochs;
    event.loss = report.loss;
    event.learning_rate = report.lr;
    event.seconds = report.seconds;
    tell(event);
  }
  void note(const std::string& line) override {
    svdd_event event = {};
    event.note = line.c_str();
    tell(event);
  }

 private:
  void tell(const svdd_event& event) {
    if (progress_ && progress_(&event, context_) != 0)
      throw engine::Stopped("the fit was stopped by its progress callback");
  }

  svdd_progress progress_;
  void* context_;
};

// ---- what is handed out

void give(const std::string& text, char** to) {
  auto* const copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (!copy) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  *to = copy;
}

void give_sha256(const std::string& sha256, char to[65]) {
  if (sha256.size() != 64) throw std::logic_error("a SHA-256 is not 64 digits");
  std::memcpy(to, sha256.c_str(), 65);
}

void give(const std::vector<float>& values, float* to, int64_t count, const char* what) {
  required(to, what);
  if (count != static_cast<int64_t>(values.size()))
    throw std::invalid_argument(std::string(what) + " has room for " + std::to_string(count) +
                                " numbers, and there are " + std::to_string(values.size()));
  std::memcpy(to, values.data(), values.size() * sizeof(float));
}

std::span<const float> scores_of(const float* scores, int64_t count) {
  required(scores, "the array of scores");
  if (count < 0)
    throw std::invalid_argument("the number of scores is " + std::to_string(count) + "; expected 0 or more");
  return {scores, static_cast<size_t>(count)};
}

svdd::c::Asked asked_for(const char* options) {
  return options ? svdd::c::asked_for(options) : svdd::c::Asked{};
}

const char* word_of(svdd::Option::Kind kind) {
  using Kind = svdd::Option::Kind;
  switch (kind) {
    case Kind::whole:
      return "whole";
    case Kind::real:
      return "real";
    case Kind::text_or_real:
      return "text-or-real";
    case Kind::flag:
      return "flag";
    case Kind::list:
      return "list";
    case Kind::words:
    case Kind::text:
      break;
  }
  return "text";
}

void give_detector(std::unique_ptr<svdd::c::ArrayModel> model, svdd_detector** to) {
  auto detector = std::make_unique<svdd_detector>();
  detector->model = std::move(model);
  *to = detector.release();
}

}  // namespace

extern "C" {

const char* svdd_version(void) { return SVDD_VERSION; }

const char* svdd_last_error(void) { return error_shown; }

void svdd_text_free(char* text) { std::free(text); }

svdd_status svdd_methods(char** out) {
  return guarded([&] {
    required(out, "where the text goes");
    json all = json::array();
    for (const svdd::Method& method : svdd::methods())
      all.push_back({{"name", method.name}, {"title", method.title}, {"has_network", method.has_network}});
    give(engine::json_text(all), out);
  });
}

svdd_status svdd_options(const char* method, const char* options, const int64_t* shape, int32_t dimensions,
                         char** out) {
  return guarded([&] {
    required(out, "where the text goes");
    const svdd::Method& row = svdd::method_named(&required(method, "the method's name"));
    if (dimensions != 0 && dimensions != 1 && dimensions != 3)
      throw std::invalid_argument("a sample has 1 dimension or 3; found " + std::to_string(dimensions));
    std::vector<int64_t> sample;
    if (dimensions > 0) sample.assign(&required(shape, "the shape"), shape + dimensions);
    svdd::c::Resolved resolved = svdd::c::resolved(row, asked_for(options), sample);
    json all = json::array();
    for (const svdd::Option& option : resolved.rows())
      all.push_back({{"name", option.name},
                     {"group", option.group},
                     {"help", option.help},
                     {"kind", word_of(option.kind)},
                     {"value", svdd::json_of(option)},
                     {"choices", option.choices}});
    give(engine::json_text(all), out);
  });
}

svdd_status svdd_create(const char* method, const char* options, svdd_detector** out) {
  return guarded([&] {
    required(out, "where the detector goes");
    const svdd::Method& row = svdd::method_named(&required(method, "the method's name"));
    give_detector(std::make_unique<svdd::c::ArrayModel>(row, asked_for(options)), out);
  });
}

svdd_status svdd_load(const char* folder, const char* options, svdd_detector** out) {
  return guarded([&] {
    required(out, "where the detector goes");
    required(folder, "the folder's name");
    const Computation computation;
    give_detector(std::make_unique<svdd::c::ArrayModel>(folder, asked_for(options)), out);
  });
}

svdd_status svdd_free(svdd_detector* detector) {
  if (!detector) return SVDD_OK;
  return guarded([&] {
    if (detector->busy.exchange(true, std::memory_order_acquire)) throw Busy();
    delete detector;
  });
}

svdd_status svdd_fit(svdd_detector* detector, const svdd_array* samples, const int32_t* classes,
                     const char* const* columns, svdd_progress progress, void* context) {
  return guarded([&] {
    const Use use(detector);
    const Computation computation;
    CallbackMonitor monitor(progress, context);
    use.model().fit(required(samples, "the training data"), classes, columns, monitor);
  });
}

void svdd_stop_all(void) {
  if (computations.load() > 0) engine::request_stop();
}

svdd_status svdd_score(svdd_detector* detector, const svdd_array* samples, float* scores, int64_t count) {
  return guarded([&] {
    const Use use(detector);
    const Computation computation;
    required(scores, "the array of scores");
    give(use.fitted().score(required(samples, "the samples")), scores, count, "the array of scores");
  });
}

svdd_status svdd_explain(svdd_detector* detector, const svdd_array* samples, float* changes, int64_t count) {
  return guarded([&] {
    const Use use(detector);
    const Computation computation;
    required(changes, "the array of changes");
    give(use.fitted().explain(required(samples, "the samples")), changes, count, "the array of changes");
  });
}

svdd_status svdd_threshold(svdd_detector* detector, double* threshold) {
  return guarded([&] {
    const Use use(detector);
    required(threshold, "where the threshold goes") = use.fitted().detector().threshold();
  });
}

svdd_status svdd_threshold_at(svdd_detector* detector, double false_alarm_rate, double* threshold) {
  return guarded([&] {
    const Use use(detector);
    required(threshold, "where the threshold goes") =
        svdd::conformal_threshold(use.fitted().detector().training_scores(), false_alarm_rate);
  });
}

svdd_status svdd_set_threshold(svdd_detector* detector, double threshold) {
  return guarded([&] {
    const Use use(detector);
    use.fitted().detector().set_threshold(threshold);
  });
}

svdd_status svdd_calibrate(svdd_detector* detector, const svdd_array* held_out, double false_alarm_rate) {
  return guarded([&] {
    const Use use(detector);
    const Computation computation;
    use.fitted().calibrate(required(held_out, "the samples to calibrate with"), false_alarm_rate);
  });
}

svdd_status svdd_p_values(svdd_detector* detector, const float* scores, int64_t count, double* p_values) {
  return guarded([&] {
    const Use use(detector);
    const svdd::PValues p(use.fitted().detector().training_scores());
    required(p_values, "the array of p-values");
    std::vector<double> found;
    for (const float score : scores_of(scores, count)) found.push_back(p(score));
    std::memcpy(p_values, found.data(), found.size() * sizeof(double));
  });
}

svdd_status svdd_save(svdd_detector* detector, const char* folder) {
  return guarded([&] {
    const Use use(detector);
    use.fitted().detector().save(&required(folder, "the folder's name"));
  });
}

svdd_status svdd_info(svdd_detector* detector, char** out) {
  return guarded([&] {
    const Use use(detector);
    required(out, "where the text goes");
    give(use.fitted().info(), out);
  });
}

svdd_status svdd_weights_sha256(svdd_detector* detector, char sha256[65]) {
  return guarded([&] {
    const Use use(detector);
    give_sha256(use.fitted().detector().weights_sha256(), &required(sha256, "where the SHA-256 goes"));
  });
}

svdd_status svdd_scores_sha256(const float* scores, int64_t count, char sha256[65]) {
  return guarded([&] {
    give_sha256(svdd::scores_sha256(scores_of(scores, count)), &required(sha256, "where the SHA-256 goes"));
  });
}

}  // extern "C"
