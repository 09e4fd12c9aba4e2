// PyTorch beside us: a child process that runs one epoch at a time when asked (tools/bench/bench_torch.py).
#pragma once
#include <cstdio>
#include <string>

namespace tools {

class TorchProcess {
 public:
  // Starts python3 with the script; std::runtime_error if it has no torch. device: cpu, cuda, or cuda-graph,
  // the steps captured as a CUDA graph.
  TorchProcess(int64_t threads, const std::string& device);
  ~TorchProcess();
  TorchProcess(const TorchProcess&) = delete;
  TorchProcess& operator=(const TorchProcess&) = delete;

  // The seconds of one epoch, e.g. of "mnist svdd". The first request of a kind warms up first.
  double seconds(const std::string& request);

 private:
  int child_ = -1;
  std::FILE* answers_ = nullptr;  // of the socket that the child has for its input and output
};

}  // namespace tools
