// Fits that are cut short at the end of any epoch, and go on from their checkpoint with the same bits; and
// checkpoints that are refused.
#include "svdd/training/checkpoint.h"

#include <gtest/gtest.h>

#include <functional>

#include "engine/backends/reference/reference.h"
#include "engine/files/atomic_file.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/methods/autoencoder.h"
#include "svdd/methods/multi_radius.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/dasvdd_runs.h"
#include "tests/svdd/small_multi_sphere.h"
#include "tests/svdd/small_runs.h"

namespace checkpoint_test {

using namespace svdd;
using datasets::Samples;
using nlohmann::json;
using MakeDetector = std::function<std::unique_ptr<Detector>(engine::Backend&)>;

struct Killed {};

const json this_run{{"epochs", 4}, {"data", "a"}};

json other_run(const std::string& key, const json& value) {
  json run = this_run;
  run[key] = value;
  return run;
}

// Keeps the history, all but the seconds; where it is told to, dies at an epoch's end, before its checkpoint.
struct Historian final : Monitor {
  void epoch(const EpochReport& e) override {
    history.push_back(
        {e.phase, e.epoch, e.epochs, e.loss, e.lr, e.radius.value_or(-1), e.radii, e.spheres.value_or(-1)});
    if (--epochs_to_live == 0) throw Killed();
  }
  std::string kept() const override { return history.dump(); }
  void go_on(const std::string& kept) override { history = json::parse(kept); }

  json history = json::array();
  int64_t epochs_to_live = -1;
};

struct Result {
  std::string weights;
  std::vector<float> training_scores, test_scores;
  double threshold;
  json details, history;
  bool operator==(const Result&) const = default;
};

struct Method {
  std::string name;
  MakeDetector make;
  Samples train, test;
  std::vector<int32_t> classes = {};
  friend std::ostream& operator<<(std::ostream& out, const Method& m) { return out << m.name; }

  Result fitted(Checkpoints* checkpoints, int64_t epochs_to_live = -1,
                engine::Backend& on = *small_runs::backend()) const {
    const auto detector = make(on);
    Historian monitor;
    monitor.epochs_to_live = epochs_to_live;
    detector->fit({train, classes, checkpoints}, monitor);
    return {detector->weights_sha256(), detector->training_scores(), detector->score(test),
            detector->threshold(),      detector->details(),         monitor.history};
  }
};

constexpr int64_t pretraining_epochs = 2, training_epochs = 4;

template <class Options>
Options brief(Options o) {
  o.pretraining.epochs = pretraining_epochs;
  o.training.epochs = training_epochs;
  o.training.lr_milestones = {2};
  return o;
}

std::vector<Method> methods() {
  const Samples images = small_runs::first(small_runs::ones().train, 37),  // batches of 16, 16 and 5
      others = small_runs::first(small_runs::ones().test, 20);
  std::vector<Method> all;
  const auto deep = [&](const std::string& name, DeepSvddOptions o) {
    o = brief(o);
    all.push_back({name, [o](engine::Backend& on) { return make_deep_svdd(o, on); }, images, others});
  };
  deep("OneClass", small_runs::options());
  auto soft = small_runs::options(Recipe::pytorch, Objective::soft_boundary);
  soft.amsgrad = true;
  deep("SoftBoundary", soft);
  auto bare = small_runs::options();
  bare.pretrain = false;
  deep("WithoutPretraining", bare);
  auto theano = small_runs::options(Recipe::theano, Objective::soft_boundary);
  theano.dictionary = false;
  deep("Theano", theano);

  const DeepOptions alone = brief(small_runs::options());
  all.push_back(
      {"Autoencoder", [alone](engine::Backend& on) { return make_autoencoder(alone, on); }, images, others});

  std::vector<int32_t> classes;
  for (int64_t i = 0; i < images.count(); ++i) classes.push_back(static_cast<int32_t>(i % 3));
  for (const Objective objective : {Objective::one_class, Objective::soft_boundary}) {
    MultiRadiusOptions o;
    static_cast<DeepOptions&>(o) = brief(small_runs::options());
    o.objective = objective;
    o.warm_up_epochs = 1;
    o.labels = LabelSource::classes;
    all.push_back({objective == Objective::one_class ? "MultiRadius" : "SoftMultiRadius",
                   [o](engine::Backend& on) { return make_multi_radius(o, on); }, images, others, classes});
  }

  for (const bool trainable : {false, true}) {
    auto o = brief(small_multi_sphere::options());
    o.trainable_centres = trainable;
    o.objective = trainable ? SphereObjective::soft_boundary : SphereObjective::hard_margin;
    o.nu = 0.5;  // so that some die
    all.push_back({trainable ? "MultiSphereTrainable" : "MultiSphere",
                   [o](engine::Backend& on) { return make_multi_sphere(o, on); },
                   small_runs::first(small_multi_sphere::two_digits().train, 48), others});
  }

  for (const bool train_centre : {false, true}) {
    auto o = dasvdd_runs::options();
    o.training.epochs = training_epochs;
    o.train_centre = train_centre;
    o.centre_lr_decay = 0.1;
    o.gamma_networks = 2;
    all.push_back({train_centre ? "Dasvdd" : "DasvddFixedCentre",
                   [o](engine::Backend& on) { return make_dasvdd(o, on); }, dasvdd_runs::normal_rows(37),
                   dasvdd_runs::odd_rows(10)});
  }
  return all;
}

class EveryMethod : public testing::TestWithParam<Method> {
 protected:
  Checkpoints checkpoints(std::function<bool()> stop = {}) const {
    return Checkpoints({.file = folder_ / "checkpoint.safetensors", .seconds = 0, .stop = stop});
  }
  scratch::Folder folder_;
};

// Each process does one epoch and stops; so every place where a fit can be cut is one it goes on from.
TEST_P(EveryMethod, StoppedAfterEachEpochEndsWithTheSameBits) {
  const Method& method = GetParam();
  const Result whole = method.fitted(nullptr);
  ASSERT_GE(whole.history.size(), static_cast<size_t>(pretraining_epochs));
  std::optional<Result> pieced;
  size_t stops = 0;
  while (!pieced) {
    Checkpoints stopping = checkpoints([] { return true; });
    try {
      pieced = method.fitted(&stopping);
    } catch (const Interrupted&) {
      ASSERT_LE(++stops, whole.history.size());
    }
  }
  EXPECT_EQ(stops, whole.history.size());
  EXPECT_TRUE(*pieced == whole);
  EXPECT_EQ(pieced->history, whole.history);
  EXPECT_EQ(pieced->weights, whole.weights);
  EXPECT_EQ(pieced->details, whole.details);
}

// The last epoch is lost and done again.
TEST_P(EveryMethod, KilledInAnEpochEndsWithTheSameBits) {
  const Method& method = GetParam();
  const Result whole = method.fitted(nullptr);
  for (const int64_t killed_in : {int64_t{1}, int64_t{2}, static_cast<int64_t>(whole.history.size())}) {
    Checkpoints first = checkpoints();
    EXPECT_THROW(method.fitted(&first, killed_in), Killed);
    EXPECT_EQ(first.exists(), killed_in > 1);
    Checkpoints second = checkpoints();
    EXPECT_TRUE(method.fitted(&second) == whole) << killed_in;
    remove_checkpoint(folder_ / "checkpoint.safetensors");
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoint, EveryMethod, testing::ValuesIn(methods()),
                         [](const auto& info) { return info.param.name; });

// ---- one method for what is the same for all

class CheckpointOfDeepSvdd : public testing::Test {
 protected:
  Checkpoints with(json run, double seconds = 0, std::function<bool()> stop = {}) const {
    return Checkpoints({.file = file_, .run = std::move(run), .seconds = seconds, .stop = stop});
  }
  void leave(int64_t epochs = 3) const {
    Checkpoints some = with(this_run);
    EXPECT_THROW(method_.fitted(&some, epochs + 1), Killed);
  }
  std::string refusal(const json& run = this_run) const {
    Checkpoints some = with(run);
    const std::string message = scratch::error_of<std::runtime_error>([&] { method_.fitted(&some); });
    EXPECT_TRUE(scratch::contains(message, file_.string())) << message;
    EXPECT_TRUE(scratch::contains(message, "begins anew")) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  std::string bytes() const { return engine::read_file(file_, uint64_t{1} << 30); }

  const Method method_ = methods().front();
  const scratch::Folder folder_;
  const std::filesystem::path file_ = folder_ / "checkpoint.safetensors";
};

TEST_F(CheckpointOfDeepSvdd, GoesOnOnAnotherBackend) {
  const Result whole = method_.fitted(nullptr);
  const auto reference = engine::make_reference_backend();
  for (const int64_t epochs : {1, 3}) {
    leave(epochs);
    Checkpoints some = with(this_run);
    EXPECT_TRUE(method_.fitted(&some, -1, *reference) == whole) << epochs;
    remove_checkpoint(file_);
  }
}

TEST_F(CheckpointOfDeepSvdd, OfAnotherRunIsRefusedByName) {
  leave();
  EXPECT_TRUE(
      scratch::contains(refusal(other_run("epochs", 5)), "the run that left it has epochs 4, this one 5"));
  EXPECT_TRUE(scratch::contains(refusal(other_run("nu", 0.1)), "has nu no such entry, this one 0.1"));
  json less = this_run;
  less.erase("data");
  EXPECT_TRUE(scratch::contains(refusal(less), "has data \"a\", this one no such entry"));
}

TEST_F(CheckpointOfDeepSvdd, OfAnotherNetworkIsRefused) {
  leave();
  auto o = brief(small_runs::options());
  o.rep_dim = 16;
  const auto detector = make_deep_svdd(o, *small_runs::backend());
  Checkpoints some = with(this_run);
  Monitor silent;
  const std::string message = scratch::error_of<std::runtime_error>([&] {
    detector->fit({method_.train, {}, &some}, silent);
  });
  EXPECT_TRUE(scratch::contains(message, "has the shape")) << message;
}

TEST_F(CheckpointOfDeepSvdd, CutOffItIsRefused) {
  leave();
  const std::string whole = bytes();
  for (size_t tenth = 0; tenth < 10; ++tenth) {
    engine::write_file_atomically(file_, whole.substr(0, whole.size() * tenth / 10));
    refusal();
  }
  engine::write_file_atomically(file_, whole.substr(0, whole.size() - 1));
  refusal();
}

TEST_F(CheckpointOfDeepSvdd, WithOneOtherByteItIsRefused) {
  leave();
  const std::string whole = bytes();
  for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 97) {
    std::string other = whole;
    other[at] = static_cast<char>(other[at] ^ 1);
    engine::write_file_atomically(file_, other);
    refusal();
  }
}

// What cannot be mended is told apart from what belongs to another run: the run begins anew without it.
TEST_F(CheckpointOfDeepSvdd, DamageIsToldApart) {
  leave();
  const std::string whole = bytes();
  const auto open = [&] { with(this_run).open(); };
  for (const std::string& damaged :
       {std::string(), std::string(whole.size(), '\0'), whole.substr(0, whole.size() / 2)}) {
    engine::write_file_atomically(file_, damaged);
    EXPECT_THROW(open(), DamagedCheckpoint);
  }
  engine::write_file_atomically(file_, whole);
  EXPECT_NO_THROW(open());
  try {
    with(other_run("epochs", 5)).open();
    ADD_FAILURE();
  } catch (const DamagedCheckpoint&) {
    ADD_FAILURE() << "it is sound";
  } catch (const std::runtime_error&) {
  }
}

TEST_F(CheckpointOfDeepSvdd, SaysWhereTheLastOneStands) {
  Checkpoints some = with(this_run);
  EXPECT_EQ(some.last(), "");
  EXPECT_THROW(method_.fitted(&some, 4), Killed);
  EXPECT_EQ(some.last(), "after epoch 1 of deep-svdd");
  Checkpoints other = with(this_run);
  other.open();
  EXPECT_EQ(other.last(), some.last());
}

TEST_F(CheckpointOfDeepSvdd, OtherFilesAreRefused) {
  engine::write_safetensors(file_, {{"centre", engine::NdArray::scalar(1.0f)}});
  EXPECT_TRUE(scratch::contains(refusal(), "no checkpoint"));
  const std::string text = json{{"format", checkpoint_format + 1}}.dump();
  const std::vector<std::pair<std::string, engine::NdArray>> later{
      {"json", engine::NdArray::from({static_cast<int64_t>(text.size())},
                                     std::vector<uint8_t>(text.begin(), text.end()))}};
  engine::write_safetensors(file_, later, {{"checkpoint_sha256", arrays_sha256(later)}});
  EXPECT_TRUE(scratch::contains(refusal(), "has format 2, and this version reads format 1"));
}

TEST_F(CheckpointOfDeepSvdd, IsLeftWhenItIsTime) {
  Checkpoints seldom = with(json::object(), 1e9);
  const Result whole = method_.fitted(&seldom);
  EXPECT_FALSE(seldom.exists());
  EXPECT_TRUE(whole == method_.fitted(nullptr)) << "checkpoints change no bit";
  Checkpoints asked = with(json::object(), 1e9, [] { return true; });
  EXPECT_THROW(method_.fitted(&asked), Interrupted);
  EXPECT_TRUE(asked.exists());
  Checkpoints often = with(json::object(), 0);
  EXPECT_TRUE(whole == method_.fitted(&often));
}

TEST_F(CheckpointOfDeepSvdd, GoesWithWhatAKilledProcessLeft) {
  leave();
  engine::write_file_atomically(folder_ / "checkpoint.safetensors.partial-7-0", "half");
  engine::write_file_atomically(folder_ / "notes.txt", "mine");
  remove_checkpoint(file_);
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "checkpoint.safetensors.partial-7-0"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "notes.txt"));
}

}  // namespace checkpoint_test
