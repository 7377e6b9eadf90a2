// OperatorNode: one node of the source as the operators see it. Inputs by position, attributes by
// name and type, axes as ONNX counts them, outputs as they are made.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/onnx/importing.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::onnx {

class OperatorNode {
 public:
  OperatorNode(Importing& importing, const onnx_pb::NodeProto& proto);

  int opset() const;  // of the node's domain
  const std::string& type() const { return proto_.op_type(); }
  FoldBudget& budget() { return importing_.budget; }
  // Dynamic quantisation takes the range of each row instead of that of the batch.
  bool quantize_by_row() const { return importing_.options.quantize_by_row; }

  // Inputs. Trailing absent ones don't count; one in between is absent if !has().
  // Products with dequantised weights are computed as the graph says.
  bool dequantized_exactly() const { return importing_.options.dequantized_exactly; }
  const Operand& operand(size_t input) const { return *inputs_[input]; }
  const onnx_pb::NodeProto& proto() const { return proto_; }
  Importing& importing() const { return importing_; }
  // Of the nodes among which this one is; they are looked through the first time.
  const Neighbours* neighbours() const;
  bool free_batch() const { return importing_.options.free_batch; }
  // For the user's eyes: what was assumed. "node 'x': <text>".
  void note(const std::string& text) const;
  size_t input_count() const { return inputs_.size(); }
  bool has(size_t input) const { return input < inputs_.size() && inputs_[input] != nullptr; }
  bool is_constant(size_t input) const { return inputs_[input]->kind == Operand::Kind::Constant; }
  bool all_constant() const;
  bool any_refused() const;
  const Tensor& tensor(size_t input) const { return inputs_[input]->tensor; }  // constants only
  bool tensor_has_rows(size_t input) const {
    return is_constant(input) && tensor(input).has_rows();
  }
  DType dtype(size_t input) const;
  // Constants may be, too: ONNX then has them once per row.
  bool per_row(size_t input) const;
  RowLayout layout(size_t input) const { return inputs_[input]->layout; }
  // Of one row where per_row().
  const Dims& dims(size_t input) const;
  // As ONNX counts: with the batch axis.
  size_t rank(size_t input) const {
    return dims(input).size() + (per_row(input) ? 1 : 0) - layout(input).merged - layout(input).led;
  }
  // The batch axis as ONNX counts it; only where per_row().
  uint32_t rows_axis(size_t input) const { return layout(input).axis - layout(input).led; }
  // Axes that ONNX counts behind the batch axis; only where per_row().
  size_t axes_behind_rows(size_t input) const { return rank(input) - 1 - rows_axis(input); }

  // The input in the graph. Constants of more than one element must be finite.
  Result<ValueId> value(size_t input);
  // The first `count` inputs, to be combined element by element: each beside_rows() of the others,
  // and those with rows with as many axes before the batch axis. Lays the result out.
  Result<std::vector<ValueId>> aligned(size_t count);
  // The input, to be combined element by element with rows of ONNX rank `rows_rank` (0: with no
  // rows): a constant without the axis of length 1 that would meet the batch axis. Then numpy's
  // broadcasting of rows is ONNX's broadcasting of batches.
  Result<ValueId> beside_rows(size_t input, size_t rows_rank);
  // A constant of f32 or f64, finite throughout: a weight.
  Result<Tensor> weight(size_t input) const;
  // A constant of integers, in full.
  Result<std::vector<int64_t>> integers_of(size_t input) const;
  // An axis as ONNX counts it → index into dims(input). The batch axis is refused.
  Result<uint32_t> axis(size_t input, int64_t onnx_axis) const;
  // Constants of the graph.
  Result<ValueId> constant(const Tensor& tensor) { return importing_.constant(tensor); }
  Result<ValueId> scalar(double number, DType dtype);
  // A constant that is looked up or compared with, never computed with: it may hold NaN.
  Result<ValueId> table(const Tensor& tensor) { return importing_.constant(tensor); }

  // Attributes. A wrong type is an error; one that nobody asked for is an error in the end.
  Result<int64_t> integer(std::string_view name, int64_t otherwise);
  Result<double> real(std::string_view name, double otherwise);
  Result<std::string_view> text(std::string_view name, std::string_view otherwise);
  Result<std::optional<std::vector<int64_t>>> integers(std::string_view name);
  Result<const onnx_pb::AttributeProto*> attribute(std::string_view name,
                                                   onnx_pb::AttributeProto::AttributeType type);
  size_t attribute_count() const { return attribute_known_.size(); }
  void ignore(std::string_view name);
  Status all_attributes_known() const;
  Result<Tensor> read_tensor_attribute(const onnx_pb::AttributeProto& attribute);

  // Outputs.
  size_t output_count() const { return static_cast<size_t>(proto_.output_size()); }
  bool output_is_used(size_t output) const;
  // Appends a node, or computes it if its inputs are constants: an intermediate result …
  Result<ValueId> add(Node node, const Fact* wanted = nullptr);
  // … or an output.
  Status emit(Node node, const Fact* wanted = nullptr, size_t output = 0);
  // `x` in the shape `dims` (of one row where it is per row).
  Status emit_reshaped(ValueId x, const Dims& dims);
  Result<ValueId> reshaped(ValueId x, const Dims& dims);
  // A value of the graph under the output's name.
  void emit_value(ValueId id, size_t output = 0);
  // What the columns of an output are called, where it becomes one of the model.
  void name_columns(size_t output, std::vector<std::string> names);
  void set(size_t output, Operand operand);
  void set(size_t output, Tensor tensor);
  // A constant that is no value of each row although an input is: its shape.
  void set_whole(size_t output, Tensor tensor);
  // A constant that ONNX has once per row.
  void set_each_row(size_t output, Tensor tensor);
  // Where ONNX sees the batch axis of the outputs; else they are laid out like the first input that
  // is per row.
  void lay_out(RowLayout layout) { result_layout_ = layout; }
  // The output is the input under another name.
  void forward(size_t input);
  // What was forwarded has all the bits of its dtype from now on.
  void widen();
  // What ONNX Runtime sees in the first output, which is set.
  void mark_dequantized(const Unpacked& unpacked);
  void mark_unpacked(const Unpacked& unpacked);
  // Where ONNX Runtime moves the DequantizeLinear of the input behind this node.
  void stay_dequantized();
  // A constant of the graph as a tensor.
  Tensor tensor_of(ValueId id) const;
  const Fact& fact(ValueId id) const { return importing_.graph.value(id).fact; }

 private:
  Status check_finite(size_t input) const;
  // How the rows that inputs are combined with look to ONNX.
  struct RowsFrame {
    size_t ahead, merged, behind;  // axes ahead of the batch axis, in it, behind it
  };
  Result<ValueId> beside(size_t input, const RowsFrame& rows);
  RowLayout result_layout() const;

  Importing& importing_;
  const onnx_pb::NodeProto& proto_;
  std::vector<const Operand*> inputs_;
  std::vector<bool> attribute_known_;
  std::optional<RowLayout> result_layout_;
};

// A node of the graph in one line.
Node unary(Act act, ValueId x, std::vector<double> alpha_beta = {});
Node binary(BinaryFn fn, ValueId a, ValueId b);

}  // namespace mle::compiler::onnx
