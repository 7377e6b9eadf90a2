// What the shape rules of graph/infer.h share: the node they look at, and the demands they make.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"
#include "compiler/graph/infer.h"
#include "compiler/graph/print.h"
#include "format/limits.h"
#include "format/op_dtypes.h"
#include "format/rules.h"

namespace mle::compiler {

using enum format::rule::Rule;

template <class... Args>
Status refuse(int rule, const char* hint, const char* text, Args... args) {
  return error(Code::Unsupported, rule, Status::kNoOffset, hint, text, args...);
}
inline Status refuse(int rule, const char* hint, const char* text) {
  return Status::make(Code::Unsupported, rule, Status::kNoOffset, text, hint);
}

// What a shape rule looks at.
struct ShapeSite {
  const Graph& graph;
  const Node& node;
  const Fact* wanted;  // may be null

  const Fact& fact(size_t input) const { return graph.value(node.inputs[input]).fact; }
  bool is_constant(size_t input) const { return graph.value(node.inputs[input]).is_constant; }
  // PerRow if any input is.
  Rows rows() const {
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (fact(i).rows == Rows::PerRow) return Rows::PerRow;
    return Rows::Whole;
  }
};

Status want_counts(const Node& node, size_t inputs_min, size_t inputs_max, size_t iattr);
// Finite, and within what that floating dtype can hold.
bool fits(double number, DType dtype);
// alpha and beta, each a finite number of that dtype; or neither.
Status want_parameters(const Node& node, DType dtype);
Status want_dtype(const ShapeSite& site, size_t input, DType dtype);
// f32 or f64: what kernels compute in.
Status want_float(const ShapeSite& site, size_t input);
// The inputs from `first` on are of one such dtype.
Status want_one_float(const ShapeSite& site, size_t first = 0);
// One dtype of `set` for the inputs from `first` on.
Status want_dtype_of(const ShapeSite& site, size_t first, format::DTypeSet set);
// iattr[0] is an axis of that input.
Status want_axis(const ShapeSite& site, size_t input);
// Numpy broadcasting of all inputs, aligned right. Aligning right is only the source's meaning if
// the row axes of all per-row inputs meet and no constant reaches them.
Result<Dims> broadcast(const ShapeSite& site);
// The output's dims and dtype that the node itself does not say.
Result<Fact> want_output(const ShapeSite& site);

// infer_dense.cpp
Result<Fact> infer_dense(const ShapeSite& site);

// infer_elementwise.cpp
Result<Fact> infer_unary(const ShapeSite& site);
Result<Fact> infer_binary(const ShapeSite& site);
Result<Fact> infer_compare(const ShapeSite& site);
Result<Fact> infer_select(const ShapeSite& site);
Result<Fact> infer_scale(const ShapeSite& site);
Result<Fact> infer_clip(const ShapeSite& site);
Result<Fact> infer_cast(const ShapeSite& site);

// infer_movement.cpp
Result<Fact> infer_concat(const ShapeSite& site);
Result<Fact> infer_slice(const ShapeSite& site);
Result<Fact> infer_reshape(const ShapeSite& site);
Result<Fact> infer_transpose(const ShapeSite& site);
Result<Fact> infer_expand(const ShapeSite& site);
Result<Fact> infer_gather(const ShapeSite& site);
Result<Fact> infer_gather_elements(const ShapeSite& site);

// infer_reduction.cpp
Result<Fact> infer_softmax(const ShapeSite& site);
Result<Fact> infer_argmax(const ShapeSite& site);
Result<Fact> infer_couple(const ShapeSite& site);

// infer_keys.cpp
Result<Fact> infer_map_keys(const ShapeSite& site);
Result<Fact> infer_labels(const ShapeSite& site);
Result<Fact> infer_is_missing(const ShapeSite& site);

// infer_tables.cpp
Result<Fact> infer_products(const ShapeSite& site);
Result<Fact> infer_piecewise(const ShapeSite& site);

// infer_sums.cpp
Result<Fact> infer_matmul(const ShapeSite& site);
Result<Fact> infer_reduce(const ShapeSite& site);
Result<Fact> infer_reduce_rows(const ShapeSite& site);
Result<Fact> infer_cumsum(const ShapeSite& site);
Result<Fact> infer_topk(const ShapeSite& site);
Result<Fact> infer_layer_norm(const ShapeSite& site);

}  // namespace mle::compiler
