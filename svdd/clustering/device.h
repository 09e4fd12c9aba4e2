// A device that takes over a clustering's products. What it finds is measured on the host: no result depends
// on whether there is one.
#pragma once
#include <cstdint>

#include "engine/backend.h"

namespace svdd {

// Nothing else may use the backend meanwhile.
struct Device {
  engine::Backend* backend = nullptr;  // null: the host computes alone
  // Rows whose products with as many others lie in the device's memory at once, beside all the rows.
  int64_t block = 4096;
  // Candidates that are listed for each row; where one has more, its block is listed again with room for all.
  int64_t listed = 8;
};

// The backend, if it is a device.
inline Device device_of(engine::Backend& backend) {
  return {.backend = backend.is_device() ? &backend : nullptr};
}

}  // namespace svdd
