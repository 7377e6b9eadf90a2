// SPDX-License-Identifier: Apache-2.0
#include "format/op_demands.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::format {
uint32_t aligned_dim(Dims dims, size_t i, size_t rank) noexcept {
  const size_t missing = rank - dims.size();
  return i < missing ? 1 : dims[i - missing];
}

bool same(Dims a, Dims b) noexcept { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

bool broadcasts(const OpUnderTest& op) noexcept {
  const Dims out = op.output().dims;
  size_t widest = 0;
  for (size_t n = 0; n < op.input_count(); ++n) widest = std::max(widest, op.input(n).dims.size());
  if (widest != out.size()) return false;
  for (size_t i = 0; i < out.size(); ++i) {
    bool found = false;
    for (size_t n = 0; n < op.input_count(); ++n) {
      const uint32_t dim = aligned_dim(op.input(n).dims, i, out.size());
      if (dim != 1 && dim != out[i]) return false;
      found |= dim == out[i];
    }
    if (!found) return false;
  }
  return true;
}

Status want_dtype(const OpUnderTest& op, const char* what, const TensorFacts& t,
                  DType dtype) noexcept {
  if (t.dtype == dtype) return {};
  return op.bad(rule::V45_Shapes, "%s is %s, must be %s", what, name_of(t.dtype), name_of(dtype));
}

Status want_plain(const OpUnderTest& op, const char* what, const TensorFacts& t,
                  DType dtype) noexcept {
  MLE_TRY(want_dtype(op, what, t, dtype));
  if (t.layout == Layout::Plain) return {};
  return op.bad(rule::V45_Shapes, "%s is packed, must be Plain", what);
}

Status want_same_dims(const OpUnderTest& op) noexcept {
  if (same(op.input(0).dims, op.output().dims)) return {};
  return op.bad(rule::V45_Shapes, "its output has other dims than its input");
}

Status want_float(const OpUnderTest& op, const char* what, const TensorFacts& t) noexcept {
  if (t.dtype == DType::F32 || t.dtype == DType::F64) return {};
  return op.bad(rule::V45_Shapes, "%s is %s, must be f32 or f64", what, name_of(t.dtype));
}

Status want_one_float(const OpUnderTest& op) noexcept {
  MLE_TRY(want_float(op, "the output", op.output()));
  for (size_t i = 0; i < op.input_count(); ++i) {
    MLE_TRY(want_plain(op, "an input", op.input(i), op.output().dtype));
  }
  return {};
}

Status want_one_dtype(const OpUnderTest& op) noexcept {
  const DType dtype = op.output().dtype;
  for (size_t i = 0; i < op.input_count(); ++i) {
    MLE_TRY(want_dtype(op, "an input", op.input(i), dtype));
    if (op.input(i).layout != Layout::Plain) {
      return op.bad(rule::V45_Shapes, "an input is packed, must be Plain");
    }
  }
  return {};
}

Status want_dtype_of(const OpUnderTest& op, size_t first, DTypeSet set) noexcept {
  const DType dtype = op.input(first).dtype;
  if (!contains(set, dtype)) return op.bad(rule::V45_Shapes, "an input is %s", name_of(dtype));
  for (size_t i = first; i < op.input_count(); ++i) {
    MLE_TRY(want_dtype(op, "an input", op.input(i), dtype));
    if (op.input(i).layout != Layout::Plain) {
      return op.bad(rule::V45_Shapes, "an input is packed, must be Plain");
    }
  }
  return {};
}

Status want_counts(const OpUnderTest& op, size_t iattr, size_t fattr) noexcept {
  if (op.iattr().size() == iattr && op.fattr_count() == fattr) return {};
  return op.bad(rule::V46_Attributes, "has %zu integer and %zu float attributes, takes %zu and %zu",
                op.iattr().size(), op.fattr_count(), iattr, fattr);
}

Status want_no_act(const OpUnderTest& op) noexcept {
  if (op.act() == Act::None) return {};
  return op.bad(rule::V46_Attributes, "has an activation, its kind takes none");
}

Status want_function(const OpUnderTest& op, int count) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  if (op.iattr()[0] < static_cast<uint32_t>(count)) return {};
  return op.bad(rule::V46_Attributes, "%u is no function of its kind", op.iattr()[0]);
}

Status want_axis(const OpUnderTest& op) noexcept {
  const size_t rank = op.input(0).dims.size();
  if (op.iattr()[0] < rank) return {};
  return op.bad(rule::V46_Attributes, "axis %u of a tensor with %zu dims", op.iattr()[0], rank);
}

bool fits(double number, DType dtype) noexcept {
  const double most = dtype == DType::F64 ? std::numeric_limits<double>::max()
                                          : double{std::numeric_limits<float>::max()};
  return std::fabs(number) <= most;  // false for NaN
}

Status want_act_parameters(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 0, op.fattr_count() == 0 ? 0 : 2));
  for (uint32_t i = 0; i < op.fattr_count(); ++i) {
    if (!fits(op.fattr(i), op.output().dtype)) {
      return op.bad(rule::V46_Attributes, "parameter %u is not a finite %s", i,
                    name_of(op.output().dtype));
    }
  }
  return {};
}

}  // namespace mle::format
