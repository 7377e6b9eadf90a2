// Arithmetic element by element.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace mle::compiler::aten {
namespace {

using Kind = Value::Kind;
using Pair = std::pair<std::string, std::string>;

bool is_real(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }
int rank_of(DType dtype) {  // of promotion
  switch (dtype) {
    case DType::Bool: return 0;
    case DType::U8: return 1;
    case DType::I8: return 2;
    case DType::I16: return 3;
    case DType::I32: return 4;
    case DType::F32: return 6;
    case DType::F64: return 7;
    default: return 5;
  }
}

// Both are numbers: computed right here.
Result<Value> of_numbers(Call& call, const Value& a, const Value& b, double alpha) {
  const std::string& op = call.op();
  const bool whole = !a.is(Kind::Real) && !b.is(Kind::Real) && alpha == std::floor(alpha);
  const auto scale = static_cast<int64_t>(alpha);
  if (whole) {
    Length x = a.integer, y = b.integer, r;
    bool over = false;
    const auto add = [&](int64_t sign) {
      int64_t fixed = 0, rows = 0;
      over |= __builtin_mul_overflow(y.fixed, sign * scale, &fixed) ||
              __builtin_mul_overflow(y.rows, sign * scale, &rows) ||
              __builtin_add_overflow(x.fixed, fixed, &r.fixed) ||
              __builtin_add_overflow(x.rows, rows, &r.rows);
    };
    if (op == "add" || op == "sub" || op == "rsub") {
      if (op == "rsub") std::swap(x, y);
      add(op == "add" ? 1 : -1);
    } else if (op == "mul" && (x.is_fixed() || y.is_fixed())) {
      if (!y.is_fixed()) std::swap(x, y);
      over |= __builtin_mul_overflow(x.fixed, y.fixed, &r.fixed) ||
              __builtin_mul_overflow(x.rows, y.fixed, &r.rows);
    } else if (op == "floor_divide" && y.is_fixed() && y.fixed > 0 && x.rows % y.fixed == 0 &&
               (x.rows == 0 || x.fixed % y.fixed == 0)) {
      r = {(x.fixed - ((x.fixed % y.fixed) + y.fixed) % y.fixed) / y.fixed, x.rows / y.fixed};
    } else if (op == "div" && x.is_fixed() && y.is_fixed() && y.fixed != 0) {
      return Value::number(static_cast<double>(x.fixed) / static_cast<double>(y.fixed));
    } else if (op == "pow" && x.is_fixed() && y.is_fixed()) {
      return Value::number(std::pow(static_cast<double>(x.fixed), static_cast<double>(y.fixed)));
    } else {
      return call.not_compiled("of these whole numbers is not compiled");
    }
    if (over) return call.wrong("a number too large");
    return Value::length(r);
  }
  if (!a.integer.is_fixed() || !b.integer.is_fixed())
    return call.not_compiled("with the number of rows is not compiled");
  const double x = a.as_real(), y = b.as_real();
  if (op == "add") return Value::number(x + alpha * y);
  if (op == "sub") return Value::number(x - alpha * y);
  if (op == "rsub") return Value::number(y - alpha * x);
  if (op == "mul") return Value::number(x * y);
  if (op == "div") return Value::number(x / y);
  if (op == "pow") return Value::number(std::pow(x, y));
  if (op == "floor_divide") return Value::number(std::floor(x / y));
  return call.not_compiled("of numbers is not compiled");
}

Result<Value> read_arithmetic(Call& call) {
  const std::string& op = call.op();
  const Value *a = call.find("self"), *b = call.find("other");
  if (a == nullptr || b == nullptr) return call.wrong("an operand is missing");
  MLE_TRY_ASSIGN(const double alpha, call.real("alpha", 1));
  if (a->is_number() && b->is_number()) return of_numbers(call, *a, *b, alpha);
  MLE_TRY_ASSIGN(const std::string mode, call.text("rounding_mode", ""));
  const bool real_division = (op == "div" || op == "divide" || op == "true_divide") && mode.empty();
  MLE_TRY_ASSIGN(Pair pair, promoted(call, *a, *b, real_division));
  if (op == "rsub") std::swap(pair.first, pair.second);
  const bool sum = op == "add" || op == "sub" || op == "rsub" || op == "subtract";
  if (sum && alpha != 1) {
    MLE_TRY_ASSIGN(pair.second, call.with_number("Mul", pair.second, alpha));
  }
  const char* type = op == "add"                                       ? "Add"
                     : op == "sub" || op == "rsub" || op == "subtract" ? "Sub"
                     : op == "mul" || op == "multiply"                 ? "Mul"
                     : op == "maximum" || op == "fmax"                 ? "Max"
                     : op == "minimum" || op == "fmin"                 ? "Min"
                                                                       : "Div";
  MLE_TRY_ASSIGN(std::string y, call.node(type, {pair.first, pair.second}));
  if (mode == "floor" || op == "floor_divide") {
    if (!is_real(call.dtype_of(y))) return call.not_compiled("of whole numbers is not compiled");
    MLE_TRY_ASSIGN(y, call.unary("Floor", y));
  } else if (mode == "trunc" && is_real(call.dtype_of(y))) {
    return run_operator(call.composer(), "trunc", {Value::tensor(y)}, {});
  } else if (!mode.empty()) {
    return call.not_compiled("with rounding_mode '" + mode.substr(0, 20) + "' is not compiled");
  }
  return Value::tensor(y);
}

Result<Value> read_pow(Call& call) {
  const Value *a = call.find("self"), *b = call.find("exponent");
  if (a == nullptr || b == nullptr) return call.wrong("an operand is missing");
  if (a->is_number() && b->is_number()) return of_numbers(call, *a, *b, 1);
  MLE_TRY_ASSIGN(const Pair pair, promoted(call, *a, *b));
  if (b->is_number() && is_real(call.dtype_of(pair.first))) {
    if (b->as_real() == 0.5) return as_value(call.unary("Sqrt", pair.first));
    if (b->as_real() == 2) return as_value(call.node("Mul", {pair.first, pair.first}));
  }
  return as_value(call.node("Pow", {pair.first, pair.second}));
}

// A function of one tensor as a chain of ONNX's: "Sqrt Reciprocal".
Result<Value> read_chain(Call& call) {
  struct Chain {
    const char *op, *first, *second;
    bool real;
  };
  static constexpr Chain kChains[] = {
      {"neg", "Neg", "", false},    {"negative", "Neg", "", false},
      {"abs", "Abs", "", false},    {"absolute", "Abs", "", false},
      {"sign", "Sign", "", false},  {"sgn", "Sign", "", false},
      {"floor", "Floor", "", true}, {"ceil", "Ceil", "", true},
      {"round", "Round", "", true}, {"rsqrt", "Sqrt", "Reciprocal", true},
  };
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  for (const Chain& chain : kChains) {
    if (call.op() != chain.op) continue;
    if (chain.real) {
      MLE_TRY_ASSIGN(x, as_float(call, x));
    }
    MLE_TRY_ASSIGN(x, call.unary(chain.first, x));
    if (*chain.second != '\0') {
      MLE_TRY_ASSIGN(x, call.unary(chain.second, x));
    }
    return Value::tensor(x);
  }
  return call.wrong("not known");
}

Result<Value> read_square(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  return as_value(call.node("Mul", {x, x}));
}

// log(1 + x), e^x - 1, and logarithms and powers of other bases.
Result<Value> read_log_like(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(x, as_float(call, x));
  const std::string& op = call.op();
  if (op == "log1p") {
    MLE_TRY_ASSIGN(x, call.with_number("Add", x, 1));
    return as_value(call.unary("Log", x));
  }
  if (op == "expm1" || op == "exp2") {
    if (op == "exp2") {
      MLE_TRY_ASSIGN(x, call.with_number("Mul", x, std::numbers::ln2));
    }
    MLE_TRY_ASSIGN(x, call.unary("Exp", x));
    return op == "exp2" ? Value::tensor(x) : as_value(call.with_number("Sub", x, 1));
  }
  MLE_TRY_ASSIGN(x, call.unary("Log", x));
  return as_value(
      call.with_number("Mul", x, op == "log2" ? std::numbers::log2e : std::numbers::log10e));
}

Result<Value> read_clamp(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  if (call.is_tensor("min") || call.is_tensor("max")) {
    for (const char* bound : {"min", "max"}) {
      if (!call.has(bound)) continue;
      MLE_TRY_ASSIGN(const Pair pair, promoted(call, Value::tensor(x), *call.find(bound)));
      MLE_TRY_ASSIGN(x, call.node(*(bound + 1) == 'i' ? "Max" : "Min", {pair.first, pair.second}));
    }
    return Value::tensor(x);
  }
  const bool fractional = (call.has("min") && call.find("min")->is(Kind::Real)) ||
                          (call.has("max") && call.find("max")->is(Kind::Real));
  if (fractional) {
    MLE_TRY_ASSIGN(x, as_float(call, x));
  }
  std::string lo, hi;
  if (call.has("min")) {
    MLE_TRY_ASSIGN(const double bound, call.real("min"));
    lo = call.number_like(x, bound);
  }
  if (call.has("max")) {
    MLE_TRY_ASSIGN(const double bound, call.real("max"));
    hi = call.number_like(x, bound);
  }
  if (is_real(call.dtype_of(x))) return as_value(call.node("Clip", {x, lo, hi}));
  if (!lo.empty()) {
    MLE_TRY_ASSIGN(x, call.node("Max", {x, lo}));
  }
  if (!hi.empty()) {
    MLE_TRY_ASSIGN(x, call.node("Min", {x, hi}));
  }
  return Value::tensor(x);
}

// self + value tensor1 tensor2, or tensor1 / tensor2.
Result<Value> read_addc(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string a, call.tensor("tensor1"));
  MLE_TRY_ASSIGN(const std::string b, call.tensor("tensor2"));
  MLE_TRY_ASSIGN(const double value, call.real("value", 1));
  MLE_TRY_ASSIGN(std::string part, call.node(call.op() == "addcmul" ? "Mul" : "Div", {a, b}));
  if (value != 1) {
    MLE_TRY_ASSIGN(part, call.with_number("Mul", part, value));
  }
  return as_value(call.node("Add", {x, part}));
}

// start + weight (end - start).
Result<Value> read_lerp(Call& call) {
  MLE_TRY_ASSIGN(const std::string a, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string b, call.tensor("end"));
  MLE_TRY_ASSIGN(const std::string way, call.node("Sub", {b, a}));
  MLE_TRY_ASSIGN(const Pair pair, promoted(call, Value::tensor(way), *call.find("weight")));
  MLE_TRY_ASSIGN(const std::string part, call.node("Mul", {pair.first, pair.second}));
  return as_value(call.node("Add", {a, part}));
}

constexpr Operator kOperators[] = {
    {"add", "self other alpha", read_arithmetic},
    {"sub", "self other alpha", read_arithmetic},
    {"subtract", "self other alpha", read_arithmetic},
    {"rsub", "self other alpha", read_arithmetic},
    {"mul", "self other", read_arithmetic},
    {"multiply", "self other", read_arithmetic},
    {"div", "self other rounding_mode", read_arithmetic},
    {"divide", "self other rounding_mode", read_arithmetic},
    {"true_divide", "self other", read_arithmetic},
    {"floor_divide", "self other", read_arithmetic},
    {"maximum", "self other", read_arithmetic},
    {"minimum", "self other", read_arithmetic},
    {"fmax", "self other", read_arithmetic},
    {"fmin", "self other", read_arithmetic},
    {"pow", "self exponent", read_pow},
    {"neg", "self", read_chain},
    {"negative", "self", read_chain},
    {"abs", "self", read_chain},
    {"absolute", "self", read_chain},
    {"sign", "self", read_chain},
    {"sgn", "self", read_chain},
    {"floor", "self", read_chain},
    {"ceil", "self", read_chain},
    {"round", "self", read_chain},
    {"rsqrt", "self", read_chain},
    {"square", "self", read_square},
    {"log1p", "self", read_log_like},
    {"expm1", "self", read_log_like},
    {"exp2", "self", read_log_like},
    {"log2", "self", read_log_like},
    {"log10", "self", read_log_like},
    {"clamp", "self min max", read_clamp},
    {"clip", "self min max", read_clamp},
    {"clamp_min", "self min", read_clamp},
    {"clamp_max", "self max", read_clamp},
    {"addcmul", "self tensor1 tensor2", read_addc},
    {"addcdiv", "self tensor1 tensor2", read_addc},
    {"lerp", "self end weight", read_lerp},
};

}  // namespace

Result<std::pair<std::string, std::string>> promoted(Call& call, const Value& a, const Value& b,
                                                     bool to_real) {
  const Value* both[] = {&a, &b};
  DType dtype = DType::Bool;
  bool any_tensor_with_axes = false;
  for (const Value* value : both)
    any_tensor_with_axes |= value->is_tensor() && call.rank(value->text) > 0;
  bool real_number = false;
  for (const Value* value : both) {
    if (value->is_tensor() && (!any_tensor_with_axes || call.rank(value->text) > 0)) {
      if (rank_of(call.dtype_of(value->text)) > rank_of(dtype)) dtype = call.dtype_of(value->text);
    } else {
      real_number |=
          value->is(Kind::Real) || (value->is_tensor() && is_real(call.dtype_of(value->text)));
    }
  }
  if ((real_number || to_real) && !is_real(dtype)) dtype = DType::F32;
  if (dtype == DType::Bool && (a.is(Kind::Int) || b.is(Kind::Int))) dtype = DType::I64;
  std::string names[2];
  for (int i = 0; i < 2; ++i) {
    const Value& value = *both[i];
    if (value.is_tensor()) {
      MLE_TRY_ASSIGN(names[i], call.cast(value.text, dtype));
    } else if (value.is_number() && value.integer.is_fixed()) {
      names[i] = call.composer().number(value.as_real(), dtype);
    } else {
      return call.not_compiled("of a tensor and something that is no number is not compiled");
    }
  }
  return Pair{names[0], names[1]};
}

std::span<const Operator> elementwise_operators() { return kOperators; }

}  // namespace mle::compiler::aten
