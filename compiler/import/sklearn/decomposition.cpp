// Transformers that project: a matrix, with something before or behind it.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/usual.h"

#include <cmath>
#include <limits>
#include <map>

namespace mle::compiler::sklearn {
namespace {

ValueId centred(Builder& b, const Estimator& e, const Frame& x, const char* mean) {
  return b.subtract(numbers(b, x), b.vector(e.reals(mean)));
}

// The variance of a column is what the components say of it, and what they leave out.
void suppose_components(Reading& r, const Estimator& e, const Frame& x) {
  if (!e.has("mean_") || !e.has("explained_variance_")) return;
  const Matrix components = e.matrix("components_");
  const Reals variances = e.reals("explained_variance_");
  const double noise = e.real_or("noise_variance_", 0);
  if (variances.size() != components.rows) return;
  Reals deviations;
  for (size_t f = 0; f < components.columns; ++f) {
    double sum = noise;
    for (size_t k = 0; k < components.rows; ++k)
      sum += (variances[k] - noise) * components.at(k, f) * components.at(k, f);
    deviations.push_back(std::sqrt(sum));
  }
  suppose(r, x, e.reals("mean_"), deviations);
}

// The inverse of a small matrix, by Gauss and Jordan with the largest pivot.
Matrix inverted(Matrix a) {
  Matrix made = Matrix::diagonal(Reals(a.rows, 1));
  for (size_t k = 0; k < a.rows; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < a.rows; ++i)
      if (std::abs(a.at(i, k)) > std::abs(a.at(pivot, k))) pivot = i;
    for (size_t c = 0; c < a.rows; ++c) {
      std::swap(a.at(k, c), a.at(pivot, c));
      std::swap(made.at(k, c), made.at(pivot, c));
    }
    const double divisor = a.at(k, k);
    if (divisor == 0) refuse_damaged("a matrix of the model has no inverse");
    for (size_t c = 0; c < a.rows; ++c) {
      a.at(k, c) /= divisor;
      made.at(k, c) /= divisor;
    }
    for (size_t i = 0; i < a.rows; ++i) {
      const double factor = a.at(i, k);
      if (i == k || factor == 0) continue;
      for (size_t c = 0; c < a.rows; ++c) {
        a.at(i, c) -= factor * a.at(k, c);
        made.at(i, c) -= factor * made.at(k, c);
      }
    }
  }
  return made;
}

}  // namespace

Frame transform_pca(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  suppose_components(r, e, x);
  ValueId y = e.has("mean_") ? centred(b, e, x, "mean_") : numbers(b, x);
  y = b.dense(y, e.matrix("components_").transposed());
  if (e.flag_or("whiten", false)) {
    Reals scale = e.reals("explained_variance_");
    for (double& each : scale)
      each = std::max(std::sqrt(each), std::numeric_limits<double>::epsilon());
    y = b.divide(y, b.vector(scale));
  }
  return Frame::computed(b, y);
}

Frame transform_components(Reading& r, const Estimator& e, const Frame& x) {
  return Frame::computed(r.b, r.b.dense(numbers(r.b, x), e.matrix("components_").transposed()));
}

Frame transform_fast_ica(Reading& r, const Estimator& e, const Frame& x) {
  const bool whitened = e.has("mean_") && (e.is_text("whiten") || e.flag_or("whiten", true));
  const ValueId y = whitened ? centred(r.b, e, x, "mean_") : numbers(r.b, x);
  return Frame::computed(r.b, r.b.dense(y, e.matrix("components_").transposed()));
}

Frame transform_factor_analysis(Reading& r, const Estimator& e, const Frame& x) {
  const Matrix components = e.matrix("components_");
  Matrix weighted = components;
  const Reals noise = e.reals("noise_variance_");
  if (noise.size() != components.columns) refuse_damaged("FactorAnalysis does not fit itself");
  for (size_t k = 0; k < weighted.rows; ++k)
    for (size_t f = 0; f < weighted.columns; ++f) weighted.at(k, f) /= noise[f];
  Matrix covariance = product(weighted, components.transposed());
  for (size_t k = 0; k < covariance.rows; ++k) covariance.at(k, k) += 1;
  const Matrix weights = product(weighted.transposed(), inverted(covariance));
  return Frame::computed(r.b, r.b.dense(centred(r.b, e, x, "mean_"), weights));
}

Frame transform_lda(Reading& r, const Estimator& e, const Frame& x) {
  const std::string solver = e.text_or("solver", "svd");
  if (solver == "lsqr") refuse("LinearDiscriminantAnalysis with solver 'lsqr' transforms nothing");
  const ValueId y = solver == "svd" ? centred(r.b, e, x, "xbar_") : numbers(r.b, x);
  const Matrix scalings = e.matrix("scalings_");
  const auto most = static_cast<size_t>(std::max<int64_t>(
      1, e.integer_or("_max_components", static_cast<int64_t>(scalings.columns))));
  return Frame::computed(r.b, r.b.dense(y, scalings.narrowed(std::min(most, scalings.columns))));
}

Frame transform_pls(Reading& r, const Estimator& e, const Frame& x) {
  suppose(r, x, e.reals("_x_mean"), e.reals("_x_std"));
  const ValueId y = r.b.divide(centred(r.b, e, x, "_x_mean"), r.b.vector(e.reals("_x_std")));
  return Frame::computed(r.b, r.b.dense(y, e.matrix("x_rotations_")));
}

Frame transform_pls_svd(Reading& r, const Estimator& e, const Frame& x) {
  suppose(r, x, e.reals("_x_mean"), e.reals("_x_std"));
  const ValueId y = r.b.divide(centred(r.b, e, x, "_x_mean"), r.b.vector(e.reals("_x_std")));
  return Frame::computed(r.b, r.b.dense(y, e.matrix("x_weights_")));
}

Frame transform_rbf_sampler(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const Matrix weights = e.matrix("random_weights_");
  const ValueId angle = b.dense(numbers(b, x), weights, e.reals("random_offset_"));
  const double scale = std::sqrt(2.0 / static_cast<double>(weights.columns));
  return Frame::computed(b, b.multiply(b.unary(Act::Cos, angle), scale));
}

Frame transform_bernoulli_rbm(Reading& r, const Estimator& e, const Frame& x) {
  return Frame::computed(r.b, r.b.expit(affine(r.b, numbers(r.b, x), e.matrix("components_"),
                                               e.reals("intercept_hidden_"))));
}

// The mean of the columns that belong together.
Frame transform_agglomeration(Reading& r, const Estimator& e, const Frame& x) {
  const std::string pooling =
      e.has("pooling_func") ? function_path(e, "pooling_func") : "numpy.mean";
  if (!pooling.starts_with("numpy") || !pooling.ends_with(".mean"))
    refuse("FeatureAgglomeration with pooling_func '" + pooling + "'", "only numpy.mean is known");
  const std::vector<uint32_t> labels = e.indices("labels_");
  uint32_t groups = 0;
  for (const uint32_t label : labels) groups = std::max(groups, label + 1);
  if (groups > labels.size()) refuse_damaged("FeatureAgglomeration has odd labels");
  Reals sizes(groups);
  for (const uint32_t label : labels) ++sizes[label];
  Matrix weights = Matrix::zeros(labels.size(), groups);
  for (size_t f = 0; f < labels.size(); ++f) weights.at(f, labels[f]) = 1;
  return Frame::computed(r.b, r.b.divide(r.b.dense(numbers(r.b, x), weights), r.b.vector(sizes)));
}

Frame transform_isotonic(Reading& r, const Estimator& e, const Frame& x) {
  return Frame::computed(r.b, regress_isotonic(r, e, x).value);
}

}  // namespace mle::compiler::sklearn
