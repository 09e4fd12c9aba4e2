#include "engine/backends/cuda/cuda.h"

#include <climits>
#include <vector>

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/memory.h"
#include "engine/backends/entered.h"
#include "engine/threads.h"

namespace engine {

namespace {

using namespace cuda;

// The oldest GPUs that the build holds code for: see CMAKE_CUDA_ARCHITECTURES.
constexpr int oldest_major = 8;

int64_t blocks_of(int64_t samples) { return (samples + lanes - 1) / lanes; }

// Numbers in storage: samples fill whole blocks, plain arrays whole runs of sixteen.
int64_t stored_count(const Shape& shape, Layout layout) {
  return layout == Layout::samples ? blocks_of(shape[0]) * shape.per_sample() * lanes
                                   : blocks_of(shape.count()) * lanes;
}
int64_t stored_count(const Array& a) { return stored_count(a.shape(), a.layout()); }

int extent(const Shape& s, int axis) {
  if (axis >= s.rank()) return 1;
  if (s[axis] > INT_MAX)
    throw std::runtime_error("[cuda] an array of shape " + s.text() + " is too large for the cuda backend");
  return static_cast<int>(s[axis]);
}
Batch batch_of(const Array& a) {
  const Shape& s = a.shape();
  if (s.per_sample() > INT_MAX / lanes)
    throw std::runtime_error("[cuda] samples of shape " + s.text() + " are too large for the cuda backend");
  return {.data = const_cast<float*>(a.data<float>()),
          .samples = extent(s, 0),
          .blocks = static_cast<int>(blocks_of(s[0])),
          .c = extent(s, 1),
          .h = extent(s, 2),
          .w = extent(s, 3)};
}

const float* maybe(const Array* a) { return a ? a->data<float>() : nullptr; }
Normalisation normalisation(const Array& mean, const Array& inverse_std, const Array* weight,
                            const Array* bias) {
  return {mean.data<float>(), inverse_std.data<float>(), maybe(weight), maybe(bias)};
}

// A captured sequence of calls.
class Graph final : public Replayable {
 public:
  Graph(cudaGraphExec_t exec, int device, cudaStream_t stream)
      : exec_(exec), device_(device), stream_(stream) {}
  ~Graph() override { cudaGraphExecDestroy(exec_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void run() override {
    check(cudaSetDevice(device_), "choosing the device");
    check(cudaGraphLaunch(exec_, stream_), "replaying captured calls");
  }

 private:
  cudaGraphExec_t exec_;
  int device_;
  cudaStream_t stream_;
};

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(const CudaOptions& options)
      : device_(options.device), tf32_(options.tf32), host_threads_(options.host_threads) {
    check(cudaSetDevice(device_), "choosing the device");
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, device_), "asking for the device's properties");
    name_ = std::string("cuda (") + properties.name + (tf32_ ? ", tf32)" : ")");
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream");
    tickets_ = device_memory(device_, stream_, most_channels);
  }
  ~CudaBackend() override {
    cudaSetDevice(device_);
    cudaStreamSynchronize(stream_);
    cudaStreamDestroy(stream_);
  }

  std::string name() const override { return name_; }
  bool supports(DType type) const override { return type == DType::f32; }
  bool is_device() const override { return true; }
  int host_threads() const override { return threads_to_start(host_threads_); }
  // TF32 rounds both factors by 2^-11; how tensor cores round sums is not documented.
  double dense_error(int64_t features) const override {
    return tf32_ ? 0x1.01p-10 + 4 * Backend::dense_error(features) : Backend::dense_error(features);
  }

  std::unique_ptr<Replayable> capture(std::function<void()> calls) override {
    cudaGraph_t graph = nullptr;
    {
      const cudaStream_t s = stream();
      const FreedLater freed_later;
      check(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal), "beginning a capture");
      capturing_ = true;
      try {
        calls();
      } catch (...) {
        capturing_ = false;
        cudaStreamEndCapture(s, &graph);
        if (graph) cudaGraphDestroy(graph);
        cudaGetLastError();
        throw;
      }
      capturing_ = false;
      check(cudaStreamEndCapture(s, &graph), "ending a capture");
    }
    cudaGraphExec_t exec = nullptr;
    const cudaError_t status = cudaGraphInstantiate(&exec, graph, 0);
    cudaGraphDestroy(graph);
    check(status, "preparing captured calls");
    return std::make_unique<Graph>(exec, device_, stream_);
  }

  void finish() override { wait(); }

  // ---- memory

  std::shared_ptr<void> allocate(const Shape& shape, Layout layout, DType) override {
    outside_capture("makes an array");
    return device_memory(device_, stream(), std::max<int64_t>(lanes, stored_count(shape, layout)));
  }

  void upload(const void* c_order, Array& to) override {
    outside_capture("brings numbers from the host");
    const auto* from = static_cast<const float*>(c_order);
    const int64_t count = to.shape().count();
    const bool in_order = to.layout() == Layout::plain || to.shape().per_sample() == 1;
    const int64_t stored = stored_count(to);
    if (in_order && stored <= most_sent) return send(stream(), from, count, to.data<float>(), stored);
    float* on_device = in_order ? to.data<float>() : scratch_.floats(count);
    check(cudaMemcpyAsync(on_device, from, bytes(count), cudaMemcpyHostToDevice, stream()),
          "copying to the device");
    if (!in_order)
      interleave(stream(), on_device, batch_of(to));
    else if (stored > count)  // zeros behind the last sample
      check(cudaMemsetAsync(on_device + count, 0, bytes(stored - count), stream()), "clearing the padding");
    wait();
  }

  void download(const Array& from, void* c_order) override {
    outside_capture("reads numbers back");
    const int64_t count = from.shape().count();
    const float* on_device = from.data<float>();
    if (from.layout() == Layout::samples && from.shape().per_sample() != 1) {
      float* rows = scratch_.floats(count);
      deinterleave(stream(), batch_of(from), rows);
      on_device = rows;
    }
    if (count > 0)
      check(cudaMemcpyAsync(c_order, on_device, bytes(count), cudaMemcpyDeviceToHost, stream()),
            "copying from the device");
    wait();
  }

  void copy(const Array& from, Array& to) override {
    check(cudaMemcpyAsync(to.data<float>(), from.data<float>(), bytes(stored_count(to)),
                          cudaMemcpyDeviceToDevice, stream()),
          "copying an array");
  }
  void fill(Array& a, double value) override {
    if (a.layout() == Layout::samples)
      cuda::fill(stream(), batch_of(a), static_cast<float>(value));
    else
      cuda::fill(stream(), a.data<float>(), stored_count(a), static_cast<float>(value));
  }
  void gather(const Array& from, std::span<const int32_t> index, Array& to) override {
    outside_capture("brings indices from the host");
    cuda::gather(stream(), from.data<float>(), index, batch_of(to));
  }
  void read_row(const Array& table, const Array& position, Array& row) override {
    cuda::read_row(stream(), table.data<float>(), position.data<float>(), row.data<float>(),
                   row.shape().count(), stored_count(row));
  }
  void write_row(const Array& row, const Array& position, Array& table) override {
    cuda::write_row(stream(), row.data<float>(), position.data<float>(), table.data<float>(),
                    row.shape().count());
  }

  // ---- convolution and dense layers

  void conv2d(const Array& x, const Array& w, const Array* bias, Window v, Array& y) override {
    if (!tf32_ ||
        !tensor_cores::conv2d(stream(), batch_of(x), w.data<float>(), maybe(bias), v, batch_of(y), scratch_))
      cuda::conv2d(stream(), batch_of(x), w.data<float>(), maybe(bias), v, batch_of(y), scratch_);
  }
  void conv2d_input_gradient(const Array& gy, const Array& w, Window v, Array& gx) override {
    if (!tf32_ || !tensor_cores::conv2d_input_gradient(stream(), batch_of(gy), w.data<float>(), v,
                                                       batch_of(gx), scratch_))
      cuda::conv2d_input_gradient(stream(), batch_of(gy), w.data<float>(), v, batch_of(gx), scratch_);
  }
  void conv2d_weight_gradient(const Array& x, const Array& gy, Window v, Array& gw) override {
    if (!tf32_ || !tensor_cores::conv2d_weight_gradient(stream(), batch_of(x), batch_of(gy), v,
                                                        gw.data<float>(), scratch_))
      cuda::conv2d_weight_gradient(stream(), batch_of(x), batch_of(gy), v, gw.data<float>(), scratch_);
  }
  void dense(const Array& x, const Array& w, const Array* bias, Array& y) override {
    if (!tf32_ || !tensor_cores::dense(stream(), batch_of(x), w.data<float>(), maybe(bias), batch_of(y)))
      cuda::dense(stream(), batch_of(x), w.data<float>(), maybe(bias), batch_of(y), scratch_);
  }
  void dense_input_gradient(const Array& gy, const Array& w, Array& gx) override {
    if (!tf32_ || !tensor_cores::dense_input_gradient(stream(), batch_of(gy), w.data<float>(), batch_of(gx)))
      cuda::dense_input_gradient(stream(), batch_of(gy), w.data<float>(), batch_of(gx), scratch_);
  }
  void dense_weight_gradient(const Array& x, const Array& gy, Array& gw) override {
    if (!tf32_ || !tensor_cores::dense_weight_gradient(stream(), batch_of(x), batch_of(gy), gw.data<float>()))
      cuda::dense_weight_gradient(stream(), batch_of(x), batch_of(gy), gw.data<float>(), scratch_);
  }
  void channel_sum(const Array& x, Array& s) override {
    cuda::channel_sum(stream(), batch_of(x), s.data<float>(), partials());
  }

  // ---- resampling

  void max_pool2d(const Array& x, Window v, Array& y) override {
    cuda::max_pool2d(stream(), batch_of(x), v, batch_of(y));
  }
  void max_pool2d_gradient(const Array& x, const Array& y, const Array& gy, Window v, Array& gx) override {
    cuda::max_pool2d_gradient(stream(), batch_of(x), batch_of(y), batch_of(gy), v, batch_of(gx));
  }
  void upsample_nearest(const Array& x, int64_t scale, Array& y) override {
    cuda::upsample_nearest(stream(), batch_of(x), scale, batch_of(y));
  }
  void upsample_nearest_gradient(const Array& gy, int64_t scale, Array& gx) override {
    cuda::upsample_nearest_gradient(stream(), batch_of(gy), scale, batch_of(gx));
  }

  // ---- batch normalisation

  void channel_moments(const Array& x, Array& mean, Array& variance) override {
    cuda::channel_moments(stream(), batch_of(x), mean.data<float>(), variance.data<float>(), partials());
  }
  void inverse_std(const Array& variance, double epsilon, Array& inverse_std) override {
    cuda::inverse_std(stream(), variance.data<float>(), static_cast<float>(epsilon),
                      inverse_std.data<float>(), variance.shape().count());
  }
  void normalise(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                 const Array* bias, Array& y) override {
    cuda::normalise(stream(), batch_of(x), normalisation(mean, inverse_std, weight, bias), batch_of(y));
  }
  void batch_norm_gradient(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                           const Array& gy, Array& gx, Array& gweight, Array& gbias) override {
    cuda::batch_norm_gradient(stream(), batch_of(x), normalisation(mean, inverse_std, weight, nullptr),
                              batch_of(gy), batch_of(gx), gweight.data<float>(), gbias.data<float>(),
                              partials());
  }
  void normalise_leaky_relu(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                            const Array* bias, double slope, Resample then, Array& y) override {
    cuda::normalise_leaky_relu(stream(), batch_of(x), normalisation(mean, inverse_std, weight, bias),
                               static_cast<float>(slope), then, batch_of(y));
  }
  void normalise_leaky_relu_gradient(const Array& x, const Array& mean, const Array& inverse_std,
                                     const Array* weight, const Array* bias, double slope, Resample then,
                                     const Array& gy, Array& gx, Array& gweight, Array& gbias) override {
    cuda::normalise_leaky_relu_gradient(stream(), batch_of(x), normalisation(mean, inverse_std, weight, bias),
                                        static_cast<float>(slope), then, batch_of(gy), batch_of(gx),
                                        gweight.data<float>(), gbias.data<float>(), partials());
  }
  void update_running(const Array& batch, double momentum, double factor, Array& running) override {
    cuda::update_running(stream(), batch.data<float>(), static_cast<float>(1 - momentum),
                         static_cast<float>(momentum * factor), running.data<float>(), batch.shape().count());
  }

  void batch_statistics(const Array& x, double epsilon, double momentum, Array& mean, Array& variance,
                        Array& inverse_std, Array& running_mean, Array& running_variance) override {
    const auto m = static_cast<double>(x.shape()[0] * x.shape().positions());
    const auto running = [&](Array& value, double factor) -> Running {
      return {value.data<float>(), static_cast<float>(1 - momentum), static_cast<float>(momentum * factor)};
    };
    cuda::batch_statistics(stream(), batch_of(x), static_cast<float>(epsilon), mean.data<float>(),
                           variance.data<float>(), inverse_std.data<float>(), running(running_mean, 1.0),
                           running(running_variance, m / (m - 1)), partials());
  }

  // ---- pointwise

  void unary(Unary f, double parameter, const Array& x, Array& y) override {
    cuda::unary(stream(), f, static_cast<float>(parameter), x.data<float>(), y.data<float>(),
                stored_count(x));
  }
  void unary_gradient(Unary f, double parameter, const Array& x, const Array& y, const Array& gy,
                      Array& gx) override {
    cuda::unary_gradient(stream(), f, static_cast<float>(parameter), x.data<float>(), y.data<float>(),
                         gy.data<float>(), gx.data<float>(), stored_count(x));
  }
  void binary(Binary f, const Array& a, const Array& b, Array& y) override {
    const bool single = !(a.shape() == b.shape());
    cuda::binary(stream(), f, a.data<float>(), b.data<float>(), single, y.data<float>(), stored_count(a));
  }

  // ---- reductions

  void sum_samples(const Array& x, Array& sum) override {
    cuda::sum_samples(stream(), x.data<float>(), x.samples(), 1.0f, sum.data<float>());
  }
  void mean_samples(const Array& x, Array& mean) override {
    cuda::sum_samples(stream(), x.data<float>(), x.samples(), static_cast<float>(x.samples()),
                      mean.data<float>());
  }
  void spread_samples(const Array& g, double divisor, Array& gx) override {
    cuda::spread_samples(stream(), g.data<float>(), static_cast<float>(divisor), batch_of(gx));
  }
  void squared_distance(const Array& a, const Array& b, Array& d) override {
    cuda::squared_distance(stream(), batch_of(a), b.data<float>(), b.layout() == Layout::plain,
                           d.data<float>());
  }
  void squared_distance_gradient(const Array& a, const Array& b, const Array& gd, Array& ga) override {
    cuda::squared_distance_gradient(stream(), batch_of(a), b.data<float>(), b.layout() == Layout::plain,
                                    gd.data<float>(), ga.data<float>());
  }
  void nearest_point(const Array& a, const Array& points, const Array& alive, Array& index) override {
    cuda::nearest_point(stream(), batch_of(a), points.data<float>(), alive.data<float>(), points.shape()[0],
                        index.data<float>());
  }
  void nearest_candidates(const Array& x, const Array& slack, const Array& margin, bool others, Array& limit,
                          Array& count, Array& list) override {
    cuda::nearest_candidates(stream(), batch_of(x), slack.data<float>(), margin.data<float>(), others,
                             limit.data<float>(), count.data<float>(), batch_of(list));
  }
  void take(const Array& table, const Array& index, Array& to) override {
    cuda::take(stream(), table.data<float>(), index.data<float>(), batch_of(to));
  }
  void take_gradient(const Array& index, const Array& gy, Array& gtable) override {
    cuda::take_gradient(stream(), index.data<float>(), batch_of(gy), gtable.data<float>(), gtable.shape()[0]);
  }
  void root_quantile(const Array& x, double q, Array& result) override {
    cuda::root_quantile(stream(), x.data<float>(), x.samples(), q, result.data<float>(), scratch_);
  }

  // ---- updates

  void adam(const AdamConstants& constants, const Array& rates, const Array& g, Array& m, Array& v,
            Array* v_max, Array& p) override {
    cuda::adam(stream(), constants, rates.data<float>(), g.data<float>(), m.data<float>(), v.data<float>(),
               v_max ? v_max->data<float>() : nullptr, p.data<float>(), p.shape().count());
  }
  void sgd(double momentum, double weight_decay, const Array& rates, const Array& g, Array& velocity,
           Array& p) override {
    cuda::sgd(stream(), static_cast<float>(momentum), static_cast<float>(weight_decay), rates.data<float>(),
              g.data<float>(), velocity.data<float>(), p.data<float>(), p.shape().count());
  }
  void adagrad(double epsilon, double weight_decay, const Array& rates, const Array& g, Array& sum,
               Array& p) override {
    cuda::adagrad(stream(), static_cast<float>(epsilon), static_cast<float>(weight_decay),
                  rates.data<float>(), g.data<float>(), sum.data<float>(), p.data<float>(),
                  p.shape().count());
  }

 private:
  static size_t bytes(int64_t floats) { return static_cast<size_t>(floats) * sizeof(float); }

  // Whoever asks for the stream is about to call the runtime, which chooses the device for each host thread
  // apart. The one that captures has chosen before it began, and nothing but the calls themselves belongs
  // there.
  cudaStream_t stream() {
    if (!capturing_) check(cudaSetDevice(device_), "choosing the device");
    return stream_;
  }
  void wait() { check(cudaStreamSynchronize(stream()), "waiting for the device"); }
  void outside_capture(const char* what) const {
    if (capturing_)
      throw std::logic_error(std::string("[cuda] a captured sequence of calls ") + what +
                             "; that must be done before or after it");
  }
  Partials partials() { return {scratch_, static_cast<unsigned*>(tickets_.get())}; }

  int device_;
  bool tf32_;
  int host_threads_;
  std::string name_;
  cudaStream_t stream_ = nullptr;
  bool capturing_ = false;
  Scratch scratch_;
  std::shared_ptr<void> tickets_;
};

}  // namespace

std::string cuda_problem(const CudaOptions& options) {
  const std::string mend = ", or compute on the cpu";
  int driver = 0, runtime = 0, devices = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  const auto text = [](int version) {
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
  };
  const cudaError_t status = cudaGetDeviceCount(&devices);
  if (status != cudaSuccess) cudaGetLastError();
  if (status == cudaErrorInsufficientDriver && driver == 0)
    return "this machine has no CUDA driver: install NVIDIA's driver" + mend;
  if (status == cudaErrorInsufficientDriver)
    return "the CUDA driver is for CUDA " + text(driver) + ", but this build needs " + text(runtime) +
           ": install a newer driver" + mend;
  if (status == cudaErrorNoDevice || (status == cudaSuccess && devices == 0))
    return "this machine has no NVIDIA GPU that the CUDA driver can see: check with nvidia-smi" + mend;
  if (status != cudaSuccess)
    return std::string("the CUDA driver does not answer (") + cudaGetErrorString(status) +
           "): check with nvidia-smi" + mend;
  if (options.device < 0 || options.device >= devices)
    return "there is no CUDA device " + std::to_string(options.device) + ": expected 0 to " +
           std::to_string(devices - 1);
  cudaDeviceProp properties{};
  if (cudaGetDeviceProperties(&properties, options.device) == cudaSuccess && properties.major < oldest_major)
    return std::string(properties.name) + " has compute capability " + std::to_string(properties.major) +
           "." + std::to_string(properties.minor) + ", but this build needs " + std::to_string(oldest_major) +
           ".0 or newer: compute on the cpu";
  return "";
}

std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options) {
  const std::string problem = cuda_problem(options);
  if (!problem.empty()) throw std::runtime_error(problem);
  return entered(std::make_unique<CudaBackend>(options));
}

}  // namespace engine
