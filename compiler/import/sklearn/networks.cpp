// Multi-layer perceptrons.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {
namespace {

ValueId activate(Builder& b, const std::string& name, ValueId x) {
  if (name == "identity") return x;
  if (name == "relu") return b.unary(Act::Relu, x);
  if (name == "tanh") return b.unary(Act::Tanh, x);
  if (name == "logistic") return b.sigmoid(x);
  if (name == "softmax") return b.softmax(x);
  if (name == "exp") return b.unary(Act::Exp, x);
  refuse("a multi-layer perceptron with activation '" + name + "'");
}

ValueId forward(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const auto weights = e.list("coefs_"), biases = e.list("intercepts_");
  if (weights.empty() || weights.size() != biases.size())
    refuse_damaged(e.name() + " has other numbers of layers in its parts");
  const std::string hidden = e.text("activation"), last = e.text("out_activation_");
  ValueId y = numbers(b, x);
  for (size_t i = 0; i < weights.size(); ++i) {
    y = b.dense(y, matrix_of(e.source(), weights[i], "coefs_"),
                reals_of(e.source(), biases[i], "intercepts_"));
    const bool answers = i + 1 == weights.size();
    y = answers && last == "logistic" ? b.expit(y) : activate(b, answers ? last : hidden, y);
  }
  return y;
}

}  // namespace

Regressed regress_mlp(Reading& r, const Estimator& e, const Frame& x) {
  const ValueId y = forward(r, e, x);
  return {y, r.b.width(y) == 1};
}

Classified classify_mlp(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const ValueId y = forward(r, e, x);
  const Estimator binarizer = e.estimator("_label_binarizer");
  Classified made;
  if (binarizer.text_or("y_type_", "").starts_with("multilabel")) {
    made.multilabel = true;
    made.labels = binarizer.labels("classes_");
    made.proba = b.width(y) == 1 ? both(b, y) : y;
    made.index = index_above(b, y, 0.5);
    return made;
  }
  made.labels = binarizer.labels("classes_");
  if (b.width(y) == 1) {
    made.proba = both(b, y);
    made.index = index_above(b, y, 0.5);
  } else {
    made.proba = y;
    made.index = b.argmax(y);
  }
  return made;
}

}  // namespace mle::compiler::sklearn
