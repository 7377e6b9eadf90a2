// Classifiers whose probabilities or threshold were set afterwards.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/ensembles.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {
namespace {

// One column: [1 - p, p]; several: divided by their sum.
ValueId cut_to_one(Builder& b, ValueId p) {
  const ValueId barely_above = b.compare(CompareFn::LessEqual, p, 1.0 + 1e-5);
  return b.select(barely_above, b.binary(BinaryFn::Min, p, b.vector({1})), p);
}

ValueId calibrated_by(Reading& r, const Estimator& calibrator, ValueId score) {
  Builder& b = r.b;
  if (calibrator.name() == "_SigmoidCalibration") {
    const double slope = calibrator.real("a_"), shift = calibrator.real("b_");
    return b.expit(b.unary(Act::Neg, b.add(b.multiply(score, slope), shift)));
  }
  if (calibrator.name() == "IsotonicRegression")
    return regress_isotonic(r, calibrator, Frame::computed(b, score)).value;
  refuse("calibration by " + calibrator.name());
}

// Scores as logits, as far as they are not ones already.
ValueId temperature_scaled(Reading& r, const Estimator& calibrator, const Classified& c) {
  Builder& b = r.b;
  ValueId logits = c.decision;
  if (logits == kNone) {
    // Of two classes the first is what the second leaves of 1, to its last digit.
    const ValueId p = b.width(c.proba) == 2 ? both(b, b.column(c.proba, 1)) : c.proba;
    const double least = 1e-12;
    logits = b.unary(Act::Log, b.add(p, least));
  } else if (b.width(logits) == 1) {
    logits = b.concat({b.unary(Act::Neg, logits), logits});
  }
  return b.softmax(b.multiply(logits, calibrator.real("beta_")));
}

ValueId calibrated_proba(Reading& r, const Estimator& e, const Labels& all, const Frame& x) {
  Builder& b = r.b;
  const Estimator base = e.estimator(e.has("estimator") ? "estimator" : "base_estimator");
  const Classified c = want_single(base, classify(r, base, x));
  ValueId scores = c.decision != kNone ? c.decision : c.proba;
  if (scores == kNone) refuse(base.name() + " has neither decision_function nor predict_proba");
  const size_t classes = all.size();
  const auto calibrators = e.estimators("calibrators");
  if (e.text_or("method", "sigmoid") == "temperature") {
    if (calibrators.size() != 1) refuse_damaged("CalibratedClassifierCV has odd calibrators");
    return cut_to_one(b, temperature_scaled(r, calibrators[0], c));
  }
  if (classes == 2) {
    if (c.decision == kNone) scores = b.column(scores, 1);
    if (calibrators.size() != 1) refuse_damaged("CalibratedClassifierCV has odd calibrators");
    return cut_to_one(b, both(b, calibrated_by(r, calibrators[0], scores)));
  }
  if (calibrators.size() != b.width(scores))
    refuse_damaged("CalibratedClassifierCV has odd calibrators");
  std::vector<ValueId> parts;
  for (uint32_t i = 0; i < calibrators.size(); ++i)
    parts.push_back(calibrated_by(r, calibrators[i], b.column(scores, i)));
  const ValueId p = spread(b, b.concat(parts), places_in(all, c.labels, false), classes);
  return cut_to_one(b, normalised(b, p));
}

}  // namespace

Classified classify_calibrated(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  Classified made;
  made.labels = e.labels("classes_");
  std::vector<ValueId> values;
  for (const Estimator& member : e.estimators("calibrated_classifiers_"))
    values.push_back(calibrated_proba(r, member, made.labels, x));
  if (values.empty()) refuse_damaged("CalibratedClassifierCV without classifiers");
  made.proba = mean_of(b, values, {});
  made.index = b.argmax(made.proba);
  return made;
}

// Another threshold than the classifier's own, on its probabilities or its decision.
Classified classify_threshold(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const Estimator base = e.estimator(e.has("estimator_") ? "estimator_" : "estimator");
  Classified made = want_single(base, classify(r, base, x));
  if (made.labels.size() != 2) refuse(e.name() + " of more than two classes");
  std::string method = e.text_or("response_method", "auto");
  if (method == "auto") method = made.proba != kNone ? "predict_proba" : "decision_function";
  const bool by_proba = method == "predict_proba";
  if ((by_proba ? made.proba : made.decision) == kNone) refuse(base.name() + " has no " + method);
  double threshold = by_proba ? 0.5 : 0;
  if (e.has("best_threshold_"))
    threshold = e.real("best_threshold_");
  else if (e.has("threshold") && !e.is_text("threshold"))
    threshold = e.real("threshold");
  bool second = true;
  if (e.has("pos_label")) second = e.labels("pos_label").text(0) == made.labels.text(1);
  ValueId score = by_proba ? b.column(made.proba, second ? 1 : 0) : made.decision;
  if (!by_proba && !second) score = b.unary(Act::Neg, score);
  const ValueId reached = b.cast(b.compare(CompareFn::GreaterEqual, score, threshold), DType::I64);
  made.index = second ? reached : b.cast(b.compare(CompareFn::Less, score, threshold), DType::I64);
  return made;
}

}  // namespace mle::compiler::sklearn
