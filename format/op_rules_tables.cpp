// By tables of constants: Products, Piecewise.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_demands.h"
#include "format/op_families.h"

namespace mle::format {
namespace {

// Every operand Plain and of the one floating dtype that the output has.
Status want_float_tables(const OpUnderTest& op) noexcept {
  const DType dtype = op.output().dtype;
  if (dtype != DType::F32 && dtype != DType::F64) {
    return op.bad(rule::V45_Shapes, "its output is %s, must be f32 or f64", name_of(dtype));
  }
  for (size_t i = 0; i < op.input_count(); ++i) {
    const TensorFacts& t = op.input(i);
    if (t.dtype != dtype || t.layout != Layout::Plain) {
      return op.bad(rule::V45_Shapes, "input %zu is not plain %s", i, name_of(dtype));
    }
  }
  return {};
}

// The output is x with `columns` in place of its last dim.
Status want_columns(const OpUnderTest& op, uint64_t columns) noexcept {
  const Dims x = op.input(0).dims, y = op.output().dims;
  if (x.size() == y.size() && y.back() == columns &&
      same(x.first(x.size() - 1), y.first(y.size() - 1))) {
    return {};
  }
  return op.bad(rule::V45_Shapes, "its output is not its input with %llu columns",
                static_cast<unsigned long long>(columns));
}

}  // namespace

Status check_products(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 1, 0));
  MLE_TRY(want_float_tables(op));
  const Dims x = op.input(0).dims, y = op.output().dims;
  const uint64_t degree = op.iattr()[0];
  if (degree == 0) return op.bad(rule::V46_Attributes, "products of no factors");
  if (x.empty() || y.empty()) return op.bad(rule::V45_Shapes, "a row without columns");
  MLE_TRY(want_columns(op, op.indices().size() / degree));
  if (op.indices().size() % degree != 0) {
    return op.bad(rule::V46_Attributes, "%zu columns are named, in products of %llu",
                  op.indices().size(), static_cast<unsigned long long>(degree));
  }
  for (const uint32_t column : op.indices()) {
    if (column < x.back() || column == kNoFactor) continue;
    return op.bad(rule::V46_Attributes, "names column %u of %u", column, x.back());
  }
  return {};
}

Status check_piecewise(const OpUnderTest& op) noexcept {
  MLE_TRY(want_counts(op, 2, 0));
  MLE_TRY(want_float_tables(op));
  if (op.iattr()[0] > 1 || op.iattr()[1] >= uint32_t{kOutsideCount}) {
    return op.bad(rule::V46_Attributes, "side %u, outside %u", op.iattr()[0], op.iattr()[1]);
  }
  const TensorFacts& breaks = op.input(1);
  const TensorFacts& coefficients = op.input(2);
  const Dims x = op.input(0).dims, b = breaks.dims, c = coefficients.dims;
  if (x.empty() || op.output().dims.empty() || !breaks.is_constant() ||
      !coefficients.is_constant() || b.size() != 2 || c.size() != 4 || b[0] != x.back() ||
      c[0] != b[0] || c[1] != uint64_t{b[1]} + 1) {
    return op.bad(rule::V45_Shapes,
                  "breaks and coefficients must be constants [C, M] and [C, M + 1, P, D + 1]");
  }
  return want_columns(op, uint64_t{c[0]} * c[2]);
}

}  // namespace mle::format
