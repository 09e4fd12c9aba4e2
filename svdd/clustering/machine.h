// Where a clustering computes: the processors of a backend's host, and the backend itself where it is a device. No result
// depends on either.
#pragma once
#include <memory>
#include <utility>

#include "engine/backend.h"
#include "engine/backends/cpu/cpu.h"
#include "svdd/clustering/device.h"

namespace svdd {

class Machine {
 public:
  // All processors that this process may use, and no device.
  Machine() : Machine(std::shared_ptr<engine::Backend>(engine::make_cpu_backend())) {}
  // A backend that outlives it, or one that it keeps. Implicit: who has a backend has a machine.
  Machine(engine::Backend& backend) : device(device_of(backend)), backend_(&backend) {}
  Machine(std::shared_ptr<engine::Backend> own) : Machine(*own) { own_ = std::move(own); }

  int threads() const { return backend_->host_threads(); }
  // See Backend::on_host.
  std::unique_ptr<engine::Backend> host(int threads = 0) const { return backend_->on_host(threads); }

  Device device;  // without a backend where the backend is no device

 private:
  std::shared_ptr<engine::Backend> own_;
  engine::Backend* backend_;
};

}  // namespace svdd
