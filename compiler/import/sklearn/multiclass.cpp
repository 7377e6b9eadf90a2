// Classifiers of many classes made of those of two.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/ensembles.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/pairwise.h"
#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {
namespace {

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

ValueId last_argmax(Builder& b, ValueId scores) {
  Node node;
  node.kind = OpKind::ArgMax;
  node.inputs = {scores};
  node.iattr = {0, 1, 1};
  return b.add_node(std::move(node));
}

// Its second probability, or none.
ValueId second_proba(Reading& r, const Estimator& e, const Frame& x) {
  if (e.name() == "_ConstantPredictor") return binary_score(r, e, x).score;
  if (!can_classify(e)) return kNone;
  const Classified c = classify(r, e, x);
  return c.proba == kNone ? kNone : r.b.column(c.proba, 1);
}

}  // namespace

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
    // The first one decides for all, and one that is always sure counts as a regressor.
    if (scores.size() == 1) threshold = member.name() == "_ConstantPredictor" ? 0.5 : one.threshold;
    decides = decides && one.threshold == 0;
    if (const ValueId p = second_proba(r, member, x); p != kNone) probas.push_back(p);
  }
  Classified made;
  made.labels = binarizer.labels("classes_");
  made.multilabel = binarizer.text_or("y_type_", "").starts_with("multilabel");
  const ValueId all = b.concat(scores);
  const bool has_proba = probas.size() == members.size();
  if (made.multilabel) {
    made.index = index_above(b, all, threshold);
    if (has_proba) made.proba = b.concat(probas);
  } else {
    // Of equal scores the first wins, before 1.8 the last.
    made.index = members.size() == 1     ? index_above(b, all, threshold)
                 : e.is_older_than(1, 8) ? last_argmax(b, all)
                                         : b.argmax(all);
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
  std::vector<ValueId> predicted, scores;
  double threshold = 0;
  for (const Estimator& member : members) {
    const Binary one = binary_score(r, member, x);
    // Before 1.1 zero, whatever the members give.
    if (scores.empty() && !e.is_older_than(1, 1)) threshold = one.threshold;
    scores.push_back(one.score);
    predicted.push_back(can_classify(member) ? b.cast(classify(r, member, x).index, DType::F64)
                                             : one.score);
  }
  // A regressor votes where it predicts just 0 or 1.
  const ValueId all = b.concat(predicted);
  const auto predicts = [&](double label) {
    return b.cast(b.compare(CompareFn::Equal, all, label), DType::F64);
  };
  const ValueId votes = votes_of_both(b, predicts(0), predicts(1), classes);
  const ValueId ranked = b.add(votes, squeezed_confidences(b, b.concat(scores), classes));
  made.decision = classes == 2 ? b.column(ranked, 1) : ranked;
  made.index = classes == 2 ? index_above(b, made.decision, threshold) : b.argmax(ranked);
  return made;
}

// Each class has a word of the code: the one nearest to what the members say.
Classified classify_output_code(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::vector<Estimator> members = members_of(e);
  const Matrix code = e.matrix("code_book_");
  Classified made;
  made.labels = e.labels("classes_");
  if (code.rows != made.labels.size() || code.columns != members.size())
    refuse_damaged("OutputCodeClassifier has a code of other classes");
  std::vector<ValueId> scores, nearness;
  for (const Estimator& member : members) scores.push_back(binary_score(r, member, x).score);
  const ValueId word = b.concat(scores);
  for (size_t c = 0; c < code.rows; ++c) {
    const auto wanted = code.row(c);
    const ValueId apart = b.subtract(word, b.vector({wanted.begin(), wanted.end()}));
    nearness.push_back(b.unary(Act::Neg, b.reduce(ReduceFn::SumSquare, apart)));
  }
  made.index = b.argmax(b.concat(nearness));
  return made;
}

}  // namespace mle::compiler::sklearn
