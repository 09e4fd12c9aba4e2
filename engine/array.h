// Numbers held by a backend: a shape, a number type, and storage whose inner order is the backend's own
// business.
//
// An Array is a handle: copies share the numbers. Import and export speak C order. Its backend must live as long as
// it is used; what may be done to one whose backend is gone is to drop or to replace it.
#pragma once
#include <memory>
#include <vector>

#include "engine/shape.h"

namespace engine {

class Backend;

enum class DType { f32, f64 };  // f64 exists on the reference backend only, for gradient checks

// What the first axis is. `samples`: a batch, which a backend may store in blocks of samples. `plain`:
// parameters, per-channel statistics, single numbers and whole data sets, kept in C order.
enum class Layout { plain, samples };

class Array {
 public:
  Array() = default;
  Array(Backend& backend, Shape shape, Layout layout,
        DType type);  // zero-filled; std::bad_alloc without memory

  // From numbers in C order; their count must be the shape's.
  static Array from(Backend& backend, Shape shape, Layout layout, DType type,
                    const std::vector<double>& values);
  static Array from(Backend& backend, Shape shape, Layout layout, DType type,
                    const std::vector<float>& values);
  Array zeros_like() const { return Array(backend(), shape_, layout_, type_); }

  // The same numbers under another shape. The count and, for samples, the first extent must agree.
  Array reshaped(Shape shape) const;

  bool defined() const { return backend_ != nullptr; }
  Backend& backend() const {  // std::logic_error where it is gone, or where the array is empty
    if (life_.expired()) homeless();
    return *backend_;
  }
  const Shape& shape() const { return shape_; }
  Layout layout() const { return layout_; }
  DType type() const { return type_; }
  int64_t samples() const { return shape_[0]; }

  template <class T>
  T* data() {
    return static_cast<T*>(storage_.get());
  }
  template <class T>
  const T* data() const {
    return static_cast<const T*>(storage_.get());
  }

  std::vector<double> to_doubles() const;  // in C order
  std::vector<float> to_floats() const;    // in C order
  void assign(const std::vector<double>& values);
  void assign(const std::vector<float>& values);
  double item() const;  // the only number of a one-element array

 private:
  [[noreturn]] void homeless() const;

  Backend* backend_ = nullptr;
  std::weak_ptr<const void> life_;  // the backend's
  Shape shape_;
  Layout layout_ = Layout::plain;
  DType type_ = DType::f32;
  std::shared_ptr<void> storage_;
};

}  // namespace engine
