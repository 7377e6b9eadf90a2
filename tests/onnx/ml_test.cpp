// ai.onnx.ml: what the operators answer. Expected values are those of ONNX Runtime.
// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace mle::onnx_test {
namespace {

using Texts = std::vector<std::optional<std::string>>;

// One operator of ai.onnx.ml between x and y.
struct Ml {
  Model model{15};
  NodeRef node;

  Ml(const std::string& type, const std::string& shape, Type dtype, int opset = 1,
     std::vector<std::string> outputs = {"y"})
      : node{model.input("x", shape, dtype).node(type, {"x"}, outputs).proto} {
    auto& import = *model.proto.add_opset_import();
    import.set_domain("ai.onnx.ml");
    import.set_version(opset);
    node.proto.set_domain("ai.onnx.ml");
    for (const std::string& output : outputs) model.output(output);
  }
};

TEST_CASE("onnx: Scaler subtracts, then multiplies") {
  Ml ml("Scaler", "N,2", kF32);
  ml.node.reals("offset", {1, 2}).reals("scale", {3});
  CHECK(near(answer(ml.model, Elements{1, 4, 2, 0}, 2), {0, 6, 3, -6}));
}

TEST_CASE("onnx: Imputer replaces NaN or one number, in floats and integers") {
  Ml nan("Imputer", "N,2", kF32);
  nan.node.reals("imputed_value_floats", {7, 8}).real("replaced_value_float", NAN);
  CHECK(near(answer(nan.model, Elements{NAN, 1, 2, NAN}, 2), {7, 1, 2, 8}));
  Ml two("Imputer", "N,2", kI64);
  two.node.integers("imputed_value_int64s", {9}).integer("replaced_value_int64", 2);
  CHECK(near(answer(two.model, Elements{2, 1}, 1), {9, 1}));
}

TEST_CASE("onnx: Binarizer tells what is above the threshold") {
  Ml ml("Binarizer", "N,3", kF32);
  ml.node.real("threshold", 0.5f);
  CHECK(near(answer(ml.model, Elements{0.5, 0.75, -1}, 1), {0, 1, 0}));
}

TEST_CASE("onnx: LinearRegressor has a row of coefficients per target") {
  Ml ml("LinearRegressor", "N,3", kF32);
  ml.node.reals("coefficients", {1, 0.5, 0.25, -1, 2, 0}).reals("intercepts", {0.1f, 0.2f});
  ml.node.integer("targets", 2);
  CHECK(near(answer(ml.model, Elements{1, -2, 3}, 1), {0.85, -4.8}));
}

TEST_CASE("onnx: LinearClassifier with one row of coefficients is binary") {
  for (const std::string transform : {"NONE", "LOGISTIC", "SOFTMAX"}) {
    Ml ml("LinearClassifier", "N,1", kF32, 1, {"label", "p"});
    ml.node.reals("coefficients", {2}).reals("intercepts", {1}).text("post_transform", transform);
    ml.node.texts("classlabels_strings", {"no", "yes"});
    const auto y = answers(ml.model, {Elements{1, -2, -0.5}}, 3);
    CHECK(y[0].texts == Texts{"yes", "no", "no"});
    const double p = 1 / (1 + std::exp(-3.0)), q = 1 / (1 + std::exp(3.0));
    if (transform == "LOGISTIC")
      CHECK(near(y[1], {1 - p, p, 1 - q, q, 0.5, 0.5}));
    else
      CHECK(near(y[1], {-2, 3, 4, -3, 1, 0}));
  }
}

TEST_CASE("onnx: LinearClassifier of several classes names the largest, and the columns") {
  Ml ml("LinearClassifier", "N,1", kF32, 1, {"label", "p"});
  ml.node.reals("coefficients", {1, 2, -1}).reals("intercepts", {0, 0, 0});
  ml.node.integers("classlabels_ints", {0, 1, 2}).text("post_transform", "SOFTMAX");
  const auto y = answers(ml.model, {Elements{1, -1}}, 2);
  CHECK(near(y[0], {1, 2}));
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(-1.0);
  CHECK(y[1][0] == doctest::Approx(std::exp(1.0) / sum));
  Problems problems;
  const auto graph = import(ml.model, problems);
  REQUIRE(graph);
  CHECK(graph->entries[0].outputs[1].labels == std::vector<std::string>{"0", "1", "2"});
}

TEST_CASE("onnx: the vectors of a linear SVM add up to one row of weights") {
  Ml regressor("SVMRegressor", "N,3", kF32);
  regressor.node.reals("coefficients", {1, -1}).reals("support_vectors", {1, 0, 0, 0, 1, 0});
  regressor.node.integer("n_supports", 2).reals("rho", {0.25f}).text("kernel_type", "LINEAR");
  CHECK(near(answer(regressor.model, Elements{1, -2, 3}, 1), {3.25}));

  Ml classifier("SVMClassifier", "N,3", kF32, 1, {"label", "scores"});
  classifier.node.reals("coefficients", {1, 1}).reals("support_vectors", {1, 0, 0, 0, 1, 0});
  classifier.node.integers("vectors_per_class", {1, 1}).reals("rho", {0.25f});
  classifier.node.integers("classlabels_ints", {0, 1}).text("kernel_type", "LINEAR");
  const auto y = answers(classifier.model, {Elements{1, -2, 3, 0.5, 0, 0}}, 2);
  CHECK(near(y[0], {1, 0}));
  CHECK(near(y[1], {0.75, -0.75, -0.75, 0.75}));

  Ml rbf("SVMRegressor", "N,3", kF32);
  rbf.node.text("kernel_type", "RBF");
  CHECK(contains(refusal(rbf.model), "SVMRegressor with kernel 'RBF'"));
}

TEST_CASE("onnx: SVMs of three classes vote") {
  Ml ml("SVMClassifier", "N,3", kF32, 1, {"label", "scores"});
  ml.node.reals("coefficients", {1, -1, 0.5f, 0.25f, -1, -2});
  ml.node.reals("support_vectors", {1, 0, 0, 0, 1, 0, 0, 0, 1});
  ml.node.integers("vectors_per_class", {1, 1, 1}).reals("rho", {0.25f, 0.5f, 0.75f});
  ml.node.integers("classlabels_ints", {0, 1, 2}).text("kernel_type", "LINEAR");
  const auto y = answers(ml.model, {Elements{1, -2, 3, 0.5, 0, 0}}, 2);
  CHECK(near(y[0], {0, 0}));
  CHECK(near(y[1], {3.25, 2.25, -3.25, 0.75, 0.625, 0.75}));
}

TEST_CASE("onnx: SVMs with probabilities couple those of their pairs") {
  const auto model = [](int classes, const std::vector<float>& prob) {
    Ml ml("SVMClassifier", "N,3", kF32, 1, {"label", "scores"});
    ml.node.reals("support_vectors", {1, 0, 0, 0, 1, 0, 0, 0, 1}).text("kernel_type", "LINEAR");
    ml.node.reals("prob_a", prob).reals("prob_b", std::vector<float>(prob.size(), 0.125f));
    if (classes == 2) {
      ml.node.reals("coefficients", {1, -1, 0.5f}).integers("vectors_per_class", {1, 2});
      ml.node.reals("rho", {0.25f}).integers("classlabels_ints", {4, 7});
    } else {
      ml.node.reals("coefficients", {1, -1, 0.5f, 0.25f, -1, -2});
      ml.node.integers("vectors_per_class", {1, 1, 1}).reals("rho", {0.25f, 0.5f, 0.75f});
      ml.node.integers("classlabels_ints", {0, 1, 2});
    }
    return ml.model;
  };
  const Elements rows = {1, -2, 3, 0.5, 0, 0, -1, 2, -0.5};
  // As ONNX Runtime answers.
  const auto two = answers(model(2, {-1.5f}), {rows}, 3);
  CHECK(two[0] == Elements{4, 4, 7});
  CHECK(near(two[1],
             {0.999088168, 0.000911824289, 0.731058538, 0.268941432, 0.00970766041, 0.990292311}));
  const auto three = answers(model(3, {-1, -0.5f, -2}), {rows}, 3);
  CHECK(three[0] == Elements{0, 0, 2});
  CHECK(near(three[1], {0.718866527, 0.0156808253, 0.265452683, 0.457604021, 0.339559704,
                        0.20283635, 0.15270479, 0.368746817, 0.478548408}));
  CHECK(contains(refusal(model(3, {-1, -2})), "not one per pair"));
}

TEST_CASE("onnx: OneHotEncoder lights the column of the category") {
  Ml ml("OneHotEncoder", "N,1", kString);
  ml.node.texts("cats_strings", {"red", "blue"}).integer("zeros", 1);
  const Elements x = compiler::from_texts({"blue", "green", "red"});
  CHECK(near(answer(ml.model, x, 3), {0, 1, 0, 0, 1, 0}));

  Ml integers("OneHotEncoder", "N,2", kI64);
  integers.node.integers("cats_int64s", {5, 1, 1});
  CHECK(near(answer(integers.model, Elements{1, 5}, 1), {0, 0, 1, 1, 0, 0}));
}

TEST_CASE("onnx: a category that must be known has no answer where it is not") {
  Ml ml("OneHotEncoder", "N,1", kString);
  ml.node.texts("cats_strings", {"red", "blue"}).integer("zeros", 0);
  Problems problems;
  const auto graph = import(ml.model, problems);
  REQUIRE(graph);
  const auto refused = compiler::evaluate_outputs(*graph, {compiler::from_texts({"green"})}, 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().rule() == format::rule::R117_NoAnswer);
}

TEST_CASE("onnx: LabelEncoder maps strings to strings, the first of equal keys counts") {
  Ml ml("LabelEncoder", "N", kString, 2);
  ml.node.texts("keys_strings", {"a", "b", "a"}).texts("values_strings", {"x", "y", "z"});
  const Elements y = answer(ml.model, compiler::from_texts({"b", "a", "c", ""}), 4);
  CHECK(y.texts == Texts{"y", "x", "_Unused", "_Unused"});
}

TEST_CASE("onnx: LabelEncoder keeps 64-bit keys apart") {
  Ml ml("LabelEncoder", "N", kI64, 2);
  ml.node.integers("keys_int64s", {9007199254740993, 9007199254740992, -1});
  ml.node.texts("values_strings", {"odd", "even", "none"}).text("default_string", "?");
  const Elements x = compiler::from_integers(
      {9007199254740992, 9007199254740993, 9007199254740994, -1}, DType::I64);
  CHECK(answer(ml.model, x, 4).texts == Texts{"even", "odd", "?", "none"});
}

TEST_CASE("onnx: the oldest LabelEncoder knows positions") {
  Ml to_number("LabelEncoder", "N", kString);
  to_number.node.texts("classes_strings", {"a", "b"}).integer("default_int64", 2);
  CHECK(near(answer(to_number.model, compiler::from_texts({"b", "z"}), 2), {1, 2}));
  Ml to_text("LabelEncoder", "N", kI64);
  to_text.node.texts("classes_strings", {"a", "b"});
  CHECK(answer(to_text.model, Elements{1, 0, 5}, 3).texts == Texts{"b", "a", "_Unused"});
}

TEST_CASE("onnx: CategoryMapper maps numbers to strings") {
  Ml ml("CategoryMapper", "N,1", kI64);
  ml.node.texts("cats_strings", {"a", "b"}).integers("cats_int64s", {30, 10});
  CHECK(answer(ml.model, Elements{10, 30, 20}, 3).texts == Texts{"b", "a", "_Unused"});
}

TEST_CASE("onnx: trees and text are refused by the operator's name") {
  for (const char* type : {"TreeEnsembleRegressor", "TfIdfVectorizer", "StringNormalizer"}) {
    Ml ml(type, "N,1", kF32);
    CHECK(contains(refusal(ml.model), std::string("operator '") + type + "'"));
  }
}

TEST_CASE("onnx: strings are compared with constants and chosen by them") {
  Model model(19);
  model.input("x", "N,2", kString).output("y");
  auto& red = model.initializer("red", {1}, kString);
  red.add_string_data("red");
  model.number("one", 1).number("two", 2);
  model.node("Equal", {"x", "red"}, {"is_red"});
  model.node("Where", {"is_red", "one", "two"});
  CHECK(near(answer(model, compiler::from_texts({"red", "blue"}), 1), {1, 2}));
}

}  // namespace
}  // namespace mle::onnx_test
