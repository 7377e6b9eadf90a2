// Pooling over axes of fixed length: the elements of every window are gathered, then
// multiplied with the weights, added up or compared.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/elements.h"
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/text.h"
#include "compiler/import/onnx/windows.h"

#include <cmath>
#include <limits>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr uint64_t kMostIndices = uint64_t{1} << 24;

Node node_of(OpKind kind, std::vector<ValueId> inputs, std::vector<uint32_t> iattr = {}) {
  Node node;
  node.kind = kind;
  node.inputs = std::move(inputs);
  node.iattr = std::move(iattr);
  return node;
}

// The axes in front of those that windows slide over: of a row the channels, of a whole tensor
// the batch, too.
Dims front_of(const OperatorNode& op, const Windows& windows) {
  const Dims& dims = op.dims(0);
  return Dims(dims.begin(), dims.end() - static_cast<ptrdiff_t>(windows.axes.size()));
}

Dims joined(Dims front, const Dims& behind) {
  front.insert(front.end(), behind.begin(), behind.end());
  return front;
}

// [.., inputs] by a table of places: [.., dims of the table].
Result<ValueId> gathered(OperatorNode& op, ValueId x, const Dims& table,
                         const std::vector<int32_t>& places) {
  if (places.size() > kMostIndices)
    return unsupported(C216_LimitReached, op.type() + " with too many windows");
  MLE_TRY_ASSIGN(const ValueId index, op.constant(make_tensor("", DType::I32, table, places)));
  const auto axis = static_cast<uint32_t>(op.fact(x).dims.size() - 1);
  return op.add(node_of(OpKind::Gather, {x, index}, {axis}));
}

// [front.., K, O] where k_first, else [front.., O, K].
Result<ValueId> window_elements(OperatorNode& op, ValueId input, const Windows& windows,
                                float padding, bool k_first) {
  const uint32_t outputs = windows.outputs(), kernel = windows.kernel();
  MLE_TRY_ASSIGN(const ValueId x, padded(op, input, front_of(op, windows), windows, padding));
  const uint64_t all = uint64_t{outputs} * kernel;
  MLE_TRY(op.budget().spend(all * sizeof(int32_t), all));
  std::vector<int32_t> places;
  const uint32_t outer = k_first ? kernel : outputs, inner = k_first ? outputs : kernel;
  for (uint32_t i = 0; i < outer; ++i)
    for (uint32_t j = 0; j < inner; ++j)
      places.push_back(static_cast<int32_t>(windows.source(k_first ? j : i, k_first ? i : j)));
  return gathered(op, x, {outer, inner}, places);
}

// The largest along an axis, by halves.
Result<ValueId> largest(OperatorNode& op, ValueId x, uint32_t axis) {
  while (op.fact(x).dims[axis] > 1) {
    const uint32_t n = op.fact(x).dims[axis], half = n / 2, rest = n - half;
    Fact wanted = op.fact(x);
    wanted.dims[axis] = rest;
    MLE_TRY_ASSIGN(const ValueId a, op.add(node_of(OpKind::Slice, {x}, {axis, 0, 1}), &wanted));
    // Of an odd number the middle one meets itself.
    MLE_TRY_ASSIGN(const ValueId b, op.add(node_of(OpKind::Slice, {x}, {axis, half, 1}), &wanted));
    MLE_TRY_ASSIGN(x, op.add(binary(BinaryFn::Max, a, b)));
  }
  return x;
}

// The sum along the last axis: a layer whose weights are all one.
Result<ValueId> summed(OperatorNode& op, ValueId x) {
  const auto [dtype, rows, dims] = op.fact(x);
  const Tensor weights{
      "", dtype, {dims.back(), 1}, make_constant(Elements(dims.back(), 1), dtype), {}};
  MLE_TRY_ASSIGN(const ValueId ones, op.constant(weights));
  return op.add(node_of(OpKind::Dense, {x, ones}));
}

// Input 0 in a type that holds its numbers and an infinity.
Result<ValueId> real_input(OperatorNode& op) {
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  return op.dtype(0) == DType::I8 || op.dtype(0) == DType::U8 ? converted(op, x, DType::F32) : x;
}

Status emit_largest(OperatorNode& op, const Windows& windows, ValueId elements) {
  const Dims front = front_of(op, windows);
  MLE_TRY_ASSIGN(ValueId y, largest(op, elements, static_cast<uint32_t>(front.size())));
  MLE_TRY_ASSIGN(y, converted(op, y, op.dtype(0)));
  return op.emit_reshaped(y, joined(front, windows.output_dims()));
}

// Output 1: where each largest element lies in the whole of input 0, of equals the first; the axes
// of a window row by row, or with `columns_first` the other way round.
Status emit_places(OperatorNode& op, const Windows& windows, ValueId elements, bool columns_first) {
  if (op.per_row(0))
    return unsupported(C214_MixesRows, "MaxPool whose indices count the rows, too",
                       "fix the number of rows with --shape NAME=N");
  const Dims front = front_of(op, windows);
  const uint32_t outputs = windows.outputs(), kernel = windows.kernel();
  const uint64_t all = element_count(front) * outputs + uint64_t{outputs} * kernel;
  MLE_TRY(op.budget().spend(all * sizeof(int64_t), all));
  std::vector<int64_t> places;  // by element of a window, then by window
  for (uint32_t k = 0; k < kernel; ++k)
    for (uint32_t o = 0; o < outputs; ++o) {
      int64_t rest = windows.source(o, k), turned = 0, step = 1;
      if (!columns_first || rest == windows.inputs()) {
        places.push_back(rest);
        continue;
      }
      std::vector<int64_t> at(windows.axes.size());
      for (size_t axis = at.size(); axis-- > 0; rest /= windows.axes[axis].length)
        at[axis] = rest % windows.axes[axis].length;
      for (size_t axis = 0; axis < at.size(); step *= windows.axes[axis++].length)
        turned += at[axis] * step;
      places.push_back(turned);
    }
  std::vector<int64_t> starts, windows_of_front;
  for (uint64_t f = 0; f < element_count(front); ++f)
    for (uint32_t o = 0; o < outputs; ++o) {
      starts.push_back(static_cast<int64_t>(f * windows.inputs()));
      windows_of_front.push_back(o);
    }
  Dims dims = front;
  dims.push_back(outputs);
  const auto axis = static_cast<uint32_t>(front.size());
  MLE_TRY_ASSIGN(ValueId at, op.add(node_of(OpKind::ArgMax, {elements}, {axis, 0, 0})));
  MLE_TRY_ASSIGN(at, with_number(op, BinaryFn::Mul, at, outputs));
  MLE_TRY_ASSIGN(const ValueId window,
                 op.constant(make_tensor("", DType::I64, dims, windows_of_front)));
  MLE_TRY_ASSIGN(at, op.add(binary(BinaryFn::Add, at, window)));
  MLE_TRY_ASSIGN(const ValueId table,
                 op.constant(make_tensor("", DType::I64, {outputs * kernel}, places)));
  MLE_TRY_ASSIGN(at, op.add(node_of(OpKind::Gather, {table, at}, {0})));
  MLE_TRY_ASSIGN(const ValueId first, op.constant(make_tensor("", DType::I64, dims, starts)));
  MLE_TRY_ASSIGN(at, op.add(binary(BinaryFn::Add, at, first)));
  MLE_TRY_ASSIGN(at, op.reshaped(at, joined(front, windows.output_dims())));
  op.emit_value(at, 1);
  return {};
}

Result<ValueId> elements_to_compare(OperatorNode& op, const Windows& windows) {
  MLE_TRY_ASSIGN(const ValueId x, real_input(op));
  return window_elements(op, x, windows, -std::numeric_limits<float>::infinity(), true);
}

Status read_max_pool(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t storage_order, op.integer("storage_order", 0));
  MLE_TRY_ASSIGN(const Windows windows, read_windows(op, {}));
  for (uint32_t o = 0; o < windows.outputs(); ++o)
    if (windows.filled(o, false) == 0)
      return broken(C208_Shape, "MaxPool with a window that is all padding");
  MLE_TRY_ASSIGN(const ValueId elements, elements_to_compare(op, windows));
  if (op.output_is_used(1)) MLE_TRY(emit_places(op, windows, elements, storage_order != 0));
  return emit_largest(op, windows, elements);
}

Status read_global_max_pool(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Windows windows, global_window(op));
  MLE_TRY_ASSIGN(const ValueId elements, elements_to_compare(op, windows));
  return emit_largest(op, windows, elements);
}

// The sum of each window over how many elements count.
Status average_pool(OperatorNode& op, const Windows& windows, bool count_padding) {
  MLE_TRY_ASSIGN(const ValueId input, op.value(0));
  MLE_TRY_ASSIGN(const ValueId x, window_elements(op, input, windows, 0, false));
  MLE_TRY_ASSIGN(const ValueId sum, summed(op, x));
  Elements counts;
  for (uint32_t o = 0; o < windows.outputs(); ++o)
    counts.push_back(windows.filled(o, count_padding));
  for (const double count : counts)
    if (count == 0) return broken(C208_Shape, "AveragePool with a window that is all padding");
  const auto n = static_cast<uint32_t>(counts.size());
  const DType dtype = op.fact(sum).dtype;
  MLE_TRY_ASSIGN(const ValueId by,
                 op.constant({"", dtype, {n, 1}, make_constant(counts, dtype), {}}));
  MLE_TRY_ASSIGN(const ValueId y, op.add(binary(BinaryFn::Div, sum, by)));
  return op.emit_reshaped(y, joined(front_of(op, windows), windows.output_dims()));
}

Status read_average_pool(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t count_padding, op.integer("count_include_pad", 0));
  MLE_TRY_ASSIGN(const Windows windows, read_windows(op, {}));
  return average_pool(op, windows, count_padding != 0);
}

Status read_global_average_pool(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Windows windows, global_window(op));
  return average_pool(op, windows, false);
}

// (sum of |x|^p)^(1/p)
Status lp_pool(OperatorNode& op, const Windows& windows) {
  MLE_TRY_ASSIGN(const int64_t p, op.integer("p", 2));
  if (p < 1 || p > 64) return broken(C209_Attribute, op.type() + " with p = " + std::to_string(p));
  MLE_TRY_ASSIGN(const ValueId input, op.value(0));
  MLE_TRY_ASSIGN(ValueId x, window_elements(op, input, windows, 0, false));
  MLE_TRY_ASSIGN(x, op.add(unary(Act::Abs, x)));
  if (p != 1) {
    MLE_TRY_ASSIGN(const ValueId exponent, op.scalar(static_cast<double>(p), op.dtype(0)));
    MLE_TRY_ASSIGN(x, op.add(binary(BinaryFn::Pow, x, exponent)));
  }
  MLE_TRY_ASSIGN(x, summed(op, x));
  if (p != 1) {
    MLE_TRY_ASSIGN(const ValueId root, op.scalar(1.0 / static_cast<double>(p), op.dtype(0)));
    MLE_TRY_ASSIGN(x, op.add(binary(BinaryFn::Pow, x, root)));
  }
  return op.emit_reshaped(x, joined(front_of(op, windows), windows.output_dims()));
}

Status read_lp_pool(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Windows windows, read_windows(op, {}));
  return lp_pool(op, windows);
}

Status read_global_lp_pool(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Windows windows, global_window(op));
  return lp_pool(op, windows);
}

constexpr Operator kOperators[] = {
    {"AveragePool", 7, kNow, 1, 1, 1, read_average_pool},
    {"GlobalAveragePool", 7, kNow, 1, 1, 1, read_global_average_pool},
    {"GlobalLpPool", 7, kNow, 1, 1, 1, read_global_lp_pool},
    {"GlobalMaxPool", 7, kNow, 1, 1, 1, read_global_max_pool},
    {"LpPool", 7, kNow, 1, 1, 1, read_lp_pool},
    {"MaxPool", 7, kNow, 1, 1, 2, read_max_pool},
};

}  // namespace

std::span<const Operator> pool_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
