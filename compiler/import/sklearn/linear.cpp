// Regressors that are linear, or a link or a table behind that.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/usual.h"

#include <algorithm>
#include <cmath>

namespace mle::compiler::sklearn {
namespace {

void want_linear_kernel(const Estimator& e) {
  if (e.is_text("kernel") && e.text("kernel") == "linear") return;
  const std::string kernel = e.is_text("kernel") ? e.text("kernel") : "a function";
  refuse(e.name() + " with kernel '" + kernel + "' is no linear model",
         "only kernel='linear' is one");
}

// Its link, as the name of what undoes it.
bool has_log_link(const Estimator& e) {
  if (e.name() != "TweedieRegressor") return true;
  const std::string link = e.text_or("link", "auto");
  if (link == "log") return true;
  if (link == "identity") return false;
  if (link != "auto") refuse("TweedieRegressor with link '" + link + "'");
  return e.real("power") > 0;
}

}  // namespace

Regressed regress_linear(Reading& r, const Estimator& e, const Frame& x) {
  return {linear_scores(r, e, x), e.rank("coef_") != 2};
}

Regressed regress_glm(Reading& r, const Estimator& e, const Frame& x) {
  const ValueId score = linear_scores(r, e, x);
  return {has_log_link(e) ? r.b.unary(Act::Exp, score) : score, true};
}

// SVR and its like: the support vectors fold into one vector of weights.
Regressed regress_linear_kernel(Reading& r, const Estimator& e, const Frame& x) {
  want_linear_kernel(e);
  suppose_rows(r, x, e.matrix("support_vectors_"));
  const std::string dual = e.has("_dual_coef_") ? "_dual_coef_" : "dual_coef_";
  const Matrix weights = product(e.matrix(dual), e.matrix("support_vectors_"));
  const std::string intercept = e.has("_intercept_") ? "_intercept_" : "intercept_";
  return {affine(r.b, numbers(r.b, x), weights, e.reals(intercept)), true};
}

Regressed regress_kernel_ridge(Reading& r, const Estimator& e, const Frame& x) {
  want_linear_kernel(e);
  suppose_rows(r, x, e.matrix("X_fit_"));
  const bool flat = e.rank("dual_coef_") < 2;
  Matrix dual = e.matrix("dual_coef_");
  if (!flat) dual = dual.transposed();
  return {affine(r.b, numbers(r.b, x), product(dual, e.matrix("X_fit_")), {0}), flat};
}

Regressed regress_pls(Reading& r, const Estimator& e, const Frame& x) {
  // Up to 1.4 the coefficients wait for scaled columns, in 1.1 and 1.2 under a private name.
  const bool scaled = e.is_older_than(1, 5);
  suppose(r, x, e.reals("_x_mean"), e.reals("_x_std"));
  const ValueId centred = r.b.subtract(numbers(r.b, x), r.b.vector(e.reals("_x_mean")));
  const bool flat = e.flag_or("_predict_1d", false);
  if (!scaled) return {affine(r.b, centred, e.matrix("coef_"), e.reals("intercept_")), flat};
  const ValueId units = r.b.divide(centred, r.b.vector(e.reals("_x_std")));
  Matrix coefficients = e.matrix(e.has("_coef_") ? "_coef_" : "coef_");
  if (e.is_older_than(1, 1)) coefficients = coefficients.transposed();  // features first
  const Reals intercepts = e.reals(e.has("intercept_") ? "intercept_" : "_y_mean");
  return {affine(r.b, units, coefficients, intercepts), flat};
}

Regressed regress_dummy(Reading& r, const Estimator& e, const Frame& x) {
  const ValueId any = numbers(r.b, x.picked(r.b, {0}));
  return {r.b.same_for_all(any, e.reals("constant_")), e.integer_or("n_outputs_", 1) == 1};
}

Regressed regress_isotonic(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const ValueId column = numbers(b, x);
  if (b.width(column) != 1) refuse("IsotonicRegression takes one column");
  const Reals xs = e.reals("X_thresholds_"), ys = e.reals("y_thresholds_");
  if (xs.empty() || xs.size() != ys.size() || !std::is_sorted(xs.begin(), xs.end()))
    refuse_damaged("the thresholds of IsotonicRegression do not fit together");
  if (xs.size() == 1) return {b.same_for_all(column, {ys[0]}), true};
  Builder::Pieces pieces;
  pieces.breaks = xs;
  pieces.count = static_cast<uint32_t>(xs.size());
  pieces.degree = 1;
  pieces.right = true;  // at a threshold the answer is its own, not what a line comes to there
  // What lies below a break goes on from the break before: interval 0 ends at the first.
  pieces.coefficients = {ys[0], 0};
  for (size_t i = 0; i + 1 < xs.size(); ++i) {
    const double width = xs[i + 1] - xs[i];
    pieces.coefficients.push_back(ys[i]);
    pieces.coefficients.push_back(width > 0 ? (ys[i + 1] - ys[i]) / width : 0);
  }
  pieces.coefficients.push_back(ys.back());
  pieces.coefficients.push_back(0);
  const std::string outside = e.text_or("out_of_bounds", "nan");
  pieces.outside = outside == "clip"    ? format::Outside::Clamp
                   : outside == "raise" ? format::Outside::Fault
                                        : format::Outside::NaN;
  return {b.piecewise(column, pieces), true};
}

}  // namespace mle::compiler::sklearn
