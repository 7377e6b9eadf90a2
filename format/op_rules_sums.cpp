// Sums over axes and what goes with them: MatMul, Reduce, ReduceRows, CumSum, TopK, LayerNorm.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_demands.h"
#include "format/op_families.h"

#include <algorithm>

namespace mle::format {
namespace {

bool is_float(DType dtype) noexcept { return dtype == DType::F32 || dtype == DType::F64; }
bool is_summed(DType dtype) noexcept {
  return is_float(dtype) || dtype == DType::I32 || dtype == DType::I64;
}

// f32, f64, i32 or i64; the output may be of another dtype.
Status want_summed_input(const OpUnderTest& op) noexcept {
  const TensorFacts& x = op.input(0);
  if (!is_summed(x.dtype)) {
    return op.bad(rule::V45_Shapes, "computes in %s, must be f32, f64, i32 or i64",
                  name_of(x.dtype));
  }
  if (x.layout == Layout::Plain) return {};
  return op.bad(rule::V45_Shapes, "an input is packed, must be Plain");
}

Status want_flag(const OpUnderTest& op, size_t attribute, const char* name) noexcept {
  const uint32_t flag = op.iattr()[attribute];
  if (flag <= 1) return {};
  return op.bad(rule::V46_Attributes, "%s is %u, must be 0 or 1", name, flag);
}

// The axes of a Reduce: ascending, none twice, each one of x.
Status want_axes(const OpUnderTest& op) noexcept {
  const std::span<const uint32_t> axes = op.indices();
  const size_t rank = op.input(0).dims.size();
  bool fits = !axes.empty() && axes.size() <= rank && axes.back() < rank;
  for (size_t i = 1; fits && i < axes.size(); ++i) fits = axes[i - 1] < axes[i];
  if (fits) return {};
  return op.bad(rule::V46_Attributes,
                "its %zu axes are no ascending axes of a tensor with %zu dims", axes.size(), rank);
}

}  // namespace

// a [.., M, K] times b [.., K, N]; what is before is broadcast.
Status check_matmul(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, 0));
  MLE_TRY(want_one_dtype(op));
  MLE_TRY(want_summed_input(op));
  const Dims a = op.input(0).dims, b = op.input(1).dims, y = op.output().dims;
  if (a.size() < 2 || b.size() < 2 || y.size() != std::max(a.size(), b.size())) {
    return op.bad(rule::V45_Shapes, "multiplies tensors of %zu and %zu dims to one of %zu",
                  a.size(), b.size(), y.size());
  }
  const uint32_t m = a[a.size() - 2], k = a.back(), n = b.back();
  if (b[b.size() - 2] != k || y[y.size() - 2] != m || y.back() != n) {
    return op.bad(rule::V45_Shapes, "multiplies [%u, %u] and [%u, %u] to [%u, %u]", m, k,
                  b[b.size() - 2], n, y[y.size() - 2], y.back());
  }
  for (size_t i = 0; i + 2 < y.size(); ++i) {
    const uint32_t left = aligned_dim(a, i, y.size()), right = aligned_dim(b, i, y.size());
    if ((left != 1 && left != y[i]) || (right != 1 && right != y[i]) ||
        (left != y[i] && right != y[i])) {
      return op.bad(rule::V45_Shapes, "dim %zu of its output is not the broadcast of its inputs'",
                    i);
    }
  }
  return {};
}

Status check_reduce(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 2, 0));
  const uint32_t fn = op.iattr()[0];
  if (fn >= static_cast<uint32_t>(kReduceFnCount)) {
    return op.bad(rule::V46_Attributes, "%u is no function of its kind", fn);
  }
  MLE_TRY(want_flag(op, 1, "keep"));
  MLE_TRY(want_axes(op));
  MLE_TRY(want_one_dtype(op));
  MLE_TRY(want_summed_input(op));
  const DType dtype = op.output().dtype;
  const bool divides = fn == static_cast<uint32_t>(ReduceFn::Mean) ||
                       fn == static_cast<uint32_t>(ReduceFn::SumSquare);
  if (divides && !is_float(dtype)) {
    return op.bad(rule::V45_Shapes, "takes means or squares of %s, must be of f32 or f64",
                  name_of(dtype));
  }
  const bool keeps = op.iattr()[1] == 1;
  const std::span<const uint32_t> axes = op.indices();
  const Dims in = op.input(0).dims, out = op.output().dims;
  size_t next = 0;  // of `out`
  bool fits = true;
  for (uint32_t axis = 0; fits && axis < in.size(); ++axis) {
    const bool goes = std::binary_search(axes.begin(), axes.end(), axis);
    if (goes && !keeps) continue;
    fits = next < out.size() && out[next] == (goes ? 1 : in[axis]);
    ++next;
  }
  if (fits && next == out.size()) return {};
  return op.bad(rule::V45_Shapes, "its output is not its input without the axes reduced");
}

// What does not depend on the order of the rows; the rows facts are check_ops' matter.
Status check_reduce_rows(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  const auto fn = static_cast<ReduceFn>(op.iattr()[0]);
  if (fn != ReduceFn::Max && fn != ReduceFn::Min) {
    return op.bad(rule::V46_Attributes, "%u is neither Max nor Min", op.iattr()[0]);
  }
  MLE_TRY(want_one_float(op));
  return want_same_dims(op);
}

Status check_cumsum(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 3, 0));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_flag(op, 1, "exclusive"));
  MLE_TRY(want_flag(op, 2, "reverse"));
  MLE_TRY(want_one_dtype(op));
  MLE_TRY(want_summed_input(op));
  return want_same_dims(op);
}

Status check_topk(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 2, 0));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_flag(op, 1, "largest"));
  MLE_TRY(want_summed_input(op));
  MLE_TRY(want_dtype(op, "the output", op.output(), DType::I64));
  const Dims in = op.input(0).dims, out = op.output().dims;
  const uint32_t axis = op.iattr()[0];
  bool fits = in.size() == out.size();
  for (size_t i = 0; fits && i < out.size(); ++i) fits = i == axis || in[i] == out[i];
  if (!fits) return op.bad(rule::V45_Shapes, "its output differs beyond axis %u", axis);
  if (out[axis] <= in[axis]) return {};
  return op.bad(rule::V45_Shapes, "picks %u of %u along axis %u", out[axis], in[axis], axis);
}

Status check_layer_norm(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 2, 1));
  MLE_TRY(want_axis(op));
  MLE_TRY(want_flag(op, 1, "mode"));
  if (!fits(op.fattr(0), DType::F32) || op.fattr(0) < 0) {
    return op.bad(rule::V46_Attributes, "eps is negative or no finite f32");
  }
  MLE_TRY(want_one_dtype(op));
  if (!is_float(op.output().dtype)) {
    return op.bad(rule::V45_Shapes, "computes in %s, must be f32 or f64",
                  name_of(op.output().dtype));
  }
  MLE_TRY(want_same_dims(op));
  const Dims normalised = op.input(0).dims.subspan(op.iattr()[0]);
  for (size_t i = 1; i < op.input_count(); ++i) {
    if (!op.input(i).is_constant() || !same(op.input(i).dims, normalised)) {
      return op.bad(rule::V45_Shapes, "input %zu is no constant of the dims normalised", i);
    }
  }
  return {};
}

}  // namespace mle::format
