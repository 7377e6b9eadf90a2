// What lies around a node, as ONNX Runtime's optimisations look at it before they do something
// about it. See shortcut.h for what that is good for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/onnx/importing.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mle::compiler::onnx {

// Of the live nodes of one graph, branch or function, which must outlive it.
class Neighbours {
 public:
  Neighbours(const Importing& importing, const Nodes& nodes, const std::vector<int>& live);

  // Who reads the value, where it is read once, and by an Add, a Relu or a Clip; or null.
  const onnx_pb::NodeProto* only_reader(const std::string& name) const;
  bool is_quantized(const std::string& name) const { return quantized_.contains(name); }
  bool is_output(const std::string& name) const { return outputs_.contains(name); }
  // The Constant that makes the value, or null.
  const onnx_pb::NodeProto* constant(const std::string& name) const;
  // There is another DequantizeLinear of the same inputs: the two become one.
  bool has_twin(const onnx_pb::NodeProto& dequantize) const;
  // A constant of f32 that is used elsewhere when the model runs, or has the few numbers of one
  // that is: such are kept once.
  bool is_shared(const std::string& name, const Tensor& tensor) const;

 private:
  void read(const onnx_pb::NodeProto& node);
  bool is_folded(const onnx_pb::NodeProto& quantize) const;
  void count(const onnx_pb::TensorProto& proto, const std::string& name);
  size_t uses(const std::string& name) const;

  const Importing& importing_;
  std::unordered_map<std::string_view, const onnx_pb::NodeProto*> readers_, constants_;
  std::unordered_set<std::string_view> quantized_, outputs_;
  std::unordered_map<std::string_view, size_t> folded_;  // uses by a QuantizeLinear of a constant
  std::unordered_map<std::string, size_t> dequantizes_;  // by their inputs
  std::unordered_map<std::string, size_t> small_;        // uses, by dims and numbers
};

}  // namespace mle::compiler::onnx
