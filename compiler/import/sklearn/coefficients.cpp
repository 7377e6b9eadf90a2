// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"

#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {

ValueId affine(Builder& b, ValueId x, const Matrix& coefficients, const Reals& intercepts) {
  Reals bias = intercepts;
  if (bias.size() == 1) bias.assign(coefficients.rows, intercepts[0]);
  return b.dense(x, coefficients.transposed(), bias);
}

ValueId linear_scores(Reading& r, const Estimator& e, const Frame& x) {
  const Reals intercepts = e.has("intercept_") ? e.reals("intercept_") : Reals{0};
  return affine(r.b, numbers(r.b, x), e.matrix("coef_"), intercepts);
}

ValueId index_above(Builder& b, ValueId score, double threshold) {
  return b.cast(b.compare(CompareFn::Greater, score, threshold), DType::I64);
}

ValueId index_by_scores(Builder& b, ValueId scores) {
  return b.width(scores) == 1 ? index_above(b, scores) : b.argmax(scores);
}

ValueId both(Builder& b, ValueId p) { return b.concat({b.from(1, p), p}); }

ValueId normalised(Builder& b, ValueId p) {
  const ValueId sum = b.sum(p);
  const ValueId is_zero = b.compare(CompareFn::Equal, sum, 0.0);
  const double share = 1.0 / b.width(p);
  const ValueId divided = b.divide(p, b.select(is_zero, b.vector({1}), sum));
  return b.select(is_zero, b.vector({share}), divided);
}

ValueId normalised_or_zero(Builder& b, ValueId p) {
  const ValueId sum = b.sum(p);
  return b.divide(p, b.select(b.compare(CompareFn::Equal, sum, 0.0), b.vector({1}), sum));
}

ValueId one_against_rest(Builder& b, ValueId scores) {
  const ValueId p = b.expit(scores);
  return b.divide(p, b.sum(p));
}

}  // namespace mle::compiler::sklearn
