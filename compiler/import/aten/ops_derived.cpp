// Operators that are said in terms of other operators of PyTorch.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <algorithm>
#include <initializer_list>
#include <numbers>
#include <utility>

namespace mle::compiler::aten {
namespace {

using Kind = Value::Kind;
constexpr int64_t kMostElements = int64_t{1} << 22;

// Operators one after the other; the first that fails is what becomes of all.
class Words {
 public:
  explicit Words(Call& call) : call_(call) {}

  Value argument(const char* name) {
    const Value* value = call_.find(name);
    if (value != nullptr) return *value;
    fail(call_.wrong("without its " + std::string(name)));
    return {};
  }
  Value operator()(const char* op, std::vector<Value> arguments, Named named = {}) {
    if (!failed_.ok()) return {};
    auto made = run_operator(call_.composer(), op, std::move(arguments), std::move(named));
    if (made) return *std::move(made);
    fail(std::move(made).error());
    return {};
  }
  Result<Value> give(Value value) {
    if (!failed_.ok()) return std::move(failed_);
    return value;
  }

 private:
  void fail(Status status) {
    if (failed_.ok()) failed_ = std::move(status);
  }
  Call& call_;
  Status failed_;
};

Value number(double value) { return Value::number(value); }

// Towards zero.
Result<Value> read_trunc(Call& call) {
  Words w(call);
  const Value x = w.argument("self");
  const Value whole = w("floor", {w("abs", {x})});
  const Value y = w("mul", {w("sign", {x}), whole});
  return w.give(call.op() == "frac" ? w("sub", {x, y}) : y);
}

// x - y floor(x / y), or with the quotient towards zero.
Result<Value> read_remainder(Call& call) {
  Words w(call);
  const Value x = w.argument("self"), y = w.argument("other");
  if (x.is_tensor() && call.dtype_of(x.text) != DType::F32 && call.dtype_of(x.text) != DType::F64)
    return call.not_compiled("of whole numbers is not compiled");
  const Value quotient = w("div", {x, y});
  const Value whole = w(call.op() == "fmod" ? "trunc" : "floor", {quotient});
  return w.give(w("sub", {x, w("mul", {whole, y})}));
}

Result<Value> read_logit(Call& call) {
  Words w(call);
  Value x = w.argument("self");
  if (call.has("eps")) {
    MLE_TRY_ASSIGN(const double eps, call.real("eps"));
    x = w("clamp", {x, number(eps), number(1 - eps)});
  }
  return w.give(w("log", {w("div", {x, w("rsub", {x, number(1)})})}));
}

Result<Value> read_degrees(Call& call) {
  Words w(call);
  const double by = call.op() == "deg2rad" ? std::numbers::pi / 180 : 180 / std::numbers::pi;
  return w.give(w("mul", {w.argument("self"), number(by)}));
}

Result<Value> read_hypot(Call& call) {
  Words w(call);
  const Value a = w.argument("self"), b = w.argument("other");
  return w.give(w("sqrt", {w("add", {w("square", {a}), w("square", {b})})}));
}

// The greater one plus log(1 + e^-|a - b|).
Result<Value> read_logaddexp(Call& call) {
  Words w(call);
  const Value a = w.argument("self"), b = w.argument("other");
  const Value distance = w("abs", {w("sub", {a, b})});
  const Value rest = w("log1p", {w("exp", {w("neg", {distance})})});
  return w.give(w("add", {w("maximum", {a, b}), rest}));
}

// a log b, and 0 where a is 0.
Result<Value> read_xlogy(Call& call) {
  Words w(call);
  const Value a = w.argument("self"), b = w.argument("other");
  const Value product = w("mul", {a, w("log", {b})});
  return w.give(w("where", {w("eq", {a, Value::whole(0)}), number(0), product}));
}

Result<Value> read_isfinite(Call& call) {
  Words w(call);
  const Value x = w.argument("self");
  return w.give(w("logical_not", {w("logical_or", {w("isnan", {x}), w("isinf", {x})})}));
}

// Over what is a number.
Result<Value> read_nan_reduce(Call& call) {
  Words w(call);
  const Value x = w.argument("self");
  const Value dim = call.has("dim") ? *call.find("dim") : Value();
  const Value keep = call.has("keepdim") ? *call.find("keepdim") : Value::boolean(false);
  const Value missing = w("isnan", {x});
  const Value sum = w("sum", {w("where", {missing, number(0), x}), dim, keep});
  if (call.op() == "nansum") return w.give(sum);
  const Value count = w("sum", {w("logical_not", {missing}), dim, keep});
  return w.give(w("div", {sum, count}));
}

Result<Value> read_count_nonzero(Call& call) {
  Words w(call);
  const Value dim = call.has("dim") ? *call.find("dim") : Value();
  return w.give(w("sum", {w("ne", {w.argument("self"), Value::whole(0)}), dim}));
}

Result<Value> read_aminmax(Call& call) {
  Words w(call);
  const Value x = w.argument("self");
  Named named;
  for (const char* name : {"dim", "keepdim"})
    if (call.has(name)) named[name] = *call.find(name);
  const Value least = w("amin", {x}, named), most = w("amax", {x}, named);
  return w.give(Value::list({least, most}));
}

// Each entry less the one before it.
Result<Value> read_diff(Call& call) {
  Words w(call);
  Value x = w.argument("self");
  MLE_TRY_ASSIGN(const int64_t times, call.integer("n", 1));
  MLE_TRY_ASSIGN(const int64_t given, call.integer("dim", -1));
  MLE_TRY_ASSIGN(const std::string tensor, call.tensor("self"));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(given, call.rank(tensor)));
  MLE_TRY_ASSIGN(int64_t length, call.fixed_length(tensor, axis));
  if (call.has("prepend") || call.has("append") || times < 1 || times >= length)
    return call.not_compiled("of so few entries, or with others, is not compiled");
  const Value dim = Value::whole(static_cast<int64_t>(axis));
  for (int64_t i = 0; i < times; ++i, --length) {
    const Value later = w("narrow", {x, dim, Value::whole(1), Value::whole(length - 1)});
    const Value before = w("narrow", {x, dim, Value::whole(0), Value::whole(length - 1)});
    x = w("sub", {later, before});
  }
  return w.give(x);
}

// Every entry of an axis `repeats` times in a row.
Result<Value> read_repeat_interleave(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t times, call.integer("repeats"));
  if (!call.has("dim")) return call.not_compiled("over all axes mixes rows", "name an axis");
  MLE_TRY_ASSIGN(const int64_t given, call.integer("dim"));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(given, call.rank(x)));
  MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, axis));
  if (times < 1 || length > kMostElements / times) return call.wrong("no number that fits");
  std::vector<double> places;
  for (int64_t i = 0; i < length * times; ++i) places.push_back(static_cast<double>(i / times));
  return as_value(call.node("Gather", {x, call.composer().numbers(places, DType::I64)},
                            {{"axis", static_cast<int64_t>(axis)}}));
}

// Into so many parts that differ by one at most, or at these places.
Result<Value> read_tensor_split(Call& call) {
  Words w(call);
  const Value x = w.argument("self");
  MLE_TRY_ASSIGN(const std::string tensor, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t given, call.integer("dim", 0));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(given, call.rank(tensor)));
  MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(tensor, axis));
  std::vector<Value> lengths;
  if (call.is_list("indices")) {
    MLE_TRY_ASSIGN(std::vector<int64_t> places, call.integers("indices"));
    places.push_back(length);
    int64_t at = 0;
    for (const int64_t place : places) {
      if (place <= at || place > length)
        return call.not_compiled("into such parts is not compiled");
      lengths.push_back(Value::whole(place - at));
      at = place;
    }
  } else {
    MLE_TRY_ASSIGN(const int64_t parts,
                   call.integer(call.has("sections") ? "sections" : "indices"));
    if (parts < 1 || parts > length) return call.not_compiled("into such parts is not compiled");
    for (int64_t i = 0; i < parts; ++i)
      lengths.push_back(Value::whole(length / parts + (i < length % parts ? 1 : 0)));
  }
  return w.give(w("split_with_sizes",
                  {x, Value::list(std::move(lengths)), Value::whole(static_cast<int64_t>(axis))}));
}

// Joined along the third axis.
Result<Value> read_dstack(Call& call) {
  Words w(call);
  MLE_TRY_ASSIGN(const auto parts, call.tensors("tensors"));
  for (const std::string& part : parts)
    if (call.rank(part) < 3) return call.not_compiled("of fewer than three axes is not compiled");
  return w.give(w("cat", {w.argument("tensors"), Value::whole(2)}));
}

// 1 at the place that the number names.
Result<Value> read_one_hot(Call& call) {
  Words w(call);
  const Value x = w.argument("self");
  MLE_TRY_ASSIGN(const int64_t classes, call.integer("num_classes", -1));
  if (classes < 1)
    return call.not_compiled("without a number of classes depends on the values of its inputs",
                             "name the number: one_hot(x, num_classes=N)");
  const Value places = w("arange", {Value::whole(classes)});
  const Value equal = w("eq", {w("unsqueeze", {x, Value::whole(-1)}), places});
  return w.give(w("to", {equal, Value::whole(4)}));
}

// The entries above or below a diagonal; the others are 0.
Result<Value> read_triangle(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t diagonal, call.integer("diagonal", 0));
  const size_t rank = call.rank(x);
  if (rank < 2) return call.wrong("a matrix is wanted");
  MLE_TRY_ASSIGN(const int64_t rows, call.fixed_length(x, rank - 2));
  MLE_TRY_ASSIGN(const int64_t columns, call.fixed_length(x, rank - 1));
  if (rows > kMostElements / (columns + 1)) return call.wrong("too many elements");
  const bool upper = call.op() == "triu";
  std::vector<double> kept;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      kept.push_back((upper ? column - row >= diagonal : column - row <= diagonal) ? 1 : 0);
  MLE_TRY_ASSIGN(const std::string mask, call.reshaped(call.composer().numbers(kept, DType::Bool),
                                                       {{rows, 0}, {columns, 0}}));
  if (call.dtype_of(x) == DType::Bool) return as_value(call.node("And", {mask, x}));
  return as_value(call.node("Where", {mask, x, call.number_like(x, 0)}));
}

Result<Value> read_eye(Call& call) {
  MLE_TRY_ASSIGN(const int64_t rows, call.integer("n"));
  MLE_TRY_ASSIGN(const int64_t columns, call.integer("m", rows));
  MLE_TRY_ASSIGN(const auto dtype, call.dtype("dtype"));
  if (rows < 1 || columns < 1 || rows > kMostElements / columns)
    return call.wrong("no number of elements that fits");
  std::vector<double> flat(static_cast<size_t>(rows * columns), 0);
  for (int64_t i = 0; i < rows && i < columns; ++i) flat[static_cast<size_t>(i * columns + i)] = 1;
  return as_value(call.reshaped(call.composer().numbers(flat, dtype.value_or(DType::F32)),
                                {{rows, 0}, {columns, 0}}));
}

// How many of the boundaries lie below x: below or at it where `right`.
Result<Value> read_bucketize(Call& call) {
  Words w(call);
  const Value x = w.argument("self");
  const Value bounds = w.argument("boundaries");
  MLE_TRY_ASSIGN(const bool right, call.flag("right", false));
  if (bounds.is_tensor() && call.rank(bounds.text) != 1)
    return call.wrong("its boundaries are no vector");
  const Value each = w("unsqueeze", {x, Value::whole(-1)});
  const Value passed = w(right ? "ge" : "gt", {each, bounds});
  return w.give(w("sum", {passed, Value::whole(-1)}));
}

// x with the entries of an axis from `start` to `end`, or one of them, in place of its own.
Result<Value> read_scatter(Call& call) {
  Words w(call);
  const Value x = w.argument("self");
  Value part = w.argument("src");
  const bool one = call.op() == "select_scatter";
  MLE_TRY_ASSIGN(const std::string tensor, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t given, call.integer("dim", 0));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(given, call.rank(tensor)));
  MLE_TRY_ASSIGN(const int64_t step, call.integer("step", 1));
  if (step != 1) return call.not_compiled("with a step is not compiled");
  MLE_TRY_ASSIGN(int64_t from, one ? call.integer("index") : call.integer("start", 0));
  const bool all = !one && from == 0 && (!call.has("end") || call.find("end")->is(Kind::Int)) &&
                   (!call.has("end") || !call.find("end")->integer.is_fixed() ||
                    call.find("end")->integer.fixed >= int64_t{1} << 60);
  if (all) return w.give(part);
  MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(tensor, axis));
  int64_t to = from + 1;
  if (!one) {
    MLE_TRY_ASSIGN(to, call.integer("end", length));
  }
  if (from < 0) from += length;
  if (one) to = from + 1;
  if (!one && to < 0) to += length;
  to = std::min(to, length);
  if (from < 0 || from >= to) return call.wrong("its place does not fit");
  const Value dim = Value::whole(static_cast<int64_t>(axis));
  if (one) part = w("unsqueeze", {part, dim});
  std::vector<Value> parts;
  if (from > 0) parts.push_back(w("narrow", {x, dim, Value::whole(0), Value::whole(from)}));
  parts.push_back(part);
  if (to < length)
    parts.push_back(w("narrow", {x, dim, Value::whole(to), Value::whole(length - to)}));
  return w.give(w("cat", {Value::list(std::move(parts)), dim}));
}

// The distance of each row of x1 from each row of x2.
Result<Value> read_cdist(Call& call) {
  Words w(call);
  const Value a = w.argument("x1"), b = w.argument("x2");
  MLE_TRY_ASSIGN(const double p, call.real("p", 2));
  const Value left = w("unsqueeze", {a, Value::whole(-2)});
  const Value right = w("unsqueeze", {b, Value::whole(-3)});
  return w.give(w("linalg_vector_norm", {w("sub", {left, right}), number(p), Value::whole(-1)}));
}

constexpr Operator kOperators[] = {
    {"trunc", "self", read_trunc},
    {"fix", "self", read_trunc},
    {"frac", "self", read_trunc},
    {"remainder", "self other", read_remainder},
    {"fmod", "self other", read_remainder},
    {"logit", "self eps", read_logit},
    {"special_logit", "self eps", read_logit},
    {"deg2rad", "self", read_degrees},
    {"rad2deg", "self", read_degrees},
    {"hypot", "self other", read_hypot},
    {"logaddexp", "self other", read_logaddexp},
    {"xlogy", "self other", read_xlogy},
    {"special_xlogy", "self other", read_xlogy},
    {"isfinite", "self", read_isfinite},
    {"nansum", "self dim keepdim", read_nan_reduce},
    {"nanmean", "self dim keepdim", read_nan_reduce},
    {"count_nonzero", "self dim", read_count_nonzero},
    {"aminmax", "self dim keepdim", read_aminmax},
    {"diff", "self n dim prepend append", read_diff},
    {"repeat_interleave", "self repeats dim", read_repeat_interleave},
    {"tensor_split", "self indices dim", read_tensor_split},
    {"dstack", "tensors", read_dstack},
    {"one_hot", "self num_classes", read_one_hot},
    {"tril", "self diagonal", read_triangle},
    {"triu", "self diagonal", read_triangle},
    {"eye", "n m dtype layout device pin_memory", read_eye},
    {"bucketize", "self boundaries out_int32 right", read_bucketize},
    {"slice_scatter", "self src dim start end step", read_scatter},
    {"select_scatter", "self src dim index", read_scatter},
    {"cdist", "x1 x2 p compute_mode", read_cdist},
};

}  // namespace

std::span<const Operator> derived_operators() { return kOperators; }

}  // namespace mle::compiler::aten
