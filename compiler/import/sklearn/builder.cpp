// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/builder.h"

#include "compiler/evaluate/elements.h"
#include "compiler/graph/infer.h"
#include "compiler/import/sklearn/refusal.h"
#include "format/limits.h"

#include <cstring>
#include <utility>

namespace mle::compiler::sklearn {
namespace {

constexpr size_t kMaxNodes = 20'000;  // far beyond what a file can hold

Node node_of(OpKind kind, std::vector<ValueId> inputs, std::vector<uint32_t> iattr = {}) {
  Node node;
  node.kind = kind;
  node.inputs = std::move(inputs);
  node.iattr = std::move(iattr);
  return node;
}

template <class T>
Constant bytes_of(const std::vector<T>& elements) {
  std::vector<std::byte> bytes(elements.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), elements.data(), bytes.size());
  return Constant::from_bytes(std::move(bytes));
}

}  // namespace

uint32_t Builder::width(ValueId x) const {
  const Dims& dims = graph_.value(x).fact.dims;
  return dims.empty() ? 1 : dims.back();
}

ValueId Builder::add_node(Node node, const Fact* wanted) {
  if (graph_.nodes().size() >= kMaxNodes)
    refuse("the model takes more steps than a file can hold", "split it");
  return or_refuse(add_inferred(graph_, std::move(node), {}, wanted));
}

ValueId Builder::constant(DType dtype, Dims dims, Constant bytes) {
  if (bytes.bytes.size() > left_)
    refuse_damaged(
        "the model refers to its numbers over and over: they come to more than the file");
  left_ -= bytes.bytes.size();
  for (const uint32_t dim : dims)
    if (dim == 0) refuse("an array of the model is empty");
  return graph_.add_constant({}, dtype, std::move(dims), std::move(bytes));
}

ValueId Builder::table(const Reals& values, Dims dims) {
  if (element_count(dims) != values.size())
    refuse_damaged("an array of the model has a wrong size");
  return constant(DType::F64, std::move(dims), bytes_of(values));
}

ValueId Builder::vector(const Reals& values) {
  if (values.size() > format::kMaxDim) refuse("the model has too many columns");
  return table(values, {static_cast<uint32_t>(values.size())});
}

ValueId Builder::integers(const std::vector<int64_t>& values, DType dtype) {
  const Dims dims = {static_cast<uint32_t>(values.size())};
  if (dtype == DType::I64) return constant(dtype, dims, bytes_of(values));
  return constant(dtype, dims, make_constant(from_integers(values, dtype), dtype));
}

ValueId Builder::numbers(const Reals& values, DType dtype) {
  if (dtype == DType::F64) return vector(values);
  return constant(dtype, {static_cast<uint32_t>(values.size())},
                  make_constant(Elements(values), dtype));
}

ValueId Builder::flags(const std::vector<bool>& values, Dims dims) {
  if (element_count(dims) != values.size())
    refuse_damaged("an array of the model has a wrong size");
  return constant(DType::Bool, std::move(dims),
                  bytes_of(std::vector<uint8_t>(values.begin(), values.end())));
}

ValueId Builder::first_for_all(ValueId x) {
  const ValueId any = column(x, 0);
  return cast(compare(CompareFn::Less, any, any), DType::I64);
}

ValueId Builder::same_for_all(ValueId x, const Reals& values) {
  // Places in a list of one: whatever the row says, the first.
  return look_up(table(values, {1, static_cast<uint32_t>(values.size())}), first_for_all(x));
}

ValueId Builder::dense(ValueId x, const Matrix& weights, const Reals& bias) {
  if (weights.rows != width(x) || weights.columns > format::kMaxDim ||
      (!bias.empty() && bias.size() != weights.columns))
    refuse_damaged("a matrix of " + std::to_string(weights.rows) + " x " +
                   std::to_string(weights.columns) + " does not fit " + std::to_string(width(x)) +
                   " columns");
  const Dims dims = {static_cast<uint32_t>(weights.rows), static_cast<uint32_t>(weights.columns)};
  Node node = node_of(OpKind::Dense, {x, table(weights.values, dims)});
  if (!bias.empty()) node.inputs.push_back(vector(bias));
  return add_node(std::move(node));
}

ValueId Builder::unary(Act act, ValueId x) {
  Node node = node_of(OpKind::Unary, {x});
  node.act = act;
  return add_node(std::move(node));
}

ValueId Builder::binary(BinaryFn fn, ValueId a, ValueId b) {
  return add_node(node_of(OpKind::Binary, {a, b}, {static_cast<uint32_t>(fn)}));
}

ValueId Builder::expit(ValueId x) {
  const Fact wide = graph_.value(x).fact;
  const ValueId score = add_node(node_of(OpKind::Cast, {x}), &wide);
  return divide(vector({1}), add(unary(Act::Exp, unary(Act::Neg, score)), 1.0));
}

ValueId Builder::compare(CompareFn fn, ValueId a, ValueId b) {
  return add_node(node_of(OpKind::Compare, {a, b}, {static_cast<uint32_t>(fn)}));
}

ValueId Builder::select(ValueId condition, ValueId a, ValueId b) {
  return add_node(node_of(OpKind::Select, {condition, a, b}));
}

ValueId Builder::clip(ValueId x, double least, double most) {
  Node node = node_of(OpKind::Clip, {x});
  node.fattr = {least, most};
  return add_node(std::move(node));
}

ValueId Builder::softmax(ValueId x) { return add_node(node_of(OpKind::Softmax, {x}, {0})); }
ValueId Builder::log_softmax(ValueId x) { return add_node(node_of(OpKind::LogSoftmax, {x}, {0})); }

ValueId Builder::cast(ValueId x, DType to) {
  if (dtype(x) == to) return x;
  Fact wanted = graph_.value(x).fact;
  wanted.dtype = to;
  return add_node(node_of(OpKind::Cast, {x}), &wanted);
}

ValueId Builder::reduce(ReduceFn fn, ValueId x) {
  Node node = node_of(OpKind::Reduce, {x}, {static_cast<uint32_t>(fn), 1});
  node.indices = {0};
  return add_node(std::move(node));
}

ValueId Builder::argmax(ValueId x) { return add_node(node_of(OpKind::ArgMax, {x}, {0, 0, 1})); }

ValueId Builder::couple(ValueId pairs) { return add_node(node_of(OpKind::Couple, {pairs})); }

ValueId Builder::reshape(ValueId x, Dims dims) {
  Fact wanted = graph_.value(x).fact;
  if (wanted.dims == dims) return x;
  wanted.dims = std::move(dims);
  return add_node(node_of(OpKind::Reshape, {x}), &wanted);
}

ValueId Builder::concat(const std::vector<ValueId>& parts) {
  if (parts.empty()) refuse("a step of the model gives no columns");
  if (parts.size() == 1) return parts[0];
  return add_node(node_of(OpKind::Concat, parts, {0}));
}

ValueId Builder::columns(ValueId x, const std::vector<uint32_t>& picked) {
  if (picked.empty()) refuse("a step of the model keeps no columns");
  const uint32_t all = width(x);
  uint32_t in_order = 0;  // how many follow one another
  for (const uint32_t column : picked) {
    if (column >= all)
      refuse_damaged("column " + std::to_string(column) + " of " + std::to_string(all));
    if (column == picked[0] + in_order) ++in_order;
  }
  if (in_order == picked.size()) {
    if (in_order == all) return x;
    Fact wanted = graph_.value(x).fact;
    wanted.dims = {in_order};
    return add_node(node_of(OpKind::Slice, {x}, {0, picked[0], 1}), &wanted);
  }
  const std::vector<int64_t> indices(picked.begin(), picked.end());
  return add_node(node_of(OpKind::Gather, {x, integers(indices, DType::I64)}, {0}));
}

ValueId Builder::look_up(ValueId table, ValueId index) {
  const Dims& dims = graph_.value(table).fact.dims;
  const uint32_t columns = dims.size() > 1 ? dims.back() : 1;
  const ValueId found = add_node(node_of(OpKind::Gather, {table, index}, {0}));
  return reshape(found, {columns * width(index)});
}

ValueId Builder::products(ValueId x, std::vector<uint32_t> factors, uint32_t degree) {
  Node node = node_of(OpKind::Products, {x}, {degree});
  node.indices = std::move(factors);
  return add_node(std::move(node));
}

ValueId Builder::piecewise(ValueId x, const Pieces& pieces) {
  const uint32_t n = width(x);
  const ValueId breaks = table(pieces.breaks, {n, pieces.count});
  const ValueId coefficients =
      table(pieces.coefficients, {n, pieces.count + 1, pieces.polynomials, pieces.degree + 1});
  return add_node(node_of(OpKind::Piecewise, {x, breaks, coefficients},
                          {pieces.right ? 1u : 0u, static_cast<uint32_t>(pieces.outside)}));
}

ValueId Builder::places_of_words(ValueId x, std::vector<std::string> words, uint32_t unknown,
                                 uint32_t missing) {
  Node node = node_of(OpKind::MapKeys, {x}, {unknown, missing});
  node.strings = std::move(words);
  return add_node(std::move(node));
}

ValueId Builder::places_of_numbers(ValueId x, ValueId keys, uint32_t unknown, uint32_t missing) {
  return add_node(node_of(OpKind::MapKeys, {x, keys}, {unknown, missing}));
}

ValueId Builder::words_at(ValueId places, std::vector<std::string> words) {
  Node node = node_of(OpKind::Labels, {places});
  node.strings = std::move(words);
  return add_node(std::move(node));
}

ValueId Builder::is_missing(ValueId x) { return add_node(node_of(OpKind::IsMissing, {x})); }

}  // namespace mle::compiler::sklearn
