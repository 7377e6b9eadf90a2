// Classifiers made of several others.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/ensembles.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/pairwise.h"
#include "compiler/import/sklearn/refusal.h"

#include <algorithm>
#include <cmath>

namespace mle::compiler::sklearn {
namespace {

const Classified& want_single(const Estimator& e, const Classified& c) {
  if (c.multilabel || !c.outputs.empty())
    refuse(e.name() + " of a classifier that gives several labels at once");
  return c;
}

// Where two classes compete: the score for the second. What _predict_binary of scikit-learn gives.
struct Binary {
  ValueId score = kNone;
  double threshold = 0;
};

Binary binary_score(Reading& r, const Estimator& e, const Frame& x) {
  // A class that was always or never there.
  if (e.name() == "_ConstantPredictor") {
    const double y = e.reals("y_").at(0);
    return {r.b.same_for_all(numbers(r.b, x.picked(r.b, {0})), {y}), 0};
  }
  if (!can_classify(e)) return {regress(r, e, x).value, 0.5};
  const Classified c = want_single(e, classify(r, e, x));
  if (c.decision != kNone) return {c.decision, 0};
  if (c.proba == kNone) refuse(e.name() + " has neither decision_function nor predict_proba");
  return {r.b.column(c.proba, 1), 0.5};
}

// Its second probability, or none.
ValueId second_proba(Reading& r, const Estimator& e, const Frame& x) {
  if (e.name() == "_ConstantPredictor") return binary_score(r, e, x).score;
  if (!can_classify(e)) return kNone;
  const Classified c = classify(r, e, x);
  return c.proba == kNone ? kNone : r.b.column(c.proba, 1);
}

// 1 for the class of the index, 0 for the others.
ValueId one_of(Builder& b, ValueId index, size_t classes) {
  Reals codes;
  for (size_t i = 0; i < classes; ++i) codes.push_back(static_cast<double>(i));
  const ValueId is_it = b.compare(CompareFn::Equal, b.cast(index, DType::F64), b.vector(codes));
  return b.cast(is_it, DType::F64);
}

// Values for some of the classes, put where those stand among all; the others get 0.
ValueId spread(Builder& b, ValueId values, const std::vector<uint32_t>& places, size_t classes) {
  if (places.size() == classes) {
    bool same = true;
    for (uint32_t i = 0; i < classes; ++i) same = same && places[i] == i;
    if (same) return values;
  }
  Matrix to = Matrix::zeros(places.size(), classes);
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] >= classes) refuse_damaged("an ensemble has a class that it does not know");
    to.at(i, places[i]) = 1;
  }
  return b.dense(values, to);
}

// Where the labels of a member stand in those of the whole. Some ensembles number the classes
// before they fit, then the labels are places.
std::vector<uint32_t> places_in(const Labels& all, const Labels& some, bool numbered) {
  std::vector<uint32_t> places;
  for (size_t i = 0; i < some.size(); ++i) {
    size_t place = 0;
    if (numbered)
      place = static_cast<size_t>(some.kind == Labels::Kind::Floats
                                      ? some.reals[i]
                                      : static_cast<double>(some.integers.at(i)));
    else
      while (place < all.size() && all.text(place) != some.text(i)) ++place;
    if (place >= all.size()) refuse_damaged("an ensemble has a class that it does not know");
    places.push_back(static_cast<uint32_t>(place));
  }
  return places;
}

// One column: [1 - p, p]; several: divided by their sum.
ValueId cut_to_one(Builder& b, ValueId p) {
  const ValueId barely_above = b.compare(CompareFn::LessEqual, p, 1.0 + 1e-5);
  return b.select(barely_above, b.binary(BinaryFn::Min, p, b.vector({1})), p);
}

ValueId calibrated_by(Reading& r, const Estimator& calibrator, ValueId score) {
  Builder& b = r.b;
  if (calibrator.name() == "_SigmoidCalibration") {
    const double slope = calibrator.real("a_"), shift = calibrator.real("b_");
    return b.sigmoid(b.unary(Act::Neg, b.add(b.multiply(score, slope), shift)));
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
    const double least = 1e-12;
    logits = b.unary(Act::Log, b.add(c.proba, least));
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

ValueId label_numbers(Builder& b, const Classified& c) {
  if (c.multilabel) return b.cast(c.index, DType::F64);
  if (c.labels.kind == Labels::Kind::Texts)
    refuse("an ensemble that reckons with labels that are texts");
  Reals labels = c.labels.reals;
  if (c.labels.kind != Labels::Kind::Floats)
    labels.assign(c.labels.integers.begin(), c.labels.integers.end());
  return b.look_up(b.vector(labels), c.index);
}

Classified classify_multi_output(Reading& r, const Estimator& e, const Frame& x) {
  Classified made;
  for (const Estimator& member : members_of(e))
    made.outputs.push_back(want_single(member, classify(r, member, x)));
  return made;
}

Classified classify_chain(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::vector<Estimator> members = members_of(e);
  const std::vector<uint32_t> order = e.indices("order_");
  const std::string method = e.text_or("chain_method_", "predict");
  std::vector<Classified> found(members.size());
  if (order.size() != members.size()) refuse_damaged("ClassifierChain has an odd order");
  Frame columns = x;
  for (size_t i = 0; i < members.size(); ++i) {
    const Classified c = want_single(members[i], classify(r, members[i], columns));
    if (order[i] >= found.size() || found[order[i]].index != kNone)
      refuse_damaged("ClassifierChain has an odd order");
    if (c.labels.size() != 2) refuse("ClassifierChain of more than two labels a column");
    const ValueId label = label_numbers(b, c);
    const ValueId next = method == "predict_proba"       ? b.column(c.proba, 1)
                         : method == "decision_function" ? c.decision
                         : method == "predict_log_proba" ? b.unary(Act::Log, b.column(c.proba, 1))
                                                         : label;
    if (next == kNone) refuse(members[i].name() + " has no " + method + " for the chain");
    columns.append(Frame::computed(b, next));
    found[order[i]] = c;
  }
  Classified made;
  made.multilabel = true;
  std::vector<ValueId> labels, proba, decision;
  for (const Classified& c : found) {
    labels.push_back(label_numbers(b, c));
    if (c.proba != kNone) proba.push_back(b.column(c.proba, 1));
    if (c.decision != kNone) decision.push_back(c.decision);
  }
  made.index = b.cast(b.concat(labels), DType::I64);
  if (proba.size() == found.size()) made.proba = b.concat(proba);
  if (decision.size() == found.size()) made.decision = b.concat(decision);
  return made;
}

Classified classify_one_vs_rest(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::vector<Estimator> members = members_of(e);
  const Estimator binarizer = e.estimator("label_binarizer_");
  std::vector<ValueId> scores, probas;
  double threshold = 0;
  bool decides = true;
  for (const Estimator& member : members) {
    const Binary one = binary_score(r, member, x);
    scores.push_back(one.score);
    if (member.name() != "_ConstantPredictor") threshold = one.threshold;
    decides = decides && one.threshold == 0;
    if (const ValueId p = second_proba(r, member, x); p != kNone) probas.push_back(p);
  }
  Classified made;
  made.multilabel = binarizer.text_or("y_type_", "").starts_with("multilabel");
  const ValueId all = b.concat(scores);
  const bool has_proba = probas.size() == members.size();
  if (made.multilabel) {
    made.index = index_above(b, all, threshold);
    if (has_proba) made.proba = b.concat(probas);
  } else {
    made.labels = binarizer.labels("classes_");
    made.index = members.size() == 1 ? index_above(b, all, threshold) : b.argmax(all);
    if (has_proba)
      made.proba =
          members.size() == 1 ? both(b, probas[0]) : normalised_or_zero(b, b.concat(probas));
  }
  if (decides) made.decision = all;
  return made;
}

Classified classify_one_vs_one(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::vector<Estimator> members = members_of(e);
  Classified made;
  made.labels = e.labels("classes_");
  const auto classes = static_cast<uint32_t>(made.labels.size());
  if (members.size() != size_t{classes} * (classes - 1) / 2 || e.has("pairwise_indices_"))
    refuse("OneVsOneClassifier of something else than columns");
  std::vector<ValueId> wins, scores;
  double threshold = 0;
  for (const Estimator& member : members) {
    const Binary one = binary_score(r, member, x);
    threshold = one.threshold;
    scores.push_back(one.score);
    const ValueId index = can_classify(member) ? classify(r, member, x).index
                                               : index_above(b, one.score, one.threshold);
    wins.push_back(b.cast(index, DType::F64));
  }
  const ValueId ranked = votes_and_confidences(b, b.concat(wins), b.concat(scores), classes);
  made.decision = classes == 2 ? b.column(ranked, 1) : ranked;
  made.index = classes == 2 ? index_above(b, made.decision, threshold) : b.argmax(ranked);
  return made;
}

Classified classify_voting(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::vector<Estimator> members = members_of(e);
  const Reals weights = weights_of(e, members.size());
  const bool soft = e.text_or("voting", "hard") == "soft";
  Classified made;
  made.labels = e.has("classes_") ? e.labels("classes_") : e.estimator("le_").labels("classes_");
  std::vector<ValueId> values;
  for (const Estimator& member : members) {
    const Classified c = want_single(member, classify(r, member, x));
    if (soft && c.proba == kNone) refuse(member.name() + " has no predict_proba to vote with");
    values.push_back(soft ? c.proba : one_of(b, c.index, made.labels.size()));
  }
  const ValueId mean = mean_of(b, values, weights);
  if (soft) made.proba = mean;
  made.index = b.argmax(mean);
  return made;
}

Classified classify_bagging(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::vector<Estimator> members = members_of(e);
  Classified made;
  made.labels = e.labels("classes_");
  std::vector<ValueId> probas, decisions;
  for (size_t i = 0; i < members.size(); ++i) {
    const Classified c = want_single(members[i], classify(r, members[i], part_for(r, e, i, x)));
    const std::vector<uint32_t> places = places_in(made.labels, c.labels, true);
    const ValueId p = c.proba != kNone ? c.proba : one_of(b, c.index, c.labels.size());
    probas.push_back(spread(b, p, places, made.labels.size()));
    if (c.decision != kNone) decisions.push_back(c.decision);
  }
  made.proba = mean_of(b, probas, {});
  made.index = b.argmax(made.proba);
  if (decisions.size() == members.size()) made.decision = mean_of(b, decisions, {});
  return made;
}

Classified classify_stacking(Reading& r, const Estimator& e, const Frame& x) {
  const Estimator last = e.estimator("final_estimator_");
  Classified made = classify(r, last, stacked(r, e, x));
  if (e.is_estimator("_label_encoder")) {
    const Labels labels = e.estimator("_label_encoder").labels("classes_");
    // The last one was fitted on the numbers of the labels.
    if (labels.size() == made.labels.size()) made.labels = labels;
  }
  return made;
}

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
