// Ops that move elements, in ONNX.
// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/onnx_op.h"

namespace mle::tools {
namespace {

std::string transpose(OnnxOp& op) {
  std::vector<int64_t> order;
  if (is_per_row(op.in(0))) order.push_back(0);
  for (const int64_t axis : op.axes()) order.push_back(axis);
  op.give("Transpose", {op.name(0)}, {OnnxAttribute::of("perm", order)});
  return {};
}

std::string expand(OnnxOp& op) {
  std::vector<int64_t> shape;
  if (is_per_row(op.out())) shape.push_back(1);  // as many rows as there are
  for (const uint64_t dim : dims_of(op.out())) shape.push_back(static_cast<int64_t>(dim));
  op.give("Expand", {op.operands()[0], op.graph.wholes(shape)});
  return {};
}

std::string gather(OnnxOp& op) {
  const bool data_rows = is_per_row(op.in(0)), index_rows = is_per_row(op.in(1));
  if (data_rows && index_rows) return "every row has an index of its own";
  if (index_rows && op.iattr(0) != 0) return "its rows would not come first";
  op.give("Gather", {op.name(0), op.name(1)},
          {whole("axis", OnnxGraph::axis(op.in(0), op.iattr(0)))});
  return {};
}

std::string gather_elements(OnnxOp& op) {
  if (is_per_row(op.in(0)) != is_per_row(op.in(1))) return "only one of its inputs has rows";
  op.give("GatherElements", {op.name(0), op.name(1)},
          {whole("axis", OnnxGraph::axis(op.in(0), op.iattr(0)))});
  return {};
}

}  // namespace

std::string add_movement(OnnxOp& op) {
  switch (op.op.kind()) {
    case fb::OpKind::Transpose: return transpose(op);
    case fb::OpKind::Expand: return expand(op);
    case fb::OpKind::Gather: return gather(op);
    default: return gather_elements(op);
  }
}

}  // namespace mle::tools
