#include "svdd/clustering/block_products.h"

#include "engine/backends/cpu/kernels.h"

namespace svdd {

static_assert(BlockProducts::lanes == engine::cpu::lanes);

BlockProducts::BlockProducts(const Machine& on, int64_t left, int64_t right, int64_t width) {
  backend_ = on.host(1);
  left = (left + lanes - 1) / lanes * lanes;
  using engine::Layout;
  x_ = engine::Array(*backend_, {left, width}, Layout::samples, engine::DType::f32);
  w_ = engine::Array(*backend_, {right, width}, Layout::plain, engine::DType::f32);
  y_ = engine::Array(*backend_, {left, right}, Layout::samples, engine::DType::f32);
}

void BlockProducts::set_left(const float* rows) { backend_->upload(rows, x_); }
void BlockProducts::set_right(const float* rows) { backend_->upload(rows, w_); }
void BlockProducts::multiply() { multiply_with(x_); }
void BlockProducts::multiply_with(const engine::Array& left) { backend_->dense(left, w_, nullptr, y_); }

// Read where they lie, in the CPU backend's blocks of sixteen samples: to bring them into C order first would
// take longer than to look at them.
const float* BlockProducts::group(int64_t g) const { return y_.data<float>() + g * right() * lanes; }

}  // namespace svdd
