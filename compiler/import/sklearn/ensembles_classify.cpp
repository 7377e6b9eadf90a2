// Classifiers made of several others.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/ensembles.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {
namespace {

// 1 for the class of the index, 0 for the others.
ValueId one_of(Builder& b, ValueId index, size_t classes) {
  Reals codes;
  for (size_t i = 0; i < classes; ++i) codes.push_back(static_cast<double>(i));
  const ValueId is_it = b.compare(CompareFn::Equal, b.cast(index, DType::F64), b.vector(codes));
  return b.cast(is_it, DType::F64);
}

}  // namespace

const Classified& want_single(const Estimator& e, const Classified& c) {
  if (c.multilabel || !c.outputs.empty())
    refuse(e.name() + " of a classifier that gives several labels at once");
  return c;
}

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

namespace {

// What a member of a chain says of its last label: of two the second, and of one that one, which it
// is asked for as if it were the first of two. Up to 1.4 column 1 was taken of whatever there was.
// kNone where there is nothing to take.
ValueId share_of_last(Builder& b, const Classified& c, bool is_old) {
  if (c.proba == kNone) return kNone;
  const size_t column = is_old ? 1 : c.labels.size() - 1;
  return column < b.width(c.proba) && column < 2 ? b.column(c.proba, static_cast<uint32_t>(column))
                                                 : kNone;
}

ValueId score_of_last(Builder& b, const Classified& c, bool is_old) {
  if (c.decision == kNone || b.width(c.decision) != 1) return kNone;
  return c.labels.size() == 1 && !is_old ? b.unary(Act::Neg, c.decision) : c.decision;
}

}  // namespace

Classified classify_chain(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::vector<Estimator> members = members_of(e);
  const std::vector<uint32_t> order = e.indices("order_");
  const std::string method = e.text_or("chain_method_", "predict");
  const bool is_old = e.is_older_than(1, 5);
  std::vector<Classified> found(members.size());
  if (order.size() != members.size()) refuse_damaged("ClassifierChain has an odd order");
  Frame columns = x;
  for (size_t i = 0; i < members.size(); ++i) {
    const Classified c = want_single(members[i], classify(r, members[i], columns));
    if (order[i] >= found.size() || found[order[i]].index != kNone)
      refuse_damaged("ClassifierChain has an odd order");
    const ValueId label = label_numbers(b, c);
    ValueId next = method == "predict_proba" || method == "predict_log_proba"
                       ? share_of_last(b, c, is_old)
                   : method == "decision_function" ? score_of_last(b, c, is_old)
                                                   : label;
    if (next == kNone) refuse(members[i].name() + " has no " + method + " for the chain");
    if (method == "predict_log_proba") next = b.unary(Act::Log, next);
    columns.append(Frame::computed(b, next));
    found[order[i]] = c;
  }
  Classified made;
  made.multilabel = true;
  std::vector<ValueId> labels, proba, decision;
  for (const Classified& c : found) {
    labels.push_back(label_numbers(b, c));
    made.by_column.push_back(c.labels);
    // Of more than two labels a column there are none, or from 1.5 on no array to put them into.
    if (const ValueId p = share_of_last(b, c, is_old); p != kNone) proba.push_back(p);
    if (const ValueId s = score_of_last(b, c, is_old); s != kNone) decision.push_back(s);
  }
  made.index = b.concat(labels);  // in f64, whatever they were fitted on
  if (proba.size() == found.size()) made.proba = b.concat(proba);
  if (decision.size() == found.size()) made.decision = b.concat(decision);
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
  // "_le" up to 1.1.
  const char* encoder = e.has("_label_encoder") ? "_label_encoder" : "_le";
  if (e.is_estimator(encoder)) {
    const Labels labels = e.estimator(encoder).labels("classes_");
    // The last one was fitted on the numbers of the labels.
    if (labels.size() == made.labels.size()) made.labels = labels;
  }
  return made;
}

}  // namespace mle::compiler::sklearn
