// A batch on the device, as kernels see it: the CPU backend's layout, blocks of sixteen samples with the
// samples innermost, [N/16][C][H][W][16]. Half a warp reads the same pixel of sixteen images: 64 bytes in a
// row.
//
// Lanes past the last sample are padding: zero in inputs and in gradients, arbitrary but finite in values.
#pragma once
#include <cstdint>

#include "engine/host_device.h"

namespace engine::cuda {

inline constexpr int lanes = 16;

// Representations are images of one pixel. Extents are 32 bits wide, because the device divides and
// multiplies those twice as fast; a whole batch may hold more numbers than that.
struct Batch {
  float* data;
  int samples, blocks, c, h, w;

  SVDD_HOST_DEVICE int positions() const { return h * w; }
  SVDD_HOST_DEVICE int plane_size() const { return h * w * lanes; }  // numbers of one channel of one block
  SVDD_HOST_DEVICE int64_t block_size() const { return static_cast<int64_t>(c) * plane_size(); }
  SVDD_HOST_DEVICE int64_t size() const { return blocks * block_size(); }
  SVDD_HOST_DEVICE float* at(int block, int channel) const {
    return data + (static_cast<int64_t>(block) * c + channel) * plane_size();
  }
};

}  // namespace engine::cuda
