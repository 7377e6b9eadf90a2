// Access with checks, so that the operators themselves read like the ONNX documentation.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/operator_node.h"

#include "compiler/evaluate/elements.h"
#include "compiler/import/onnx/neighbours.h"
#include "compiler/import/onnx/tensor_proto.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <cmath>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::AttributeProto;

bool is_finite(const Tensor& tensor) {
  if (is_integer(tensor.dtype) || tensor.dtype == DType::Str) return true;
  const uint64_t count = tensor.count();
  for (uint64_t i = 0; i < count; ++i)
    if (!std::isfinite(tensor.real(i))) return false;
  return true;
}

Status not_finite(const Tensor& tensor) {
  return unsupported(C212_NotFinite, "constant " + quoted(tensor.name) + " holds NaN or infinity",
                     "such a model answers NaN: train it again or repair its weights");
}

}  // namespace

OperatorNode::OperatorNode(Importing& importing, const onnx_pb::NodeProto& proto)
    : importing_(importing),
      proto_(proto),
      attribute_known_(static_cast<size_t>(proto.attribute_size())) {
  for (const std::string& name : proto.input())
    inputs_.push_back(name.empty() ? nullptr : &importing.operands.at(name));
  while (!inputs_.empty() && inputs_.back() == nullptr) inputs_.pop_back();
}

const Neighbours* OperatorNode::neighbours() const {
  if (!importing_.neighbours)
    importing_.neighbours =
        std::make_shared<const Neighbours>(importing_, *importing_.nodes, *importing_.live);
  return importing_.neighbours.get();
}

int OperatorNode::opset() const {
  return proto_.domain() == kMlDomain ? importing_.ml_opset : importing_.opset;
}

bool OperatorNode::all_constant() const {
  return std::ranges::all_of(inputs_, [](const Operand* operand) {
    return operand == nullptr || operand->kind == Operand::Kind::Constant;
  });
}

bool OperatorNode::any_refused() const {
  return std::ranges::any_of(inputs_, [](const Operand* operand) {
    return operand != nullptr && operand->kind == Operand::Kind::Refused;
  });
}

DType OperatorNode::dtype(size_t input) const {
  return is_constant(input) ? tensor(input).dtype
                            : importing_.graph.value(inputs_[input]->id).fact.dtype;
}

bool OperatorNode::per_row(size_t input) const {
  if (is_constant(input)) return inputs_[input]->each_row;
  return importing_.graph.value(inputs_[input]->id).fact.rows == Rows::PerRow;
}

const Dims& OperatorNode::dims(size_t input) const {
  return is_constant(input) ? tensor(input).dims
                            : importing_.graph.value(inputs_[input]->id).fact.dims;
}

// A single number may be infinite: it is a bound or a fill value, not a weight.
Status OperatorNode::check_finite(size_t input) const {
  if (tensor(input).count() > 1 && !is_finite(tensor(input))) return not_finite(tensor(input));
  return {};
}

Result<ValueId> OperatorNode::value(size_t input) {
  if (!is_constant(input)) return inputs_[input]->id;
  MLE_TRY(check_finite(input));
  return constant(tensor(input));
}

Result<std::vector<ValueId>> OperatorNode::aligned(size_t count) {
  std::optional<RowsFrame> rows;
  for (size_t i = 0; i < count; ++i) {
    if (!per_row(i)) continue;
    const RowsFrame own{layout(i).axis, layout(i).merged, axes_behind_rows(i)};
    if (rows && (rows->behind != own.behind || rows->merged != own.merged))
      return unsupported(C214_MixesRows,
                         "combines inputs with different numbers of axes, which mixes their rows",
                         "give both the same number of axes before exporting");
    rows = RowsFrame{std::max(rows ? rows->ahead : 0, own.ahead), own.merged, own.behind};
  }
  if (rows)  // constants may bring axes along that come before the batch axis
    for (size_t i = 0; i < count; ++i)
      if (!per_row(i) && rank(i) > rows->behind + 1)
        rows->ahead = std::max(rows->ahead, rank(i) - rows->behind - 1);
  std::vector<ValueId> values;
  for (size_t i = 0; i < count; ++i) {
    MLE_TRY_ASSIGN(const ValueId id, rows ? beside(i, *rows) : value(i));
    values.push_back(id);
  }
  if (rows) lay_out({static_cast<uint32_t>(rows->ahead), static_cast<uint32_t>(rows->merged)});
  return values;
}

Result<ValueId> OperatorNode::beside_rows(size_t input, size_t rows_rank) {
  if (rows_rank == 0) return value(input);
  return beside(input, {0, per_row(input) ? layout(input).merged : 0, rows_rank - 1});
}

Result<ValueId> OperatorNode::beside(size_t input, const RowsFrame& rows) {
  if (per_row(input)) {
    if (axes_behind_rows(input) != rows.behind || layout(input).axis > rows.ahead)
      return unsupported(C214_MixesRows,
                         "combines inputs with different numbers of axes, which mixes their rows",
                         "give both the same number of axes before exporting");
    MLE_TRY_ASSIGN(const ValueId id, value(input));
    Dims padded(rows.ahead - layout(input).axis, 1);
    padded.insert(padded.end(), dims(input).begin(), dims(input).end());
    return reshaped(id, padded);
  }
  if (rank(input) <= rows.behind) return value(input);
  const auto batch = static_cast<ptrdiff_t>(rank(input) - rows.behind - 1);
  const bool one_for_all = !is_constant(input);  // a range, say
  if (static_cast<size_t>(batch) > rows.ahead || dims(input)[static_cast<size_t>(batch)] != 1)
    return unsupported(
        C214_MixesRows,
        "combines rows with " +
            (one_for_all ? "what is one for all rows" : "constant " + quoted(tensor(input).name)) +
            ", which has a batch axis of its own",
        "export the model with a dynamic batch axis, or fix it with --shape NAME=N");
  if (one_for_all) {
    Dims of_row = dims(input);
    of_row.erase(of_row.begin() + batch);
    if (batch > 0) of_row.insert(of_row.begin() + batch, rows.merged, 1);
    MLE_TRY_ASSIGN(const ValueId id, value(input));
    return reshaped(id, of_row);
  }
  MLE_TRY(check_finite(input));
  Tensor of_row = tensor(input);
  of_row.dims.erase(of_row.dims.begin() + batch);
  if (batch > 0) of_row.dims.insert(of_row.dims.begin() + batch, rows.merged, 1);
  return constant(of_row);
}

Result<ValueId> OperatorNode::scalar(double number, DType dtype) {
  return importing_.graph.add_constant({}, dtype, {}, make_constant({number}, dtype));
}

Result<Tensor> OperatorNode::weight(size_t input) const {
  if (!is_constant(input))
    return unsupported(C205_UnsupportedOp,
                       "input " + std::to_string(input) + " is computed by the model",
                       "mle compiles networks whose weights are fixed");
  const Tensor& constant = tensor(input);
  if (per_row(input))
    return unsupported(C214_MixesRows, "weights " + quoted(constant.name) + " differ by row",
                       "use one weight matrix for all rows");
  if (constant.dtype != DType::F32 && constant.dtype != DType::F64)
    return unsupported(C207_UnsupportedType,
                       "weights " + quoted(constant.name) + " are " + name_of(constant.dtype),
                       "the runtime computes in f32 and f64: export the model in one of them");
  if (!is_finite(constant)) return not_finite(constant);
  return constant;
}

Result<std::vector<int64_t>> OperatorNode::integers_of(size_t input) const {
  constexpr uint64_t kMost = 65536;
  if (!is_constant(input))
    return unsupported(C210_DynamicShape,
                       "input " + std::to_string(input) + " is computed while the model runs",
                       "shapes and indices must be fixed when the model is compiled");
  const Tensor& constant = tensor(input);
  if (!is_integer(constant.dtype))
    return broken(C207_UnsupportedType, "input " + std::to_string(input) + " holds no integers");
  if (constant.has_rows() || per_row(input))
    return unsupported(C214_MixesRows, "depends on the number of rows",
                       "fix the batch axis with --shape NAME=N");
  if (constant.count() > kMost)
    return unsupported(C216_LimitReached, "input " + std::to_string(input) + " is too long");
  std::vector<int64_t> elements(constant.count());
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = constant.integer(i);
  return elements;
}

Result<uint32_t> OperatorNode::axis(size_t input, int64_t onnx_axis) const {
  const auto axes = static_cast<int64_t>(rank(input));
  if (onnx_axis < -axes || onnx_axis >= axes)
    return broken(C209_Attribute, "axis " + std::to_string(onnx_axis) + " of a tensor with " +
                                      std::to_string(axes) + " axes");
  if (onnx_axis < 0) onnx_axis += axes;
  const auto at = static_cast<uint32_t>(onnx_axis);
  if (!per_row(input) || at < rows_axis(input)) return at;
  if (at == rows_axis(input))
    return unsupported(C214_MixesRows, "works along the batch axis, so that rows would mix",
                       "fix the number of rows with --shape NAME=N");
  return at - 1 + layout(input).merged + layout(input).led;
}

Result<const AttributeProto*> OperatorNode::attribute(std::string_view name,
                                                      AttributeProto::AttributeType type) {
  const AttributeProto* found = nullptr;
  for (int i = 0; i < proto_.attribute_size(); ++i) {
    const AttributeProto& candidate = proto_.attribute(i);
    if (candidate.name() != name) continue;
    attribute_known_[static_cast<size_t>(i)] = true;
    if (found != nullptr)
      return broken(C209_Attribute, "attribute " + quoted(name) + " stands there twice");
    if (!candidate.ref_attr_name().empty() || candidate.type() != type)
      return broken(C209_Attribute, "attribute " + quoted(name) + " has the wrong type");
    found = &candidate;
  }
  return found;
}

Result<int64_t> OperatorNode::integer(std::string_view name, int64_t otherwise) {
  MLE_TRY_ASSIGN(const AttributeProto* found, attribute(name, AttributeProto::INT));
  return found == nullptr ? otherwise : found->i();
}

Result<double> OperatorNode::real(std::string_view name, double otherwise) {
  MLE_TRY_ASSIGN(const AttributeProto* found, attribute(name, AttributeProto::FLOAT));
  const double number = found == nullptr ? otherwise : static_cast<double>(found->f());
  if (!std::isfinite(number))
    return broken(C212_NotFinite, "attribute " + quoted(name) + " is NaN or infinite");
  return number;
}

Result<std::string_view> OperatorNode::text(std::string_view name, std::string_view otherwise) {
  MLE_TRY_ASSIGN(const AttributeProto* found, attribute(name, AttributeProto::STRING));
  return found == nullptr ? otherwise : std::string_view(found->s());
}

Result<std::optional<std::vector<int64_t>>> OperatorNode::integers(std::string_view name) {
  MLE_TRY_ASSIGN(const AttributeProto* found, attribute(name, AttributeProto::INTS));
  if (found == nullptr) return std::optional<std::vector<int64_t>>();
  return std::optional(std::vector<int64_t>(found->ints().begin(), found->ints().end()));
}

void OperatorNode::ignore(std::string_view name) {
  for (int i = 0; i < proto_.attribute_size(); ++i)
    if (proto_.attribute(i).name() == name) attribute_known_[static_cast<size_t>(i)] = true;
}

Status OperatorNode::all_attributes_known() const {
  for (int i = 0; i < proto_.attribute_size(); ++i)
    if (!attribute_known_[static_cast<size_t>(i)])
      return unsupported(C209_Attribute, "attribute " + quoted(proto_.attribute(i).name()) +
                                             " is none of this operator in opset " +
                                             std::to_string(opset()));
  return {};
}

Result<Tensor> OperatorNode::read_tensor_attribute(const AttributeProto& attribute) {
  return read_tensor(attribute.t(), proto_.output(0), importing_.owner, importing_.external);
}

bool OperatorNode::output_is_used(size_t output) const {
  return output < output_count() &&
         importing_.uses.contains(proto_.output(static_cast<int>(output)));
}

Result<ValueId> OperatorNode::add(Node node, const Fact* wanted) {
  node.name = proto_.name();
  MLE_TRY_ASSIGN(const Operand made, importing_.add(std::move(node), {}, wanted));
  return made.kind == Operand::Kind::Computed ? made.id : constant(made.tensor);
}

Status OperatorNode::emit(Node node, const Fact* wanted, size_t output) {
  node.name = proto_.name();
  const std::string& name = proto_.output(static_cast<int>(output));
  MLE_TRY_ASSIGN(Operand made, importing_.add(std::move(node), name, wanted));
  set(output, std::move(made));
  return {};
}

Result<ValueId> OperatorNode::reshaped(ValueId x, const Dims& dims) {
  if (fact(x).dims == dims) return x;
  Node node;
  node.kind = OpKind::Reshape;
  node.inputs = {x};
  const Fact wanted{fact(x).dtype, fact(x).rows, dims};
  return add(std::move(node), &wanted);
}

Status OperatorNode::emit_reshaped(ValueId x, const Dims& dims) {
  MLE_TRY_ASSIGN(const ValueId y, reshaped(x, dims));
  emit_value(y);
  return {};
}

void OperatorNode::emit_value(ValueId id, size_t output) {
  if (!importing_.graph.value(id).is_constant) return set(output, Operand::computed(id));
  set(output, tensor_of(id));
}

void OperatorNode::name_columns(size_t output, std::vector<std::string> names) {
  importing_.column_names[proto_.output(static_cast<int>(output))] = std::move(names);
}

Tensor OperatorNode::tensor_of(ValueId id) const {
  const Value& value = importing_.graph.value(id);
  return {value.name, value.fact.dtype, value.fact.dims, value.constant, {}};
}

void OperatorNode::note(const std::string& text) const {
  const std::string who = proto_.name().empty() ? proto_.op_type() : proto_.name();
  importing_.graph.notes.push_back("node " + quoted(who) + ": " + text);
}

RowLayout OperatorNode::result_layout() const {
  if (result_layout_) return *result_layout_;
  for (size_t i = 0; i < inputs_.size(); ++i)
    if (has(i) && per_row(i)) return layout(i);
  return {};
}

// What is computed from values of each row alone is one, too.
void OperatorNode::set(size_t output, Operand operand) {
  const std::string& name = proto_.output(static_cast<int>(output));
  if (name.empty()) return;
  if (operand.kind == Operand::Kind::Constant) {
    bool each_row = false;
    for (size_t i = 0; i < inputs_.size(); ++i) each_row = each_row || (has(i) && per_row(i));
    operand.each_row = each_row && all_constant();
  }
  operand.layout = result_layout();
  importing_.operands[name] = std::move(operand);
}

void OperatorNode::set(size_t output, Tensor tensor) {
  tensor.name = proto_.output(static_cast<int>(output));
  set(output, Operand::constant(std::move(tensor)));
}

void OperatorNode::set_whole(size_t output, Tensor tensor) {
  const std::string& name = proto_.output(static_cast<int>(output));
  if (name.empty()) return;
  tensor.name = name;
  importing_.operands[name] = Operand::constant(std::move(tensor));
}

void OperatorNode::set_each_row(size_t output, Tensor tensor) {
  const std::string& name = proto_.output(static_cast<int>(output));
  if (name.empty()) return;
  tensor.name = name;
  Operand operand = Operand::constant(std::move(tensor));
  operand.each_row = true;
  operand.layout = result_layout();
  importing_.operands[name] = std::move(operand);
}

void OperatorNode::widen() {
  Operand& made = importing_.operands[proto_.output(0)];
  made.tensor.narrow = 0;
  if (made.unpacked.is_half) made.unpacked = {};
}

void OperatorNode::mark_dequantized(const Unpacked& unpacked) {
  importing_.operands[proto_.output(0)].dequantized = true;
  mark_unpacked(unpacked);
}

void OperatorNode::stay_dequantized() {
  constexpr std::string_view kMovers[] = {"Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"};
  if (!has(0) || !operand(0).dequantized) return;
  if (std::ranges::find(kMovers, type()) == std::end(kMovers)) return;
  const auto made = importing_.operands.find(proto_.output(0));
  if (made != importing_.operands.end()) made->second.dequantized = true;
}

void OperatorNode::mark_unpacked(const Unpacked& unpacked) {
  importing_.operands[proto_.output(0)].unpacked = unpacked;
}

void OperatorNode::forward(size_t input) {
  const std::string& name = proto_.output(0);
  if (!name.empty()) importing_.operands[name] = *inputs_[input];
}

Node unary(Act act, ValueId x, std::vector<double> alpha_beta) {
  Node node;
  node.kind = OpKind::Unary;
  node.act = act;
  node.inputs = {x};
  node.fattr = std::move(alpha_beta);
  return node;
}

Node binary(BinaryFn fn, ValueId a, ValueId b) {
  Node node;
  node.kind = OpKind::Binary;
  node.inputs = {a, b};
  node.iattr = {static_cast<uint32_t>(fn)};
  return node;
}

}  // namespace mle::compiler::onnx
