#include "svdd/training/dictionary_learning.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "engine/checked_size.h"
#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "engine/stopping.h"
#include "svdd/training/lasso_lars.h"

namespace svdd {
namespace {

using Vector = std::vector<double>;

constexpr double unused_atom = 1e-6;         // mean squared code, relative to the most used atom's
constexpr double constant_position = 1e-12;  // standard deviation beside the mean: rounding of a constant
constexpr int64_t filter_size = 5, filter_images = 500;

template <class A, class B>
double dot(const A* a, const B* b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// The orthonormal eigenvectors (rows) of a symmetric n x n matrix, largest eigenvalue first, by cyclic Jacobi
// rotations (Golub and Van Loan, section 8.5). An eigenvector's largest entry is positive.
Vector principal_directions(Vector a, size_t n) {
  Vector v(n * n, 0.0);
  for (size_t i = 0; i < n; ++i) v[i * n + i] = 1;
  for (int sweep = 0; sweep < 30; ++sweep) {
    bool rotated = false;
    for (size_t p = 0; p < n; ++p) {
      engine::check_stop();
      for (size_t q = p + 1; q < n; ++q) {
        const double off = a[p * n + q];
        if (std::abs(off) <= 1e-15 * std::sqrt(std::abs(a[p * n + p] * a[q * n + q]))) continue;
        rotated = true;
        const double tau = (a[q * n + q] - a[p * n + p]) / (2 * off);
        const double t = (tau >= 0 ? 1 : -1) / (std::abs(tau) + std::sqrt(1 + tau * tau));
        const double c = 1 / std::sqrt(1 + t * t), s = t * c;
        for (size_t i = 0; i < n; ++i) {  // columns p and q
          const double x = a[i * n + p], y = a[i * n + q];
          a[i * n + p] = c * x - s * y;
          a[i * n + q] = s * x + c * y;
        }
        for (size_t i = 0; i < n; ++i) {  // rows p and q, of the matrix and of the vectors
          const double x = a[p * n + i], y = a[q * n + i], vx = v[p * n + i], vy = v[q * n + i];
          a[p * n + i] = c * x - s * y;
          a[q * n + i] = s * x + c * y;
          v[p * n + i] = c * vx - s * vy;
          v[q * n + i] = s * vx + c * vy;
        }
      }
    }
    if (!rotated) break;
  }
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t i, size_t j) { return a[i * n + i] > a[j * n + j]; });
  Vector sorted;
  for (const size_t i : order) {
    const auto row = v.begin() + static_cast<std::ptrdiff_t>(i * n),
               end = row + static_cast<std::ptrdiff_t>(n);
    const double sign =
        *std::max_element(row, end, [](double x, double y) { return std::abs(x) < std::abs(y); });
    for (auto x = row; x != end; ++x) sorted.push_back(sign < 0 ? -*x : *x);
  }
  return sorted;
}

Vector gram_matrix(const Vector& dictionary, size_t atoms, size_t d) {
  Vector gram(atoms * atoms);
  for (size_t i = 0; i < atoms; ++i) {
    engine::check_stop();
    for (size_t j = 0; j < atoms; ++j) gram[i * atoms + j] = dot(&dictionary[i * d], &dictionary[j * d], d);
  }
  return gram;
}

Vector lasso_code(const Vector& gram, const Vector& dictionary, const float* patch, size_t d, double alpha) {
  Vector correlation(dictionary.size() / d);
  for (size_t k = 0; k < correlation.size(); ++k) correlation[k] = dot(&dictionary[k * d], patch, d);
  return lasso_lars(gram, correlation, alpha);
}

size_t count_patches(std::span<const float> patches, int64_t patch_size) {
  if (patch_size < 1 || patches.empty() || patches.size() % static_cast<size_t>(patch_size) != 0)
    throw std::invalid_argument("dictionary: found " + std::to_string(patches.size()) +
                                " values, expected one or more patches of patch_size = " +
                                std::to_string(patch_size) + " values each");
  for (size_t i = 0; i < patches.size(); ++i)
    if (!std::isfinite(patches[i]))
      throw std::invalid_argument("dictionary: patch " + std::to_string(i / static_cast<size_t>(patch_size)) +
                                  " holds " + std::to_string(patches[i]) + "; expected finite numbers");
  return patches.size() / static_cast<size_t>(patch_size);
}

// Patch i of so many: d numbers, valid until the next is asked for.
using PatchAt = std::function<const float*(size_t i)>;

// Algorithm 1 of the paper between two mini-batches: the atoms, and the moments of all codes seen with them.
class Learner {
 public:
  Learner(const PatchAt& patch, size_t count, size_t d, const DictionaryOptions& options)
      : patch_(patch),
        count_(count),
        d_(d),
        atoms_(static_cast<size_t>(options.atoms)),
        alpha_(options.alpha),
        batch_size_(static_cast<double>(options.batch_size)),
        redraws_(options.seed, "dictionary/redraw"),
        code_moment_(atoms_ * atoms_),
        patch_moment_(atoms_ * d) {
    Vector second_moment(d * d);
    for (size_t i = 0; i < count; ++i) {
      engine::check_stop();
      const float* x = patch_(i);
      for (size_t r = 0; r < d; ++r)
        for (size_t c = 0; c < d; ++c) second_moment[r * d + c] += static_cast<double>(x[r]) * x[c];
    }
    dictionary_ = principal_directions(std::move(second_moment), d);
    dictionary_.resize(atoms_ * d);
    for (size_t k = d; k < atoms_; ++k) draw_atom(k);
    gram_ = gram_matrix(dictionary_, atoms_, d);
  }

  // Section 3.4.3: how much of the past counts at mini-batch t = 1, 2, …; the first ones, coded with poor
  // atoms, fade.
  void forget(int64_t t) {
    const double step = static_cast<double>(t), eta = batch_size_;
    const double theta = step < eta ? step * eta : eta * eta + step - eta;
    const double keep = (theta + 1 - eta) / (theta + 1);
    for (double& x : code_moment_) x *= keep;
    for (double& x : patch_moment_) x *= keep;
  }

  void see(size_t i) {  // the code a of patch x: A += aaᵀ/η, B += xaᵀ/η
    const float* x = patch_(i);
    const Vector code = lasso_code(gram_, dictionary_, x, d_, alpha_);
    for (size_t k = 0; k < atoms_; ++k) {
      for (size_t l = 0; l < atoms_; ++l) code_moment_[k * atoms_ + l] += code[k] * code[l] / batch_size_;
      for (size_t j = 0; j < d_; ++j) patch_moment_[k * d_ + j] += code[k] * x[j] / batch_size_;
    }
  }

  // Algorithm 2, one pass: each atom goes to its minimum, the others held, and from there into the unit ball.
  void update_atoms() {
    double most_used = 0;
    for (size_t k = 0; k < atoms_; ++k) most_used = std::max(most_used, code_moment_[k * atoms_ + k]);
    for (size_t k = 0; k < atoms_; ++k) {
      engine::check_stop();
      const double use = code_moment_[k * atoms_ + k];
      if (use > unused_atom * most_used)
        minimise_atom(k, use);
      else
        replace_atom(k);
    }
    gram_ = gram_matrix(dictionary_, atoms_, d_);
  }

  std::vector<float> dictionary() const { return {dictionary_.begin(), dictionary_.end()}; }

 private:
  void minimise_atom(size_t k, double use) {  // equation 10
    double* atom = &dictionary_[k * d_];
    Vector target(d_);
    for (size_t j = 0; j < d_; ++j) {
      double gradient = patch_moment_[k * d_ + j];
      for (size_t l = 0; l < atoms_; ++l) gradient -= code_moment_[k * atoms_ + l] * dictionary_[l * d_ + j];
      target[j] = atom[j] + gradient / use;
    }
    const double norm = std::max(1.0, std::sqrt(dot(target.data(), target.data(), d_)));
    for (size_t j = 0; j < d_; ++j) atom[j] = target[j] / norm;
  }

  void replace_atom(size_t k) {  // section 3.4.5
    draw_atom(k);
    for (size_t l = 0; l < atoms_; ++l) code_moment_[k * atoms_ + l] = code_moment_[l * atoms_ + k] = 0;
    for (size_t j = 0; j < d_; ++j) patch_moment_[k * d_ + j] = 0;
  }

  void draw_atom(size_t k) {  // a random patch, scaled to norm 1
    const float* x = patch_(redraws_.below(count_, drawn_++));
    const double norm = std::sqrt(dot(x, x, d_));
    for (size_t j = 0; j < d_; ++j) dictionary_[k * d_ + j] = norm > 0 ? x[j] / norm : 0;
  }

  const PatchAt& patch_;
  size_t count_, d_, atoms_;
  double alpha_, batch_size_;
  engine::RandomStream redraws_;
  uint64_t drawn_ = 0;
  Vector code_moment_, patch_moment_;  // the paper's A_t (atoms x atoms) and (B_t)ᵀ (atoms x d)
  Vector dictionary_, gram_;           // atoms x d; atoms x atoms
};

void require_images(const Images& images, int64_t size) {
  const auto [values, n, c, h, w] = images;
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  const bool sane = n >= 0 && c > 0 && h > 0 && w > 0 && h <= most / w && c <= most / (h * w);
  const size_t numbers = sane ? static_cast<size_t>(c * h * w) : 1;
  if (!sane || values.size() % numbers != 0 || values.size() / numbers != static_cast<size_t>(n))
    throw std::invalid_argument("patches: found " + std::to_string(values.size()) + " values, expected " +
                                std::to_string(n) + " images of " + std::to_string(c) + " x " +
                                std::to_string(h) + " x " + std::to_string(w));
  if (size < 1 || size > h || size > w)
    throw std::invalid_argument("patches: the patch size is " + std::to_string(size) +
                                ", but the images are " + std::to_string(h) + " x " + std::to_string(w) +
                                "; expected 1 to the shorter side");
}

}  // namespace

double mean_lasso_objective(std::span<const float> patches, std::span<const float> dictionary,
                            int64_t patch_size, double alpha) {
  const engine::IeeeMode ieee;
  const size_t count = count_patches(patches, patch_size), d = static_cast<size_t>(patch_size);
  const size_t atoms = count_patches(dictionary, patch_size);
  const Vector atom(dictionary.begin(), dictionary.end()), gram = gram_matrix(atom, atoms, d);
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const float* x = &patches[i * d];
    const Vector code = lasso_code(gram, atom, x, d, alpha);
    for (size_t j = 0; j < d; ++j) {
      double error = x[j];
      for (size_t k = 0; k < atoms; ++k) error -= code[k] * atom[k * d + j];
      sum += 0.5 * error * error;
    }
    for (const double a : code) sum += alpha * std::abs(a);
  }
  return sum / static_cast<double>(count);
}

namespace {

// Mean and scale of each position over the patches.
struct PositionScales {
  Vector mean, scale;
  float standardised(float x, size_t j) const { return static_cast<float>((x - mean[j]) * scale[j]); }
};

template <class Patches>
PositionScales position_scales(Patches& patches, size_t d) {
  const size_t count = patches.count();
  PositionScales result{Vector(d, 0.0), Vector(d)};
  auto& [mean, scale] = result;
  Vector variance(d, 0.0);
  for (size_t i = 0; i < count; ++i) {
    const float* x = patches.raw(i);
    for (size_t j = 0; j < d; ++j) mean[j] += x[j];
  }
  for (double& m : mean) m /= static_cast<double>(count);
  for (size_t i = 0; i < count; ++i) {
    const float* x = patches.raw(i);
    for (size_t j = 0; j < d; ++j) variance[j] += (x[j] - mean[j]) * (x[j] - mean[j]);
  }
  for (size_t j = 0; j < d; ++j) {
    const double deviation = std::sqrt(variance[j] / static_cast<double>(count));
    scale[j] = deviation > constant_position * std::abs(mean[j]) ? 1 / deviation : 0;
  }
  return result;
}

std::vector<float> learn(const PatchAt& patch, size_t count, int64_t patch_size,
                         const DictionaryOptions& options) {
  if (options.atoms < 1 || options.iterations < 1 || options.batch_size < 1 || !(options.alpha >= 0))
    throw std::invalid_argument("dictionary: found atoms " + std::to_string(options.atoms) + ", iterations " +
                                std::to_string(options.iterations) + ", batch_size " +
                                std::to_string(options.batch_size) + ", alpha " +
                                std::to_string(options.alpha) + "; expected at least 1 each and alpha >= 0");
  if (count > std::numeric_limits<int32_t>::max())
    throw std::invalid_argument("dictionary: there are " + std::to_string(count) +
                                " patches; expected at most 2^31 - 1: take smaller images");
  Learner learner(patch, count, static_cast<size_t>(patch_size), options);
  std::vector<int32_t> order;
  uint64_t visited = 0;
  for (int64_t t = 1; t <= options.iterations; ++t) {
    learner.forget(t);
    for (int64_t b = 0; b < options.batch_size; ++b, ++visited) {
      if (visited % count == 0)
        order = engine::permutation(static_cast<int64_t>(count),
                                    {options.seed, "dictionary/order/" + std::to_string(visited / count)});
      learner.see(static_cast<size_t>(order[visited % count]));
    }
    learner.update_atoms();
  }
  return learner.dictionary();
}

// The patches of some images as extract_patches and standardise_positions would leave them, one at a time: all those of
// 500 images of 256x256 would take gigabytes.
class StandardisedPatches {
 public:
  StandardisedPatches(const Images& images, int64_t size)
      : images_(images), size_(size), d_(static_cast<size_t>(images.c * size * size)), patch_(d_) {
    scale_ = position_scales(*this, d_);
  }

  int64_t rows() const { return images_.h - size_ + 1; }
  int64_t columns() const { return images_.w - size_ + 1; }
  size_t count() const {
    return static_cast<size_t>(
        engine::checked_product("dictionary: patches", {images_.n, rows(), columns()}));
  }

  // The numbers of patch i as the images have them.
  const float* raw(size_t i) {
    const auto at = static_cast<int64_t>(i), per_image = rows() * columns();
    const int64_t image = at / per_image, top = at % per_image / columns(), left = at % columns();
    float* to = patch_.data();
    for (int64_t channel = 0; channel < images_.c; ++channel)
      for (int64_t row = 0; row < size_; ++row, to += size_)
        std::copy_n(images_.values.data() +
                        ((image * images_.c + channel) * images_.h + top + row) * images_.w + left,
                    size_, to);
    return patch_.data();
  }
  const float* operator()(size_t i) {
    raw(i);
    for (size_t j = 0; j < d_; ++j) patch_[j] = scale_.standardised(patch_[j], j);
    return patch_.data();
  }

 private:
  Images images_;
  int64_t size_;
  size_t d_;
  std::vector<float> patch_;
  PositionScales scale_;
};

}  // namespace

std::vector<float> learn_dictionary(std::span<const float> patches, int64_t patch_size,
                                    const DictionaryOptions& options) {
  const engine::IeeeMode ieee;
  const size_t count = count_patches(patches, patch_size);
  return learn([&](size_t i) { return &patches[i * static_cast<size_t>(patch_size)]; }, count, patch_size,
               options);
}

std::vector<float> extract_patches(const Images& images, int64_t size) {
  require_images(images, size);
  const auto [values, n, c, h, w] = images;
  std::vector<float> patches;
  patches.reserve(static_cast<size_t>(
      engine::checked_product("patches: memory", {n, h - size + 1, w - size + 1, c, size, size})));
  for (int64_t i = 0; i < n; ++i) {
    engine::check_stop();
    for (int64_t top = 0; top + size <= h; ++top)
      for (int64_t left = 0; left + size <= w; ++left)
        for (int64_t channel = 0; channel < c; ++channel)
          for (int64_t row = 0; row < size; ++row) {
            const auto from = values.begin() + ((i * c + channel) * h + top + row) * w + left;
            patches.insert(patches.end(), from, from + size);
          }
  }
  return patches;
}

void standardise_positions(std::span<float> patches, int64_t patch_size) {
  const engine::IeeeMode ieee;
  const size_t count = count_patches(patches, patch_size), d = static_cast<size_t>(patch_size);
  struct InMemory {
    std::span<float> patches;
    size_t d, n;
    size_t count() const { return n; }
    const float* raw(size_t i) const { return &patches[i * d]; }
  } in_memory{patches, d, count};
  const PositionScales scale = position_scales(in_memory, d);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j < d; ++j) patches[i * d + j] = scale.standardised(patches[i * d + j], j);
}

std::vector<float> dictionary_filters(const Images& images, const DictionaryOptions& options) {
  const engine::IeeeMode ieee;
  require_images(images, filter_size);
  const auto order = engine::permutation(images.n, {options.seed, "dictionary/images"});
  const int64_t chosen = std::min(images.n, filter_images), size = images.c * images.h * images.w;
  std::vector<float> sample;
  for (int64_t i = 0; i < chosen; ++i) {
    const auto image = images.values.begin() + order[static_cast<size_t>(i)] * size;
    sample.insert(sample.end(), image, image + size);
  }
  constexpr int64_t plane = filter_size * filter_size;
  count_patches(sample, size);  // at least one image, and finite numbers
  StandardisedPatches patches({sample, chosen, images.c, images.h, images.w}, filter_size);
  std::vector<float> filters =
      learn([&](size_t i) { return patches(i); }, patches.count(), images.c * plane, options);
  for (auto channel = filters.begin(); channel != filters.end(); channel += plane)
    std::reverse(channel, channel + plane);  // by 180°
  return filters;
}

}  // namespace svdd
