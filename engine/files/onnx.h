// ONNX models (https://onnx.ai/onnx/repo-docs/IR.html, and Operators.html beside it): a graph of operations on tensors that
// other programs run, ONNX Runtime first. For writing.
//
//   onnx::Graph graph("centre", {"distance"});
//   const onnx::Value x = graph.input("input", onnx::Type::f32, {32});          // (batch_size, 32)
//   const onnx::Value z = x - graph.constant("centre", NdArray::from({32}, c));
//   graph.output(sum(z * z), "distance", {});                                   // (batch_size)
//   write_file_atomically(path, graph.bytes());
//
// A value knows the graph it stands in and its type; an operation on values is a node more in the graph, and its result a
// value again. ONNX converts nothing by itself: both operands have one type, and cast() changes it. Types are checked
// here (std::logic_error: a mistake of whoever builds the graph), shapes by who reads the file.
//
// Operator set 14 and IR version 7, of 2021: ONNX Runtime 1.8 and later. A graph with trees also takes version 3 of
// ai.onnx.ml, and with it IR version 8: ONNX Runtime 1.11.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/files/nd_array.h"
#include "engine/files/protobuf.h"

namespace engine::onnx {

enum class Type {
  f32 = 1,
  u8 = 2,
  i8 = 3,
  u16 = 4,
  i16 = 5,
  i32 = 6,
  i64 = 7,
  boolean = 9,
  f64 = 11,
  u32 = 12,
  u64 = 13
};

class Graph;

// A tensor in a graph. The graph must outlive it.
struct Value {
  Graph* graph = nullptr;
  std::string name = {};  // empty: an input of an operation that is left out
  Type type = Type::f32;
};

using Attribute =
    std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<std::string>, NdArray>;
using Attributes = std::vector<std::pair<std::string, Attribute>>;

inline constexpr std::string_view trees_domain = "ai.onnx.ml";

class Graph {
 public:
  // `outputs`: the names that output() will be given; nothing else in the graph gets them.
  Graph(std::string name, std::vector<std::string> outputs)
      : name_(std::move(name)), names_(std::move(outputs)) {}
  Graph(const Graph&) = delete;  // values point to it
  Graph& operator=(const Graph&) = delete;

  // `shape`: of one sample; the axis of the samples comes first and is free.
  Value input(const std::string& name, Type type, const std::vector<int64_t>& shape);
  void output(const Value& value, const std::string& name, const std::vector<int64_t>& shape);

  // Numbers that are part of the model, stored once. A name that is there already gets a number behind it, unless it names the same array.
  Value constant(const std::string& name, const NdArray& array);
  Value number(double value, Type type);  // f32, f64 or i64, shape ()
  Value whole_numbers(const std::string& name, const std::vector<int64_t>& values);

  // One operation, by the name it has in the operators' list. `named`: what the node is called; empty: as the operation.
  Value node(const std::string& operation, const std::vector<Value>& inputs, Type type,
             const Attributes& attributes = {}, const std::string& named = {}, std::string_view domain = {});
  // One with several results, of these types.
  std::vector<Value> results(const std::string& operation, const std::vector<Value>& inputs,
                             const std::vector<Type>& types, const Attributes& attributes = {},
                             const std::string& named = {}, std::string_view domain = {});

  // What the model says of itself (metadata_props), in order.
  void note(const std::string& key, const std::string& value) { notes_.emplace_back(key, value); }

  // The file. std::runtime_error where it would be larger than 2 GiB, which no program that uses Protocol Buffers reads.
  std::string bytes() const;

 private:
  struct Constant {
    std::string name, sha256;  // of its numbers
    std::vector<int64_t> shape;
    Type type;
  };
  std::string fresh(const std::string& name);

  std::string name_;
  ProtobufMessage nodes_, constants_, inputs_, outputs_;  // parts of a GraphProto
  std::vector<Constant> stored_;
  std::vector<std::string> names_;  // that are taken
  std::vector<std::pair<std::string, std::string>> notes_;
  bool has_trees_ = false;
};

// ---- operations. Operands of one type; shapes as NumPy broadcasts them.

Value operator+(const Value& a, const Value& b);
Value operator-(const Value& a, const Value& b);
Value operator*(const Value& a, const Value& b);
Value operator/(const Value& a, const Value& b);
Value operator+(const Value& a, double b);
Value operator-(const Value& a, double b);
Value operator*(const Value& a, double b);
Value operator/(const Value& a, double b);
Value operator-(const Value& a);
Value abs(const Value& x);
Value sqrt(const Value& x);
Value exp(const Value& x);
Value log(const Value& x);
Value square(const Value& x);
Value smaller(const Value& a, const Value& b);  // of the two, for each element
Value larger(const Value& a, const Value& b);
Value greater(const Value& a, const Value& b);           // a > b, a boolean
Value greater_or_equal(const Value& a, const Value& b);  // a >= b
Value where(const Value& condition, const Value& a, const Value& b);
Value cast(const Value& x, Type type);

// Over the last axis, which goes, or stays as one of 1.
Value sum(const Value& x, bool keep_axis = false);
Value least(const Value& x, bool keep_axis = false);
Value most(const Value& x);

Value product(const Value& a, const Value& b);  // of matrices
Value transposed(const Value& matrix);
Value flattened(const Value& x);  // (N, …) as (N, F)
// (N, F) as (N, shape).
Value reshaped(const Value& x, const std::vector<int64_t>& shape);
Value with_axis(const Value& x, int64_t axis);  // one more, of length 1
// The k smallest of each row of (N, M), smallest first: their places, (N, k).
Value places_of_smallest(const Value& x, int64_t k);
Value rows_at(const Value& x, const Value& places);  // x[places]: the axes of `places`, then those of a row

}  // namespace engine::onnx
