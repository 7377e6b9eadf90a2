// Who is asked what: by the class's name, with an end to depth and number.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/reading.h"

#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/parts.h"
#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {
namespace {

constexpr int kMaxDepth = 24;
constexpr size_t kMaxEstimators = 20'000;

// Counts one estimator on its way down.
class Step {
 public:
  explicit Step(Reading& r) : r_(r) {
    if (++r_.depth > kMaxDepth) refuse("estimators lie within estimators without an end");
    if (++r_.estimators > kMaxEstimators) refuse("the model is made of too many estimators");
  }
  ~Step() { --r_.depth; }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  Reading& r_;
};

[[noreturn]] void refuse_kind(const Estimator& e) {
  if (e.name().empty())
    refuse("the pickle holds no estimator of scikit-learn", "save a fitted one");
  throw Refusal{unread_status(e)};
}

const EstimatorKind& kind_of(const Estimator& e) {
  const EstimatorKind* kind =
      e.class_path().starts_with("sklearn.") ? find_kind(e.name()) : nullptr;
  if (kind == nullptr) refuse_kind(e);
  return *kind;
}

// Does another estimator answer for it?
bool delegates(const EstimatorKind& kind) {
  return kind.regress == regress_inner || kind.regress == regress_pipeline ||
         kind.classify == classify_inner;
}

template <class Function>
bool can(const Estimator& e, Function EstimatorKind::*ability, int depth) {
  const EstimatorKind* kind = find_kind(e.name());
  if (kind == nullptr || kind->*ability == nullptr || depth > kMaxDepth) return false;
  if constexpr (std::is_same_v<Function, decltype(EstimatorKind::transform)>) {
    if (kind->transform == transform_support) return true;
    if (kind->transform == transform_lda && e.text_or("solver", "svd") == "lsqr") return false;
  }
  if (!delegates(*kind)) return true;
  const auto inner = inner_of(e);
  if (!inner) return false;
  // 'passthrough' or None as a last step gives back what it gets.
  if (inner->name().empty()) return std::is_same_v<Function, decltype(EstimatorKind::transform)>;
  return can(*inner, ability, depth + 1);
}

}  // namespace

ValueId typed_column(Reading& r, const Frame& frame, uint32_t i, DType wanted) {
  const uint32_t origin = frame.origin(i);
  if (origin != kNoOrigin) {
    const auto [place, is_new] = r.wanted.emplace(origin, wanted);
    if (!is_new && place->second != wanted) {
      if (place->second == DType::Str || wanted == DType::Str)
        refuse("column " + std::to_string(origin) + " is taken for texts and for numbers");
      place->second = DType::F64;
    }
  }
  return frame.column(r.b, i);
}

bool can_transform(const Estimator& e) { return can(e, &EstimatorKind::transform, 0); }
bool can_regress(const Estimator& e) { return can(e, &EstimatorKind::regress, 0); }
bool can_classify(const Estimator& e) { return can(e, &EstimatorKind::classify, 0); }

Frame transform(Reading& r, const Estimator& e, const Frame& x) {
  const Step step(r);
  const EstimatorKind& kind = kind_of(e);
  if (kind.transform == nullptr) refuse(e.name() + " transforms nothing");
  return kind.transform(r, e, x);
}

Regressed regress(Reading& r, const Estimator& e, const Frame& x) {
  const Step step(r);
  const EstimatorKind& kind = kind_of(e);
  if (kind.regress == nullptr) refuse(e.name() + " predicts no numbers");
  return kind.regress(r, e, x);
}

Classified classify(Reading& r, const Estimator& e, const Frame& x) {
  const Step step(r);
  const EstimatorKind& kind = kind_of(e);
  if (kind.classify == nullptr) refuse(e.name() + " predicts no classes");
  Reading::Asked asked{e.id(), {}};
  for (const Frame::Part& part : x.parts) asked.second.push_back(part.value);
  if (const auto known = r.classified.find(asked); known != r.classified.end())
    return known->second;
  Classified made = kind.classify(r, e, x);
  // Of one class there is nothing to tell apart, whatever the scores.
  if (!made.multilabel && made.outputs.empty() && made.labels.size() == 1)
    made.index = r.b.first_for_all(made.index);
  r.classified.emplace(std::move(asked), made);
  return made;
}

}  // namespace mle::compiler::sklearn
