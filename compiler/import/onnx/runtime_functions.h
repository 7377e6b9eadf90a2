// Operators of com.microsoft, which ONNX Runtime's own tools write, said in operators of ONNX: each
// becomes a function of the model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/onnx/operator_node.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::onnx {

// The nodes of such a function, as they are put together.
class Body {
 public:
  // The name of what the call has as that input; nothing where it has none.
  std::string input(const OperatorNode& op, size_t place) const;
  static std::string output(size_t place) { return "out" + std::to_string(place); }

  struct Attribute {
    std::string name;
    int64_t integer = 0;
    std::vector<int64_t> integers = {};
  };
  struct Real {
    std::string name;
    double value;
  };
  // Appends a node; the name of its first output, which is `name` where that is given.
  std::string node(std::string_view type, const std::vector<std::string>& inputs,
                   const std::vector<Attribute>& attributes = {}, std::string name = {});
  // Of the node appended last.
  Body& with(const Real& attribute);
  Body& with_text(const std::string& name, const std::string& value);
  Body& with_more_outputs(const std::vector<std::string>& names);

  std::string number(double value);
  std::string integers(const std::vector<int64_t>& values);
  std::string to_f32(const std::string& x) { return node("Cast", {x}, {{"to", 1}}); }
  // x with its last two of `rank` axes exchanged.
  std::string turned(const std::string& x, size_t rank);
  // The last node's first output becomes that of the call.
  void give(size_t place, const std::string& x) { node("Identity", {x}, {}, output(place)); }

  // A function of as many inputs and outputs as the call has.
  onnx_pb::FunctionProto function(const onnx_pb::NodeProto& call) const;

 private:
  google::protobuf::RepeatedPtrField<onnx_pb::NodeProto> nodes_;
  size_t made_ = 0;
};

struct RuntimeFunction {
  const char* type;
  uint8_t least_inputs;  // those that must be there
  Status (*write)(OperatorNode& op, Body& body);
};

std::span<const RuntimeFunction> runtime_float_functions();
std::span<const RuntimeFunction> runtime_quantized_functions();

const RuntimeFunction* find_runtime_function(std::string_view type);
// What the node stands for.
Result<onnx_pb::FunctionProto> runtime_function(Importing& importing, const RuntimeFunction& of,
                                                const onnx_pb::NodeProto& call);

}  // namespace mle::compiler::onnx
