// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

using namespace mle;
using namespace mle::onnx_test;

namespace {

const Elements kPoints = {-3.5, -1, -0.25, 0, 0.5, 2, 7};

void check_unary(NodeRef node, Model& model, const std::function<double(double)>& function) {
  CAPTURE(node.proto.op_type());
  Elements wanted;
  for (const double x : kPoints) wanted.push_back(function(x));
  CHECK(near(answer(model, kPoints, kPoints.size()), wanted));
}

// A model of one node from x to y, ready for attributes.
struct One {
  Model model;
  NodeRef node;
  explicit One(const std::string& type, int opset = 22)
      : model(opset), node(model.input("x", "N,1").output("y").node(type, {"x"})) {}
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double clamp01(double x) { return std::min(1.0, std::max(0.0, x)); }

Elements binary(const std::string& type, const std::string& second_shape, const Elements& second,
                const Elements& first, size_t rows) {
  Model model;
  model.input("a", "N,2").input("b", second_shape).output("y");
  model.node(type, {"a", "b"});
  return answers(model, {first, second}, rows).at(0);
}

}  // namespace

TEST_CASE("onnx: functions without parameters are those of the specification") {
  const std::map<std::string, std::function<double(double)>> functions = {
      {"Abs", [](double x) { return std::abs(x); }},
      {"Ceil", [](double x) { return std::ceil(x); }},
      {"Erf", [](double x) { return std::erf(x); }},
      {"Exp", [](double x) { return std::exp(x); }},
      {"Floor", [](double x) { return std::floor(x); }},
      {"HardSwish", [](double x) { return x * clamp01(x / 6 + 0.5); }},
      {"Log", [](double x) { return std::log(x); }},
      {"Mish", [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
      {"Neg", [](double x) { return -x; }},
      {"Reciprocal", [](double x) { return 1 / x; }},
      {"Relu", [](double x) { return std::max(x, 0.0); }},
      {"Sigmoid", sigmoid},
      {"Softplus", [](double x) { return std::log1p(std::exp(x)); }},
      {"Softsign", [](double x) { return x / (1 + std::abs(x)); }},
      {"Sqrt", [](double x) { return std::sqrt(x); }},
      {"Tanh", [](double x) { return std::tanh(x); }},
      {"Identity", [](double x) { return x; }},
  };
  for (const auto& [type, function] : functions) {
    One one(type);
    check_unary(one.node, one.model, function);
  }
}

TEST_CASE("onnx: functions with parameters have the specified defaults") {
  const std::map<std::string, std::function<double(double)>> functions = {
      {"LeakyRelu", [](double x) { return x < 0 ? 0.01 * x : x; }},
      {"Elu", [](double x) { return x < 0 ? std::expm1(x) : x; }},
      {"Selu",
       [](double x) {
         return 1.0507010221481323 * (x < 0 ? 1.6732631921768188 * std::expm1(x) : x);
       }},
      {"Celu", [](double x) { return x < 0 ? std::expm1(x) : x; }},
      {"HardSigmoid", [](double x) { return clamp01(0.2 * x + 0.5); }},
      {"ThresholdedRelu", [](double x) { return x > 1 ? x : 0; }},
      {"Gelu", [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }},
  };
  for (const auto& [type, function] : functions) {
    One one(type);
    check_unary(one.node, one.model, function);
  }
}

TEST_CASE("onnx: functions take their parameters") {
  One leaky("LeakyRelu");
  leaky.node.real("alpha", 0.5f);
  check_unary(leaky.node, leaky.model, [](double x) { return x < 0 ? 0.5 * x : x; });
  One elu("Elu");
  elu.node.real("alpha", 2);
  check_unary(elu.node, elu.model, [](double x) { return x < 0 ? 2 * std::expm1(x) : x; });
  One selu("Selu");
  selu.node.real("alpha", 2).real("gamma", 3);
  check_unary(selu.node, selu.model, [](double x) { return 3 * (x < 0 ? 2 * std::expm1(x) : x); });
  One celu("Celu");
  celu.node.real("alpha", 2);
  check_unary(celu.node, celu.model, [](double x) { return x < 0 ? 2 * std::expm1(x / 2) : x; });
  One hard("HardSigmoid");
  hard.node.real("alpha", 0.25f).real("beta", 0.125f);
  check_unary(hard.node, hard.model, [](double x) { return clamp01(0.25 * x + 0.125); });
  One threshold("ThresholdedRelu");
  threshold.node.real("alpha", -0.5f);
  check_unary(threshold.node, threshold.model, [](double x) { return x > -0.5 ? x : 0; });
  One gelu("Gelu");
  gelu.node.text("approximate", "tanh");
  check_unary(gelu.node, gelu.model, [](double x) {
    return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  });
  for (const float alpha : {1.0f, 1.5f}) {
    One swish("Swish", 24);
    swish.node.real("alpha", alpha);
    check_unary(swish.node, swish.model, [alpha](double x) { return x * sigmoid(alpha * x); });
  }
}

TEST_CASE("onnx: arithmetic broadcasts rows against rows, columns and constants") {
  const Elements a = {1, 2, 3, 4};
  CHECK(near(binary("Add", "N,2", {10, 20, 30, 40}, a, 2), {11, 22, 33, 44}));
  CHECK(near(binary("Sub", "N,1", {10, 20}, a, 2), {-9, -8, -17, -16}));
  CHECK(near(binary("Mul", "N,2", {2, 3, 4, 5}, a, 2), {2, 6, 12, 20}));
  CHECK(near(binary("Div", "N,1", {2, 4}, a, 2), {0.5, 1, 0.75, 1}));
  CHECK(near(binary("Pow", "N,1", {2, 3}, a, 2), {1, 4, 27, 64}));
  CHECK(near(binary("PRelu", "N,1", {5, 0.5}, {-1, 2, 3, -4}, 2), {-5, 2, 3, -2}));

  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{2}, {1, 2}}) {
    Model model;
    model.input("a", "N,2").weights("c", dims, {10, 20}).output("y");
    model.node("Sub", {"c", "a"});
    CHECK(near(answer(model, a, 2), {9, 18, 7, 16}));
  }
}

TEST_CASE("onnx: Min, Max, Sum and Mean take any number of inputs") {
  const std::map<std::string, Elements> wanted = {
      {"Min", {-1, 2}}, {"Max", {4, 9}}, {"Sum", {3, 16}}, {"Mean", {1, 16.0 / 3}}};
  for (const auto& [type, values] : wanted) {
    Model model;
    model.input("a", "N,2").input("b", "N,2").weights("c", {2}, {0, 5}).output("y");
    model.node(type, {"a", "b", "c"});
    CHECK(near(answers(model, {{4, 2}, {-1, 9}}, 1).at(0), values));
  }
  Model single;
  single.input("a", "N,2").output("y");
  single.node("Sum", {"a"});
  CHECK(near(answer(single, Elements{4, 2}, 1), {4, 2}));
}

TEST_CASE("onnx: Sum and Concat take three hundred inputs") {
  Model model;
  model.input("x", "N,1").output("y").output("z");
  const std::vector<std::string> many(300, "x");
  model.node("Sum", many, {"y"});
  model.node("Concat", many, {"z"}).integer("axis", 1);
  const auto all = answers(model, {{2}}, 1);
  CHECK(near(all[0], {600}));
  CHECK(all[1] == Elements(300, 2));
}

TEST_CASE("onnx: Pow takes an integer exponent from opset 12 on") {
  for (const int opset : {11, 12}) {
    Model model(opset);
    model.input("x", "N,2").output("y");
    model.initializer("three", {}, kI64).add_int64_data(3);
    model.node("Pow", {"x", "three"});
    if (opset == 11)
      CHECK(contains(refusal(model), "C207"));
    else
      CHECK(near(answer(model, Elements{2, -2}, 1), {8, -8}));
  }
}

TEST_CASE("onnx: comparisons give bool, Where and Cast take it") {
  const std::map<std::string, Elements> wanted = {{"Less", {1, 0, 0}},
                                                  {"LessOrEqual", {1, 1, 0}},
                                                  {"Greater", {0, 0, 1}},
                                                  {"GreaterOrEqual", {0, 1, 1}},
                                                  {"Equal", {0, 1, 0}}};
  for (const auto& [type, values] : wanted) {
    Model model;
    model.input("x", "N,3").number("t", 2).number("no", -7).output("c").output("y").output("f");
    model.node(type, {"x", "t"}, {"c"});
    model.node("Where", {"c", "x", "no"}, {"y"});
    model.node("Cast", {"c"}, {"f"}).integer("to", kF32);
    const auto all = answers(model, {{1, 2, 3}}, 1);
    CHECK(near(all[0], values));
    CHECK(near(all[2], values));
    for (size_t i = 0; i < 3; ++i)
      CHECK(all[1][i] == (values[i] != 0 ? static_cast<double>(i + 1) : -7));
  }
}

TEST_CASE("onnx: BatchNormalization scales channels on the last or an inner axis") {
  for (const char* shape : {"N,2", "N,2,3"}) {
    const size_t behind = std::string(shape) == "N,2" ? 1 : 3;
    Model model;
    model.input("x", shape).output("y");
    model.weights("s", {2}, {2, 3}).weights("b", {2}, {1, -1});
    model.weights("m", {2}, {0.5f, 0}).weights("v", {2}, {4, 1});
    model.node("BatchNormalization", {"x", "s", "b", "m", "v"})
        .real("epsilon", 0)
        .real("momentum", 0.9f);
    Elements x, wanted;
    for (size_t c = 0; c < 2; ++c)
      for (size_t i = 0; i < behind; ++i) {
        x.push_back(static_cast<double>(c + i));
        wanted.push_back(c == 0 ? (x.back() - 0.5) / 2 * 2 + 1 : x.back() * 3 - 1);
      }
    CHECK(near(answer(model, x, 1), wanted));
  }
}

TEST_CASE("onnx: BatchNormalization by computed numbers, and by those of a fixed batch") {
  Model computed;
  computed.input("x", "2,2").input("s", "2").input("b", "2").input("m", "2").input("v", "2");
  computed.output("y");
  computed.node("BatchNormalization", {"x", "s", "b", "m", "v"}).real("epsilon", 0);
  const std::vector<Elements> parameters = {{2, 1}, {1, 0}, {3, 5}, {4, 1}};
  std::vector<Elements> all = {{5, 6, 1, 5}};
  all.insert(all.end(), parameters.begin(), parameters.end());
  CHECK(near(answers(computed, all, 1).at(0), {3, 1, -1, 0}));
  Model training = computed;
  NodeRef{*training.proto.mutable_graph()->mutable_node(0)}
      .integer("training_mode", 1)
      .real("momentum", 0.5);
  training.proto.mutable_graph()->mutable_node(0)->add_output("mean");
  training.proto.mutable_graph()->mutable_node(0)->add_output("variance");
  training.output("mean").output("variance");
  const auto y = answers(training, all, 1);
  CHECK(near(y.at(0), {3, 1, -1, -1}));
  CHECK(near(y.at(1), {3, 5.25}));
  CHECK(near(y.at(2), {4, 0.625}));
}

TEST_CASE("onnx: BatchNormalization in training or with a bad variance is refused") {
  const auto model = [](float variance, int64_t training) {
    Model made;
    made.input("x", "N,1").weights("s", {1}, {1}).weights("v", {1}, {variance}).output("y");
    made.node("BatchNormalization", {"x", "s", "s", "s", "v"}).integer("training_mode", training);
    return made;
  };
  CHECK(contains(refusal(model(-1, 0)), "C212"));
  CHECK(contains(refusal(model(1, 1)), "training mode"));
}

TEST_CASE("onnx: ArgMax and ArgMin choose the first or the last of equals") {
  const auto run = [](const std::string& type, int64_t last, int64_t keep) {
    Model model;
    model.input("x", "N,4").output("y");
    model.node(type, {"x"})
        .integer("axis", -1)
        .integer("select_last_index", last)
        .integer("keepdims", keep);
    return answer(model, Elements{3, 9, 9, 3}, 1);
  };
  for (const int64_t keep : {0, 1}) {
    CHECK(near(run("ArgMax", 0, keep), {1}));
    CHECK(near(run("ArgMax", 1, keep), {2}));
    CHECK(near(run("ArgMin", 0, keep), {0}));
    CHECK(near(run("ArgMin", 1, keep), {3}));
  }
}

TEST_CASE("onnx: ArgMax and ArgMin tell whole numbers of 64 bits apart") {
  const auto run = [](const char* type, Type dtype, int64_t last, int64_t keep) {
    Model model;
    model.input("x", "N,4", kI64).output("y");
    model.node("Cast", {"x"}, {"c"}).integer("to", dtype);
    model.integers("big", {(int64_t{1} << 53) + 1, int64_t{1} << 53, (int64_t{1} << 53) + 1,
                           int64_t{1} << 53});
    model.node("Cast", {"big"}, {"d"}).integer("to", dtype);
    model.node("Add", {"c", "d"}, {"e"});
    model.node(type, {"e"})
        .integer("axis", 1)
        .integer("select_last_index", last)
        .integer("keepdims", keep);
    return answer(model, {0, 0, 0, 0, 0, 2, 2, 2}, 2);
  };
  for (const Type dtype : {kI64, kU64})
    for (const int64_t keep : {0, 1}) {
      CHECK(run("ArgMax", dtype, 0, keep) == Elements{0, 2});
      CHECK(run("ArgMax", dtype, 1, keep) == Elements{2, 2});
      CHECK(run("ArgMin", dtype, 0, keep) == Elements{1, 0});
      CHECK(run("ArgMin", dtype, 1, keep) == Elements{3, 0});
    }
}

TEST_CASE("onnx: ArgMax and ArgMin tell whole numbers of 32 bits apart") {
  for (const std::string type : {"ArgMax", "ArgMin"}) {
    Model model;
    model.input("x", "N,3", kI32).output("y");
    model.node(type, {"x"}).integer("axis", 1);
    const double large = 2147483647;
    CHECK(near(answer(model, Elements{large - 1, large, -large - 1}, 1),
               {type == "ArgMax" ? 1.0 : 2.0}));
  }
}

TEST_CASE("onnx: Slice counts from the end, clamps and steps") {
  const auto run = [](std::vector<int64_t> starts, std::vector<int64_t> ends,
                      std::vector<int64_t> axes, std::vector<int64_t> steps) {
    Model model;
    model.input("x", "N,6").output("y");
    model.integers("s", starts).integers("e", ends).integers("a", axes).integers("t", steps);
    model.node("Slice", {"x", "s", "e", "a", "t"});
    return answer(model, Elements{0, 1, 2, 3, 4, 5}, 1);
  };
  CHECK(near(run({1}, {3}, {1}, {1}), {1, 2}));
  CHECK(near(run({-3}, {INT64_MAX}, {-1}, {1}), {3, 4, 5}));
  CHECK(near(run({-100}, {-4}, {1}, {1}), {0, 1}));
  CHECK(near(run({1}, {6}, {1}, {2}), {1, 3, 5}));
  CHECK(near(run({0, 4}, {INT64_MAX, INT64_MAX}, {0, 1}, {1, INT64_MAX}), {4}));
}

TEST_CASE("onnx: a Slice that is empty, doubled or of the batch axis is refused") {
  const auto text = [](std::vector<int64_t> starts, std::vector<int64_t> ends,
                       std::vector<int64_t> axes, std::vector<int64_t> steps) {
    Model model;
    model.input("x", "N,6").output("y");
    model.integers("s", starts).integers("e", ends).integers("a", axes).integers("t", steps);
    model.node("Slice", {"x", "s", "e", "a", "t"});
    return refusal(model);
  };
  CHECK(contains(text({3}, {3}, {1}, {1}), "no elements"));
  CHECK(contains(text({0, 1}, {3, 4}, {1, 1}, {1, 1}), "twice"));
  CHECK(contains(text({0}, {5}, {0}, {1}), "C214"));
  CHECK(contains(text({0}, {5}, {2}, {1}), "axis 2"));
  CHECK(contains(text({0, 1}, {5}, {1}, {1}), "differ in number"));
}

TEST_CASE("onnx: Split gives the lengths it is told, or equal ones") {
  Model told;
  told.input("x", "N,5").integers("l", {2, 3}).output("b").output("a");
  told.node("Split", {"x", "l"}, {"a", "b"}).integer("axis", 1);
  auto all = answers(told, {{1, 2, 3, 4, 5}}, 1);
  CHECK(near(all[0], {3, 4, 5}));
  CHECK(near(all[1], {1, 2}));

  Model equal(18);
  equal.input("x", "N,5").output("a").output("b");
  equal.node("Split", {"x"}, {"a", "b"}).integer("axis", 1).integer("num_outputs", 2);
  all = answers(equal, {{1, 2, 3, 4, 5}}, 1);
  CHECK(near(all[0], {1, 2, 3}));
  CHECK(near(all[1], {4, 5}));

  for (const std::vector<int64_t>& bad :
       {std::vector<int64_t>{2, 2}, {2, 4}, {-1, 6}, {5, 0}, {1, 1, 3}}) {
    Model model;
    model.input("x", "N,5").integers("l", bad).output("a").output("b");
    model.node("Split", {"x", "l"}, {"a", "b"}).integer("axis", 1);
    CHECK(contains(refusal(model), "Split"));
  }
}

TEST_CASE("onnx: Gather by constant indices picks columns, with a scalar it drops the axis") {
  Model columns;
  columns.input("x", "N,4").integers("i", {3, 0, 1, -1}).output("y");
  columns.node("Gather", {"x", "i"}).integer("axis", 1);
  CHECK(near(answer(columns, Elements{10, 11, 12, 13}, 1), {13, 10, 11, 13}));

  Model scalar;
  scalar.input("x", "N,2,2").output("y");
  scalar.initializer("i", {}, kI64).add_int64_data(1);
  scalar.node("Gather", {"x", "i"}).integer("axis", 1);
  CHECK(near(answer(scalar, Elements{1, 2, 3, 4}, 1), {3, 4}));

  Model outside;
  outside.input("x", "N,4").integers("i", {4}).output("y");
  outside.node("Gather", {"x", "i"}).integer("axis", 1);
  CHECK(contains(refusal(outside), "index 4"));
}

TEST_CASE("onnx: Concat joins columns in order") {
  Model model;
  model.input("a", "N,1").input("b", "N,2").output("y");
  model.node("Concat", {"b", "a", "b"}).integer("axis", -1);
  CHECK(near(answers(model, {{1, 2}, {3, 4, 5, 6}}, 2).at(0), {3, 4, 1, 3, 4, 5, 6, 2, 5, 6}));
}

TEST_CASE("onnx: Constant reads every form of a number and strings") {
  Model model;
  model.input("x", "N,2").output("y");
  model.node("Constant", {}, {"one"}).real("value_float", 1.5f);
  onnx_pb::NodeProto& floats = model.node("Constant", {}, {"two"}).proto;
  onnx_pb::AttributeProto& list = *floats.add_attribute();
  list.set_name("value_floats");
  list.set_type(onnx_pb::AttributeProto::FLOATS);
  list.add_floats(10);
  list.add_floats(20);
  model.node("Constant", {}, {"three"}).integer("value_int", 3);
  model.node("Constant", {}, {"four"}).integers("value_ints", {4, 5});
  model.node("Cast", {"three"}, {"three_f"}).integer("to", kF32);
  model.node("Cast", {"four"}, {"four_f"}).integer("to", kF32);
  model.node("Sum", {"x", "one", "two", "three_f", "four_f"});
  CHECK(near(answer(model, Elements{0, 0}, 1), {18.5, 29.5}));

  Model string;
  string.input("x", "N,2").output("y");
  string.node("Constant", {}, {"s"}).text("value_string", "no");
  string.node("Add", {"x", "s"});
  CHECK(contains(refusal(string), "constant strings 's' meet rows"));
}

TEST_CASE("onnx: ConstantOfShape fills, within the budget of constants") {
  Model model;
  model.input("x", "N,2").integers("shape", {1, 2}).output("y");
  onnx_pb::TensorProto& value = model.node("ConstantOfShape", {"shape"}, {"c"}).tensor("value");
  value.set_data_type(kF32);
  value.add_dims(1);
  value.add_float_data(4);
  model.node("Add", {"x", "c"});
  CHECK(near(answer(model, Elements{1, 2}, 1), {5, 6}));

  Model large;
  large.input("x", "N,2").integers("shape", {1 << 14, 1 << 14}).output("y");
  large.node("ConstantOfShape", {"shape"}, {"c"});
  large.node("MatMul", {"x", "c"});
  CHECK(contains(refusal(large), "C216"));
}

TEST_CASE("onnx: constants that multiply into billions of steps are refused, not computed") {
  Model model;
  model.input("x", "N,2").integers("shape", {1500, 1500}).output("y");
  model.node("ConstantOfShape", {"shape"}, {"a"});
  model.node("MatMul", {"a", "a"}, {"b"});
  model.node("MatMul", {"x", "b"});
  CHECK(contains(refusal(model), "C216"));
}

TEST_CASE("onnx: arithmetic on integer constants broadcasts as it does on tensors") {
  Model model;
  model.input("x", "N,2,3").output("y");
  auto& column = model.initializer("column", {2, 1}, kI64);
  auto& row = model.initializer("row", {3}, kI64);
  for (const int64_t value : {10, 20}) column.add_int64_data(value);
  for (const int64_t value : {1, 2, 3}) row.add_int64_data(value);
  model.node("Add", {"column", "row"}, {"sum"});
  model.node("Cast", {"sum"}, {"f"}).integer("to", kF32);
  model.node("Add", {"x", "f"});
  CHECK(near(answer(model, Elements(6, 0), 1), {11, 12, 13, 21, 22, 23}));
}

TEST_CASE("onnx: Celu with an alpha that is not positive is refused") {
  One celu("Celu");
  celu.node.real("alpha", -1);
  CHECK(contains(refusal(celu.model), "C209"));
}
