// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/composer.h"

#include "compiler/evaluate/elements.h"
#include "compiler/import/onnx/importing.h"
#include "compiler/import/onnx/limits.h"
#include "compiler/import/onnx/tensor_proto.h"
#include "compiler/import/onnx/text.h"

#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::AttributeProto;

constexpr int kOpset = 24;

int32_t onnx_type_of(DType dtype) {
  for (int32_t type = 0; type < 32; ++type)
    if (dtype_of(type) == dtype) return type;
  return 0;
}

void set(AttributeProto& proto, const Attribute& attribute) {
  proto.set_name(attribute.name);
  if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    proto.set_type(AttributeProto::INT);
    proto.set_i(*integer);
  } else if (const auto* real = std::get_if<double>(&attribute.value)) {
    proto.set_type(AttributeProto::FLOAT);
    proto.set_f(static_cast<float>(*real));
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    proto.set_type(AttributeProto::STRING);
    proto.set_s(*text);
  } else {
    proto.set_type(AttributeProto::INTS);
    for (const int64_t integer_of : std::get<std::vector<int64_t>>(attribute.value))
      proto.add_ints(integer_of);
  }
}

}  // namespace

struct Composer::State {
  std::shared_ptr<onnx_pb::ModelProto> model = std::make_shared<onnx_pb::ModelProto>();
  Importing importing;
  State(const SourceFile& source, const ImportOptions& options, Problems& problems)
      : importing(model, source, options, problems) {
    importing.opset = kOpset;
  }
};

Composer::Composer(const SourceFile& source, const ImportOptions& options, Problems& problems)
    : options_(options),
      problems_(problems),
      state_(std::make_unique<State>(source, options_, problems)) {}
Composer::~Composer() = default;

bool Composer::declare(const std::vector<Input>& inputs) {
  for (const Input& input : inputs) {
    onnx_pb::ValueInfoProto& info = *state_->model->mutable_graph()->add_input();
    info.set_name(input.name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx_type_of(input.dtype));
    auto& shape = *type.mutable_shape();
    for (size_t axis = 0; axis < input.dims.size(); ++axis) {
      auto& dim = *shape.add_dim();
      if (input.dims[axis] != 0)
        dim.set_dim_value(input.dims[axis]);
      else if (axis < input.axes.size())
        dim.set_dim_param(input.axes[axis]);
    }
  }
  const size_t before = problems_.count();
  import_inputs(state_->importing);
  return problems_.count() == before;
}

std::string Composer::fresh_name() {
  std::string name;
  do {
    name = "v" + std::to_string(named_++);
  } while (state_->importing.operands.contains(name));
  return name;
}

std::string Composer::constant(const std::string& hint, DType dtype, Dims dims, Constant data) {
  std::string name =
      hint.empty() || state_->importing.operands.contains(hint) ? fresh_name() : hint;
  state_->importing.operands[name] = Operand::constant(
      Tensor{hint.empty() ? name : hint, dtype, std::move(dims), std::move(data), {}});
  return name;
}

std::string Composer::number(double value, DType dtype) {
  return constant({}, dtype, {}, make_constant({value}, dtype));
}

std::string Composer::numbers(const std::vector<double>& values, DType dtype) {
  return constant({}, dtype, {static_cast<uint32_t>(values.size())}, make_constant(values, dtype));
}

std::string Composer::integers(const std::vector<int64_t>& values) {
  std::vector<Length> fixed;
  for (const int64_t value : values) fixed.push_back({value, 0});
  return lengths(fixed);
}

std::string Composer::lengths(const std::vector<Length>& values) {
  std::vector<int64_t> fixed, rows;
  for (const Length& value : values) {
    fixed.push_back(value.fixed);
    rows.push_back(value.rows);
  }
  const std::string name = fresh_name();
  Tensor tensor = make_tensor(name, DType::I64, {static_cast<uint32_t>(fixed.size())}, fixed);
  tensor.times_rows = std::move(rows);
  state_->importing.operands[name] = Operand::constant(std::move(tensor));
  return name;
}

Result<std::vector<std::string>> Composer::add(const Operation& operation) {
  if (++operations_ > kMaxNodes)
    return unsupported(C216_LimitReached, "the model computes in more steps than mle reads");
  onnx_pb::NodeProto node;
  node.set_op_type(operation.type);
  node.set_name(place_);
  for (const std::string& input : operation.inputs) node.add_input(input);
  for (const Attribute& attribute : operation.attributes) set(*node.add_attribute(), attribute);
  std::vector<std::string> outputs;
  for (size_t i = 0; i < operation.outputs; ++i) {
    outputs.push_back(fresh_name());
    node.add_output(outputs.back());
    state_->importing.uses[outputs.back()] = 1;
  }
  MLE_TRY(import_node(state_->importing, node));
  for (const std::string& output : outputs)
    if (!state_->importing.operands.contains(output))
      return broken(C213_GraphBroken, operation.type + " of what could not be computed");
  return outputs;
}

Result<std::string> Composer::add_one(const Operation& operation) {
  MLE_TRY_ASSIGN(std::vector<std::string> outputs, add(operation));
  return std::move(outputs.front());
}

void Composer::note(std::string text) { state_->importing.graph.notes.push_back(std::move(text)); }

Composer::Shape Composer::shape(const std::string& value) const {
  const Operand& operand = state_->importing.operands.at(value);
  Shape shape;
  shape.is_constant = operand.kind == Operand::Kind::Constant;
  const Fact* fact = shape.is_constant || operand.id == kNone
                         ? nullptr
                         : &state_->importing.graph.value(operand.id).fact;
  shape.dtype = fact == nullptr ? operand.tensor.dtype : fact->dtype;
  const Dims& dims = fact == nullptr ? operand.tensor.dims : fact->dims;
  for (const uint32_t dim : dims) shape.dims.push_back({dim, 0});
  const bool per_row = fact == nullptr ? operand.each_row : fact->rows == Rows::PerRow;
  if (!per_row) return shape;
  Length rows{0, 1};
  for (uint32_t i = 0; i < operand.layout.merged; ++i)
    rows.rows *= shape.dims[operand.layout.axis + i].fixed;
  const auto at = shape.dims.begin() + operand.layout.axis;
  shape.dims.erase(at, at + operand.layout.merged);
  shape.dims.insert(shape.dims.begin() + operand.layout.axis, rows);
  return shape;
}

std::optional<std::vector<double>> Composer::reals(const std::string& value) const {
  const Operand& operand = state_->importing.operands.at(value);
  if (operand.kind != Operand::Kind::Constant || operand.tensor.has_rows()) return std::nullopt;
  std::vector<double> numbers(operand.tensor.count());
  for (uint64_t i = 0; i < numbers.size(); ++i) numbers[i] = operand.tensor.real(i);
  return numbers;
}

std::optional<std::vector<Length>> Composer::elements(const std::string& value) const {
  const Operand& operand = state_->importing.operands.at(value);
  if (operand.kind != Operand::Kind::Constant || !is_integer(operand.tensor.dtype))
    return std::nullopt;
  std::vector<Length> numbers(operand.tensor.count());
  for (uint64_t i = 0; i < numbers.size(); ++i)
    numbers[i] = {operand.tensor.integer(i), operand.tensor.rows_at(i)};
  return numbers;
}

bool Composer::is_row_wise() const { return state_->importing.row_wise; }

std::optional<Graph> Composer::finish(
    const std::vector<std::pair<std::string, std::string>>& outputs) {
  Importing& importing = state_->importing;
  for (const auto& [name, value] : outputs) {
    state_->model->mutable_graph()->add_output()->set_name(name);
    if (name == value) continue;
    // A constant or value that has this name already is another one.
    importing.operands[name] = importing.operands.at(value);
  }
  const size_t before = problems_.count();
  import_outputs(importing);
  if (problems_.count() != before) return std::nullopt;
  importing.graph.compact();
  return std::move(importing.graph);
}

}  // namespace mle::compiler::onnx
