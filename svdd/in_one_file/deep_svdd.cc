// Deep SVDD (Ruff et al., "Deep One-Class Classification", ICML 2018) in one file, from random numbers to the AUC. A
// network φ(x; W) learns, from normal images alone, to map them near a centre c; what it maps far away is an anomaly.
//   g++ -std=c++20 -O2 -ffp-contract=off deep_svdd.cc -o deep_svdd  # -O3 -march=native: the same bits, much faster
//   svdd data export strokes --output strokes                       # or a folder with MNIST's four files, unpacked
//   ./deep_svdd strokes --normal 3 --ae-epochs 2 --epochs 2 --seed 1 [--objective soft-boundary]
// prints the AUC on the test images, and SHA-256 of weights and scores: those of `svdd train`, to the bit, since all
// sums have the same order (engine/README.md, "Receipt 1"). Numbers such as (3) are the paper's equations.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

using Numbers = std::vector<float>;
struct Batch {  // n samples; x[f][s] is number f of sample s; the numbers of an image go by channel, row and column
  int n;
  Numbers values;
  Batch(int n_, int features, float value = 0) : n(n_), values(n_ * features, value) {}
  int features() const { return int(values.size()) / n; }
  float* operator[](int f) { return values.data() + f * n; }
  const float* operator[](int f) const { return values.data() + f * n; }
};

// Σ a·b over the numbers first … last - 1 of all samples: a chain in each, sixteen partial sums of these, then a tree.
float sum_of_products(const Batch& a, const Batch& b, int first, int last) {
  std::array<float, 16> sums{};
  Numbers of_sample(a.n);
  for (int f = first; f < last; ++f)
    for (int s = 0; s < a.n; ++s) of_sample[s] = std::fma(a[f][s], b[f][s], of_sample[s]);
  for (int s = 0; s < a.n; ++s) sums[s % 16] += of_sample[s];
  for (int apart = 8; apart > 0; apart /= 2)
    for (int k = 0; k < apart; ++k) sums[k] += sums[k + apart];
  return sums[0];
}

// Philox 4x32-10 (Salmon et al. 2011): random words that depend on seed, name of their stream and index alone.
std::array<uint32_t, 4> random_words(uint64_t seed, const std::string& name, uint64_t index) {
  uint64_t stream = 0xcbf29ce484222325;
  for (const unsigned char letter : name) stream = (stream ^ letter) * 0x100000001b3;  // FNV-1a
  std::array<uint32_t, 4> x{uint32_t(index), uint32_t(index >> 32), uint32_t(stream), uint32_t(stream >> 32)};
  for (uint32_t round = 0; round < 10; ++round) {
    const uint32_t key = uint32_t(seed) + round * 0x9E3779B9, key2 = uint32_t(seed >> 32) + round * 0xBB67AE85;
    const uint64_t p = uint64_t{0xD2511F53} * x[0], q = uint64_t{0xCD9E8D57} * x[2];
    x = {uint32_t(q >> 32) ^ x[1] ^ key, uint32_t(q), uint32_t(p >> 32) ^ x[3] ^ key2, uint32_t(p)};
  }
  return x;
}

// e^x = 2^n · e^r, where n is the whole number next to x / ln 2; of our own, since every C library has another.
float exponential(float x) {
  x = std::clamp(x, -86.5f, 88.0f);
  const float n = std::fma(x, 1.44269504088896341f, 12582912.0f) - 12582912.0f;  // 1.5 · 2^23 rounds
  const float r = std::fma(n, -1.42860682030941723212e-6f, std::fma(n, -0.693145751953125f, x));
  float p = 1.9875691500e-4f;
  for (const float a : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
    p = std::fma(p, r, a);
  return std::ldexp(std::fma(p, r * r, r) + 1, int(n));
}
// ---- Layers, each with its gradient: from g = ∂L/∂y to ∂L/∂x, L being the loss
struct Network {
  uint64_t seed;
  bool training = true;
  std::map<std::string, Numbers> weights = {}, gradients = {};  // by name; weights begin when they are first asked for
  std::vector<std::function<Batch(Batch)>> tape = {};  // ∂L/∂x from ∂L/∂y of the layers that a batch went through
  Batch recorded(Batch y, std::function<Batch(Batch)> gradient) {
    if (training) tape.push_back(std::move(gradient));
    return y;
  }
  void backward(Batch g) {
    for (; !tape.empty(); tape.pop_back()) g = tape.back()(g);
  }
  // y(o, i, j) = Σ_c Σ_k Σ_l w(o, c, k, l) · x(c, i + k - padding, j + l - padding); transposed it leads from y to x.
  // Products are added in one order, forward and backward. No biases (Proposition 2). w begins within ±1/√inputs.
  Batch convolution(const std::string& name, const Batch& x, int out, int in, int kernel, int padding, int x_rows,
                    bool transposed = false) {
    const int rows = x_rows + 2 * padding - kernel + 1, count = out * in * kernel * kernel;
    std::vector<std::array<int, 3>> products;  // number of y, weight, number of x
    for (int o = 0; o < out; ++o)
      for (int c = 0; c < in; ++c)
        for (int i = 0; i < rows; ++i)
          for (int j = 0; j < rows; ++j)
            for (int k = std::max(0, padding - i); k < std::min(kernel, x_rows + padding - i); ++k)
              for (int l = std::max(0, padding - j); l < std::min(kernel, x_rows + padding - j); ++l)
                products.push_back({(o * rows + i) * rows + j, ((o * in + c) * kernel + k) * kernel + l,
                                    (c * x_rows + i + k - padding) * x_rows + j + l - padding});
    for (auto& product : products)
      if (transposed) std::swap(product[0], product[2]);
    Numbers &w = weights[name], &gradient = gradients[name];
    const float bound = float(1 / std::sqrt(double(in * kernel * kernel)));
    for (int i = int(w.size()); i < count; ++i)
      w.push_back(2 * bound * (float(random_words(seed, "init/" + name, i)[0] >> 8) * 0x1p-24f) - bound);
    Batch y(x.n, transposed ? in * x_rows * x_rows : out * rows * rows);
    for (const auto& [to, weight, from] : products)
      for (int s = 0; s < x.n; ++s) y[to][s] = std::fma(x[from][s], w[weight], y[to][s]);
    return recorded(y, [=, &w, &gradient](const Batch& g) {
      const bool once = int(products.size()) == count;  // is each weight used: then its chain goes over samples
      Batch gx(x.n, x.features()), gw(once ? 16 : x.n, count), ones(gw.n, count, 1);
      for (const auto& [to, weight, from] : products)
        for (int s = 0; s < x.n; ++s) gx[from][s] = std::fma(g[to][s], w[weight], gx[from][s]);
      for (const auto& [to, weight, from] : products)
        for (int s = 0; s < x.n; ++s) {
          float& sum = gw[weight][once ? s % 16 : s];
          sum = std::fma(g[to][s], x[from][s], sum);
        }
      gradient.resize(count);
      for (int i = 0; i < count; ++i) gradient[i] = sum_of_products(gw, ones, i, i + 1);
      return gx;
    });
  }
  // y = (x - μ) / √(σ² + ε), with each channel's mean and variance in the batch or, in evaluation, the running ones
  // (Ioffe and Szegedy 2015); not scaled and shifted again, for a shift is a bias.
  Batch batch_norm(const std::string& name, const Batch& x, int channels) {
    Numbers &running_mean = weights[name + ".running_mean"], &running_var = weights[name + ".running_var"];
    running_mean.resize(channels, 0), running_var.resize(channels, 1);
    const Batch ones(x.n, x.features(), 1);
    const int positions = x.features() / channels, size = x.n * positions;  // of a channel
    const auto mean_product = [=](const Batch& a, const Batch& b, int c) {
      return sum_of_products(a, b, c * positions, (c + 1) * positions) / float(size);
    };
    Batch y = x;
    Numbers inverse_std(channels);
    for (int c = 0; c < channels; ++c) {
      const float mean = training ? mean_product(x, ones, c) : running_mean[c];
      for (int i = c * size; i < (c + 1) * size; ++i) y.values[i] = x.values[i] - mean;
      const float variance = training ? mean_product(y, y, c) : running_var[c];
      inverse_std[c] = 1 / std::sqrt(variance + 1e-4f);
      for (int i = c * size; i < (c + 1) * size; ++i) y.values[i] *= inverse_std[c];
      if (!training) continue;
      running_mean[c] = std::fma(0.9f, running_mean[c], 0.1f * mean);
      running_var[c] = std::fma(0.9f, running_var[c], float(0.1 * (size / (size - 1.0))) * variance);
    }
    return recorded(y, [=](Batch g) {  // ∂L/∂x = (g - mean(g) - y · mean(g · y)) / √(σ² + ε), since μ and σ follow x
      for (int c = 0; c < channels; ++c) {
        const float mean_g = mean_product(g, ones, c), mean_gy = mean_product(g, y, c);
        for (int i = c * size; i < (c + 1) * size; ++i)
          g.values[i] = std::fma(-y.values[i], mean_gy, g.values[i] - mean_g) * inverse_std[c];
      }
      return g;
    });
  }
  Batch leaky_relu(Batch y) {  // x, or 0.01 · x below 0: unbounded, as Proposition 3 asks
    for (float& value : y.values) value *= value > 0 ? 1 : 0.01f;
    return recorded(y, [y](Batch g) {
      for (size_t i = 0; i < g.values.size(); ++i) g.values[i] *= y.values[i] > 0 ? 1 : 0.01f;
      return g;
    });
  }
  Batch sigmoid(Batch y) {  // 1 / (1 + e^-x)
    for (float& value : y.values) value = 1 / (1 + exponential(-value));
    return recorded(y, [y](Batch g) {
      for (size_t i = 0; i < g.values.size(); ++i) g.values[i] *= (1 - y.values[i]) * y.values[i];
      return g;
    });
  }
  Batch gather(const Batch& x, const std::vector<int>& from) {  // y's value i is x's value from[i]
    Batch y(x.n, int(from.size()) / x.n);
    for (size_t i = 0; i < from.size(); ++i) y.values[i] = x.values[from[i]];
    return recorded(y, [from, features = x.features()](const Batch& g) {
      Batch gx(g.n, features);
      for (size_t i = 0; i < from.size(); ++i) gx.values[from[i]] += g.values[i];
      return gx;
    });
  }
  // Where pixel f of an image of so many rows goes in one of half as many
  static int halved(int f, int rows) { return f / (2 * rows) * (rows / 2) + f % rows / 2; }
  Batch max_pool(const Batch& x, int rows) {  // the largest of 2x2 pixels
    std::vector<int> from(x.values.size() / 4, -1);
    for (int f = 0; f < x.features(); ++f)
      for (int s = 0; s < x.n; ++s) {
        int& largest = from[halved(f, rows) * x.n + s];
        if (largest < 0 || x[f][s] > x.values[largest]) largest = f * x.n + s;
      }
    return gather(x, from);
  }
  Batch upsample(const Batch& x, int rows) {  // 2x2 of each pixel, which makes images of so many rows
    std::vector<int> from;
    for (int f = 0; f < 4 * x.features(); ++f)
      for (int s = 0; s < x.n; ++s) from.push_back(halved(f, rows) * x.n + s);
    return gather(x, from);
  }
};

// Section 4.2: the network φ for MNIST, and the autoencoder, which goes on to φ's mirror image
Batch encoder(Network& net, Batch x) {
  x = net.convolution("conv1.weight", x, 8, 1, 5, 2, 28);
  x = net.max_pool(net.leaky_relu(net.batch_norm("bn1", x, 8)), 28);
  x = net.convolution("conv2.weight", x, 4, 8, 5, 2, 14);
  x = net.max_pool(net.leaky_relu(net.batch_norm("bn2", x, 4)), 14);
  return net.convolution("fc1.weight", x, 32, 4 * 7 * 7, 1, 0, 1);  // dense: its images have one pixel
}
Batch autoencoder(Network& net, Batch x) {
  x = net.upsample(net.leaky_relu(encoder(net, x)), 8);
  x = net.convolution("deconv1.weight", x, 2, 4, 5, 2, 8, true);
  x = net.upsample(net.leaky_relu(net.batch_norm("bn3", x, 4)), 16);
  x = net.convolution("deconv2.weight", x, 4, 8, 5, 3, 14, true);
  x = net.upsample(net.leaky_relu(net.batch_norm("bn4", x, 8)), 28);
  return net.sigmoid(net.convolution("deconv3.weight", x, 8, 1, 5, 2, 28, true));
}
// ---- Section 3: the objective, and how it is minimised
// d = ‖y - target‖², the target being a sample for each or, with n = 1, one for all
Batch squared_distances(const Batch& y, const Batch& target) {
  Batch d(y.n, 1);
  for (int f = 0; f < y.features(); ++f)
    for (int s = 0; s < y.n; ++s) {
      const float difference = y[f][s] - target[f][s % target.n];
      d[0][s] = std::fma(difference, difference, d[0][s]);
    }
  return d;
}
// (3) Soft-boundary Deep SVDD: L = R² + (1/ν) · (1/n) Σ max(0, d - R²), the target being the centre c.
// (4) One-class Deep SVDD: L = (1/n) Σ d: (3) with R = 0 and ν = 1. So is the autoencoder's loss, its target being x.
// y becomes ∂L/∂y = (1/ν) · (1/n) · 2 · (y - target) of the samples outside the sphere, 0 of the others.
float loss(Batch& y, const Batch& target, Batch d, float R, double nu) {
  for (int f = 0; f < y.features(); ++f)
    for (int s = 0; s < y.n; ++s)
      y[f][s] = d[0][s] > R * R ? 2 * (float(1 / nu) / float(y.n)) * (y[f][s] - target[f][s % target.n]) : 0;
  for (float& outside : d.values) outside = std::max(0.0f, outside - R * R);
  return R * R + float(1 / nu) * (sum_of_products(d, Batch(d.n, 1, 1), 0, 1) / float(d.n));
}
// Section 3.2: the radius is the (1 - ν)-quantile of the distances.
float radius_of(Numbers d, double nu) {
  std::sort(d.begin(), d.end());
  const double place = double(d.size() - 1) * (1 - nu);
  const size_t low = size_t(place), high = std::min(low + 1, d.size() - 1);
  return std::fma(float(place - double(low)), std::sqrt(d[high]) - std::sqrt(d[low]), std::sqrt(d[low]));
}
Batch take(const Batch& from, const std::vector<int>& samples) {
  Batch x(int(samples.size()), from.features());
  for (int f = 0; f < x.features(); ++f)
    for (int s = 0; s < x.n; ++s) x[f][s] = from[f][samples[s]];
  return x;
}

// Minimises L + (λ/2)‖W‖² by Adam (Kingma and Ba 2015), about a centre or, without one, the samples. Returns R.
float train(const std::string& phase, Network& net, Batch (*layers)(Network&, Batch), const Batch& images, int epochs,
            double lambda, const Batch* centre, double nu) {
  float R = 0;
  std::map<std::string, Numbers> moments, squares;
  double beta1_power = 1, beta2_power = 1;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    std::vector<int> order(images.n);
    std::iota(order.begin(), order.end(), 0);
    for (uint64_t i = order.size() - 1; i > 0; --i) {  // shuffled (Fisher and Yates)
      const auto words = random_words(net.seed, "shuffle/" + phase + "/" + std::to_string(epoch), i);
      std::swap(order[i], order[((i + 1) * words[1] + ((i + 1) * words[0] >> 32)) >> 32]);
    }
    double sum = 0, rate = epoch < 50 ? 1e-4 : 1e-4 * 0.1;
    for (int first = 0; first < images.n; first += 200) {
      const Batch x = take(images, {order.begin() + first, order.begin() + std::min(first + 200, images.n)});
      Batch y = layers(net, x);
      const Batch &target = centre ? *centre : x, d = squared_distances(y, target);
      sum += loss(y, target, d, R, nu) * x.n;
      net.backward(y);
      if (nu < 1 && epoch >= 10) R = radius_of(d.values, nu);
      beta1_power *= 0.9, beta2_power *= 0.999;
      const float step = float(rate / (1 - beta1_power)), root = float(std::sqrt(1 - beta2_power));
      for (const auto& [name, gradient] : net.gradients) {
        Numbers &w = net.weights[name], &m = moments[name], &v = squares[name];
        m.resize(w.size()), v.resize(w.size());
        for (size_t i = 0; i < w.size(); ++i) {
          const float g = std::fma(float(lambda), w[i], gradient[i]);
          m[i] = std::fma(0.9f, m[i], 0.1f * g);
          v[i] = std::fma(0.999f, v[i], 0.001f * g * g);
          w[i] -= step * (m[i] / (std::sqrt(v[i]) / root + 1e-8f));
        }
      }
    }
    std::fprintf(stderr, "%s, epoch %d: loss %g\n", phase.c_str(), epoch + 1, sum / images.n);
  }
  return R;
}

Batch representations(Network phi, const Batch& images) {  // φ(x; W) of all, in evaluation
  phi.training = false;
  Batch all(images.n, 32);
  for (int first = 0; first < images.n; first += 200) {
    std::vector<int> samples(std::min(200, images.n - first));
    std::iota(samples.begin(), samples.end(), first);
    const Batch z = encoder(phi, take(images, samples));
    for (int f = 0; f < z.features(); ++f) std::copy_n(z[f], z.n, all[f] + first);
  }
  return all;
}
// ---- Section 4: data, AUC and receipt
// Images and labels of two of MNIST's files, each image brought to a mean of 0 and a mean distance from it of 1
Batch read_images(const std::string& half, std::vector<uint8_t>& labels) {
  std::ifstream images(half + "-images-idx3-ubyte", std::ios::binary);
  std::ifstream classes(half + "-labels-idx1-ubyte", std::ios::binary);
  images.ignore(16), classes.ignore(8);  // the headers
  const std::string pixels(std::istreambuf_iterator<char>(images), {});
  labels.assign(std::istreambuf_iterator<char>(classes), {});
  if (labels.empty() || pixels.size() != 784 * labels.size())
    throw std::runtime_error("expected as many labels as images of 28x28 pixels in IDX files " + half + "-…");
  Batch x(int(labels.size()), 784);
  for (int s = 0; s < x.n; ++s) {
    double sum = 0, deviations = 0;
    for (int f = 0; f < 784; ++f) sum += x[f][s] = float(uint8_t(pixels[784 * s + f])) / 255;
    for (int f = 0; f < 784; ++f) deviations += std::abs(x[f][s] - sum / 784);
    for (int f = 0; f < 784; ++f) x[f][s] = deviations > 0 ? float((x[f][s] - sum / 784) / (deviations / 784)) : 0;
  }
  return x;
}

// How often an anomaly has a higher score than a normal sample, in all pairs; a tie counts half.
double auc(const Numbers& scores, const std::vector<uint8_t>& labels, int normal) {
  double won = 0, pairs = 0;
  for (size_t a = 0; a < scores.size(); ++a)
    for (size_t b = 0; b < scores.size(); ++b)
      if (labels[a] != normal && labels[b] == normal)
        ++pairs, won += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
  return won / pairs;
}

// SHA-256 (FIPS 180-4) of the numbers' bytes, each number's lowest first
void print_sha256(const char* name, const Numbers& numbers) {
  const auto fraction = [](double x) { return uint32_t((x - std::floor(x)) * 0x1p32); };
  std::vector<int> primes;
  for (int n = 2; primes.size() < 64; ++n)
    if (std::none_of(primes.begin(), primes.end(), [n](int prime) { return n % prime == 0; })) primes.push_back(n);
  std::array<uint32_t, 8> hash;
  for (int i = 0; i < 8; ++i) hash[i] = fraction(std::sqrt(primes[i]));
  std::vector<uint32_t> message;
  for (const float number : numbers) {
    const uint32_t bits = std::bit_cast<uint32_t>(number);
    message.push_back(bits << 24 | (bits << 8 & 0xff0000) | (bits >> 8 & 0xff00) | bits >> 24);
  }
  message.push_back(0x80000000);
  while (message.size() % 16 != 15) message.push_back(0);
  message.push_back(uint32_t(32 * numbers.size()));
  for (size_t block = 0; block < message.size(); block += 16) {
    std::vector<uint32_t> w(message.begin() + block, message.begin() + block + 16);
    std::array<uint32_t, 8> v = hash;
    for (size_t t = 0; t < 64; ++t) {
      const auto [a, b, c, d, e, f, g, h] = v;
      const uint32_t k = fraction(std::cbrt(primes[t])), x = w[t + 1], y = w[t + 14];
      const uint32_t t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + k + w[t];
      const uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      v = {t1 + t2, a, b, c, d + t1, e, f, g};
      w.push_back(w[t] + (std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3) + w[t + 9] +
                  (std::rotr(y, 17) ^ std::rotr(y, 19) ^ y >> 10));
    }
    for (int i = 0; i < 8; ++i) hash[i] += v[i];
  }
  std::printf("%s %08x%08x%08x%08x%08x%08x%08x%08x\n", name, hash[0], hash[1], hash[2], hash[3], hash[4], hash[5],
              hash[6], hash[7]);
}

int main(int words, char** word) try {
  std::map<std::string, std::string> option{
      {"--normal", ""}, {"--ae-epochs", "150"}, {"--epochs", "150"}, {"--seed", "1"}, {"--objective", "one-class"}};
  if (words % 2 != 0) throw std::invalid_argument("an option without its value");
  for (int i = 2; i < words; i += 2) option.at(word[i]) = word[i + 1];
  const std::string folder = word[1];
  const int normal = std::stoi(option["--normal"]);
  const double nu = std::map<std::string, double>{{"one-class", 1}, {"soft-boundary", 0.1}}.at(option["--objective"]);
  std::vector<uint8_t> labels, test_labels;
  std::vector<int> normals;
  const Batch all = read_images(folder + "/train", labels);
  for (int s = 0; s < all.n; ++s)
    if (labels[s] == normal) normals.push_back(s);
  if (normals.empty()) throw std::runtime_error("no training image has the label " + option["--normal"]);
  Batch images = take(all, normals), test = read_images(folder + "/t10k", test_labels);
  const auto [least, most] = std::minmax_element(images.values.begin(), images.values.end());
  const double low = *least, range = *most - low;
  for (Batch* half : {&images, &test})
    for (float& value : half->values) value = float((value - low) / range);
  Network pretrained{std::stoull(option["--seed"])}, phi{pretrained.seed};
  train("autoencoder", pretrained, autoencoder, images, std::stoi(option["--ae-epochs"]), 0.5e-3, nullptr, 1);
  for (const std::string layer : {"conv1", "bn1", "conv2", "bn2", "fc1"})
    for (const auto& [name, value] : pretrained.weights)
      if (name.starts_with(layer)) phi.weights[name] = value;
  // Section 3.3: c is the mean representation, with no number near 0, where weights of 0 would lead (Proposition 1).
  const Batch z = representations(phi, images);
  Batch c(1, z.features());
  for (int f = 0; f < z.features(); ++f) {
    const float mean = float(std::accumulate(z[f], z[f] + z.n, 0.0) / z.n);
    c[f][0] = std::abs(mean) >= 0.1f ? mean : mean < 0 ? -0.1f : 0.1f;
  }
  const float R = train("deep-svdd", phi, encoder, images, std::stoi(option["--epochs"]), 0.5e-6, &c, nu);
  Numbers scores = squared_distances(representations(phi, test), c).values, weights;  // (5): s(x) = ‖φ(x; W) - c‖²
  for (float& score : scores) score -= R * R;
  for (const auto& [name, value] : phi.weights) weights.insert(weights.end(), value.begin(), value.end());
  std::printf("auc %.17g\n", auc(scores, test_labels, normal));
  print_sha256("weights_sha256", weights);
  print_sha256("scores_sha256", scores);
} catch (const std::logic_error&) {
  std::fputs("usage: deep_svdd FOLDER --normal DIGIT [--ae-epochs N --epochs N --seed S --objective NAME]\n", stderr);
  return 2;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
