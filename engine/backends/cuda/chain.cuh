// A chain: a sum that one thread adds up in order.
#pragma once
#include <cuda_runtime.h>

namespace engine::cuda {

// add(load(0)), add(load(1)), …, add(load(count − 1)). An addition takes 4 cycles and a number from memory
// some hundreds, so `Ahead` numbers are on their way before the first of them is added.
template <int Ahead, class Load, class Add>
__device__ __forceinline__ void chain(int count, Load load, Add add) {
  using Loaded = decltype(load(0));
  int i = 0;
  for (; i + Ahead <= count; i += Ahead) {
    Loaded v[Ahead];
#pragma unroll
    for (int k = 0; k < Ahead; ++k) v[k] = load(i + k);
#pragma unroll
    for (int k = 0; k < Ahead; ++k) add(v[k]);
  }
  constexpr int rest = Ahead < 16 ? Ahead : 16;
  for (; i < count; i += rest) {
    Loaded v[rest];
#pragma unroll
    for (int k = 0; k < rest; ++k)
      if (i + k < count) v[k] = load(i + k);
#pragma unroll
    for (int k = 0; k < rest; ++k)
      if (i + k < count) add(v[k]);
  }
}

}  // namespace engine::cuda
