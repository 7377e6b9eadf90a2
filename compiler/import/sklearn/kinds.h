// The estimators that are read, each with the functions that write it down. kinds.cpp is the list.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/reading.h"

#include <span>
#include <string_view>

namespace mle::compiler::sklearn {

struct EstimatorKind {
  std::string_view name;
  Frame (*transform)(Reading&, const Estimator&, const Frame&) = nullptr;
  Regressed (*regress)(Reading&, const Estimator&, const Frame&) = nullptr;
  Classified (*classify)(Reading&, const Estimator&, const Frame&) = nullptr;
  const char* limits = "";  // what of it is not read
};

// By name, in ascending order.
std::span<const EstimatorKind> estimator_kinds();
const EstimatorKind* find_kind(std::string_view name);

// linear.cpp
Regressed regress_linear(Reading&, const Estimator&, const Frame&);
Regressed regress_glm(Reading&, const Estimator&, const Frame&);
Regressed regress_linear_kernel(Reading&, const Estimator&, const Frame&);
Regressed regress_kernel_ridge(Reading&, const Estimator&, const Frame&);
Regressed regress_pls(Reading&, const Estimator&, const Frame&);
Regressed regress_dummy(Reading&, const Estimator&, const Frame&);
Regressed regress_isotonic(Reading&, const Estimator&, const Frame&);

// classifiers.cpp
Classified classify_logistic(Reading&, const Estimator&, const Frame&);
Classified classify_linear(Reading&, const Estimator&, const Frame&);
Classified classify_ridge(Reading&, const Estimator&, const Frame&);
Classified classify_sgd(Reading&, const Estimator&, const Frame&);
Classified classify_lda(Reading&, const Estimator&, const Frame&);
Classified classify_qda(Reading&, const Estimator&, const Frame&);
Classified classify_linear_kernel(Reading&, const Estimator&, const Frame&);
Classified classify_dummy(Reading&, const Estimator&, const Frame&);
Classified classify_centroid(Reading&, const Estimator&, const Frame&);
Classified classify_one_class(Reading&, const Estimator&, const Frame&);

// naive_bayes.cpp
Classified classify_gaussian_nb(Reading&, const Estimator&, const Frame&);
Classified classify_multinomial_nb(Reading&, const Estimator&, const Frame&);
Classified classify_complement_nb(Reading&, const Estimator&, const Frame&);
Classified classify_bernoulli_nb(Reading&, const Estimator&, const Frame&);
Classified classify_categorical_nb(Reading&, const Estimator&, const Frame&);

// networks.cpp
Regressed regress_mlp(Reading&, const Estimator&, const Frame&);
Classified classify_mlp(Reading&, const Estimator&, const Frame&);

// scalers.cpp
Frame transform_standard(Reading&, const Estimator&, const Frame&);
Frame transform_min_max(Reading&, const Estimator&, const Frame&);
Frame transform_max_abs(Reading&, const Estimator&, const Frame&);
Frame transform_robust(Reading&, const Estimator&, const Frame&);
Frame transform_normalizer(Reading&, const Estimator&, const Frame&);
Frame transform_binarizer(Reading&, const Estimator&, const Frame&);
// Back again, of the scalers: what TransformedTargetRegressor needs.
ValueId inverse_transform(Reading&, const Estimator&, ValueId x);
Frame transform_function(Reading&, const Estimator&, const Frame&);
// The function of that name in numpy or scipy, where there is one.
ValueId apply_function(Reading&, const std::string& path, ValueId x);
std::string function_path(const Estimator&, std::string_view attribute);

// expansions.cpp
Frame transform_polynomial(Reading&, const Estimator&, const Frame&);
Frame transform_spline(Reading&, const Estimator&, const Frame&);
Frame transform_k_bins(Reading&, const Estimator&, const Frame&);
Frame transform_power(Reading&, const Estimator&, const Frame&);
Frame transform_quantile(Reading&, const Estimator&, const Frame&);
ValueId inverse_power(Reading&, const Estimator&, ValueId x);
ValueId inverse_quantile(Reading&, const Estimator&, ValueId x);

// decomposition.cpp
Frame transform_pca(Reading&, const Estimator&, const Frame&);
Frame transform_components(Reading&, const Estimator&, const Frame&);
Frame transform_fast_ica(Reading&, const Estimator&, const Frame&);
Frame transform_factor_analysis(Reading&, const Estimator&, const Frame&);
Frame transform_lda(Reading&, const Estimator&, const Frame&);
Frame transform_pls(Reading&, const Estimator&, const Frame&);
Frame transform_pls_svd(Reading&, const Estimator&, const Frame&);
Frame transform_rbf_sampler(Reading&, const Estimator&, const Frame&);
Frame transform_bernoulli_rbm(Reading&, const Estimator&, const Frame&);
Frame transform_agglomeration(Reading&, const Estimator&, const Frame&);
Frame transform_isotonic(Reading&, const Estimator&, const Frame&);

// selection.cpp
Frame transform_variance_threshold(Reading&, const Estimator&, const Frame&);
Frame transform_univariate(Reading&, const Estimator&, const Frame&);
Frame transform_support(Reading&, const Estimator&, const Frame&);
Frame transform_from_model(Reading&, const Estimator&, const Frame&);

// encoders.cpp
Frame transform_one_hot(Reading&, const Estimator&, const Frame&);
Frame transform_ordinal(Reading&, const Estimator&, const Frame&);
Frame transform_target_encoder(Reading&, const Estimator&, const Frame&);

// imputers.cpp
Frame transform_simple_imputer(Reading&, const Estimator&, const Frame&);
Frame transform_iterative_imputer(Reading&, const Estimator&, const Frame&);
Frame transform_missing_indicator(Reading&, const Estimator&, const Frame&);

// knn_imputer.cpp
Frame transform_knn_imputer(Reading&, const Estimator&, const Frame&);

// pipelines.cpp
Frame transform_pipeline(Reading&, const Estimator&, const Frame&);
Regressed regress_pipeline(Reading&, const Estimator&, const Frame&);
Classified classify_pipeline(Reading&, const Estimator&, const Frame&);
Frame transform_columns(Reading&, const Estimator&, const Frame&);
Frame transform_union(Reading&, const Estimator&, const Frame&);
// The best estimator of a search; the one inside a frozen or wrapped one.
Frame transform_inner(Reading&, const Estimator&, const Frame&);
Regressed regress_inner(Reading&, const Estimator&, const Frame&);
Classified classify_inner(Reading&, const Estimator&, const Frame&);
// The estimator that answers for this one, where another does: the last step, the best of a search.
std::optional<Estimator> inner_of(const Estimator&);

// ensembles.cpp
Regressed regress_target(Reading&, const Estimator&, const Frame&);
Regressed regress_multi_output(Reading&, const Estimator&, const Frame&);
Regressed regress_chain(Reading&, const Estimator&, const Frame&);
Regressed regress_voting(Reading&, const Estimator&, const Frame&);
Regressed regress_bagging(Reading&, const Estimator&, const Frame&);
Regressed regress_stacking(Reading&, const Estimator&, const Frame&);
Frame transform_voting(Reading&, const Estimator&, const Frame&);
Frame transform_stacking(Reading&, const Estimator&, const Frame&);

// ensembles_classify.cpp
Classified classify_multi_output(Reading&, const Estimator&, const Frame&);
Classified classify_chain(Reading&, const Estimator&, const Frame&);
Classified classify_voting(Reading&, const Estimator&, const Frame&);
Classified classify_bagging(Reading&, const Estimator&, const Frame&);
Classified classify_stacking(Reading&, const Estimator&, const Frame&);

// multiclass.cpp
Classified classify_one_vs_rest(Reading&, const Estimator&, const Frame&);
Classified classify_one_vs_one(Reading&, const Estimator&, const Frame&);
Classified classify_output_code(Reading&, const Estimator&, const Frame&);

// calibration.cpp
Classified classify_calibrated(Reading&, const Estimator&, const Frame&);
Classified classify_threshold(Reading&, const Estimator&, const Frame&);

}  // namespace mle::compiler::sklearn
