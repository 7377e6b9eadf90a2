// ai.onnx.ml: what prepares numbers. Scaler, Imputer, Binarizer, Normalizer, FeatureVectorizer,
// ArrayFeatureExtractor.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/ops_ml.h"
#include "compiler/import/onnx/text.h"

#include <cmath>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

bool is_float(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

// One number per column, or one for all, in the dtype that `beside` computes in.
Result<ValueId> per_column(OperatorNode& op, const std::vector<float>& numbers, ValueId beside,
                           const char* name) {
  if (numbers.size() != 1) MLE_TRY(want_columns(op, numbers.size()));
  for (const float number : numbers)
    if (!std::isfinite(number))
      return unsupported(C212_NotFinite,
                         "attribute " + quoted(name) + " of " + op.type() + " is not finite",
                         "such a model answers NaN: train it again");
  MLE_TRY_ASSIGN(const ValueId constant, vector_of(op, numbers));
  return converted(op, constant, op.fact(beside).dtype);
}

// (x - offset) scale, in the floats of the input, rounded to f32 at the end.
Status read_scaler(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::vector<float> offset, reals_of(op, "offset"));
  MLE_TRY_ASSIGN(const std::vector<float> scale, reals_of(op, "scale"));
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  if (!is_float(op.fact(x).dtype)) {
    MLE_TRY_ASSIGN(x, converted(op, x, DType::F32));
  }
  if (!offset.empty()) {
    MLE_TRY_ASSIGN(const ValueId by, per_column(op, offset, x, "offset"));
    MLE_TRY_ASSIGN(x, op.add(binary(BinaryFn::Sub, x, by)));
  }
  if (!scale.empty()) {
    MLE_TRY_ASSIGN(const ValueId by, per_column(op, scale, x, "scale"));
    MLE_TRY_ASSIGN(x, op.add(binary(BinaryFn::Mul, x, by)));
  }
  MLE_TRY_ASSIGN(x, converted(op, x, DType::F32));
  op.emit_value(x);
  return {};
}

template <class T>
Result<ValueId> row_of(OperatorNode& op, DType dtype, const std::vector<T>& values) {
  return op.constant(make_tensor("", dtype, {static_cast<uint32_t>(values.size())}, values));
}

// x == replaced ? imputed : x. NaN is replaced where the attribute says NaN.
Status read_imputer(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::vector<float> reals, reals_of(op, "imputed_value_floats"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> integers, integers_of(op, "imputed_value_int64s"));
  MLE_TRY_ASSIGN(const auto* real,
                 op.attribute("replaced_value_float", onnx_pb::AttributeProto::FLOAT));
  MLE_TRY_ASSIGN(const int64_t integer, op.integer("replaced_value_int64", 0));
  if (reals.empty() == integers.empty())
    return broken(C209_Attribute, "Imputer wants values to impute, floats or integers");
  const size_t count = reals.empty() ? integers.size() : reals.size();
  if (count != 1) MLE_TRY(want_columns(op, count));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  const DType dtype = op.fact(x).dtype;
  if (is_float(dtype) == reals.empty())
    return broken(C209_Attribute,
                  std::string("Imputer of ") + name_of(dtype) + " with values of another type");

  if (reals.empty()) {
    MLE_TRY_ASSIGN(ValueId imputed, row_of(op, DType::I64, integers));
    MLE_TRY_ASSIGN(imputed, converted(op, imputed, dtype));
    MLE_TRY_ASSIGN(ValueId replaced, row_of(op, DType::I64, std::vector<int64_t>{integer}));
    MLE_TRY_ASSIGN(replaced, converted(op, replaced, dtype));
    MLE_TRY_ASSIGN(const ValueId found, op.add(compare(CompareFn::Equal, x, replaced)));
    return op.emit(select(found, imputed, x));
  }
  MLE_TRY_ASSIGN(const ValueId imputed, per_column(op, reals, x, "imputed_value_floats"));
  const float replaced_value = real == nullptr ? 0.0f : real->f();
  ValueId found = kNone;
  if (std::isnan(replaced_value)) {
    MLE_TRY_ASSIGN(found, op.add(compare(CompareFn::NotEqual, x, x)));
  } else {
    MLE_TRY_ASSIGN(ValueId replaced, vector_of(op, {replaced_value}));
    MLE_TRY_ASSIGN(replaced, converted(op, replaced, dtype));
    MLE_TRY_ASSIGN(found, op.add(compare(CompareFn::Equal, x, replaced)));
  }
  return op.emit(select(found, imputed, x));
}

// x > threshold ? 1 : 0
Status read_binarizer(OperatorNode& op) {
  MLE_TRY_ASSIGN(const double threshold, op.real("threshold", 0));
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  const DType dtype = op.fact(x).dtype;
  MLE_TRY_ASSIGN(ValueId bound, op.scalar(threshold, DType::F32));
  MLE_TRY_ASSIGN(bound, converted(op, bound, dtype));
  MLE_TRY_ASSIGN(const ValueId above, op.add(compare(CompareFn::Greater, x, bound)));
  MLE_TRY_ASSIGN(const ValueId y, converted(op, above, dtype));
  op.emit_value(y);
  return {};
}

// Each row by its norm; a row whose norm is 0 stays as it is. MAX is the largest number, not the
// largest size: so does ONNX Runtime.
Status read_normalizer(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view norm, op.text("norm", "MAX"));
  if (norm != "L1" && norm != "L2" && norm != "MAX")
    return broken(C209_Attribute, "Normalizer with norm = " + quoted(norm));
  if (op.dims(0).empty()) return unsupported(C208_Shape, "Normalizer of a tensor without columns");
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  MLE_TRY_ASSIGN(x, converted(op, x, DType::F32));
  const std::vector<uint32_t> last = {static_cast<uint32_t>(op.fact(x).dims.size() - 1)};
  ValueId length = kNone;
  if (norm == "MAX") {
    MLE_TRY_ASSIGN(length, op.add(reduce(ReduceFn::Max, x, last, true)));
  } else if (norm == "L1") {
    MLE_TRY_ASSIGN(const ValueId size, op.add(unary(Act::Abs, x)));
    MLE_TRY_ASSIGN(length, op.add(reduce(ReduceFn::Sum, size, last, true)));
  } else {
    MLE_TRY_ASSIGN(const ValueId squares, op.add(reduce(ReduceFn::SumSquare, x, last, true)));
    MLE_TRY_ASSIGN(length, op.add(unary(Act::Sqrt, squares)));
  }
  MLE_TRY_ASSIGN(const ValueId zero, op.scalar(0, DType::F32));
  MLE_TRY_ASSIGN(const ValueId one, op.scalar(1, DType::F32));
  MLE_TRY_ASSIGN(const ValueId is_zero, op.add(compare(CompareFn::Equal, length, zero)));
  MLE_TRY_ASSIGN(const ValueId by, op.add(select(is_zero, one, length)));
  return op.emit(binary(BinaryFn::Div, x, by));
}

// Inputs side by side, each cut or filled with zeros to the width it is said to have.
Status read_feature_vectorizer(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::vector<int64_t> widths, integers_of(op, "inputdimensions"));
  if (!widths.empty() && widths.size() != op.input_count())
    return broken(C209_Attribute, "FeatureVectorizer whose inputdimensions are not one per input");
  Node node;
  node.kind = OpKind::Concat;
  for (size_t i = 0; i < op.input_count(); ++i) {
    MLE_TRY_ASSIGN(ValueId x, op.value(i));
    const Dims& dims = op.dims(i);
    const size_t axes = op.per_row(i) ? 1 : 2;
    if (dims.size() != axes && !(op.per_row(i) && dims.empty()))
      return unsupported(C208_Shape, "FeatureVectorizer of an input that is no matrix");
    if (dims.empty()) {
      MLE_TRY_ASSIGN(x, op.reshaped(x, {1}));
    }
    const uint32_t width = op.fact(x).dims.back();
    if (!widths.empty() && widths[i] != int64_t{width})
      return unsupported(C209_Attribute,
                         "FeatureVectorizer takes " + std::to_string(widths[i]) +
                             " columns of an input with " + std::to_string(width),
                         "say the true number of columns in inputdimensions");
    MLE_TRY_ASSIGN(x, converted(op, x, DType::F32));
    node.inputs.push_back(x);
    node.iattr = {static_cast<uint32_t>(axes - 1)};
  }
  return op.emit(std::move(node));
}

constexpr Operator kOperators[] = {
    {"Binarizer", 1, kNow, 1, 1, 1, read_binarizer},
    {"FeatureVectorizer", 1, kNow, 1, kAny, 1, read_feature_vectorizer},
    {"Imputer", 1, kNow, 1, 1, 1, read_imputer},
    {"Normalizer", 1, kNow, 1, 1, 1, read_normalizer},
    {"Scaler", 1, kNow, 1, 1, 1, read_scaler},
};

}  // namespace

std::span<const Operator> ml_feature_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
