// Comparisons, truth values and choices.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <utility>

namespace mle::compiler::aten {
namespace {

using Kind = Value::Kind;

Result<Value> read_compare(Call& call) {
  const Value *a = call.find("self"), *b = call.find("other");
  if (a == nullptr || b == nullptr) return call.wrong("an operand is missing");
  const std::string& op = call.op();
  if (a->is_number() && b->is_number()) {
    const bool equal = a->integer == b->integer && a->as_real() == b->as_real();
    if (op == "eq" || op == "ne") return Value::boolean(equal == (op == "eq"));
    if (!a->integer.is_fixed() || !b->integer.is_fixed())
      return call.not_compiled("with the number of rows is not compiled",
                               "export the model with a fixed batch axis");
    const double x = a->as_real(), y = b->as_real();
    return Value::boolean(op == "lt" ? x < y : op == "le" ? x <= y : op == "gt" ? x > y : x >= y);
  }
  if (a->is(Kind::Text) && b->is(Kind::Text))
    return Value::boolean((a->text == b->text) == (op == "eq"));
  MLE_TRY_ASSIGN(const auto pair, promoted(call, *a, *b));
  const char* type = op == "lt"   ? "Less"
                     : op == "le" ? "LessOrEqual"
                     : op == "gt" ? "Greater"
                     : op == "ge" ? "GreaterOrEqual"
                                  : "Equal";
  MLE_TRY_ASSIGN(std::string y, call.node(type, {pair.first, pair.second}));
  if (op == "ne") {
    MLE_TRY_ASSIGN(y, call.unary("Not", y));
  }
  return Value::tensor(y);
}

Result<Value> read_logical(Call& call) {
  const std::string& op = call.op();
  MLE_TRY_ASSIGN(std::string a, call.tensor("self"));
  const bool bitwise = op.rfind("bitwise", 0) == 0 || op.rfind("__", 0) == 0;
  if (bitwise && call.dtype_of(a) != DType::Bool)
    return call.not_compiled("of whole numbers is not compiled");
  MLE_TRY_ASSIGN(a, call.cast(a, DType::Bool));
  if (op == "logical_not" || op == "bitwise_not") return as_value(call.unary("Not", a));
  MLE_TRY_ASSIGN(std::string b, call.tensor("other"));
  MLE_TRY_ASSIGN(b, call.cast(b, DType::Bool));
  const char* type = op.find("and") != std::string::npos   ? "And"
                     : op.find("xor") != std::string::npos ? "Xor"
                                                           : "Or";
  return as_value(call.node(type, {a, b}));
}

Result<Value> read_where(Call& call) {
  MLE_TRY_ASSIGN(std::string condition, call.tensor("condition"));
  MLE_TRY_ASSIGN(condition, call.cast(condition, DType::Bool));
  if (!call.has("self") || !call.has("other"))
    return call.not_compiled("without two choices is not compiled");
  MLE_TRY_ASSIGN(const auto pair, promoted(call, *call.find("self"), *call.find("other")));
  return as_value(call.node("Where", {condition, pair.first, pair.second}));
}

Result<Value> read_masked_fill(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string mask, call.tensor("mask"));
  MLE_TRY_ASSIGN(const double value, call.real("value"));
  return as_value(call.node("Where", {mask, call.number_like(x, value), x}));
}

Result<Value> read_is(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  return as_value(call.unary(call.op() == "isnan" ? "IsNaN" : "IsInf", x));
}

// NaN and infinities by numbers.
Result<Value> read_nan_to_num(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  const bool wide = call.dtype_of(x) == DType::F64;
  const double most = wide ? 1.7976931348623157e308 : 3.4028234663852886e38;
  MLE_TRY_ASSIGN(const double nan, call.real("nan", 0));
  MLE_TRY_ASSIGN(const double above, call.real("posinf", most));
  MLE_TRY_ASSIGN(const double below, call.real("neginf", -most));
  const double infinity = __builtin_inf();
  MLE_TRY_ASSIGN(const std::string missing, call.unary("IsNaN", x));
  MLE_TRY_ASSIGN(std::string y, call.node("Where", {missing, call.number_like(x, nan), x}));
  MLE_TRY_ASSIGN(const std::string is_above, call.with_number("Equal", x, infinity));
  MLE_TRY_ASSIGN(y, call.node("Where", {is_above, call.number_like(x, above), y}));
  MLE_TRY_ASSIGN(const std::string is_below, call.with_number("Equal", x, -infinity));
  return as_value(call.node("Where", {is_below, call.number_like(x, below), y}));
}

constexpr Operator kOperators[] = {
    {"eq", "self other", read_compare},
    {"ne", "self other", read_compare},
    {"lt", "self other", read_compare},
    {"le", "self other", read_compare},
    {"gt", "self other", read_compare},
    {"ge", "self other", read_compare},
    {"logical_and", "self other", read_logical},
    {"logical_or", "self other", read_logical},
    {"logical_xor", "self other", read_logical},
    {"logical_not", "self", read_logical},
    {"bitwise_and", "self other", read_logical},
    {"bitwise_or", "self other", read_logical},
    {"bitwise_xor", "self other", read_logical},
    {"bitwise_not", "self", read_logical},
    {"__and__", "self other", read_logical},
    {"__or__", "self other", read_logical},
    {"__xor__", "self other", read_logical},
    {"where", "condition self other", read_where},
    {"masked_fill", "self mask value", read_masked_fill},
    {"isnan", "self", read_is},
    {"isinf", "self", read_is},
    {"nan_to_num", "self nan posinf neginf", read_nan_to_num},
};

}  // namespace

std::span<const Operator> compare_operators() { return kOperators; }

}  // namespace mle::compiler::aten
