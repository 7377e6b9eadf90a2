// Activations, and softmax over an axis.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <cmath>

namespace mle::compiler::aten {
namespace {

Result<std::string> float_self(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor(call.has("input") ? "input" : "self"));
  return as_float(call, x);
}

// Operators that mean the same in ONNX under another name.
struct Plain {
  const char *torch, *onnx;
};
constexpr Plain kPlain[] = {
    {"relu", "Relu"},
    {"tanh", "Tanh"},
    {"mish", "Mish"},
    {"selu", "Selu"},
    {"silu", "Swish"},
    {"hardswish", "HardSwish"},
    {"erf", "Erf"},
    {"exp", "Exp"},
    {"sqrt", "Sqrt"},
    {"sin", "Sin"},
    {"cos", "Cos"},
    {"tan", "Tan"},
    {"asin", "Asin"},
    {"acos", "Acos"},
    {"atan", "Atan"},
    {"sinh", "Sinh"},
    {"cosh", "Cosh"},
    {"asinh", "Asinh"},
    {"acosh", "Acosh"},
    {"atanh", "Atanh"},
    {"softsign", "Softsign"},
    {"log", "Log"},
    {"reciprocal", "Reciprocal"},
    {"sigmoid", "Sigmoid"},
    {"special_expit", "Sigmoid"},
};

Result<Value> read_plain(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  for (const Plain& plain : kPlain)
    if (call.op() == plain.torch) return as_value(call.unary(plain.onnx, x));
  return call.wrong("not known");
}

Result<Value> read_relu(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  return as_value(call.unary("Relu", x));
}

Result<Value> read_identity(Call& call) {
  return as_value(call.tensor(call.has("input") ? "input" : "self"));
}

Result<Value> read_dropout(Call& call) {
  MLE_TRY_ASSIGN(const bool training, call.flag("train", false));
  if (training && call.has("p") && *call.real("p", 0.5) != 0)
    call.composer().note("dropout that was left in training mode is taken for one in eval mode");
  return read_identity(call);
}

Result<Value> read_gelu(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const std::string how, call.text("approximate", "none"));
  return as_value(call.node("Gelu", {x}, {{"approximate", how}}));
}

// scale (x > 0 ? x : alpha (e^(input_scale x) - 1)).
Result<Value> read_elu(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const double alpha, call.real("alpha", 1));
  MLE_TRY_ASSIGN(const double scale, call.real("scale", 1));
  MLE_TRY_ASSIGN(const double input_scale, call.real("input_scale", 1));
  if (input_scale != 1) return call.not_compiled("with an input_scale is not compiled");
  MLE_TRY_ASSIGN(const std::string y, call.node("Elu", {x}, {{"alpha", alpha}}));
  return scale == 1 ? Value::tensor(y) : as_value(call.with_number("Mul", y, scale));
}

Result<Value> read_celu(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const double alpha, call.real("alpha", 1));
  return as_value(call.node("Celu", {x}, {{"alpha", alpha}}));
}

Result<Value> read_leaky_relu(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const double slope, call.real("negative_slope", 0.01));
  return as_value(call.node("LeakyRelu", {x}, {{"alpha", slope}}));
}

// In eval mode the slope is the middle of the two bounds.
Result<Value> read_rrelu(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const double lower, call.real("lower", 1.0 / 8));
  MLE_TRY_ASSIGN(const double upper, call.real("upper", 1.0 / 3));
  return as_value(call.node("LeakyRelu", {x}, {{"alpha", (lower + upper) / 2}}));
}

// One slope, or one for each element along axis 1.
Result<Value> read_prelu(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(std::string slope, call.tensor("weight"));
  const size_t rank = call.rank(x);
  const auto shape = call.shape(slope);
  if (rank > 2 && shape.rank() == 1 && shape.dims[0].fixed != 1) {
    std::vector<Length> dims(rank - 1, Length{1, 0});
    dims[0] = shape.dims[0];
    MLE_TRY_ASSIGN(slope, call.reshaped(slope, dims));
  }
  return as_value(call.node("PRelu", {x, slope}));
}

// log(1 + e^(beta x)) / beta, and x itself above the threshold.
Result<Value> read_softplus(Call& call) {
  constexpr double kChangesNothing = 18;  // beyond it f32 cannot tell softplus(x) from x
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const double beta, call.real("beta", 1));
  MLE_TRY_ASSIGN(const double threshold, call.real("threshold", 20));
  std::string scaled = x;
  if (beta != 1) {
    MLE_TRY_ASSIGN(scaled, call.with_number("Mul", x, beta));
  }
  MLE_TRY_ASSIGN(std::string y, call.unary("Softplus", scaled));
  if (beta != 1) {
    MLE_TRY_ASSIGN(y, call.with_number("Mul", y, 1 / beta));
  }
  if (threshold >= kChangesNothing) return Value::tensor(y);
  MLE_TRY_ASSIGN(const std::string above, call.with_number("Greater", scaled, threshold));
  return as_value(call.node("Where", {above, x, y}));
}

// -softplus(-x).
Result<Value> read_log_sigmoid(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const std::string turned, call.unary("Neg", x));
  MLE_TRY_ASSIGN(const std::string soft, call.unary("Softplus", turned));
  return as_value(call.unary("Neg", soft));
}

Result<Value> read_hardsigmoid(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  return as_value(call.node("HardSigmoid", {x}, {{"alpha", 1.0 / 6}, {"beta", 0.5}}));
}

Result<Value> read_hardtanh(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const double lo, call.real("min_val", call.op() == "relu6" ? 0 : -1));
  MLE_TRY_ASSIGN(const double hi, call.real("max_val", call.op() == "relu6" ? 6 : 1));
  return as_value(call.node("Clip", {x, call.number_like(x, lo), call.number_like(x, hi)}));
}

Result<Value> read_tanhshrink(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const std::string bent, call.unary("Tanh", x));
  return as_value(call.node("Sub", {x, bent}));
}

Result<Value> read_shrink(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const double lambda, call.real("lambd", 0.5));
  const double bias = call.op() == "softshrink" ? lambda : 0;
  return as_value(call.node("Shrink", {x}, {{"lambd", lambda}, {"bias", bias}}));
}

Result<Value> read_threshold(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const double threshold, call.real("threshold"));
  MLE_TRY_ASSIGN(const double value, call.real("value"));
  MLE_TRY_ASSIGN(const std::string above, call.with_number("Greater", x, threshold));
  return as_value(call.node("Where", {above, x, call.number_like(x, value)}));
}

// The first half times the sigmoid of the second.
Result<Value> read_glu(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, float_self(call));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", -1));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, axis));
  if (length % 2 != 0) return call.wrong("an axis of odd length");
  MLE_TRY_ASSIGN(const auto halves,
                 call.composer().add({"Split",
                                      {x, call.composer().integers({length / 2, length / 2})},
                                      {{"axis", static_cast<int64_t>(axis)}},
                                      2}));
  MLE_TRY_ASSIGN(const std::string gate, call.unary("Sigmoid", halves[1]));
  return as_value(call.node("Mul", {halves[0], gate}));
}

Result<Value> read_softmax(Call& call) {
  MLE_TRY_ASSIGN(std::string x, float_self(call));
  MLE_TRY_ASSIGN(const auto dtype, call.dtype("dtype"));
  if (dtype) {
    MLE_TRY_ASSIGN(x, call.cast(x, *dtype));
  }
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim"));
  const bool is_log = call.op().find("log_") != std::string::npos;
  if (call.op() == "softmin") {
    MLE_TRY_ASSIGN(x, call.unary("Neg", x));
  }
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  return as_value(
      call.node(is_log ? "LogSoftmax" : "Softmax", {x}, {{"axis", static_cast<int64_t>(axis)}}));
}

constexpr Operator kOperators[] = {
    {"relu", "self", read_relu},
    {"tanh", "self", read_plain},
    {"sigmoid", "self", read_plain},
    {"special_expit", "self", read_plain},
    {"mish", "self", read_plain},
    {"selu", "self", read_plain},
    {"silu", "self", read_plain},
    {"hardswish", "self", read_plain},
    {"softsign", "self", read_plain},
    {"erf", "self", read_plain},
    {"exp", "self", read_plain},
    {"log", "self", read_plain},
    {"sqrt", "self", read_plain},
    {"reciprocal", "self", read_plain},
    {"sin", "self", read_plain},
    {"cos", "self", read_plain},
    {"tan", "self", read_plain},
    {"asin", "self", read_plain},
    {"acos", "self", read_plain},
    {"atan", "self", read_plain},
    {"sinh", "self", read_plain},
    {"cosh", "self", read_plain},
    {"asinh", "self", read_plain},
    {"acosh", "self", read_plain},
    {"atanh", "self", read_plain},
    {"dropout", "input p train", read_dropout},
    {"native_dropout", "input p train", read_dropout},
    {"alpha_dropout", "input p train", read_dropout},
    {"feature_dropout", "input p train", read_dropout},
    {"feature_alpha_dropout", "input p train", read_dropout},
    {"gelu", "self approximate", read_gelu},
    {"elu", "self alpha scale input_scale", read_elu},
    {"celu", "self alpha", read_celu},
    {"leaky_relu", "self negative_slope", read_leaky_relu},
    {"rrelu", "self lower upper training generator", read_rrelu},
    {"prelu", "self weight", read_prelu},
    {"_prelu_kernel", "self weight", read_prelu},
    {"softplus", "self beta threshold", read_softplus},
    {"log_sigmoid", "self", read_log_sigmoid},
    {"hardsigmoid", "self", read_hardsigmoid},
    {"hardtanh", "self min_val max_val", read_hardtanh},
    {"relu6", "self", read_hardtanh},
    {"tanhshrink", "self", read_tanhshrink},
    {"softshrink", "self lambd", read_shrink},
    {"hardshrink", "self lambd", read_shrink},
    {"threshold", "self threshold value", read_threshold},
    {"glu", "self dim", read_glu},
    {"softmax", "self dim dtype", read_softmax},
    {"_softmax", "self dim half_to_float", read_softmax},
    {"softmin", "self dim dtype", read_softmax},
    {"log_softmax", "self dim dtype", read_softmax},
    {"_log_softmax", "self dim half_to_float", read_softmax},
};

}  // namespace

Result<std::string> as_float(Call& call, const std::string& tensor) {
  const DType dtype = call.dtype_of(tensor);
  if (dtype == DType::F32 || dtype == DType::F64) return tensor;
  return call.cast(tensor, DType::F32);
}

std::span<const Operator> activation_operators() { return kOperators; }

}  // namespace mle::compiler::aten
