#include "engine/files/onnx.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <stdexcept>

#include "engine/files/sha256.h"

namespace engine::onnx {
namespace {

// The numbers of fields and enums are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
constexpr int64_t ir_version = 7, ir_version_with_trees = 8, operators = 14, tree_operators = 3;

Type type_of(NdArray::DType dtype) {
  using enum NdArray::DType;
  switch (dtype) {
    case b1:
      return Type::boolean;
    case i1:
      return Type::i8;
    case u1:
      return Type::u8;
    case i2:
      return Type::i16;
    case u2:
      return Type::u16;
    case i4:
      return Type::i32;
    case u4:
      return Type::u32;
    case i8:
      return Type::i64;
    case u8:
      return Type::u64;
    case f4:
      return Type::f32;
    case f8:
      return Type::f64;
  }
  throw std::logic_error("[onnx] an array of no known type");
}

ProtobufMessage tensor_proto(const std::string& name, const NdArray& array) {
  array.check();
  ProtobufMessage tensor;
  for (const int64_t extent : array.shape) tensor.integer(1, extent);  // dims
  tensor.integer(2, static_cast<int64_t>(type_of(array.dtype)));       // data_type
  if (!name.empty()) tensor.text(8, name);
  tensor.text(9, {reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()});  // raw_data
  return tensor;
}

ProtobufMessage attribute_proto(const std::string& name, const Attribute& value) {
  enum Kind { real = 1, integer = 2, text = 3, tensor = 4, integers = 7, texts = 8 };  // AttributeType
  ProtobufMessage attribute;
  attribute.text(1, name);
  const auto kind = [&](Kind k) { attribute.integer(20, k); };
  if (const auto* f = std::get_if<float>(&value)) {
    attribute.real(2, *f), kind(real);
  } else if (const auto* i = std::get_if<int64_t>(&value)) {
    attribute.integer(3, *i), kind(integer);
  } else if (const auto* s = std::get_if<std::string>(&value)) {
    attribute.text(4, *s), kind(text);
  } else if (const auto* t = std::get_if<NdArray>(&value)) {
    attribute.message(5, tensor_proto(name, *t)), kind(tensor);
  } else if (const auto* ints = std::get_if<std::vector<int64_t>>(&value)) {
    for (const int64_t n : *ints) attribute.integer(8, n);
    kind(integers);
  } else if (const auto* strings = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& one : *strings) attribute.text(9, one);
    kind(texts);
  }
  return attribute;
}

// A ValueInfoProto: a tensor whose first axis is free and has a name.
ProtobufMessage value_info(const std::string& name, Type type, const std::vector<int64_t>& shape) {
  ProtobufMessage extents, samples;
  samples.text(2, "batch_size");  // dim_param
  extents.message(1, samples);
  for (const int64_t extent : shape) {
    ProtobufMessage dimension;
    dimension.integer(1, extent);  // dim_value
    extents.message(1, dimension);
  }
  ProtobufMessage tensor_type, of_type, info;
  tensor_type.integer(1, static_cast<int64_t>(type));
  tensor_type.message(2, extents);
  of_type.message(1, tensor_type);
  info.text(1, name);
  info.message(2, of_type);
  return info;
}

ProtobufMessage operator_set(std::string_view domain, int64_t version) {
  ProtobufMessage set;
  set.text(1, domain);
  set.integer(2, version);
  return set;
}

void require(bool holds, const std::string& operation, const std::string& what) {
  if (!holds) throw std::logic_error("[onnx " + operation + "] " + what);
}

// Both operands in one graph, of one type.
void require_alike(const std::string& operation, const Value& a, const Value& b) {
  require(a.graph && a.graph == b.graph, operation, "the operands are of two graphs");
  require(a.type == b.type, operation, "the operands " + a.name + " and " + b.name + " are of two types");
}

Value of_one(const std::string& operation, const Value& x, const Attributes& attributes = {}) {
  return x.graph->node(operation, {x}, x.type, attributes);
}
Value of_two(const std::string& operation, const Value& a, const Value& b) {
  require_alike(operation, a, b);
  return a.graph->node(operation, {a, b}, a.type);
}
Value comparison(const std::string& operation, const Value& a, const Value& b) {
  require_alike(operation, a, b);
  return a.graph->node(operation, {a, b}, Type::boolean);
}
Value as_operand(const Value& beside, double number) { return beside.graph->number(number, beside.type); }

}  // namespace

std::string Graph::fresh(const std::string& name) {
  std::string found = name;
  for (int n = 2; std::find(names_.begin(), names_.end(), found) != names_.end(); ++n)
    found = name + "_" + std::to_string(n);
  names_.push_back(found);
  return found;
}

Value Graph::input(const std::string& name, Type type, const std::vector<int64_t>& shape) {
  const std::string unique = fresh(name);
  inputs_.message(11, value_info(unique, type, shape));
  return {this, unique, type};
}

void Graph::output(const Value& value, const std::string& name, const std::vector<int64_t>& shape) {
  require(std::find(names_.begin(), names_.end(), name) != names_.end(), name,
          "an output that was not announced");
  ProtobufMessage node;
  node.text(1, value.name);
  node.text(2, name);
  node.text(3, name);
  node.text(4, "Identity");
  nodes_.message(1, node);
  outputs_.message(12, value_info(name, value.type, shape));
}

Value Graph::constant(const std::string& name, const NdArray& array) {
  const Type type = type_of(array.dtype);
  const std::string numbers = sha256_hex(array.bytes.data(), array.bytes.size());
  for (const Constant& c : stored_)
    if ((c.name == name || c.name.starts_with(name + "_")) && c.sha256 == numbers && c.shape == array.shape &&
        c.type == type)
      return {this, c.name, type};
  const std::string unique = fresh(name);
  constants_.message(5, tensor_proto(unique, array));
  stored_.push_back({unique, numbers, array.shape, type});
  return {this, unique, type};
}

Value Graph::number(double value, Type type) {
  switch (type) {
    case Type::f32:
      return constant("number", NdArray::scalar(static_cast<float>(value)));
    case Type::f64:
      return constant("number", NdArray::scalar(value));
    case Type::i64:
      return constant("number", NdArray::scalar(static_cast<int64_t>(value)));
    default:
      throw std::logic_error("[onnx] a number of a type that is not used");
  }
}

Value Graph::whole_numbers(const std::string& name, const std::vector<int64_t>& values) {
  return constant(name, NdArray::from({static_cast<int64_t>(values.size())}, values));
}

Value Graph::node(const std::string& operation, const std::vector<Value>& inputs, Type type,
                  const Attributes& attributes, const std::string& named, std::string_view domain) {
  return results(operation, inputs, {type}, attributes, named, domain)[0];
}

std::vector<Value> Graph::results(const std::string& operation, const std::vector<Value>& inputs,
                                  const std::vector<Type>& types, const Attributes& attributes,
                                  const std::string& named, std::string_view domain) {
  std::string name = named;
  if (name.empty())
    for (const char c : operation) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  ProtobufMessage node;
  for (const Value& value : inputs) {
    require(value.name.empty() || value.graph == this, operation, "an input is of another graph");
    node.text(1, value.name);
  }
  std::vector<Value> values;
  for (const Type type : types) {
    values.push_back({this, fresh(name), type});
    node.text(2, values.back().name);
  }
  node.text(3, values[0].name);
  node.text(4, operation);
  for (const auto& [key, value] : attributes) node.message(5, attribute_proto(key, value));
  if (!domain.empty()) node.text(7, domain);
  has_trees_ = has_trees_ || domain == trees_domain;
  nodes_.message(1, node);
  return values;
}

std::string Graph::bytes() const {
  ProtobufMessage name;
  name.text(2, name_);
  ProtobufMessage model;
  model.integer(1, has_trees_ ? ir_version_with_trees : ir_version);
  model.text(2, "svdd");        // producer_name
  model.text(3, SVDD_VERSION);  // producer_version
  model.message(8, operator_set("", operators));
  if (has_trees_) model.message(8, operator_set(trees_domain, tree_operators));
  for (const auto& [key, value] : notes_) {
    ProtobufMessage entry;
    entry.text(1, key);
    entry.text(2, value);
    model.message(14, entry);
  }
  // The parts of the graph one after another, as fields of one message may stand.
  const std::string graph =
      nodes_.bytes() + name.bytes() + constants_.bytes() + inputs_.bytes() + outputs_.bytes();
  model.text(7, graph);
  if (model.bytes().size() > std::numeric_limits<int32_t>::max())
    throw std::runtime_error("as an ONNX model this would be " + std::to_string(model.bytes().size() >> 20) +
                             " MiB; no more than 2 GiB can be read");
  return model.bytes();
}

Value operator+(const Value& a, const Value& b) { return of_two("Add", a, b); }
Value operator-(const Value& a, const Value& b) { return of_two("Sub", a, b); }
Value operator*(const Value& a, const Value& b) { return of_two("Mul", a, b); }
Value operator/(const Value& a, const Value& b) { return of_two("Div", a, b); }
Value operator+(const Value& a, double b) { return a + as_operand(a, b); }
Value operator-(const Value& a, double b) { return a - as_operand(a, b); }
Value operator*(const Value& a, double b) { return a * as_operand(a, b); }
Value operator/(const Value& a, double b) { return a / as_operand(a, b); }
Value operator-(const Value& a) { return of_one("Neg", a); }
Value abs(const Value& x) { return of_one("Abs", x); }
Value sqrt(const Value& x) { return of_one("Sqrt", x); }
Value exp(const Value& x) { return of_one("Exp", x); }
Value log(const Value& x) { return of_one("Log", x); }
Value square(const Value& x) { return x * x; }
Value smaller(const Value& a, const Value& b) { return of_two("Min", a, b); }
Value larger(const Value& a, const Value& b) { return of_two("Max", a, b); }
Value greater(const Value& a, const Value& b) { return comparison("Greater", a, b); }
Value greater_or_equal(const Value& a, const Value& b) { return comparison("GreaterOrEqual", a, b); }

Value where(const Value& condition, const Value& a, const Value& b) {
  require_alike("Where", a, b);
  require(condition.type == Type::boolean, "Where", "the condition is no boolean");
  return a.graph->node("Where", {condition, a, b}, a.type);
}

Value cast(const Value& x, Type type) {
  return x.type == type ? x : x.graph->node("Cast", {x}, type, {{"to", static_cast<int64_t>(type)}});
}

Value sum(const Value& x, bool keep_axis) {  // its axes are an input, other than those of ReduceMin
  return x.graph->node("ReduceSum", {x, x.graph->whole_numbers("last_axis", {-1})}, x.type,
                       {{"keepdims", int64_t{keep_axis}}});
}
Value least(const Value& x, bool keep_axis) {
  return of_one("ReduceMin", x, {{"axes", std::vector<int64_t>{-1}}, {"keepdims", int64_t{keep_axis}}});
}
Value most(const Value& x) {
  return of_one("ReduceMax", x, {{"axes", std::vector<int64_t>{-1}}, {"keepdims", int64_t{0}}});
}

Value product(const Value& a, const Value& b) { return of_two("MatMul", a, b); }
Value transposed(const Value& matrix) {
  return of_one("Transpose", matrix, {{"perm", std::vector<int64_t>{1, 0}}});
}
Value flattened(const Value& x) { return of_one("Flatten", x, {{"axis", int64_t{1}}}); }

Value reshaped(const Value& x, const std::vector<int64_t>& shape) {
  std::vector<int64_t> extents{0};  // 0: as it is
  extents.insert(extents.end(), shape.begin(), shape.end());
  return x.graph->node("Reshape", {x, x.graph->whole_numbers("shape", extents)}, x.type);
}

Value with_axis(const Value& x, int64_t axis) {
  return x.graph->node("Unsqueeze", {x, x.graph->whole_numbers("axis", {axis})}, x.type);
}

Value places_of_smallest(const Value& x, int64_t k) {
  return x.graph->results("TopK", {x, x.graph->whole_numbers("k", {k})}, {x.type, Type::i64},
                          {{"axis", int64_t{-1}}, {"largest", int64_t{0}}, {"sorted", int64_t{1}}})[1];
}

Value rows_at(const Value& x, const Value& places) {
  require(x.graph == places.graph, "Gather", "the operands are of two graphs");
  return x.graph->node("Gather", {x, places}, x.type, {{"axis", int64_t{0}}});
}

}  // namespace engine::onnx
