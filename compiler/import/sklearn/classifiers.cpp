// Classifiers that weigh columns and add them up.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/pairwise.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/usual.h"

#include <cmath>

namespace mle::compiler::sklearn {
namespace {

Classified by_scores(Reading& r, const Estimator& e, ValueId scores) {
  Classified made;
  made.labels = e.labels("classes_");
  made.decision = scores;
  made.index = index_by_scores(r.b, scores);
  return made;
}

// Is each class weighed on its own, against the rest?
bool is_one_against_rest(const Estimator& e) {
  const std::string solver = e.text_or("solver", "lbfgs");
  if (solver == "liblinear" || (solver == "newton-cholesky" && e.is_older_than(1, 6))) return true;
  return e.text_or("multi_class", "auto") == "ovr";
}

std::string loss_of(const Estimator& e) { return e.text_or("loss", "hinge"); }

// Of a machine that was calibrated: each pair's decision becomes how likely its first class is, and
// the pairs are coupled.
ValueId libsvm_proba(Builder& b, const Estimator& e, ValueId pairs, size_t classes) {
  const char *slopes = e.has("_probA") ? "_probA" : "probA_",
             *shifts = e.has("_probB") ? "_probB" : "probB_";
  if (!e.flag_or("probability", false) || !e.has(slopes) || !e.has(shifts)) return kNone;
  const Reals a = e.reals(slopes), c = e.reals(shifts);
  if (a.size() != b.width(pairs) || c.size() != a.size() || classes > format::kMaxCoupled)
    return kNone;
  const ValueId fitted = b.add(b.multiply(pairs, b.vector(a)), b.vector(c));
  return b.couple(b.clip(b.sigmoid(b.unary(Act::Neg, fitted)), 1e-7, 1 - 1e-7));
}

}  // namespace

Classified classify_linear(Reading& r, const Estimator& e, const Frame& x) {
  return by_scores(r, e, linear_scores(r, e, x));
}

Classified classify_logistic(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  Classified made = classify_linear(r, e, x);
  if (b.width(made.decision) == 1) {
    // multi_class='multinomial' of two classes is a softmax of [-s, s].
    const bool twice = e.text_or("multi_class", "auto") == "multinomial";
    made.proba = twice ? b.softmax(b.concat({b.unary(Act::Neg, made.decision), made.decision}))
                       : both(b, b.expit(made.decision));
  } else {
    made.proba =
        is_one_against_rest(e) ? one_against_rest(b, made.decision) : b.softmax(made.decision);
  }
  return made;
}

// Several columns of labels at once where it was fitted so.
Classified classify_ridge(Reading& r, const Estimator& e, const Frame& x) {
  const ValueId scores = linear_scores(r, e, x);
  const bool multilabel =
      e.is_estimator("_label_binarizer") &&
      e.estimator("_label_binarizer").text_or("y_type_", "").starts_with("multilabel");
  if (!multilabel) {
    Classified made;
    made.labels = e.has("classes_") ? e.labels("classes_")
                                    : e.estimator("_label_binarizer").labels("classes_");
    made.decision = scores;
    made.index = index_by_scores(r.b, scores);
    return made;
  }
  Classified made;
  made.multilabel = true;
  made.labels = e.estimator("_label_binarizer").labels("classes_");
  made.decision = scores;
  made.index = index_above(r.b, scores);
  return made;
}

Classified classify_sgd(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  Classified made = classify_linear(r, e, x);
  const bool binary = b.width(made.decision) == 1;
  const std::string loss = loss_of(e);
  if (loss == "log_loss" || loss == "log") {
    made.proba = binary ? both(b, b.expit(made.decision)) : one_against_rest(b, made.decision);
  } else if (loss == "modified_huber") {
    const ValueId p = b.divide(b.add(b.clip(made.decision, -1, 1), 1.0), 2.0);
    made.proba = binary ? both(b, p) : normalised(b, p);
  }
  return made;
}

Classified classify_lda(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  if (e.has("means_") && e.has("priors_")) {
    const Matrix means = e.matrix("means_");
    Matrix within;  // the diagonal, for each class
    if (e.has("covariance_")) {
      const Matrix covariance = e.matrix("covariance_");
      if (covariance.rows == means.columns && covariance.columns == means.columns) {
        within = Matrix::zeros(means.rows, means.columns);
        for (size_t c = 0; c < means.rows; ++c)
          for (size_t f = 0; f < means.columns; ++f) within.at(c, f) = covariance.at(f, f);
      }
    }
    suppose_classes(r, x, means, e.reals("priors_"), within);
  }
  Classified made = classify_linear(r, e, x);
  made.proba =
      b.width(made.decision) == 1 ? both(b, b.expit(made.decision)) : b.softmax(made.decision);
  return made;
}

Classified classify_qda(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  Classified made;
  made.labels = e.labels("classes_");
  const ValueId columns = numbers(b, x);
  const Matrix means = e.matrix("means_");
  const Reals priors = e.reals("priors_");
  const auto rotations = e.list("rotations_"), scalings = e.list("scalings_");
  if (means.rows != made.labels.size() || priors.size() != means.rows ||
      rotations.size() != means.rows || scalings.size() != means.rows)
    refuse_damaged("QuadraticDiscriminantAnalysis has other numbers of classes in its parts");
  Matrix within = Matrix::zeros(means.rows, means.columns);
  std::vector<ValueId> scores;
  for (size_t c = 0; c < means.rows; ++c) {
    Matrix rotation = matrix_of(e.source(), rotations[c], "rotations_");
    const Reals scaling = reals_of(e.source(), scalings[c], "scalings_");
    if (scaling.size() != rotation.columns) refuse_damaged("rotations_ and scalings_ do not fit");
    double logs = 0;
    for (size_t k = 0; k < scaling.size() && rotation.rows == within.columns; ++k)
      for (size_t f = 0; f < rotation.rows; ++f)
        within.at(c, f) += scaling[k] * rotation.at(f, k) * rotation.at(f, k);
    for (size_t k = 0; k < scaling.size(); ++k) {
      logs += std::log(scaling[k]);
      for (size_t f = 0; f < rotation.rows; ++f) rotation.at(f, k) *= std::pow(scaling[k], -0.5);
    }
    const auto mean = means.row(c);
    const ValueId centred = b.subtract(columns, b.vector({mean.begin(), mean.end()}));
    const ValueId squares = b.reduce(ReduceFn::SumSquare, b.dense(centred, rotation));
    scores.push_back(b.add(b.multiply(b.add(squares, logs), -0.5), std::log(priors[c])));
  }
  suppose_classes(r, x, means, priors, within);
  const ValueId all = b.concat(scores);
  made.proba = b.softmax(all);
  made.decision = scores.size() == 2 ? b.subtract(scores[1], scores[0]) : all;
  made.index = b.argmax(all);
  return made;
}

// SVC and its like: the support vectors fold into one vector of weights for each pair of classes.
Classified classify_linear_kernel(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  if (!e.is_text("kernel") || e.text("kernel") != "linear")
    refuse(e.name() + " with kernel '" + e.text_or("kernel", "a function") + "' is no linear model",
           "only kernel='linear' is one");
  Classified made;
  made.labels = e.labels("classes_");
  const Matrix dual = e.matrix(e.has("_dual_coef_") ? "_dual_coef_" : "dual_coef_");
  const Matrix vectors = e.matrix("support_vectors_");
  suppose_rows(r, x, vectors);
  const Reals intercepts = e.reals(e.has("_intercept_") ? "_intercept_" : "intercept_");
  std::vector<uint32_t> counts = e.indices(e.has("_n_support") ? "_n_support" : "n_support_");
  counts.resize(made.labels.size());
  const Matrix weights = pairwise_weights(dual, vectors, counts);
  const ValueId pairs = affine(b, numbers(b, x), weights, intercepts);
  made.proba = libsvm_proba(b, e, pairs, made.labels.size());
  if (made.labels.size() == 2) {
    // The library's own sign is the other one.
    made.decision = b.unary(Act::Neg, pairs);
    made.index = index_above(b, made.decision);
    return made;
  }
  const ValueId second_wins = b.cast(b.compare(CompareFn::Less, pairs, 0.0), DType::F64);
  const auto classes = static_cast<uint32_t>(made.labels.size());
  const bool by_class = e.text_or("decision_function_shape", "ovr") == "ovr";
  const ValueId ranked = b.add(votes(b, second_wins, classes),
                               squeezed_confidences(b, b.unary(Act::Neg, pairs), classes));
  made.decision = by_class ? ranked : pairs;
  // In the library a tie of a pair goes to the second class, and a tie of votes to the first.
  const ValueId first_wins = b.cast(b.compare(CompareFn::Greater, pairs, 0.0), DType::F64);
  made.index = e.flag_or("break_ties", false) && by_class
                   ? b.argmax(ranked)
                   : b.argmax(votes(b, b.from(1, first_wins), classes));
  return made;
}

Classified classify_dummy(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::string strategy = e.text_or("_strategy", e.text_or("strategy", "prior"));
  if (strategy == "stratified" || strategy == "uniform")
    refuse("DummyClassifier with strategy '" + strategy + "' draws its answers at random");
  if (e.integer_or("n_outputs_", 1) != 1) refuse("DummyClassifier of several outputs");
  Classified made;
  made.labels = e.labels("classes_");
  const Reals priors = e.reals("class_prior_");
  if (priors.size() != made.labels.size()) refuse_damaged("DummyClassifier has odd priors");
  size_t best = 0;
  if (strategy == "constant") {
    const Labels constant = e.labels("constant");
    while (best < made.labels.size() && made.labels.text(best) != constant.text(0)) ++best;
    if (best == made.labels.size()) refuse_damaged("DummyClassifier's constant is no class");
  } else {
    for (size_t i = 1; i < priors.size(); ++i)
      if (priors[i] > priors[best]) best = i;
  }
  Reals shares(priors.size());
  shares[best] = 1;
  const ValueId any = numbers(b, x.picked(b, {0}));
  made.proba = b.same_for_all(any, strategy == "prior" ? priors : shares);
  made.index = b.argmax(b.same_for_all(any, shares));
  return made;
}

// The nearest centre. Squares of distances are compared, as sums of squares.
Classified classify_centroid(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::string metric = e.text_or("metric", "euclidean");
  if (metric != "euclidean" && metric != "manhattan")
    refuse("NearestCentroid with metric '" + metric + "'");
  Classified made;
  made.labels = e.labels("classes_");
  ValueId columns = numbers(b, x);
  Matrix centres = e.matrix("centroids_");
  // From 1.6 on the classes have weights; where they differ, columns are scaled first.
  Reals priors = e.has("class_prior_")
                     ? e.reals("class_prior_")
                     : Reals(centres.rows, 1.0 / static_cast<double>(centres.rows));
  const bool scored = e.has("class_prior_") && e.has("within_class_std_dev_");
  bool equal = true;
  for (const double prior : priors)
    equal = equal && std::abs(prior - 1.0 / static_cast<double>(centres.rows)) <=
                         1e-8 + 1e-5 / static_cast<double>(centres.rows);
  const auto score_of = [&](ValueId from, const Matrix& to, bool squared) {
    std::vector<ValueId> scores;
    for (size_t c = 0; c < to.rows; ++c) {
      const auto centre = to.row(c);
      const ValueId apart = b.subtract(from, b.vector({centre.begin(), centre.end()}));
      ValueId distance = metric == "manhattan" ? b.sum(b.unary(Act::Abs, apart))
                                               : b.reduce(ReduceFn::SumSquare, apart);
      if (metric == "manhattan" && squared) distance = b.multiply(distance, distance);
      scores.push_back(b.unary(Act::Neg, distance));
    }
    return scores;
  };
  if (!scored || priors.size() != centres.rows) {
    made.index = b.argmax(b.concat(score_of(columns, centres, false)));
    return made;
  }
  Reals spread = e.reals("within_class_std_dev_");
  for (double& each : spread)
    if (each == 0) each = 1;
  if (spread.size() != centres.columns) refuse_damaged("NearestCentroid does not fit itself");
  Matrix scaled = centres;
  for (size_t c = 0; c < scaled.rows; ++c)
    for (size_t f = 0; f < scaled.columns; ++f) scaled.at(c, f) /= spread[f];
  std::vector<ValueId> scores = score_of(b.divide(columns, b.vector(spread)), scaled, true);
  for (size_t c = 0; c < scores.size(); ++c) scores[c] = b.add(scores[c], 2 * std::log(priors[c]));
  const ValueId all = b.concat(scores);
  made.index = b.argmax(equal ? b.concat(score_of(columns, centres, false)) : all);
  if (metric == "euclidean") {
    made.decision = scores.size() == 2 ? b.subtract(scores[1], scores[0]) : all;
    made.proba = b.softmax(all);
  }
  return made;
}

// 1 for what belongs, -1 for what lies outside.
Classified classify_one_class(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  Classified made;
  made.labels.integers = {-1, 1};
  if (e.name() == "OneClassSVM") {
    if (!e.is_text("kernel") || e.text("kernel") != "linear")
      refuse(
          "OneClassSVM with kernel '" + e.text_or("kernel", "a function") + "' is no linear model",
          "only kernel='linear' is one");
    suppose_rows(r, x, e.matrix("support_vectors_"));
    const Matrix weights = product(e.matrix("_dual_coef_"), e.matrix("support_vectors_"));
    made.decision = affine(b, numbers(b, x), weights, e.reals("_intercept_"));
    made.index = index_above(b, made.decision);
    return made;
  }
  made.labels.dtype = DType::I32;
  Reals shift = e.reals("offset_");
  for (double& each : shift) each = -each;
  made.decision = affine(b, numbers(b, x), e.matrix("coef_"), shift);
  made.index = b.cast(b.compare(CompareFn::GreaterEqual, made.decision, 0.0), DType::I64);
  return made;
}

}  // namespace mle::compiler::sklearn
