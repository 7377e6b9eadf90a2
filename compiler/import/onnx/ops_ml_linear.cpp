// ai.onnx.ml: linear models. LinearRegressor, LinearClassifier, and SVMs with a linear kernel,
// whose support vectors add up to one weight vector each.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/ops_ml.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

// x w + b with weights as ai.onnx.ml has them: one row of coefficients per output.
struct Weights {
  uint32_t outputs = 0;
  std::vector<float> rows;  // [outputs][columns]
  std::vector<float> bias;  // one per output
};

Status want_finite(const OperatorNode& op, const std::vector<float>& numbers) {
  if (std::ranges::all_of(numbers, [](float number) { return std::isfinite(number); })) return {};
  return unsupported(C212_NotFinite, op.type() + " has coefficients that are NaN or infinite",
                     "such a model answers NaN: train it again or repair its weights");
}

Result<ValueId> product(OperatorNode& op, const Weights& weights) {
  const size_t columns = weights.rows.size() / weights.outputs;
  MLE_TRY(want_columns(op, columns));
  MLE_TRY(want_finite(op, weights.rows));
  MLE_TRY(want_finite(op, weights.bias));
  std::vector<float> w(weights.rows.size());
  for (size_t n = 0; n < weights.outputs; ++n)
    for (size_t k = 0; k < columns; ++k) w[k * weights.outputs + n] = weights.rows[n * columns + k];
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  MLE_TRY_ASSIGN(x, converted(op, x, DType::F32));
  MLE_TRY_ASSIGN(const ValueId matrix,
                 op.constant(make_tensor("", DType::F32,
                                         {static_cast<uint32_t>(columns), weights.outputs}, w)));
  Node node;
  node.kind = OpKind::Dense;
  node.inputs = {x, matrix};
  if (!weights.bias.empty()) {
    MLE_TRY_ASSIGN(const ValueId bias, vector_of(op, weights.bias));
    node.inputs.push_back(bias);
  }
  return op.add(std::move(node));
}

Result<ValueId> transformed(OperatorNode& op, ValueId x, PostTransform transform) {
  if (transform == PostTransform::None) return x;
  if (transform == PostTransform::Logistic) return op.add(unary(Act::Sigmoid, x));
  Node node;
  node.kind = OpKind::Softmax;
  node.inputs = {x};
  node.iattr = {static_cast<uint32_t>(op.fact(x).dims.size() - 1)};
  return op.add(std::move(node));
}

Status read_linear_regressor(OperatorNode& op) {
  MLE_TRY_ASSIGN(const int64_t targets, op.integer("targets", 1));
  Weights weights;
  MLE_TRY_ASSIGN(weights.rows, reals_of(op, "coefficients"));
  MLE_TRY_ASSIGN(weights.bias, reals_of(op, "intercepts"));
  MLE_TRY_ASSIGN(const PostTransform transform, post_transform(op));
  if (targets < 1 || weights.rows.empty() || static_cast<uint64_t>(targets) > weights.rows.size() ||
      weights.rows.size() % static_cast<uint64_t>(targets) != 0 ||
      (!weights.bias.empty() && weights.bias.size() != static_cast<uint64_t>(targets)))
    return broken(C209_Attribute, "LinearRegressor of " + std::to_string(targets) +
                                      " targets with " + std::to_string(weights.rows.size()) +
                                      " coefficients and " + std::to_string(weights.bias.size()) +
                                      " intercepts");
  weights.outputs = static_cast<uint32_t>(targets);
  MLE_TRY_ASSIGN(ValueId y, product(op, weights));
  // One target is left as it is, whatever stands behind it: so does ONNX Runtime.
  if (targets > 1) {
    MLE_TRY_ASSIGN(y, transformed(op, y, transform));
  }
  op.emit_value(y);
  return {};
}

// Class labels: numbers or strings, the other list empty.
struct Classes {
  std::vector<int64_t> numbers;
  std::vector<std::string> words;
  size_t size() const { return words.empty() ? numbers.size() : words.size(); }
};

Result<Classes> classes_of(OperatorNode& op) {
  Classes classes;
  MLE_TRY_ASSIGN(classes.numbers, integers_of(op, "classlabels_ints"));
  MLE_TRY_ASSIGN(classes.words, words_of(op, "classlabels_strings"));
  if (classes.numbers.empty() == classes.words.empty())
    return broken(C209_Attribute, op.type() + " wants class labels, numbers or strings");
  return classes;
}

// Output 0: the label at `place`. What the classes are called goes to the port of output 1.
Status emit_classes(OperatorNode& op, const Classes& classes, ValueId place, ValueId scores) {
  Tensor list =
      make_tensor("", DType::I64, {static_cast<uint32_t>(classes.numbers.size())}, classes.numbers);
  if (!classes.words.empty()) {
    list.dtype = DType::Str;
    list.words = classes.words;
  }
  MLE_TRY_ASSIGN(const ValueId labels, values_at(op, place, list));
  op.emit_value(labels, 0);
  if (op.output_count() < 2) return {};
  std::vector<std::string> names = classes.words;
  for (const int64_t number : classes.numbers) names.push_back(std::to_string(number));
  op.emit_value(scores, 1);
  op.name_columns(1, std::move(names));
  return {};
}

Result<ValueId> argmax(OperatorNode& op, ValueId scores) {
  Node node;
  node.kind = OpKind::ArgMax;
  node.inputs = {scores};
  node.iattr = {static_cast<uint32_t>(op.fact(scores).dims.size() - 1), 0, 0};
  return op.add(std::move(node));
}

// [.., 1] > 0 → [..] of 0 or 1, the other way round if `turned`.
Result<ValueId> is_positive(OperatorNode& op, ValueId score, bool turned) {
  MLE_TRY_ASSIGN(const ValueId zero, op.scalar(0, DType::F32));
  MLE_TRY_ASSIGN(const ValueId above,
                 op.add(compare(turned ? CompareFn::LessEqual : CompareFn::Greater, score, zero)));
  MLE_TRY_ASSIGN(const ValueId place, converted(op, above, DType::I64));
  Dims dims = op.fact(place).dims;
  dims.pop_back();
  return op.reshaped(place, dims);
}

// One score for two classes: both sides of it. ONNX Runtime makes them opposite probabilities
// (1 - s, s) or opposite scores (-s, s).
Result<ValueId> both_sides(OperatorNode& op, ValueId score, PostTransform transform,
                           bool opposite_scores) {
  ValueId other = kNone;
  if (transform == PostTransform::Logistic || opposite_scores) {
    MLE_TRY_ASSIGN(other, op.add(unary(Act::Neg, score)));
  } else {
    MLE_TRY_ASSIGN(const ValueId one, op.scalar(1, DType::F32));
    MLE_TRY_ASSIGN(other, op.add(binary(BinaryFn::Sub, one, score)));
  }
  Node node;
  node.kind = OpKind::Concat;
  node.inputs = {other, score};
  node.iattr = {static_cast<uint32_t>(op.fact(score).dims.size() - 1)};
  MLE_TRY_ASSIGN(const ValueId both, op.add(std::move(node)));
  if (transform != PostTransform::Logistic) return both;
  return op.add(unary(Act::Sigmoid, both));
}

Status read_linear_classifier(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Classes classes, classes_of(op));
  Weights weights;
  MLE_TRY_ASSIGN(weights.rows, reals_of(op, "coefficients"));
  MLE_TRY_ASSIGN(weights.bias, reals_of(op, "intercepts"));
  MLE_TRY_ASSIGN(const PostTransform transform, post_transform(op));
  op.ignore("multi_class");
  weights.outputs = static_cast<uint32_t>(weights.bias.size());
  const bool binary = weights.outputs == 1;
  if (weights.outputs == 0 || weights.rows.empty() || weights.rows.size() % weights.outputs != 0 ||
      classes.size() != (binary ? 2 : weights.outputs))
    return broken(C209_Attribute, "LinearClassifier of " + std::to_string(classes.size()) +
                                      " classes with " + std::to_string(weights.rows.size()) +
                                      " coefficients and " + std::to_string(weights.outputs) +
                                      " intercepts");
  MLE_TRY_ASSIGN(const ValueId scores, product(op, weights));
  if (binary) {
    MLE_TRY_ASSIGN(const ValueId place, is_positive(op, scores, false));
    MLE_TRY_ASSIGN(const ValueId both, both_sides(op, scores, transform, false));
    return emit_classes(op, classes, place, both);
  }
  MLE_TRY_ASSIGN(const ValueId place, argmax(op, scores));
  MLE_TRY_ASSIGN(const ValueId y, transformed(op, scores, transform));
  return emit_classes(op, classes, place, y);
}

struct Support {
  std::vector<float> vectors, coefficients, rho;
};

Result<Support> support_of(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view kernel, op.text("kernel_type", "LINEAR"));
  if (kernel != "LINEAR")
    return unsupported(C205_UnsupportedOp, op.type() + " with kernel " + quoted(kernel),
                       "only linear kernels are compiled: train a linear model");
  op.ignore("kernel_params");  // of the other kernels
  Support support;
  MLE_TRY_ASSIGN(support.vectors, reals_of(op, "support_vectors"));
  MLE_TRY_ASSIGN(support.coefficients, reals_of(op, "coefficients"));
  MLE_TRY_ASSIGN(support.rho, reals_of(op, "rho"));
  return support;
}

// The weights that `coefficients` of the support vectors first … first + count - 1 add up to.
void add_vectors(const Support& support, size_t columns, const float* coefficients, size_t first,
                 size_t count, std::vector<double>& sum) {
  for (size_t v = first; v < first + count; ++v)
    for (size_t k = 0; k < columns; ++k)
      sum[k] += double{coefficients[v]} * double{support.vectors[v * columns + k]};
}

std::vector<float> rounded(const std::vector<double>& numbers) {
  std::vector<float> result;
  for (const double number : numbers) result.push_back(static_cast<float>(number));
  return result;
}

Status read_svm_regressor(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Support support, support_of(op));
  MLE_TRY_ASSIGN(const int64_t vectors, op.integer("n_supports", 0));
  MLE_TRY_ASSIGN(const int64_t one_class, op.integer("one_class", 0));
  op.ignore("post_transform");  // changes nothing about a single score
  const size_t count = support.coefficients.size();
  if (support.rho.size() != 1 || count == 0 || vectors < 0 ||
      (vectors > 0 && (static_cast<uint64_t>(vectors) != count || support.vectors.empty() ||
                       support.vectors.size() % count != 0)))
    return broken(C209_Attribute,
                  "SVMRegressor whose support vectors, coefficients and rho do not "
                  "fit together");
  Weights weights{1, support.coefficients, support.rho};
  if (vectors > 0) {
    std::vector<double> sum(support.vectors.size() / count);
    add_vectors(support, sum.size(), support.coefficients.data(), 0, count, sum);
    weights.rows = rounded(sum);
  }
  MLE_TRY_ASSIGN(ValueId y, product(op, weights));
  if (one_class != 0) {
    MLE_TRY_ASSIGN(const ValueId zero, op.scalar(0, DType::F32));
    MLE_TRY_ASSIGN(const ValueId one, op.scalar(1, DType::F32));
    MLE_TRY_ASSIGN(const ValueId minus_one, op.scalar(-1, DType::F32));
    MLE_TRY_ASSIGN(const ValueId above, op.add(compare(CompareFn::Greater, y, zero)));
    MLE_TRY_ASSIGN(y, op.add(select(above, one, minus_one)));
  }
  op.emit_value(y);
  return {};
}

// One against one: a score per pair of classes, which votes for one of the two.
struct Pairs {
  Weights weights;
  std::vector<std::pair<size_t, size_t>> of;
};

Result<Pairs> pairs_of(OperatorNode& op, size_t classes) {
  MLE_TRY_ASSIGN(const Support support, support_of(op));
  MLE_TRY_ASSIGN(const std::vector<int64_t> counts, integers_of(op, "vectors_per_class"));
  if (counts.empty())
    return unsupported(C205_UnsupportedOp, "SVMClassifier without support vectors",
                       "export the model as LinearClassifier");
  const auto misfit = [] {
    return broken(C209_Attribute,
                  "SVMClassifier whose support vectors, coefficients, rho and classes do not fit "
                  "together");
  };
  std::vector<size_t> first = {0};
  for (const int64_t count : counts) {
    if (count < 0 || static_cast<uint64_t>(count) > support.coefficients.size()) return misfit();
    first.push_back(first.back() + static_cast<size_t>(count));
  }
  const size_t vectors = first.back();
  if (counts.size() != classes || classes < 2 || vectors == 0 ||
      support.coefficients.size() != vectors * (classes - 1) || support.vectors.empty() ||
      support.vectors.size() % vectors != 0 || support.rho.size() != classes * (classes - 1) / 2)
    return misfit();
  const size_t columns = support.vectors.size() / vectors;
  MLE_TRY(op.budget().spend(support.rho.size() * columns * sizeof(double),
                            vectors * columns * (classes - 1)));
  Pairs pairs;
  for (size_t i = 0; i < classes; ++i)
    for (size_t j = i + 1; j < classes; ++j) {
      const float* coefficients = support.coefficients.data();
      std::vector<double> sum(columns);
      add_vectors(support, columns, coefficients + (j - 1) * vectors, first[i],
                  first[i + 1] - first[i], sum);
      add_vectors(support, columns, coefficients + i * vectors, first[j], first[j + 1] - first[j],
                  sum);
      const std::vector<float> row = rounded(sum);
      pairs.weights.rows.insert(pairs.weights.rows.end(), row.begin(), row.end());
      pairs.of.emplace_back(i, j);
    }
  pairs.weights.outputs = static_cast<uint32_t>(pairs.of.size());
  pairs.weights.bias = support.rho;
  return pairs;
}

// How many pairs a class wins: 1 more for the first where the score is positive, else for the
// second.
Result<ValueId> votes(OperatorNode& op, const Pairs& pairs, size_t classes, ValueId scores) {
  MLE_TRY_ASSIGN(const ValueId zero, op.scalar(0, DType::F32));
  MLE_TRY_ASSIGN(const ValueId above, op.add(compare(CompareFn::Greater, scores, zero)));
  MLE_TRY_ASSIGN(const ValueId won, converted(op, above, DType::F32));
  std::vector<float> w(pairs.of.size() * classes), b(classes);
  for (size_t p = 0; p < pairs.of.size(); ++p) {
    const auto [first, second] = pairs.of[p];
    w[p * classes + first] = 1;
    w[p * classes + second] = -1;
    b[second] += 1;
  }
  const Dims dims = {static_cast<uint32_t>(pairs.of.size()), static_cast<uint32_t>(classes)};
  MLE_TRY_ASSIGN(const ValueId matrix, op.constant(make_tensor("", DType::F32, dims, w)));
  MLE_TRY_ASSIGN(const ValueId bias, vector_of(op, b));
  Node node;
  node.kind = OpKind::Dense;
  node.inputs = {won, matrix, bias};
  return op.add(std::move(node));
}

// Of each pair: how likely its first class is, by a sigmoid of the score, and never quite certain.
// From these, those of the classes.
Result<ValueId> probabilities(OperatorNode& op, ValueId scores, const std::vector<float>& a,
                              const std::vector<float>& b) {
  MLE_TRY_ASSIGN(const ValueId slopes, vector_of(op, a));
  MLE_TRY_ASSIGN(const ValueId shifts, vector_of(op, b));
  MLE_TRY_ASSIGN(ValueId y, op.add(binary(BinaryFn::Mul, scores, slopes)));
  MLE_TRY_ASSIGN(y, op.add(binary(BinaryFn::Add, y, shifts)));
  MLE_TRY_ASSIGN(y, op.add(unary(Act::Neg, y)));
  MLE_TRY_ASSIGN(y, op.add(unary(Act::Sigmoid, y)));
  constexpr double kLeast = 1e-7;
  Node clip;
  clip.kind = OpKind::Clip;
  clip.inputs = {y};
  clip.fattr = {kLeast, 1 - kLeast};
  MLE_TRY_ASSIGN(y, op.add(std::move(clip)));
  Node couple;
  couple.kind = OpKind::Couple;
  couple.inputs = {y};
  return op.add(std::move(couple));
}

Status read_svm_classifier(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Classes classes, classes_of(op));
  MLE_TRY_ASSIGN(const PostTransform transform, post_transform(op));
  MLE_TRY_ASSIGN(const std::vector<float> prob_a, reals_of(op, "prob_a"));
  MLE_TRY_ASSIGN(const std::vector<float> prob_b, reals_of(op, "prob_b"));
  MLE_TRY_ASSIGN(const Pairs pairs, pairs_of(op, classes.size()));
  MLE_TRY_ASSIGN(const ValueId scores, product(op, pairs.weights));
  if (!prob_a.empty() || !prob_b.empty()) {
    if (prob_a.size() != pairs.of.size() || prob_b.size() != prob_a.size())
      return broken(C209_Attribute, "SVMClassifier whose probabilities are not one per pair");
    if (classes.size() > format::kMaxCoupled)
      return unsupported(C216_LimitReached,
                         "SVMClassifier with probabilities of more than " +
                             std::to_string(format::kMaxCoupled) + " classes",
                         "train the model with probability=False");
    MLE_TRY_ASSIGN(const ValueId counted, votes(op, pairs, classes.size(), scores));
    MLE_TRY_ASSIGN(const ValueId place, argmax(op, counted));
    MLE_TRY_ASSIGN(const ValueId shares, probabilities(op, scores, prob_a, prob_b));
    MLE_TRY_ASSIGN(const ValueId y, transformed(op, shares, transform));
    return emit_classes(op, classes, place, y);
  }
  if (classes.size() == 2) {
    MLE_TRY_ASSIGN(const ValueId place, is_positive(op, scores, true));
    MLE_TRY_ASSIGN(const ValueId both,
                   both_sides(op, scores, transform, transform == PostTransform::None));
    return emit_classes(op, classes, place, both);
  }
  MLE_TRY_ASSIGN(const ValueId counted, votes(op, pairs, classes.size(), scores));
  MLE_TRY_ASSIGN(const ValueId place, argmax(op, counted));
  MLE_TRY_ASSIGN(const ValueId y, transformed(op, scores, transform));
  return emit_classes(op, classes, place, y);
}

// The tensor goes on as it is; the labels become the names of its columns.
Status read_zip_map(OperatorNode& op) {
  MLE_TRY_ASSIGN(std::vector<std::string> names, words_of(op, "classlabels_strings"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> numbers, integers_of(op, "classlabels_int64s"));
  for (const int64_t number : numbers) names.push_back(std::to_string(number));
  MLE_TRY(want_columns(op, names.size()));
  op.forward(0);
  op.name_columns(0, std::move(names));
  return {};
}

constexpr Operator kOperators[] = {
    {"LinearClassifier", 1, kNow, 1, 1, 2, read_linear_classifier},
    {"LinearRegressor", 1, kNow, 1, 1, 1, read_linear_regressor},
    {"SVMClassifier", 1, kNow, 1, 1, 2, read_svm_classifier},
    {"SVMRegressor", 1, kNow, 1, 1, 1, read_svm_regressor},
    {"ZipMap", 1, kNow, 1, 1, 1, read_zip_map},
};

}  // namespace

std::span<const Operator> ml_linear_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
