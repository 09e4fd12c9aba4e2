// Functions of single numbers, distances and parameter updates. Part of the kernels of one instruction set
// (simd.h).

// Calls visit(offset) for each V of the runs of sixteen numbers [first, last).
template <class Visit>
void for_runs(Range units, Visit visit) {
  for (int64_t i = units.first * lanes; i < units.last * lanes; i += V::width) visit(i);
}

void unary(Unary f, float parameter, const float* x, float* y, Range units) {
  const V k(parameter), zero(0.0f), one(1.0f);
  const auto apply = [&](auto function) {
    for_runs(units, [&](int64_t i) { function(V::load(x + i)).store(y + i); });
  };
  switch (f) {
    case Unary::leaky_relu:
      return apply([&](V v) { return if_greater(v, zero, v, k * v); });
    case Unary::relu:
      return apply([&](V v) { return if_greater(v, zero, v, if_equal(v, v, zero, v)); });
    case Unary::elu:
      return apply([&](V v) { return if_greater(v, zero, v, k * (elementary::exp_lanes(v) - one)); });
    case Unary::sigmoid:
      return apply([&](V v) { return one / (one + elementary::exp_lanes(zero - v)); });
    case Unary::square:
      return apply([&](V v) { return v * v; });
    case Unary::scale:
      return apply([&](V v) { return k * v; });
    case Unary::exp:
      return apply([&](V v) { return elementary::exp_lanes(k * v); });
  }
}

void unary_gradient(Unary f, float parameter, const float* x, const float* y, const float* gy, float* gx,
                    Range units) {
  const V k(parameter), zero(0.0f), one(1.0f);
  const auto apply = [&](auto function) {
    for_runs(units,
             [&](int64_t i) { function(V::load(x + i), V::load(y + i), V::load(gy + i)).store(gx + i); });
  };
  switch (f) {
    case Unary::leaky_relu:
      return apply([&](V v, V, V g) { return if_greater(v, zero, g, k * g); });
    case Unary::relu:
      return apply([&](V v, V, V g) { return if_greater(v, zero, g, if_equal(v, v, zero, g)); });
    case Unary::elu:
      return apply([&](V v, V w, V g) { return if_greater(v, zero, g, g * (w + k)); });
    case Unary::sigmoid:
      return apply([&](V, V w, V g) { return g * ((one - w) * w); });
    case Unary::square:
      return apply([&](V v, V, V g) { return (v + v) * g; });
    case Unary::scale:
      return apply([&](V, V, V g) { return k * g; });
    case Unary::exp:
      return apply([&](V, V w, V g) { return g * (k * w); });
  }
}

void binary(Binary f, const float* a, const float* b, bool single_b, float* y, Range units) {
  const V single(b[0]);
  const auto apply = [&](auto function) {
    if (single_b)
      for_runs(units, [&](int64_t i) { function(V::load(a + i), single).store(y + i); });
    else
      for_runs(units, [&](int64_t i) { function(V::load(a + i), V::load(b + i)).store(y + i); });
  };
  switch (f) {
    case Binary::add:
      return apply([](V u, V v) { return u + v; });
    case Binary::subtract:
      return apply([](V u, V v) { return u - v; });
    case Binary::multiply:
      return apply([](V u, V v) { return u * v; });
  }
}

void squared_distance(const Batch& a, const float* b, bool point, float* d, Range units) {
  const int64_t size = a.block_size() / lanes;
  for (int64_t block = units.first; block < units.last; ++block)
    for (int part = 0; part < lanes; part += V::width) {
      const float* p = a.data + block * a.block_size() + part;
      const float* q = point ? b : b + block * a.block_size() + part;
      V sum(0.0f);
      for (int64_t f = 0; f < size; ++f) {
        const V difference = V::load(p + f * lanes) - (point ? V(q[f]) : V::load(q + f * lanes));
        sum = fma(difference, difference, sum);
      }
      sum.store(d + block * lanes + part);
    }
}

void squared_distance_gradient(const Batch& a, const float* b, bool point, const float* gd, float* ga,
                               Range units) {
  const int64_t size = a.block_size() / lanes;
  for (int64_t block = units.first; block < units.last; ++block)
    for (int part = 0; part < lanes; part += V::width) {
      const float* p = a.data + block * a.block_size() + part;
      const float* q = point ? b : b + block * a.block_size() + part;
      float* r = ga + block * a.block_size() + part;
      const V g = V::load(gd + block * lanes + part), twice = g + g;
      for (int64_t f = 0; f < size; ++f) {
        const V difference = V::load(p + f * lanes) - (point ? V(q[f]) : V::load(q + f * lanes));
        (twice * difference).store(r + f * lanes);
      }
    }
}

void adam(const AdamConstants& s, const float* rates, const float* gradient, float* m, float* v, float* v_max,
          float* p, Range units) {
  const V beta1(static_cast<float>(s.beta1)), rest1(static_cast<float>(1 - s.beta1)),
      beta2(static_cast<float>(s.beta2)), rest2(static_cast<float>(1 - s.beta2)),
      decay(static_cast<float>(s.weight_decay)), epsilon(static_cast<float>(s.epsilon)), step(rates[0]),
      correction(rates[1]);
  for_runs(units, [&](int64_t i) {
    const V parameter = V::load(p + i), g = fma(decay, parameter, V::load(gradient + i));
    const V moment = fma(beta1, V::load(m + i), rest1 * g);
    V second = fma(beta2, V::load(v + i), (rest2 * g) * g);
    moment.store(m + i);
    second.store(v + i);
    if (v_max) {
      const V largest = V::load(v_max + i);
      second = if_greater(largest, second, largest, second);
      second.store(v_max + i);
    }
    const V denominator = sqrt(second) / correction + epsilon;
    (parameter - step * (moment / denominator)).store(p + i);
  });
}

void sgd(float lr, float momentum, float decay, const float* gradient, float* velocity, float* p,
         Range units) {
  const V minus_lr(-lr), mu(momentum), wd(decay);
  for_runs(units, [&](int64_t i) {
    const V parameter = V::load(p + i), g = fma(wd, parameter, V::load(gradient + i));
    const V speed = fma(mu, V::load(velocity + i), g);
    speed.store(velocity + i);
    fma(minus_lr, speed, parameter).store(p + i);
  });
}

void adagrad(float lr, float epsilon, float decay, const float* gradient, float* sum, float* p, Range units) {
  const V rate(lr), eps(epsilon), wd(decay);
  for_runs(units, [&](int64_t i) {
    const V parameter = V::load(p + i), g = fma(wd, parameter, V::load(gradient + i));
    const V total = fma(g, g, V::load(sum + i));
    total.store(sum + i);
    (parameter - rate * (g / (sqrt(total) + eps))).store(p + i);
  });
}
