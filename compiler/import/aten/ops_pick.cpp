// Parts of tensors: slices, single entries, entries by index.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::aten {
namespace {

using Kind = Value::Kind;
constexpr int64_t kEnd = INT64_MAX;

Result<std::string> sliced(Call& call, const std::string& x, size_t axis, int64_t from, int64_t to,
                           int64_t step) {
  if (from == 0 && to >= kEnd && step == 1) return x;
  onnx::Composer& composer = call.composer();
  return call.node("Slice",
                   {x, composer.integers({from}), composer.integers({to}),
                    composer.integers({static_cast<int64_t>(axis)}), composer.integers({step})});
}

Result<Value> read_slice(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", 0));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  MLE_TRY_ASSIGN(const int64_t from, call.integer("start", 0));
  MLE_TRY_ASSIGN(const int64_t step, call.integer("step", 1));
  int64_t to = kEnd;
  if (call.has("end")) {
    const Value& end = *call.find("end");
    // Up to the number of rows of an axis that is as long: all of it.
    const bool all =
        end.is(Kind::Int) && !end.integer.is_fixed() && end.integer == call.shape(x).dims[axis];
    if (!all) {
      MLE_TRY_ASSIGN(to, call.integer("end"));
    }
  }
  return as_value(sliced(call, x, axis, from, to, step));
}

Result<Value> read_narrow(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim"));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  MLE_TRY_ASSIGN(const int64_t from, call.integer("start"));
  MLE_TRY_ASSIGN(const int64_t length, call.integer("length"));
  int64_t start = from;
  if (from < 0) {
    MLE_TRY_ASSIGN(const int64_t all, call.fixed_length(x, axis));
    start += all;
  }
  return as_value(sliced(call, x, axis, start, start + length, 1));
}

Result<std::string> selected(Call& call, const std::string& x, size_t axis, int64_t index) {
  return call.node("Gather",
                   {x, call.composer().constant({}, DType::I64, {}, Constant::from_bytes([&] {
                                                  std::vector<std::byte> bytes(8);
                                                  std::copy_n(
                                                      reinterpret_cast<const std::byte*>(&index), 8,
                                                      bytes.begin());
                                                  return bytes;
                                                }()))},
                   {{"axis", static_cast<int64_t>(axis)}});
}

Result<Value> read_select(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim"));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  MLE_TRY_ASSIGN(const int64_t index, call.integer("index"));
  return as_value(selected(call, x, axis, index));
}

// All entries along an axis, each without it.
Result<Value> read_unbind(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", 0));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, axis));
  if (length > 4096) return call.not_compiled("of so long an axis is not compiled");
  std::vector<Value> all;
  for (int64_t i = 0; i < length; ++i) {
    MLE_TRY_ASSIGN(std::string part, selected(call, x, axis, i));
    all.push_back(Value::tensor(std::move(part)));
  }
  return Value::list(std::move(all));
}

Result<Value> read_gather(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim"));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  MLE_TRY_ASSIGN(const std::string index, call.tensor(call.has("indices") ? "indices" : "index"));
  if (call.op() == "take_along_dim") {
    const auto own = call.shape(x).dims, places = call.shape(index).dims;
    for (size_t i = 0; i < own.size(); ++i)
      if (places.size() != own.size() || (i != axis && !(places[i] == own[i])))
        return call.not_compiled("of indices that are broadcast is not compiled");
  }
  return as_value(call.node(call.op() == "index_select" ? "Gather" : "GatherElements", {x, index},
                            {{"axis", static_cast<int64_t>(axis)}}));
}

Result<Value> read_embedding(Call& call) {
  MLE_TRY_ASSIGN(const std::string table, call.tensor("weight"));
  MLE_TRY_ASSIGN(const std::string ids, call.tensor("indices"));
  const DType dtype = call.dtype_of(ids);
  if (dtype == DType::F32 || dtype == DType::F64)
    return call.wrong("its indices are no whole numbers");
  return as_value(call.node("Gather", {table, ids}, {{"axis", int64_t{0}}}));
}

// x[:, i, :] with one list of indices.
Result<Value> read_index(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  const Value* given = call.find("indices");
  if (given == nullptr || !given->is(Kind::List) || given->items.size() > call.rank(x))
    return call.wrong("without its indices");
  std::optional<size_t> axis;
  for (size_t i = 0; i < given->items.size(); ++i) {
    if (given->items[i].is_none()) continue;
    if (axis || !given->items[i].is_tensor())
      return call.not_compiled("by several lists of indices is not compiled");
    axis = i;
  }
  if (!axis) return Value::tensor(x);
  const std::string& index = given->items[*axis].text;
  if (call.dtype_of(index) == DType::Bool)
    return call.not_compiled("by a mask is not compiled, its result has no fixed shape");
  return as_value(call.node("Gather", {x, index}, {{"axis", static_cast<int64_t>(*axis)}}));
}

Result<Value> read_flip(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> dims, call.integers("dims"));
  for (const int64_t dim : dims) {
    MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
    MLE_TRY_ASSIGN(x, sliced(call, x, axis, -1, INT64_MIN, -1));
  }
  return Value::tensor(x);
}

// The last `shift` entries come first.
Result<Value> read_roll(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> shifts, call.integers("shifts"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> dims, call.integers("dims"));
  if (shifts.size() != dims.size()) return call.not_compiled("of all axes is not compiled");
  for (size_t i = 0; i < dims.size(); ++i) {
    MLE_TRY_ASSIGN(const size_t axis, call.axis(dims[i], call.rank(x)));
    MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, axis));
    const int64_t cut = length == 0 ? 0 : ((-shifts[i] % length) + length) % length;
    if (cut == 0) continue;
    MLE_TRY_ASSIGN(const std::string last, sliced(call, x, axis, cut, kEnd, 1));
    MLE_TRY_ASSIGN(const std::string first, sliced(call, x, axis, 0, cut, 1));
    MLE_TRY_ASSIGN(x, call.node("Concat", {last, first}, {{"axis", static_cast<int64_t>(axis)}}));
  }
  return Value::tensor(x);
}

constexpr Operator kOperators[] = {
    {"slice", "self dim start end step", read_slice},
    {"slice_copy", "self dim start end step", read_slice},
    {"narrow", "self dim start length", read_narrow},
    {"select", "self dim index", read_select},
    {"select_copy", "self dim index", read_select},
    {"unbind", "self dim", read_unbind},
    {"gather", "self dim index sparse_grad", read_gather},
    {"take_along_dim", "self indices dim", read_gather},
    {"index_select", "self dim index", read_gather},
    {"embedding", "weight indices padding_idx scale_grad_by_freq sparse", read_embedding},
    {"index", "self indices", read_index},
    {"flip", "self dims", read_flip},
    {"roll", "self shifts dims", read_roll},
};

}  // namespace

std::span<const Operator> pick_operators() { return kOperators; }

}  // namespace mle::compiler::aten
