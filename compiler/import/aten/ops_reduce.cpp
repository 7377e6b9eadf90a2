// Sums, means, norms and the like over axes.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <cmath>
#include <utility>

namespace mle::compiler::aten {
namespace {

bool is_real(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

// The axes named by `dim`; all where it is absent or empty.
Result<std::vector<int64_t>> axes_of(Call& call, size_t rank) {
  std::vector<int64_t> axes;
  if (call.has("dim")) {
    MLE_TRY_ASSIGN(axes, call.integers("dim"));
  }
  for (int64_t& axis : axes) {
    MLE_TRY_ASSIGN(const size_t place, call.axis(axis, rank));
    axis = static_cast<int64_t>(place);
  }
  if (axes.empty())
    for (size_t axis = 0; axis < rank; ++axis) axes.push_back(static_cast<int64_t>(axis));
  return axes;
}

Result<std::string> reduced(Call& call, const char* type, const std::string& x,
                            const std::vector<int64_t>& axes, bool keep) {
  return call.node(type, {x, call.composer().integers(axes)},
                   {{"keepdims", keep ? int64_t{1} : 0}});
}

Result<Value> read_reduce(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  const std::string& op = call.op();
  MLE_TRY_ASSIGN(const auto dtype, call.dtype("dtype"));
  if (dtype) {
    MLE_TRY_ASSIGN(x, call.cast(x, *dtype));
  }
  if (op == "mean" || op == "logsumexp") {
    MLE_TRY_ASSIGN(x, as_float(call, x));
  }
  if (!is_real(call.dtype_of(x)) && (op == "sum" || op == "prod")) {
    MLE_TRY_ASSIGN(x, call.cast(x, DType::I64));
  }
  const bool truth = op == "any" || op == "all";
  if (truth) {
    MLE_TRY_ASSIGN(x, call.cast(x, DType::Bool));
    MLE_TRY_ASSIGN(x, call.cast(x, DType::I64));
  }
  MLE_TRY_ASSIGN(const bool keep, call.flag("keepdim", false));
  MLE_TRY_ASSIGN(const auto axes, axes_of(call, call.rank(x)));
  if (axes.empty()) return Value::tensor(x);
  const char* type = op == "mean"                  ? "ReduceMean"
                     : op == "sum"                 ? "ReduceSum"
                     : op == "prod"                ? "ReduceProd"
                     : op == "logsumexp"           ? "ReduceLogSumExp"
                     : op == "amax" || op == "any" ? "ReduceMax"
                                                   : "ReduceMin";
  MLE_TRY_ASSIGN(std::string y, reduced(call, type, x, axes, keep));
  if (truth) {
    MLE_TRY_ASSIGN(y, call.cast(y, DType::Bool));
  }
  return Value::tensor(y);
}

// max(x), max(x, dim) with places, max(a, b).
Result<Value> read_max(Call& call) {
  const bool is_max = call.op() == "max";
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  // The second argument is a tensor, or the number of an axis.
  const char* second = call.has("other") ? "other" : "dim";
  if (call.is_tensor(second)) {
    MLE_TRY_ASSIGN(const auto pair, promoted(call, Value::tensor(x), *call.find(second)));
    return as_value(call.node(is_max ? "Max" : "Min", {pair.first, pair.second}));
  }
  MLE_TRY_ASSIGN(const bool keep, call.flag("keepdim", false));
  MLE_TRY_ASSIGN(const auto axes, axes_of(call, call.rank(x)));
  const char* type = is_max ? "ReduceMax" : "ReduceMin";
  if (!call.has("dim")) return as_value(reduced(call, type, x, axes, false));
  MLE_TRY_ASSIGN(std::string value, reduced(call, type, x, axes, keep));
  MLE_TRY_ASSIGN(std::string place,
                 call.node(is_max ? "ArgMax" : "ArgMin", {x},
                           {{"axis", axes[0]}, {"keepdims", keep ? int64_t{1} : 0}}));
  return Value::list({Value::tensor(std::move(value)), Value::tensor(std::move(place))});
}

Result<Value> read_arg(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  if (!call.has("dim")) return call.not_compiled("over all axes mixes rows", "name an axis");
  MLE_TRY_ASSIGN(const auto axes, axes_of(call, call.rank(x)));
  MLE_TRY_ASSIGN(const bool keep, call.flag("keepdim", false));
  return as_value(call.node(call.op() == "argmax" ? "ArgMax" : "ArgMin", {x},
                            {{"axis", axes[0]}, {"keepdims", keep ? int64_t{1} : 0}}));
}

// The mean of squared distances from the mean, by the number of elements less the correction.
Result<Value> read_variance(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(x, as_float(call, x));
  const Value* first = call.find("dim");
  double correction = 1;
  std::vector<int64_t> axes;
  if (first != nullptr && first->is(Value::Kind::Bool)) {  // var(x, unbiased)
    correction = first->integer.fixed != 0 ? 1 : 0;
    for (size_t axis = 0; axis < call.rank(x); ++axis) axes.push_back(static_cast<int64_t>(axis));
  } else {
    MLE_TRY_ASSIGN(axes, axes_of(call, call.rank(x)));
  }
  MLE_TRY_ASSIGN(correction, call.real("correction", correction));
  MLE_TRY_ASSIGN(const bool unbiased, call.flag("unbiased", correction != 0));
  if (!unbiased) correction = 0;
  MLE_TRY_ASSIGN(const bool keep, call.flag("keepdim", false));
  double count = 1;
  for (const int64_t axis : axes) {
    MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, static_cast<size_t>(axis)));
    count *= static_cast<double>(length);
  }
  if (count <= correction) return call.wrong("over too few elements");
  MLE_TRY_ASSIGN(const std::string mean, reduced(call, "ReduceMean", x, axes, true));
  MLE_TRY_ASSIGN(const std::string left, call.node("Sub", {x, mean}));
  MLE_TRY_ASSIGN(const std::string squares, call.node("Mul", {left, left}));
  MLE_TRY_ASSIGN(std::string y, reduced(call, "ReduceMean", squares, axes, keep));
  if (correction != 0) {
    MLE_TRY_ASSIGN(y, call.with_number("Mul", y, count / (count - correction)));
  }
  const bool with_mean = call.op() == "var_mean" || call.op() == "std_mean";
  if (call.op().rfind("std", 0) == 0) {
    MLE_TRY_ASSIGN(y, call.unary("Sqrt", y));
  }
  if (!with_mean) return Value::tensor(y);
  MLE_TRY_ASSIGN(const std::string about, reduced(call, "ReduceMean", x, axes, keep));
  return Value::list({Value::tensor(y), Value::tensor(about)});
}

// The root of order p of the sum of powers.
Result<Value> read_norm(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(x, as_float(call, x));
  double order = 2;
  if (const Value* p = call.find("p"); p != nullptr && p->is(Value::Kind::Text)) {
    if (p->text != "fro") return call.not_compiled("of that kind is not compiled");
  } else {
    MLE_TRY_ASSIGN(order, call.real("p", call.has("ord") ? *call.real("ord", 2) : 2));
  }
  MLE_TRY_ASSIGN(const bool keep, call.flag("keepdim", false));
  MLE_TRY_ASSIGN(const auto axes, axes_of(call, call.rank(x)));
  if (order == 2) return as_value(reduced(call, "ReduceL2", x, axes, keep));
  if (order == 1) return as_value(reduced(call, "ReduceL1", x, axes, keep));
  MLE_TRY_ASSIGN(const std::string sizes, call.unary("Abs", x));
  if (std::isinf(order))
    return as_value(reduced(call, order > 0 ? "ReduceMax" : "ReduceMin", sizes, axes, keep));
  if (order == 0) return call.not_compiled("of order 0 is not compiled");
  MLE_TRY_ASSIGN(const std::string powers, call.with_number("Pow", sizes, order));
  MLE_TRY_ASSIGN(const std::string sum, reduced(call, "ReduceSum", powers, axes, keep));
  return as_value(call.with_number("Pow", sum, 1 / order));
}

Result<Value> read_cumsum(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim"));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  if (!is_real(call.dtype_of(x))) {
    MLE_TRY_ASSIGN(x, call.cast(x, DType::I64));
  }
  const std::string along = call.composer().number(static_cast<double>(axis), DType::I64);
  return as_value(call.node("CumSum", {x, along}));
}

Result<Value> read_topk(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  const bool places = call.op() == "argsort", sort = places || call.op() == "sort";
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", -1));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, axis));
  MLE_TRY_ASSIGN(const int64_t count, call.integer("k", length));
  MLE_TRY_ASSIGN(const bool descending, call.flag("descending", false));
  MLE_TRY_ASSIGN(const bool largest, call.flag("largest", true));
  MLE_TRY_ASSIGN(auto both,
                 call.composer().add({"TopK",
                                      {x, call.composer().integers({count})},
                                      {{"axis", static_cast<int64_t>(axis)},
                                       {"largest", (sort ? descending : largest) ? int64_t{1} : 0}},
                                      2}));
  if (places) return Value::tensor(std::move(both[1]));
  return Value::list({Value::tensor(std::move(both[0])), Value::tensor(std::move(both[1]))});
}

// x1 · x2 / (|x1| |x2|), each norm at least eps.
Result<Value> read_cosine(Call& call) {
  MLE_TRY_ASSIGN(const std::string a, call.tensor("x1"));
  MLE_TRY_ASSIGN(const std::string b, call.tensor("x2"));
  MLE_TRY_ASSIGN(const double eps, call.real("eps", 1e-8));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", 1));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(a)));
  const std::vector<int64_t> axes = {static_cast<int64_t>(axis)};
  std::string sides[2] = {a, b};
  for (std::string& side : sides) {
    MLE_TRY_ASSIGN(const std::string norm, reduced(call, "ReduceL2", side, axes, true));
    MLE_TRY_ASSIGN(const std::string by, call.node("Max", {norm, call.number_like(norm, eps)}));
    MLE_TRY_ASSIGN(side, call.node("Div", {side, by}));
  }
  MLE_TRY_ASSIGN(const std::string products, call.node("Mul", {sides[0], sides[1]}));
  return as_value(reduced(call, "ReduceSum", products, axes, false));
}

// The norm of x1 - x2 + eps over the last axis.
Result<Value> read_distance(Call& call) {
  MLE_TRY_ASSIGN(const std::string a, call.tensor("x1"));
  MLE_TRY_ASSIGN(const std::string b, call.tensor("x2"));
  MLE_TRY_ASSIGN(const double p, call.real("p", 2));
  MLE_TRY_ASSIGN(const double eps, call.real("eps", 1e-6));
  MLE_TRY_ASSIGN(const bool keep, call.flag("keepdim", false));
  if (p != 1 && p != 2) return call.not_compiled("of that order is not compiled");
  MLE_TRY_ASSIGN(const std::string left, call.node("Sub", {a, b}));
  MLE_TRY_ASSIGN(const std::string raised, call.with_number("Add", left, eps));
  const auto last = static_cast<int64_t>(call.rank(raised)) - 1;
  return as_value(reduced(call, p == 1 ? "ReduceL1" : "ReduceL2", raised, {last}, keep));
}

constexpr Operator kOperators[] = {
    {"mean", "self dim keepdim", read_reduce},
    {"sum", "self dim keepdim", read_reduce},
    {"prod", "self dim keepdim", read_reduce},
    {"amax", "self dim keepdim", read_reduce},
    {"amin", "self dim keepdim", read_reduce},
    {"any", "self dim keepdim", read_reduce},
    {"all", "self dim keepdim", read_reduce},
    {"logsumexp", "self dim keepdim", read_reduce},
    {"max", "self dim keepdim", read_max},
    {"min", "self dim keepdim", read_max},
    {"argmax", "self dim keepdim", read_arg},
    {"argmin", "self dim keepdim", read_arg},
    {"var", "self dim unbiased keepdim", read_variance},
    {"std", "self dim unbiased keepdim", read_variance},
    {"var_mean", "self dim unbiased keepdim", read_variance},
    {"std_mean", "self dim unbiased keepdim", read_variance},
    {"norm", "self p dim keepdim", read_norm},
    {"linalg_vector_norm", "self ord dim keepdim", read_norm},
    {"linalg_norm", "self ord dim keepdim", read_norm},
    {"cumsum", "self dim", read_cumsum},
    {"topk", "self k dim largest sorted", read_topk},
    {"sort", "self dim descending", read_topk},
    {"argsort", "self dim descending stable", read_topk},
    {"cosine_similarity", "x1 x2 dim eps", read_cosine},
    {"pairwise_distance", "x1 x2 p eps keepdim", read_distance},
};

}  // namespace

std::span<const Operator> reduce_operators() { return kOperators; }

}  // namespace mle::compiler::aten
