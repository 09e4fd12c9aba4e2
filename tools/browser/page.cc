// What the page of tools/browser asks of the library, compiled to WebAssembly: the stroke digits, one fit of Deep SVDD
// that tells how it goes, and the score of an image that somebody drew.
//
// It does what `svdd train --data strokes` does with the same options, so weights_sha256 and scores_sha256 are the
// command's. A fit takes its caller's thread until it ends: the page has it in a Web Worker (worker.js), and ends that to
// stop it. Whatever is to be told goes to `Module.tell(name, value)`, which the worker provides.
#include <emscripten.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/strokes.h"
#include "engine/backends/cpu/cpu.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/methods/deep_svdd.h"
#include "svdd/recipes/data_traits.h"

namespace {

// clang-format off
EM_JS(void, tell_text, (const char* name, const char* text), {
  Module["tell"](UTF8ToString(name), UTF8ToString(text));
});
EM_JS(void, tell_number, (const char* name, double number), {
  Module["tell"](UTF8ToString(name), number);
});
EM_JS(void, tell_floats, (const char* name, const float* values, int count), {
  Module["tell"](UTF8ToString(name), HEAPF32.slice(values >> 2, (values >> 2) + count));
});
EM_JS(void, tell_bytes, (const char* name, const uint8_t* values, int count), {
  Module["tell"](UTF8ToString(name), HEAPU8.slice(values, values + count));
});
// clang-format on

void tell(const char* name, const std::string& text) { tell_text(name, text.c_str()); }
void tell(const char* name, double number) { tell_number(name, number); }
void tell(const char* name, const std::vector<float>& values) {
  tell_floats(name, values.data(), static_cast<int>(values.size()));
}

// Digits that are looked at after every epoch: so many of the test half, whose digits take turns, then of the training
// samples. Few enough that looking takes less than learning.
constexpr int64_t tests_shown = 300, trained_shown = 100;

datasets::Samples first_of(const datasets::Samples& samples, int64_t count) {
  count = std::min(count, samples.count());
  return {samples.shape, {samples.values.begin(), samples.values.begin() + count * samples.size()}};
}

class Page final : public svdd::Monitor {
 public:
  Page() : digits_(datasets::load_strokes()) {}

  void show_digits() const {
    const datasets::Split& test = digits_.test;
    tell_bytes("test_images", test.bytes.data(), static_cast<int>(test.bytes.size()));
    tell("test_classes", std::vector<float>(test.labels.begin(), test.labels.end()));
  }

  // Settings as of the command; the last two are what it has no option for.
  void fit(const std::vector<int>& normal, int64_t limit, std::istream& options, bool zero_centre,
           bool bias_terms) {
    task_ = datasets::one_vs_rest(digits_, normal, limit);
    svdd::Settings settings =
        svdd::deep_svdd_method().published(svdd::recipes::DataTraits{}, svdd::Recipe::pytorch);
    for (std::string name, value; options >> name >> value;) settings.set(name, value);
    auto& deep = *settings.as<svdd::DeepSvddOptions>();
    deep.zero_centre = zero_centre;
    deep.bias_terms = bias_terms;
    contamination_ = settings.contamination();
    on_surface_ = deep.objective == svdd::Objective::soft_boundary;
    detector_ = settings.make(task_.train.shape, *backend_);
    shown_ = first_of(task_.test, tests_shown);
    tests_shown_ = shown_.count();
    const datasets::Samples trained = first_of(task_.train, trained_shown);
    shown_.values.insert(shown_.values.end(), trained.values.begin(), trained.values.end());
    tell("trained_on", static_cast<double>(task_.train.count()));

    detector_->fit({task_.train, task_.train_classes}, *this);

    const std::vector<float> scores = detector_->score(task_.test);
    standing(detector_->threshold(), detector_->score(shown_), detector_->embed(shown_));
    tell("scores", scores);
    tell("threshold", detector_->threshold());
    if (task_.test_labels != std::vector<int32_t>(task_.test_labels.size()))
      tell("auc", svdd::roc_auc(scores, task_.test_labels));
    tell("seconds_of_pretraining", detector_->pretrain_seconds());
    tell("seconds_of_training", detector_->train_seconds());
    for (const std::string& warning : detector_->warnings()) tell("note", warning);
    tell("collapse", detector_->collapse_warning().value_or(""));
    tell("train_data_sha256", sha256_of(task_.train));
    tell("test_data_sha256", sha256_of(task_.test));
    tell("weights_sha256", detector_->weights_sha256());
    tell("scores_sha256", svdd::scores_sha256(scores));
  }

  // Of one image of 28 x 28 numbers in [0, 1].
  void look_at(std::vector<float> image) {
    if (!detector_ || !detector_->is_fitted()) return;
    const datasets::Samples one{task_.test.shape, std::move(image)};
    tell("drawn", detector_->embed(one));
    tell("drawn_score", static_cast<double>(detector_->score(one).at(0)));
  }

  void epoch(const svdd::EpochReport& report) override {
    tell("phase", report.phase);
    tell("epoch",
         std::vector<float>{static_cast<float>(report.epoch), static_cast<float>(report.epochs),
                            static_cast<float>(report.loss), static_cast<float>(report.radius.value_or(0)),
                            static_cast<float>(report.seconds)});
  }
  void note(const std::string& line) override { tell("note", line); }
  void standing(const svdd::EpochReport&, const svdd::ScoreFunction& score,
                const svdd::ScoreFunction& embed) override {
    const std::vector<float> scores = score(shown_);
    const double threshold =
        on_surface_ ? 0
                    : svdd::contamination_threshold(
                          std::span(scores).subspan(static_cast<size_t>(tests_shown_)), contamination_);
    standing(threshold, scores, embed(shown_));
  }
  void stage(std::string_view name, const svdd::ScoreFunction& score) override {
    if (name != "untrained" || task_.test_labels == std::vector<int32_t>(task_.test_labels.size())) return;
    tell("untrained_auc", svdd::roc_auc(score(task_.test), task_.test_labels));
  }

 private:
  static std::string sha256_of(const datasets::Samples& samples) {
    return svdd::values_sha256(samples.values);
  }
  static void standing(double threshold, const std::vector<float>& scores, const std::vector<float>& z) {
    tell("standing_threshold", threshold);
    tell("standing_representations", z);
    tell("standing_scores", scores);
  }

  datasets::Dataset digits_;
  datasets::OneVsRest task_;
  std::unique_ptr<engine::Backend> backend_ = engine::make_cpu_backend({.threads = 1});
  std::unique_ptr<svdd::Detector> detector_;  // before the backend it goes
  datasets::Samples shown_;
  int64_t tests_shown_ = 0;
  double contamination_ = 0;
  bool on_surface_ = false;  // the threshold is the sphere's own
};

std::optional<Page> page;

// What was wrong is told as "error".
template <class F>
void telling(F work) {
  try {
    work();
  } catch (const std::exception& error) {
    tell("error", error.what());
  }
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE void page_load() {
  telling([] {
    page.emplace();
    page->show_digits();
  });
}

// `normal`: digits, blanks between; `options`: names and values of the command's options, blanks between; limit 0: all.
EMSCRIPTEN_KEEPALIVE void page_fit(const char* normal, const char* options, int limit, int zero_centre,
                                   int bias_terms) {
  telling([&] {
    std::vector<int> classes;
    std::istringstream words(normal), settings(options);
    for (int k; words >> k;) classes.push_back(k);
    page->fit(classes, limit, settings, zero_centre != 0, bias_terms != 0);
    tell("done", 1.0);
  });
}

EMSCRIPTEN_KEEPALIVE void page_look_at(const float* image) {
  telling([&] { page->look_at({image, image + datasets::stroke_image_side * datasets::stroke_image_side}); });
}

}  // extern "C"
