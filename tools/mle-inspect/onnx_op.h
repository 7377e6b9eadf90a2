// One op of a program on its way into an ONNX graph, with shorthands for its parts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/mle-inspect/onnx_graph.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

struct OnnxOp {
  OnnxGraph& graph;
  const fb::Op& op;
  std::string title;

  uint32_t input(size_t i) const { return op.inputs()->Get(static_cast<uint32_t>(i)); }
  size_t inputs() const { return op.inputs()->size(); }
  uint32_t output() const { return op.outputs()->Get(0); }
  const fb::Tensor& in(size_t i) const { return graph.tensor(input(i)); }
  const fb::Tensor& out() const { return graph.tensor(output()); }
  const std::string& name(size_t i) const { return graph.name(input(i)); }
  uint64_t iattr(uint32_t i) const { return op.iattr()->Get(i); }
  double fattr(uint32_t i) const {
    return op.fattr() != nullptr && i < op.fattr()->size() ? double_of(*op.fattr()->Get(i)) : 0;
  }

  void give(const char* kind, const std::vector<std::string>& from,
            const std::vector<OnnxAttribute>& attributes = {}) {
    graph.out.node(kind, graph.name(output()), from, {graph.name(output())}, attributes);
  }
  // Index lists of the op, as ONNX counts axes of its input.
  std::vector<int64_t> axes() const {
    std::vector<int64_t> axes;
    for (const uint32_t axis : *op.indices()) axes.push_back(OnnxGraph::axis(in(0), axis));
    return axes;
  }
  std::vector<std::string> operands() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < inputs(); ++i) names.push_back(graph.operand(input(i), out()));
    return names;
  }
};

inline OnnxAttribute real(const char* name, double value) {
  return OnnxAttribute::of(name, static_cast<float>(value));
}
inline OnnxAttribute whole(const char* name, int64_t value) {
  return OnnxAttribute::of(name, value);
}

// Those that move elements, and those that sum them up. What can't be said, or "".
std::string add_movement(OnnxOp& op);
std::string add_sums(OnnxOp& op);

}  // namespace mle::tools
