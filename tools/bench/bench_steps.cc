#include "tools/bench/bench_steps.h"

#include <chrono>

#include "engine/random.h"
#include "svdd/networks/networks.h"
#include "svdd/training/side_by_side.h"
#include "svdd/training/training.h"

namespace tools {
namespace {

using engine::Mode;
using engine::Tensor;

// A network, its data and what an epoch of each phase costs. Operations per sample of a forward pass, the
// first layer's share (which has no input gradient), a multiply-add counted as two.
struct Subject {
  std::string name, request, network;
  int64_t samples;
  double encoder, decoder, first_layer;
};
const Subject mnist{"MNIST LeNet", "mnist", "mnist_LeNet", 6131, 0.640e6, 0.652e6, 0.3136e6};
const Subject cifar10{"CIFAR-10 LeNet", "cifar10", "cifar10_LeNet", 5000, 57.9e6, 58.2e6, 4.915e6};
const Subject dasvdd{"DASVDD dense", "dasvdd", "dasvdd_mnist", 6131, 2.26e6, 2.26e6, 1.61e6};

datasets::Samples random_samples(const std::vector<int64_t>& shape, int64_t count) {
  const engine::RandomStream stream(1, "bench/data");
  datasets::Samples samples{shape, {}};
  samples.values.resize(static_cast<size_t>(count * samples.size()));
  for (size_t i = 0; i < samples.values.size(); ++i) samples.values[i] = stream.uniform(i);
  return samples;
}

// Keeps the seconds of every epoch but the first, which allocates, and lets PyTorch run one after each.
class Stopwatch final : public svdd::Monitor {
 public:
  Stopwatch(TorchProcess* torch, std::string request) : torch_(torch), request_(std::move(request)) {}
  void epoch(const svdd::EpochReport& report) override {
    if (report.epoch > 0) add(report.seconds);
  }
  void add(double seconds) {
    ours_.push_back(seconds);
    if (torch_) theirs_.push_back(torch_->seconds(request_));
  }
  Measurement result(const std::string& name, double operations) const {
    Measurement m{"epoch", name, median(ours_), operations, 0, {}};
    if (torch_) m.torch_seconds = median(theirs_);
    return m;
  }

 private:
  TorchProcess* torch_;
  std::string request_;
  std::vector<double> ours_, theirs_;
};

class Steps {
 public:
  Steps(engine::Backend& backend, int64_t repeat, std::string only, TorchProcess* torch, Show show)
      : backend_(backend), repeat_(repeat), only_(std::move(only)), torch_(torch), show_(std::move(show)) {}

  bool wanted(const std::string& name) const { return name.find(only_) != std::string::npos; }

  void deep_svdd(const Subject& s) {
    if (!wanted(s.name + " Deep SVDD")) return;
    Setup on(s, backend_);
    train(s, "Deep SVDD", "svdd", on, on.net.encoder.state(), 3 * s.encoder - s.first_layer,
          [&](const Tensor& x) {
            return mean(squared_distance(on.net.encoder.forward(x, Mode::train), on.centre));
          });
  }

  void autoencoder(const Subject& s) {
    if (!wanted(s.name + " autoencoder")) return;
    Setup on(s, backend_);
    train(s, "autoencoder", "autoencoder", on, on.state(), 3 * (s.encoder + s.decoder) - s.first_layer,
          [&](const Tensor& x) {
            const Tensor z = on.net.encoder.forward(x, Mode::train);
            return mean(squared_distance(on.net.decoder.forward(z, Mode::train), x));
          });
  }

  // DASVDD's joint loss (spec: mean squared error over samples and features, plus γ times the mean squared
  // distance).
  void joint(const Subject& s) {
    if (!wanted(s.name + " joint loss")) return;
    Setup on(s, backend_);
    train(s, "joint loss", "train", on, on.state(), 3 * (s.encoder + s.decoder) - s.first_layer,
          [&](const Tensor& x) {
            const Tensor z = on.net.encoder.forward(x, Mode::train);
            const Tensor error = mean(squared_distance(on.net.decoder.forward(z, Mode::train), x));
            return (1.0 / 784) * error + 0.5 * mean(squared_distance(z, on.centre));
          });
  }

  void score(const Subject& s) {
    if (!wanted(s.name + " scoring")) return;
    Setup on(s, backend_);
    const auto distance = [&](const Tensor& x) {
      return squared_distance(on.net.encoder.forward(x, Mode::evaluate), on.centre);
    };
    const datasets::Samples one{on.data.shape,
                                {on.data.values.begin(), on.data.values.begin() + on.data.size()}};
    Stopwatch whole(torch_, s.request + " score"), single(nullptr, "");
    for (int64_t i = -1; i < repeat_; ++i) {
      const double seconds = time([&] { svdd::evaluate_batches(on.data, distance, backend_); });
      const double latency = time([&] { svdd::evaluate_batches(one, distance, backend_); });
      if (i < 0) continue;  // the first allocates
      whole.add(seconds);
      single.add(latency);
    }
    show_(whole.result(s.name + " scoring", s.encoder * static_cast<double>(s.samples)));
    show_(single.result(s.name + " scoring, one sample", s.encoder));
  }

 private:
  struct Setup {
    datasets::Samples data;
    svdd::Network net;
    Tensor centre;
    Setup(const Subject& s, engine::Backend& backend)
        : data(random_samples(svdd::network_info(s.network).input, s.samples)),
          net(svdd::build_network(s.network, backend)),
          centre(engine::Array(backend, {svdd::network_info(s.network).rep_dim}, engine::Layout::plain,
                               engine::DType::f32)) {
      svdd::initialise(state(), svdd::Initialisation::pytorch, 1);
      backend.fill(centre.value(), 0.1);
    }
    std::vector<engine::NamedTensor> state() const {
      auto all = net.encoder.state();
      for (engine::NamedTensor& t : net.decoder.state()) all.push_back(t);
      return all;
    }
  };

  template <class Work>
  static double time(Work work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  void train(const Subject& s, const std::string& what, const std::string& request, Setup& on,
             const std::vector<engine::NamedTensor>& state, double operations_per_sample,
             const std::function<Tensor(const Tensor&)>& loss) {
    const auto optimizers = svdd::adam_for(state, 5e-7, svdd::Decay::all, false);
    svdd::TrainingPhase phase{.name = what, .options = {.epochs = repeat_ + 1}, .seed = 1};
    for (const auto& optimizer : optimizers) phase.optimizers.push_back(optimizer.get());
    phase.step = [&](const svdd::Batch& b) { return svdd::StepResult{.loss = loss(b.samples)}; };
    Stopwatch stopwatch(torch_, s.request + " " + request);
    svdd::train(on.data, phase, backend_, stopwatch);
    show_(stopwatch.result(s.name + " " + what, operations_per_sample * static_cast<double>(s.samples)));
  }

  engine::Backend& backend_;
  int64_t repeat_;
  std::string only_;
  TorchProcess* torch_;
  Show show_;
};

// As an experiment of many runs uses the machine: as many runs beside each other as there are threads, one on
// each. The seconds are those of one epoch of one run, as if they came one after another.
Measurement measure_side_by_side(const Subject& s, const BackendOptions& options, int64_t repeat) {
  BackendOptions one_thread = options;
  one_thread.threads = 1;
  const int64_t at_once = options.threads_used();
  std::vector<std::vector<double>> seconds(static_cast<size_t>(at_once));
  std::vector<std::function<void()>> runs;
  for (std::vector<double>& own : seconds)
    runs.push_back([&s, &one_thread, repeat, &own] {
      const auto backend = make_backend(one_thread);
      Steps(*backend, repeat, "", nullptr, [&own](const Measurement& m) {
        own.push_back(m.seconds);
      }).deep_svdd(s);
    });
  svdd::run_side_by_side(runs, static_cast<int>(at_once));
  std::vector<double> medians;
  for (const std::vector<double>& own : seconds) medians.push_back(own[0] / static_cast<double>(at_once));
  return {"epoch",
          s.name + " Deep SVDD, " + std::to_string(at_once) + " runs at once",
          median(medians),
          (3 * s.encoder - s.first_layer) * static_cast<double>(s.samples),
          0,
          {}};
}

}  // namespace

bool has_step(const std::string& text) {
  std::string names = dasvdd.name + " joint loss\n";
  for (const Subject* s : {&mnist, &cifar10})
    for (const char* what : {" Deep SVDD\n", " autoencoder\n", " scoring\n"}) names += s->name + what;
  return names.find(text) != std::string::npos;
}

void measure_steps(const BackendOptions& options, int64_t repeat, const std::string& only,
                   TorchProcess* torch, const Show& show) {
  const std::unique_ptr<engine::Backend> backend = make_backend(options);
  Steps steps(*backend, repeat, only, torch, show);
  steps.deep_svdd(mnist);
  if (options.device == "cpu" && steps.wanted(mnist.name + " Deep SVDD, runs at once"))
    show(measure_side_by_side(mnist, options, repeat));
  steps.autoencoder(mnist);
  steps.score(mnist);
  steps.joint(dasvdd);
  steps.deep_svdd(cifar10);
  steps.autoencoder(cifar10);
  steps.score(cifar10);
}

}  // namespace tools
