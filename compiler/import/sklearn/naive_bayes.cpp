// Naive Bayes: log-likelihoods added up.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/usual.h"

#include <cmath>
#include <numbers>

namespace mle::compiler::sklearn {
namespace {

// The joint log-likelihoods become probabilities; the largest one's class is the answer.
Classified by_likelihood(Reading& r, const Estimator& e, ValueId likelihoods) {
  Classified made;
  made.labels = e.labels("classes_");
  if (made.labels.size() != r.b.width(likelihoods))
    refuse_damaged(e.name() + " has other numbers of classes in its parts");
  made.proba = r.b.softmax(likelihoods);
  made.index = r.b.argmax(likelihoods);
  return made;
}

}  // namespace

Classified classify_gaussian_nb(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const ValueId columns = numbers(b, x);
  const Matrix means = e.matrix("theta_");
  const Matrix variances = e.matrix(e.has("var_") ? "var_" : "sigma_");
  const Reals priors = e.reals("class_prior_");
  if (variances.rows != means.rows || variances.columns != means.columns ||
      priors.size() != means.rows)
    refuse_damaged("GaussianNB has other numbers of classes in its parts");
  suppose_classes(r, x, means, priors, variances);
  std::vector<ValueId> likelihoods;
  for (size_t c = 0; c < means.rows; ++c) {
    double logs = 0;
    for (const double variance : variances.row(c))
      logs += std::log(2 * std::numbers::pi * variance);
    const auto mean = means.row(c), variance = variances.row(c);
    const ValueId apart = b.subtract(columns, b.vector({mean.begin(), mean.end()}));
    const ValueId squares =
        b.divide(b.multiply(apart, apart), b.vector({variance.begin(), variance.end()}));
    likelihoods.push_back(
        b.add(b.multiply(b.sum(squares), -0.5), std::log(priors[c]) - 0.5 * logs));
  }
  return by_likelihood(r, e, b.concat(likelihoods));
}

Classified classify_multinomial_nb(Reading& r, const Estimator& e, const Frame& x) {
  return by_likelihood(
      r, e,
      affine(r.b, numbers(r.b, x), e.matrix("feature_log_prob_"), e.reals("class_log_prior_")));
}

Classified classify_complement_nb(Reading& r, const Estimator& e, const Frame& x) {
  const Matrix weights = e.matrix("feature_log_prob_");
  const Reals bias = weights.rows == 1 ? e.reals("class_log_prior_") : Reals{0};
  return by_likelihood(r, e, affine(r.b, numbers(r.b, x), weights, bias));
}

Classified classify_bernoulli_nb(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  ValueId columns = numbers(b, x);
  if (e.has("binarize"))
    columns = b.cast(b.compare(CompareFn::Greater, columns, e.real("binarize")), DType::F64);
  Matrix weights = e.matrix("feature_log_prob_");
  Reals bias = e.reals("class_log_prior_");
  if (bias.size() != weights.rows) refuse_damaged("BernoulliNB has odd priors");
  for (size_t c = 0; c < weights.rows; ++c) {
    double sum = 0;
    for (size_t f = 0; f < weights.columns; ++f) {
      const double absent = std::log(1 - std::exp(weights.at(c, f)));
      weights.at(c, f) -= absent;
      sum += absent;
    }
    bias[c] += sum;
  }
  return by_likelihood(r, e, affine(b, columns, weights, bias));
}

// Columns are whole numbers: places in a table of each.
Classified classify_categorical_nb(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const ValueId columns = numbers(b, x);
  const auto tables = e.list("feature_log_prob_");
  if (tables.size() != b.width(columns) || tables.empty())
    refuse_damaged("CategoricalNB has another number of columns in its parts");
  ValueId total = b.vector(e.reals("class_log_prior_"));
  for (uint32_t f = 0; f < tables.size(); ++f) {
    const Matrix table = matrix_of(e.source(), tables[f], "feature_log_prob_").transposed();
    const Dims dims = {static_cast<uint32_t>(table.rows), static_cast<uint32_t>(table.columns)};
    const ValueId index = b.cast(b.column(columns, f), DType::I64);
    total = b.add(b.look_up(b.table(table.values, dims), index), total);
  }
  return by_likelihood(r, e, total);
}

}  // namespace mle::compiler::sklearn
