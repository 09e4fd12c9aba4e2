#include "datasets/strokes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "datasets/stroke_glyphs.h"
#include "engine/elementary.h"
#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

constexpr int stroke_side = static_cast<int>(stroke_image_side);
constexpr uint64_t draws_per_image =
    256;  // far above what any image takes, so that images never share a draw

struct Vec {
  float x, y;
};

// The random numbers of one image, taken one after the other.
class Draws {
 public:
  Draws(const engine::RandomStream& stream, int64_t image)
      : stream_(stream), next_(static_cast<uint64_t>(image) * draws_per_image) {}

  float uniform(float low, float high) { return stream_.uniform(next_++, low, high); }
  size_t below(size_t n) { return static_cast<size_t>(stream_.below(n, next_++)); }
  // N(0, deviation), cut off at 2.5 deviations: an oddity, but no scrawl.
  float normal(float deviation) { return deviation * std::clamp(stream_.normal(next_++), -2.5f, 2.5f); }

 private:
  const engine::RandomStream& stream_;
  uint64_t next_;
};

// One writer's hand on one occasion: where a point of the glyph's box comes to lie on the image.
class Hand {
 public:
  explicit Hand(Draws& draws)
      : bend_x_(draws.normal(0.05f)),
        bend_y_(draws.normal(0.05f)),
        phase_x_(draws.uniform(0, 1)),
        phase_y_(draws.uniform(0, 1)),
        width_(draws.uniform(13.5f, 20)),
        height_(draws.uniform(17, 21)),
        slant_(0.15f + draws.normal(0.2f)),
        shift_x_(draws.uniform(-1.2f, 1.2f)),
        shift_y_(draws.uniform(-1.2f, 1.2f)) {
    engine::elementary::sincos_turns(draws.normal(0.02f), sine_, cosine_);
  }

  Vec place(Vec p) const {
    const float x = p.x + bend_x_ * wave(0.8f * p.y + phase_x_),
                y = p.y + bend_y_ * wave(0.8f * p.x + phase_y_);
    const float down = height_ * (y - 0.5f), right = width_ * (x - 0.5f) - slant_ * down;
    constexpr float centre = 0.5f * (stroke_side - 1);
    return {cosine_ * right - sine_ * down + (centre + shift_x_),
            sine_ * right + cosine_ * down + (centre + shift_y_)};
  }

 private:
  static float wave(float turns) {
    float sine, cosine;
    engine::elementary::sincos_turns(turns, sine, cosine);
    return sine;
  }

  float bend_x_, bend_y_, phase_x_, phase_y_;  // a slow wave along the other axis
  float width_, height_, slant_;               // pixels, pixels, pixels to the left per pixel downwards
  float shift_x_, shift_y_;                    // pixels
  float sine_, cosine_;                        // of the turn
};

// A round pen whose ink covers a pixel by how deep the pixel's centre lies inside the line.
class Pen {
 public:
  explicit Pen(Draws& draws)
      : radius_(draws.uniform(0.75f, 1.75f)),
        taper_(draws.normal(0.18f)),
        edge_(draws.uniform(0.9f, 1.5f)),
        ink_(draws.uniform(0.92f, 1)) {}

  // Half the line's width in pixels, at the beginning (0) … end (1) of a stroke.
  float radius(float along) const { return radius_ * (1 + taper_ * (2 * along - 1)); }

  // A straight line whose radius goes from `begin` to `end`.
  void draw(Vec from, Vec to, float begin, float end) {
    const float reach = std::max(begin, end) + 0.5f * edge_;
    const int left = pixel(std::min(from.x, to.x) - reach), right = pixel(std::max(from.x, to.x) + reach + 1);
    const int top = pixel(std::min(from.y, to.y) - reach), bottom = pixel(std::max(from.y, to.y) + reach + 1);
    const Vec way{to.x - from.x, to.y - from.y};
    const float length2 = way.x * way.x + way.y * way.y;
    for (int row = top; row < bottom; ++row)
      for (int column = left; column < right; ++column) {
        const float x = static_cast<float>(column) - from.x, y = static_cast<float>(row) - from.y;
        const float t = length2 > 0 ? std::clamp((x * way.x + y * way.y) / length2, 0.0f, 1.0f) : 0.0f;
        const float dx = x - t * way.x, dy = y - t * way.y;
        const float depth = begin + t * (end - begin) - std::sqrt(dx * dx + dy * dy);
        float& cover = cover_[static_cast<size_t>(row * stroke_side + column)];
        cover = std::max(cover, std::clamp(depth / edge_ + 0.5f, 0.0f, 1.0f));
      }
  }

  void blot(uint8_t* image) const {
    for (size_t i = 0; i < cover_.size(); ++i)
      image[i] = static_cast<uint8_t>(cover_[i] * ink_ * 255.0f + 0.5f);
  }

 private:
  static int pixel(float place) {
    return static_cast<int>(std::clamp(place, 0.0f, static_cast<float>(stroke_side)));
  }

  float radius_, taper_, edge_, ink_;
  std::array<float, stroke_side * stroke_side> cover_{};
};

// The point at t in [0, 1] between b and c of the uniform Catmull-Rom spline through a, b, c, d.
Vec spline(Vec a, Vec b, Vec c, Vec d, float t) {
  const auto value = [t](float p, float q, float r, float s) {
    return q + 0.5f * t * ((r - p) + t * ((2 * p - 5 * q + 4 * r - s) + t * (3 * (q - r) + s - p)));
  };
  return {value(a.x, b.x, c.x, d.x), value(a.y, b.y, c.y, d.y)};
}

void draw_stroke(const PenStroke& stroke, const std::vector<Vec>& points, Pen& pen) {
  constexpr int pieces = 6;  // straight lines between two points, about a pixel each
  const size_t spans = points.size() - 1;
  const float length = static_cast<float>(spans * pieces);
  const auto mirrored = [](Vec p, Vec about) { return Vec{2 * about.x - p.x, 2 * about.y - p.y}; };
  Vec from = points[0];
  for (size_t k = 0; k < spans; ++k) {
    const Vec b = points[k], c = points[k + 1];
    const Vec a = k == 0 || stroke[k].corner ? mirrored(c, b) : points[k - 1];
    const Vec d = k + 1 == spans || stroke[k + 1].corner ? mirrored(b, c) : points[k + 2];
    for (int piece = 1; piece <= pieces; ++piece) {
      const Vec to = spline(a, b, c, d, static_cast<float>(piece) / pieces);
      const float end = static_cast<float>(k * pieces + static_cast<size_t>(piece));
      pen.draw(from, to, pen.radius((end - 1) / length), pen.radius(end / length));
      from = to;
    }
  }
}

void draw_digit(int digit, Draws draws, uint8_t* image) {
  const std::vector<Glyph>& ways = glyphs_of(digit);
  const Glyph& glyph = ways[draws.below(ways.size())];
  const Hand hand(draws);
  Pen pen(draws);
  const float unsteadiness = draws.uniform(0.015f, 0.05f);
  std::vector<Vec> points;
  for (const PenStroke& stroke : glyph) {
    points.clear();
    for (const PenPoint& p : stroke) {
      const float x = p.x + draws.normal(unsteadiness), y = p.y + draws.normal(unsteadiness);
      points.push_back(hand.place({x, y}));
    }
    draw_stroke(stroke, points, pen);
  }
  pen.blot(image);
}

Split draw_half(const std::string& half, int64_t per_class, uint64_t seed) {
  constexpr int64_t largest = 1'000'000;
  if (per_class < 1 || per_class > largest)
    throw std::invalid_argument("strokes: " + std::to_string(per_class) + " " + half +
                                " images per class; expected 1 to " + std::to_string(largest));
  Split split;
  split.shape = {1, stroke_side, stroke_side};
  split.bytes.resize(static_cast<size_t>(10 * per_class * stroke_side * stroke_side));
  split.labels.resize(static_cast<size_t>(10 * per_class));
  for (int digit = 0; digit < 10; ++digit) {
    const engine::RandomStream stream(seed, "strokes/" + half + "/" + std::to_string(digit));
    for (int64_t i = 0; i < per_class; ++i) {
      engine::check_stop();
      const int64_t row = 10 * i + digit;
      split.labels[static_cast<size_t>(row)] = digit;
      draw_digit(digit, Draws(stream, i), split.bytes.data() + row * stroke_side * stroke_side);
    }
  }
  return split;
}

}  // namespace

Dataset load_strokes(int64_t train_per_class, int64_t test_per_class, uint64_t seed) {
  const engine::IeeeMode ieee;
  Dataset data;
  data.name = "strokes";
  for (int digit = 0; digit < 10; ++digit) data.class_names.push_back(std::to_string(digit));
  data.train = draw_half("train", train_per_class, seed);
  data.test = draw_half("test", test_per_class, seed);
  return data;
}

}  // namespace datasets
