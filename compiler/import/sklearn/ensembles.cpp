// Regressors made of several others.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/ensembles.h"

#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {

std::vector<Estimator> members_of(const Estimator& e) {
  std::vector<Estimator> made;
  for (Estimator& each : e.estimators("estimators_"))
    if (!each.name().empty()) made.push_back(std::move(each));
  if (made.empty()) refuse_damaged(e.name() + " without estimators");
  return made;
}

ValueId mean_of(Builder& b, const std::vector<ValueId>& values, const Reals& weights) {
  double sum = 0;
  ValueId total = kNone;
  for (size_t i = 0; i < values.size(); ++i) {
    const double weight = weights.empty() ? 1 : weights[i];
    sum += weight;
    const ValueId part = weight == 1 ? values[i] : b.multiply(values[i], weight);
    total = total == kNone ? part : b.add(total, part);
  }
  return b.divide(total, sum);
}

Reals weights_of(const Estimator& e, size_t members) {
  if (!e.has("weights")) return {};
  const Reals weights = e.reals("weights");
  Reals kept;
  // Estimators that were dropped have weights all the same.
  const auto all =
      e.has("estimators") ? e.named_estimators("estimators") : std::vector<NamedEstimator>();
  for (size_t i = 0; i < weights.size(); ++i)
    if (i >= all.size() || !all[i].second.name().empty()) kept.push_back(weights[i]);
  if (kept.size() != members) refuse_damaged(e.name() + " has other numbers of weights");
  return kept;
}

Frame part_for(Reading& r, const Estimator& e, size_t member, const Frame& x) {
  if (!e.has("estimators_features_")) return x;
  const auto lists = e.list("estimators_features_");
  if (member >= lists.size()) refuse_damaged(e.name() + " has too few lists of columns");
  std::vector<uint32_t> columns;
  const pickle::Pickle& pickle = e.source();
  if (pickle.name_of(lists[member]).ends_with(".slice")) return x;  // slice(None): all columns
  for (const double column : reals_of(pickle, lists[member], "estimators_features_")) {
    if (!(column >= 0 && column < 0x1p24)) refuse_damaged("estimators_features_ holds no columns");
    columns.push_back(static_cast<uint32_t>(column));
  }
  return x.picked(r.b, columns);
}

Regressed regress_target(Reading& r, const Estimator& e, const Frame& x) {
  const Regressed inner = regress(r, e.estimator("regressor_"), x);
  Regressed made{inverse_transform(r, e.estimator("transformer_"), inner.value), false};
  made.flat = e.integer_or("_training_dim", 1) == 1 && r.b.width(made.value) == 1;
  return made;
}

Regressed regress_multi_output(Reading& r, const Estimator& e, const Frame& x) {
  std::vector<ValueId> values;
  for (const Estimator& member : members_of(e)) values.push_back(regress(r, member, x).value);
  return {r.b.concat(values), false};
}

Regressed regress_chain(Reading& r, const Estimator& e, const Frame& x) {
  const std::vector<Estimator> members = members_of(e);
  const std::vector<uint32_t> order = e.indices("order_");
  if (order.size() != members.size()) refuse_damaged("RegressorChain has an odd order");
  Frame columns = x;
  std::vector<ValueId> values(members.size(), kNone);
  for (size_t i = 0; i < members.size(); ++i) {
    const ValueId value = regress(r, members[i], columns).value;
    if (order[i] >= values.size() || values[order[i]] != kNone)
      refuse_damaged("RegressorChain has an odd order");
    values[order[i]] = value;
    columns.append(Frame::computed(r.b, value));
  }
  return {r.b.concat(values), false};
}

Regressed regress_voting(Reading& r, const Estimator& e, const Frame& x) {
  std::vector<ValueId> values;
  for (const Estimator& member : members_of(e)) values.push_back(regress(r, member, x).value);
  return {mean_of(r.b, values, weights_of(e, values.size())), true};
}

Frame transform_voting(Reading& r, const Estimator& e, const Frame& x) {
  std::vector<ValueId> values;
  const bool soft = e.text_or("voting", "hard") == "soft";
  for (const Estimator& member : members_of(e)) {
    if (e.name() == "VotingRegressor") {
      values.push_back(regress(r, member, x).value);
      continue;
    }
    const Classified c = classify(r, member, x);
    values.push_back(soft ? c.proba : c.index);
    if (values.back() == kNone) refuse(member.name() + " has no predict_proba to vote with");
  }
  Frame made = Frame::computed(r.b, r.b.concat(values));
  // There a table for each member, of all rows; here a table for each row, of all members.
  if (e.name() == "VotingClassifier" && soft && !e.flag_or("flatten_transform", true))
    made.shape = {static_cast<uint32_t>(values.size()), r.b.width(values[0])};
  return made;
}

Regressed regress_bagging(Reading& r, const Estimator& e, const Frame& x) {
  std::vector<ValueId> values;
  const std::vector<Estimator> members = members_of(e);
  bool flat = true;
  for (size_t i = 0; i < members.size(); ++i) {
    const Regressed one = regress(r, members[i], part_for(r, e, i, x));
    flat = flat && one.flat;
    values.push_back(one.value);
  }
  return {mean_of(r.b, values, {}), flat};
}

Frame stacked(Reading& r, const Estimator& e, const Frame& x) {
  const std::vector<Estimator> members = members_of(e);
  std::vector<Category> methods;
  for (const Category& method :
       categories_of(e.source(), e.need("stack_method_"), "'stack_method_'"))
    if (method.kind == Category::Kind::Text) methods.push_back(method);
  if (methods.size() != members.size()) refuse_damaged(e.name() + " has an odd stack_method_");
  Frame made;
  for (size_t i = 0; i < members.size(); ++i) {
    const std::string& method = methods[i].text;
    if (!can_classify(members[i])) {
      made.append(Frame::computed(r.b, regress(r, members[i], x).value));
      continue;
    }
    const Classified c = classify(r, members[i], x);
    ValueId value = method == "predict_proba"       ? c.proba
                    : method == "decision_function" ? c.decision
                                                    : label_numbers(r.b, c);
    if (value == kNone) refuse(members[i].name() + " has no " + method + " to stack");
    // Of two probabilities the first says nothing new.
    if (method == "predict_proba" && r.b.width(value) == 2) value = r.b.column(value, 1);
    made.append(Frame::computed(r.b, value));
  }
  if (e.flag_or("passthrough", false)) made.append(x);
  return made;
}

Regressed regress_stacking(Reading& r, const Estimator& e, const Frame& x) {
  return regress(r, e.estimator("final_estimator_"), stacked(r, e, x));
}

Frame transform_stacking(Reading& r, const Estimator& e, const Frame& x) {
  return stacked(r, e, x);
}

}  // namespace mle::compiler::sklearn
