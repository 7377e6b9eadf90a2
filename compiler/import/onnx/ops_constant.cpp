// Where constants come from: Constant, ConstantOfShape; and Cast, behind which weights hide. A
// shape may name the number of rows: then ONNX has the constant once per row.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/ops_ml.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/tensor_proto.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::AttributeProto;

Status read_constant(OperatorNode& op) {
  if (op.attribute_count() != 1) return broken(C209_Attribute, "Constant wants exactly one value");
  MLE_TRY_ASSIGN(const auto* value, op.attribute("value", AttributeProto::TENSOR));
  MLE_TRY_ASSIGN(const auto* real, op.attribute("value_float", AttributeProto::FLOAT));
  MLE_TRY_ASSIGN(const auto* reals, op.attribute("value_floats", AttributeProto::FLOATS));
  MLE_TRY_ASSIGN(const auto* integer, op.attribute("value_int", AttributeProto::INT));
  MLE_TRY_ASSIGN(const auto* integers, op.attribute("value_ints", AttributeProto::INTS));
  MLE_TRY_ASSIGN(const auto* word, op.attribute("value_string", AttributeProto::STRING));
  MLE_TRY_ASSIGN(std::vector<std::string> words, words_of(op, "value_strings"));
  if (value != nullptr) {
    MLE_TRY_ASSIGN(Tensor tensor, op.read_tensor_attribute(*value));
    op.set(0, std::move(tensor));
  } else if (real != nullptr) {
    op.set(0, make_tensor<float>("", DType::F32, {}, {real->f()}));
  } else if (integer != nullptr) {
    op.set(0, make_tensor<int64_t>("", DType::I64, {}, {integer->i()}));
  } else if (reals != nullptr) {
    op.set(0, make_tensor("", DType::F32, {static_cast<uint32_t>(reals->floats_size())},
                          std::vector<float>(reals->floats().begin(), reals->floats().end())));
  } else if (integers != nullptr) {
    op.set(0, make_tensor("", DType::I64, {static_cast<uint32_t>(integers->ints_size())},
                          std::vector<int64_t>(integers->ints().begin(), integers->ints().end())));
  } else if (word != nullptr || !words.empty()) {
    Tensor tensor;
    tensor.dtype = DType::Str;
    if (word == nullptr) tensor.dims = {static_cast<uint32_t>(words.size())};
    if (word != nullptr) words = {word->s()};
    if (!is_storable(words[0]))
      return unsupported(C209_Attribute, "Constant of text that is not UTF-8 without zero bytes");
    tensor.words = std::move(words);
    op.set(0, std::move(tensor));
  } else {
    return unsupported(C207_UnsupportedType, "Constant of sparse values",
                       "mle computes with dense numbers");
  }
  return {};
}

// The shape is a vector of constants, the value one element (an f32 zero where there is none).
Status read_constant_of_shape(OperatorNode& op) {
  MLE_TRY_ASSIGN(std::vector<Length> shape, shape_of(op, 0));
  MLE_TRY_ASSIGN(const auto* given, op.attribute("value", AttributeProto::TENSOR));
  Tensor value = make_tensor<float>("", DType::F32, {}, {0.0f});
  if (given != nullptr) {
    MLE_TRY_ASSIGN(value, op.read_tensor_attribute(*given));
  }
  if (value.dtype == DType::Str) return broken(C209_Attribute, "ConstantOfShape of strings");
  if (value.count() != 1) return broken(C209_Attribute, "ConstantOfShape of more than one value");
  const auto names_rows = [](const Length& length) { return length.times_rows != 0; };
  const auto rows = std::ranges::find_if(shape, names_rows);
  const bool each_row = rows != shape.end();
  const RowLayout layout{each_row ? static_cast<uint32_t>(rows - shape.begin()) : 0, 0};
  if (each_row) {
    if (rows->times_rows != 1 || rows->length != 0) return moves_rows("ConstantOfShape");
    shape.erase(rows);
  }
  Dims dims;
  for (const auto& [length, times_rows] : shape) {
    if (times_rows != 0) return moves_rows("ConstantOfShape");
    if (length < 1 || length > 0xffffffff)
      return broken(C208_Shape,
                    "ConstantOfShape with an axis of " + std::to_string(length) + " elements");
    dims.push_back(static_cast<uint32_t>(length));
  }
  MLE_TRY(check_limits({value.dtype, Rows::Whole, dims}));
  const uint64_t count = element_count(dims);
  MLE_TRY(op.budget().spend(count * size_of(value.dtype), count));
  std::vector<std::byte> bytes;
  bytes.reserve(count * size_of(value.dtype));
  for (uint64_t i = 0; i < count; ++i)
    bytes.insert(bytes.end(), value.data.bytes.begin(), value.data.bytes.end());
  Tensor result{"", value.dtype, std::move(dims), Constant::from_bytes(std::move(bytes)), {}};
  op.lay_out(layout);
  if (each_row)
    op.set_each_row(0, std::move(result));
  else
    op.set(0, std::move(result));
  return {};
}

Status cast_to(OperatorNode& op, std::optional<DType> dtype, const std::string& name) {
  if (!dtype)
    return unsupported(C207_UnsupportedType, op.type() + " to " + name,
                       "mle reads floats of 16 to 64 bits, integers of 8 to 64, bool and string");
  if (op.dtype(0) == *dtype) {
    op.forward(0);
    op.widen();
    return {};
  }
  if (op.is_constant(0)) {
    const Tensor& tensor = op.tensor(0);
    const bool keeps_marks = *dtype == DType::I32 || *dtype == DType::I64;
    if (tensor.has_rows() && !keeps_marks)
      return unsupported(C214_MixesRows, "computes with the number of rows",
                         "fix the batch axis with --shape NAME=N");
    MLE_TRY(op.budget().spend(tensor.count() * size_of(*dtype), tensor.count()));
    MLE_TRY_ASSIGN(Tensor result, cast(tensor, *dtype));
    result.times_rows = tensor.times_rows;
    op.set(0, std::move(result));
    return {};
  }
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  Fact wanted = op.fact(x);
  wanted.dtype = *dtype;
  Node node;
  node.kind = OpKind::Cast;
  node.inputs = {x};
  return op.emit(std::move(node), &wanted);
}

Status read_cast(OperatorNode& op) {
  MLE_TRY_ASSIGN(const auto* to, op.attribute("to", AttributeProto::INT));
  op.ignore("saturate");    // these two are about
  op.ignore("round_mode");  // 8-bit floats only
  if (to == nullptr) return broken(C209_Attribute, "Cast without a type");
  const auto number = static_cast<int32_t>(std::clamp<int64_t>(to->i(), -1, 0x7fffffff));
  return cast_to(op, computed_dtype_of(number), onnx_type_name(number));
}

Status read_cast_like(OperatorNode& op) {
  op.ignore("saturate");
  op.ignore("round_mode");
  if (op.is_constant(1) && (op.tensor(1).narrow == 2 || op.tensor(1).narrow == 4))
    return unsupported(C207_UnsupportedType, "CastLike to integers of less than 8 bits",
                       "cast to integers of 8 bits or more");
  return cast_to(op, op.dtype(1), name_of(op.dtype(1)));
}

constexpr Operator kOperators[] = {
    {"Cast", 7, kNow, 1, 1, 1, read_cast},
    {"CastLike", 15, kNow, 2, 2, 1, read_cast_like},
    {"Constant", 7, kNow, 0, 0, 1, read_constant},
    {"ConstantOfShape", 9, kNow, 1, 1, 1, read_constant_of_shape},
};

}  // namespace

std::span<const Operator> constant_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
