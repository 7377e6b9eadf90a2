// Axes: their lengths, order and number.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mle::compiler::aten {
namespace {

using Kind = Value::Kind;

std::vector<int64_t> counted(size_t rank) {
  std::vector<int64_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Result<Value> read_identity(Call& call) { return as_value(call.tensor("self")); }

// What is done to the copy in place is not done to the original.
Result<Value> read_clone(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  return as_value(call.unary("Identity", x));
}

// In the dtype asked for, whatever device or layout.
Result<Value> read_to(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  // to.dtype(self, dtype, …), to.device(self, device, dtype, …), to.other(self, other, …),
  // to.dtype_layout(self, *, dtype, …)
  for (const char* name : {"dtype", "a", "b"}) {
    const Value* value = call.find(name);
    if (value == nullptr) continue;
    if (value->is_tensor()) return as_value(call.cast(x, call.dtype_of(value->text)));
    if (!value->is(Kind::Int)) continue;
    MLE_TRY_ASSIGN(const auto dtype, call.dtype(name));
    return as_value(call.cast(x, *dtype));
  }
  return Value::tensor(x);
}

Result<Value> read_type_as(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string other, call.tensor("other"));
  return as_value(call.cast(x, call.dtype_of(other)));
}

Result<Value> read_as_type(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  const std::string& op = call.op();
  const DType to = op == "float" || op == "half" ? DType::F32
                   : op == "double"              ? DType::F64
                   : op == "long"                ? DType::I64
                   : op == "int"                 ? DType::I32
                                                 : DType::Bool;
  return as_value(call.cast(x, to));
}

// The whole shape, or the length of one axis.
Result<Value> read_size(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  const auto dims = call.shape(x).dims;
  if (call.has("dim")) {
    MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim"));
    MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, dims.size()));
    return Value::length(dims[axis]);
  }
  std::vector<Value> all;
  for (const Length& length : dims) all.push_back(Value::length(length));
  return Value::list(std::move(all));
}

Result<Value> read_dim(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  return Value::whole(static_cast<int64_t>(call.rank(x)));
}

Result<Value> read_numel(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  Length product{1, 0};
  for (const Length& length : call.shape(x).dims) {
    if (!length.is_fixed()) std::swap(product.fixed, product.rows);
    const int64_t factor = length.is_fixed() ? length.fixed : length.rows;
    if (__builtin_mul_overflow(product.fixed, factor, &product.fixed) ||
        __builtin_mul_overflow(product.rows, factor, &product.rows))
      return call.wrong("a tensor too large");
  }
  return Value::length(product);
}

Result<Value> read_view(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  if (call.op() == "view" && call.has("dtype"))
    return call.not_compiled("as another type is not compiled");
  MLE_TRY_ASSIGN(const auto dims, call.lengths(call.has("shape") ? "shape" : "size"));
  return as_value(call.reshaped(x, dims));
}

Result<Value> read_view_as(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string other, call.tensor("other"));
  return as_value(call.reshaped(x, call.shape(other).dims));
}

Result<Value> read_flatten(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t from, call.integer("start_dim", 0));
  MLE_TRY_ASSIGN(const int64_t to, call.integer("end_dim", -1));
  auto dims = call.shape(x).dims;
  if (dims.empty()) return as_value(call.reshaped(x, {{1, 0}}));
  MLE_TRY_ASSIGN(const size_t first, call.axis(from, dims.size()));
  MLE_TRY_ASSIGN(const size_t last, call.axis(to, dims.size()));
  if (first > last) return call.wrong("its axes are in the wrong order");
  Length product{1, 0};
  for (size_t axis = first; axis <= last; ++axis) {
    const Length& length = dims[axis];
    if (!length.is_fixed() && product.rows != 0) return call.wrong("rows times rows");
    product = length.is_fixed() ? Length{product.fixed * length.fixed, product.rows * length.fixed}
                                : Length{product.fixed * length.fixed, product.fixed * length.rows};
  }
  const auto begin = dims.begin() + static_cast<ptrdiff_t>(first);
  dims.erase(begin, dims.begin() + static_cast<ptrdiff_t>(last) + 1);
  dims.insert(dims.begin() + static_cast<ptrdiff_t>(first), product);
  return as_value(call.reshaped(x, dims));
}

Result<Value> read_unflatten(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim"));
  MLE_TRY_ASSIGN(auto sizes, call.lengths("sizes"));
  auto dims = call.shape(x).dims;
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, dims.size()));
  int64_t known = 1;
  for (const Length& size : sizes) known *= size.fixed == -1 ? 1 : size.fixed;
  for (Length& size : sizes)
    if (size == Length{-1, 0} && known > 0)
      size = {dims[axis].fixed / known, dims[axis].rows / known};
  dims.erase(dims.begin() + static_cast<ptrdiff_t>(axis));
  dims.insert(dims.begin() + static_cast<ptrdiff_t>(axis), sizes.begin(), sizes.end());
  return as_value(call.reshaped(x, dims));
}

// Axes of length 1 that are named, or all there are.
Result<Value> read_squeeze(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  const auto dims = call.shape(x).dims;
  std::vector<int64_t> axes;
  if (call.has("dim")) {
    MLE_TRY_ASSIGN(const std::vector<int64_t> given, call.integers("dim"));
    for (const int64_t dim : given) {
      if (dims.empty()) continue;
      MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, dims.size()));
      if (dims[axis] == Length{1, 0}) axes.push_back(static_cast<int64_t>(axis));
    }
  } else {
    for (size_t axis = 0; axis < dims.size(); ++axis)
      if (dims[axis] == Length{1, 0}) axes.push_back(static_cast<int64_t>(axis));
  }
  if (axes.empty()) return Value::tensor(x);
  return as_value(call.node("Squeeze", {x, call.composer().integers(axes)}));
}

Result<Value> read_unsqueeze(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim"));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x) + 1));
  return as_value(
      call.node("Unsqueeze", {x, call.composer().integers({static_cast<int64_t>(axis)})}));
}

Result<Value> read_transpose(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  const size_t rank = call.rank(x);
  std::vector<int64_t> order = counted(rank);
  if (call.op() == "t" || call.op() == "numpy_T") {
    if (rank > 2 && call.op() == "t") return call.wrong("a matrix is wanted");
    std::reverse(order.begin(), order.end());
  } else if (call.op() == "mT" || call.op() == "adjoint") {
    if (rank < 2) return call.wrong("a matrix is wanted");
    std::swap(order[rank - 1], order[rank - 2]);
  } else {
    const bool axes = call.has("axis0");
    MLE_TRY_ASSIGN(const int64_t first, call.integer(axes ? "axis0" : "dim0"));
    MLE_TRY_ASSIGN(const int64_t second, call.integer(axes ? "axis1" : "dim1"));
    MLE_TRY_ASSIGN(const size_t a, call.axis(first, rank));
    MLE_TRY_ASSIGN(const size_t b, call.axis(second, rank));
    std::swap(order[a], order[b]);
  }
  return as_value(call.transposed(x, order));
}

Result<Value> read_permute(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(std::vector<int64_t> order, call.integers("dims"));
  const size_t rank = call.rank(x);
  if (order.size() != rank) return call.wrong("not one place for each axis");
  std::vector<bool> seen(rank);
  for (int64_t& place : order) {
    MLE_TRY_ASSIGN(const size_t axis, call.axis(place, rank));
    if (seen[axis]) return call.wrong("an axis twice");
    seen[axis] = true;
    place = static_cast<int64_t>(axis);
  }
  return as_value(call.transposed(x, order));
}

Result<Value> read_movedim(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> from, call.integers("source"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> to, call.integers("destination"));
  const size_t rank = call.rank(x);
  if (from.size() != to.size()) return call.wrong("not one place for each axis");
  std::vector<int64_t> order(rank, -1);
  std::vector<bool> moved(rank);
  for (size_t i = 0; i < from.size(); ++i) {
    MLE_TRY_ASSIGN(const size_t source, call.axis(from[i], rank));
    MLE_TRY_ASSIGN(const size_t place, call.axis(to[i], rank));
    if (moved[source] || order[place] != -1) return call.wrong("an axis twice");
    moved[source] = true;
    order[place] = static_cast<int64_t>(source);
  }
  size_t next = 0;
  for (int64_t& place : order) {
    if (place != -1) continue;
    while (moved[next]) ++next;
    place = static_cast<int64_t>(next++);
  }
  return as_value(call.transposed(x, order));
}

// To these lengths; -1 leaves one as it is.
Result<Value> expanded(Call& call, const std::string& x, std::vector<Length> dims) {
  const auto own = call.shape(x).dims;
  if (dims.size() < own.size()) return call.wrong("to fewer axes");
  const size_t added = dims.size() - own.size();
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] == Length{-1, 0}) {
      if (i < added) return call.wrong("a new axis without a length");
      dims[i] = own[i - added];
    }
  if (dims == own) return Value::tensor(x);
  return as_value(call.node("Expand", {x, call.composer().lengths(dims)}));
}

Result<Value> read_expand(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(auto dims, call.lengths("size"));
  return expanded(call, x, std::move(dims));
}

Result<Value> read_expand_as(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::string other, call.tensor("other"));
  return expanded(call, x, call.shape(other).dims);
}

Result<Value> read_repeat(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(std::vector<int64_t> times,
                 call.integers(call.op() == "repeat" ? "repeats" : "dims"));
  auto dims = call.shape(x).dims;
  if (call.op() == "tile" && times.size() < dims.size())
    times.insert(times.begin(), dims.size() - times.size(), 1);
  if (times.size() < dims.size()) return call.wrong("fewer numbers than axes");
  if (times.size() > dims.size()) {
    dims.insert(dims.begin(), times.size() - dims.size(), Length{1, 0});
    MLE_TRY_ASSIGN(x, call.reshaped(x, dims));
  }
  return as_value(call.node("Tile", {x, call.composer().integers(times)}));
}

constexpr Operator kOperators[] = {
    {"contiguous", "self memory_format", read_identity},
    {"clone", "self memory_format", read_clone},
    {"detach", "self", read_identity},
    {"alias", "self", read_identity},
    {"lift_fresh", "self", read_identity},
    {"lift_fresh_copy", "self", read_identity},
    {"requires_grad", "self requires_grad", read_identity},
    {"positive", "self", read_identity},
    {"cpu", "self", read_identity},
    {"_assert_tensor_metadata", "self", read_identity},
    {"to", "self a b non_blocking copy memory_format", read_to},
    {"_to_copy", "self", read_to},
    {"type_as", "self other", read_type_as},
    {"float", "self", read_as_type},
    {"double", "self", read_as_type},
    {"half", "self", read_as_type},
    {"long", "self", read_as_type},
    {"int", "self", read_as_type},
    {"bool", "self", read_as_type},
    {"size", "self dim", read_size},
    {"sym_size", "self dim", read_size},
    {"dim", "self", read_dim},
    {"numel", "self", read_numel},
    {"sym_numel", "self", read_numel},
    {"view", "self size", read_view},
    {"reshape", "self shape", read_view},
    {"_unsafe_view", "self size", read_view},
    {"view_copy", "self size", read_view},
    {"view_as", "self other", read_view_as},
    {"reshape_as", "self other", read_view_as},
    {"flatten", "self start_dim end_dim", read_flatten},
    {"unflatten", "self dim sizes", read_unflatten},
    {"squeeze", "self dim", read_squeeze},
    {"unsqueeze", "self dim", read_unsqueeze},
    {"transpose", "self dim0 dim1", read_transpose},
    {"swapaxes", "self dim0 dim1", read_transpose},
    {"swapdims", "self dim0 dim1", read_transpose},
    {"t", "self", read_transpose},
    {"numpy_T", "self", read_transpose},
    {"mT", "self", read_transpose},
    {"adjoint", "self", read_transpose},
    {"permute", "self dims", read_permute},
    {"movedim", "self source destination", read_movedim},
    {"moveaxis", "self source destination", read_movedim},
    {"expand", "self size", read_expand},
    {"broadcast_to", "self size", read_expand},
    {"expand_as", "self other", read_expand_as},
    {"repeat", "self repeats", read_repeat},
    {"tile", "self dims", read_repeat},
};

}  // namespace

std::span<const Operator> shape_operators() { return kOperators; }

}  // namespace mle::compiler::aten
