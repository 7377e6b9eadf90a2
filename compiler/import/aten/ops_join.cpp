// Tensors side by side, and one tensor in parts.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::aten {
namespace {

constexpr int64_t kMostParts = 4096;

Result<Value> read_cat(Call& call) {
  MLE_TRY_ASSIGN(std::vector<std::string> parts, call.tensors("tensors"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", 0));
  if (parts.empty()) return call.wrong("nothing to join");
  DType dtype = call.dtype_of(parts[0]);
  for (const std::string& part : parts) {
    const DType own = call.dtype_of(part);
    const bool own_real = own == DType::F32 || own == DType::F64;
    const bool real = dtype == DType::F32 || dtype == DType::F64;
    if (own == DType::F64 || (own_real && !real)) dtype = own;
  }
  for (std::string& part : parts) {
    MLE_TRY_ASSIGN(part, call.cast(part, dtype));
  }
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(parts[0])));
  return as_value(call.node("Concat", std::move(parts), {{"axis", static_cast<int64_t>(axis)}}));
}

Result<Value> read_stack(Call& call) {
  MLE_TRY_ASSIGN(std::vector<std::string> parts, call.tensors("tensors"));
  if (parts.empty()) return call.wrong("nothing to join");
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", 0));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(parts[0]) + 1));
  const std::string axes = call.composer().integers({static_cast<int64_t>(axis)});
  for (std::string& part : parts) {
    MLE_TRY_ASSIGN(part, call.node("Unsqueeze", {part, axes}));
  }
  return as_value(call.node("Concat", std::move(parts), {{"axis", static_cast<int64_t>(axis)}}));
}

Result<Value> read_hstack(Call& call) {
  MLE_TRY_ASSIGN(std::vector<std::string> parts, call.tensors("tensors"));
  if (parts.empty()) return call.wrong("nothing to join");
  const int64_t axis = call.rank(parts[0]) == 1 ? 0 : 1;
  return as_value(call.node("Concat", std::move(parts), {{"axis", axis}}));
}

Result<Value> split_into(Call& call, const std::string& x, size_t axis,
                         const std::vector<int64_t>& lengths) {
  if (lengths.empty() || lengths.size() > static_cast<size_t>(kMostParts))
    return call.wrong("no number of parts that fits");
  if (lengths.size() == 1) return Value::list({Value::tensor(x)});
  MLE_TRY_ASSIGN(auto parts, call.composer().add({"Split",
                                                  {x, call.composer().integers(lengths)},
                                                  {{"axis", static_cast<int64_t>(axis)}},
                                                  lengths.size()}));
  std::vector<Value> all;
  for (std::string& part : parts) all.push_back(Value::tensor(std::move(part)));
  return Value::list(std::move(all));
}

// Into parts of these lengths, or of one length.
Result<Value> read_split(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", 0));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  const char* name = call.has("split_sizes") ? "split_sizes" : "split_size";
  MLE_TRY_ASSIGN(const std::vector<int64_t> given, call.integers(name));
  if (call.is_list(name)) return split_into(call, x, axis, given);
  MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, axis));
  if (given[0] < 1 || length / given[0] >= kMostParts) return call.wrong("too many parts");
  std::vector<int64_t> lengths;
  for (int64_t at = 0; at < length; at += given[0])
    lengths.push_back(std::min(given[0], length - at));
  return split_into(call, x, axis, lengths);
}

Result<Value> read_chunk(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const int64_t chunks, call.integer("chunks"));
  MLE_TRY_ASSIGN(const int64_t dim, call.integer("dim", 0));
  MLE_TRY_ASSIGN(const size_t axis, call.axis(dim, call.rank(x)));
  MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, axis));
  if (chunks < 1 || chunks > kMostParts) return call.wrong("no number of parts that fits");
  const int64_t each = (length + chunks - 1) / chunks;
  std::vector<int64_t> lengths;
  for (int64_t at = 0; at < length; at += each) lengths.push_back(std::min(each, length - at));
  return split_into(call, x, axis, lengths);
}

constexpr Operator kOperators[] = {
    {"cat", "tensors dim", read_cat},
    {"concat", "tensors dim", read_cat},
    {"concatenate", "tensors dim", read_cat},
    {"stack", "tensors dim", read_stack},
    {"hstack", "tensors", read_hstack},
    {"column_stack", "tensors", read_hstack},
    {"split", "self split_size dim", read_split},
    {"split_with_sizes", "self split_sizes dim", read_split},
    {"chunk", "self chunks dim", read_chunk},
};

}  // namespace

std::span<const Operator> join_operators() { return kOperators; }

}  // namespace mle::compiler::aten
