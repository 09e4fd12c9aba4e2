#include "engine/array.h"

#include <stdexcept>

#include "engine/backend.h"
#include "engine/floating_point_mode.h"

namespace engine {

Array::Array(Backend& backend, Shape shape, Layout layout, DType type)
    : backend_(&backend), life_(backend.life()), shape_(shape), layout_(layout), type_(type) {
  if (!backend.supports(type))
    throw std::invalid_argument("[Array] the " + backend.name() +
                                " backend computes in float only; double lives on the reference backend");
  storage_ = backend.allocate(shape_, layout_, type_);
}

namespace {
template <class From>
void assign_converted(Array& array, const std::vector<From>& values) {
  const IeeeMode ieee;  // from double to float is a rounding too
  if (static_cast<int64_t>(values.size()) != array.shape().count())
    throw std::invalid_argument("[Array] " + std::to_string(values.size()) + " numbers given for shape " +
                                array.shape().text());
  const auto send = [&]<class To>(To) {
    if constexpr (std::is_same_v<From, To>) {
      array.backend().upload(values.data(), array);
    } else {
      const std::vector<To> converted(values.begin(), values.end());
      array.backend().upload(converted.data(), array);
    }
  };
  array.type() == DType::f32 ? send(float{}) : send(double{});
}

template <class To>
std::vector<To> downloaded(const Array& array) {
  const IeeeMode ieee;
  const auto fetch = [&]<class From>(From) {
    std::vector<From> values(static_cast<size_t>(array.shape().count()));
    array.backend().download(array, values.data());
    if constexpr (std::is_same_v<From, To>)
      return values;
    else
      return std::vector<To>(values.begin(), values.end());
  };
  return array.type() == DType::f32 ? fetch(float{}) : fetch(double{});
}
}  // namespace

void Array::assign(const std::vector<double>& values) { assign_converted(*this, values); }
void Array::assign(const std::vector<float>& values) { assign_converted(*this, values); }
std::vector<double> Array::to_doubles() const { return downloaded<double>(*this); }
std::vector<float> Array::to_floats() const { return downloaded<float>(*this); }

Array Array::from(Backend& backend, Shape shape, Layout layout, DType type,
                  const std::vector<double>& values) {
  Array a(backend, shape, layout, type);
  a.assign(values);
  return a;
}

Array Array::from(Backend& backend, Shape shape, Layout layout, DType type,
                  const std::vector<float>& values) {
  Array a(backend, shape, layout, type);
  a.assign(values);
  return a;
}

Array Array::reshaped(Shape shape) const {
  if (shape.count() != shape_.count() || (layout_ == Layout::samples && shape[0] != shape_[0]))
    throw std::invalid_argument("[reshape] " + shape_.text() + " cannot become " + shape.text() +
                                ": the count, and for a batch the number of samples, must stay");
  Array a = *this;
  a.shape_ = shape;
  return a;
}

void Array::homeless() const {
  if (!defined()) throw std::logic_error("[Array] it is empty: it has no backend and no numbers");
  throw std::logic_error("[Array] the backend of this array of shape " + shape_.text() +
                         " is gone; a backend must outlive the arrays in use");
}

double Array::item() const {
  if (shape_.count() != 1)
    throw std::invalid_argument("[item] expected a single number, found shape " + shape_.text());
  if (type_ == DType::f64) {
    double value = 0;
    backend().download(*this, &value);
    return value;
  }
  float value = 0;
  backend().download(*this, &value);
  return value;
}

}  // namespace engine
