// Operators of com.microsoft; the answers are those of ONNX Runtime 1.31.
// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mle;
using namespace mle::onnx_test;

namespace {

class Call {
 public:
  explicit Call(const std::string& type) : type_(type) { model.output("y"); }
  Call& x(const std::string& shape, Type type = kF32) {
    model.input("x", shape, type);
    inputs_.push_back("x");
    return *this;
  }
  Call& real(const std::vector<int64_t>& dims, const std::vector<float>& values) {
    const std::string name = "c" + std::to_string(inputs_.size());
    auto& tensor = model.initializer(name, dims, kF32);
    for (const float value : values) tensor.add_float_data(value);
    inputs_.push_back(name);
    return *this;
  }
  Call& whole(Type type, const std::vector<int64_t>& dims, const std::vector<int>& values) {
    const std::string name = "c" + std::to_string(inputs_.size());
    auto& tensor = model.initializer(name, dims, type);
    for (const int value : values) tensor.add_int32_data(value);
    inputs_.push_back(name);
    return *this;
  }
  Call& scale(float value) { return real({}, {value}); }
  NodeRef node() {
    NodeRef made = model.node(type_, inputs_);
    made.proto.set_domain("com.microsoft");
    return made;
  }

  Model model{17};

 private:
  std::string type_;
  std::vector<std::string> inputs_;
};

}  // namespace

TEST_CASE("onnx: QGemm multiplies exactly, and quantises again where it has a scale to") {
  Call again("QGemm");
  again.x("N,3", kU8).scale(0.02f).whole(kU8, {}, {100});
  again.whole(kI8, {3, 2}, {10, -20, 30, 40, -50, 60}).scale(0.5f).whole(kI8, {}, {0});
  again.whole(kI32, {2}, {100, -7}).scale(0.3f).whole(kU8, {}, {120});
  again.node();
  CHECK(answer(again.model, {100, 110, 90}, 1) == Elements{150, 113});

  Call to_float("QGemm");
  to_float.x("N,3", kU8).scale(0.02f).whole(kU8, {}, {100});
  to_float.whole(kI8, {2, 3}, {10, 30, -50, -20, 40, 60}).real({2}, {0.5f, 0.25f});
  to_float.whole(kI8, {2}, {1, 2});
  to_float.node().integer("transB", 1).real("alpha", 1);
  CHECK(near(answer(to_float.model, {100, 110, 90}, 1), {8, -1}));
}

TEST_CASE("onnx: QLinearAdd, QLinearMul and QLinearSigmoid compute between scales") {
  const auto binary = [](const char* type, int zero_point) {
    Call call(type);
    call.x("3", kU8).scale(0.02f).whole(kU8, {}, {100});
    call.whole(kU8, {1}, {7}).scale(0.5f).whole(kU8, {}, {3});
    call.scale(0.05f).whole(kU8, {}, {zero_point});
    call.node();
    return answer(call.model, {100, 0, 255}, 1);
  };
  CHECK(binary("QLinearAdd", 20) == Elements{60, 20, 122});
  CHECK(binary("QLinearMul", 100) == Elements{100, 20, 224});
  Call sigmoid("QLinearSigmoid");
  sigmoid.x("3", kU8).scale(0.02f).whole(kU8, {}, {100}).scale(1.0f / 256).whole(kU8, {}, {0});
  sigmoid.node();
  CHECK(answer(sigmoid.model, {100, 0, 255}, 1) == Elements{128, 31, 245});
}

TEST_CASE("onnx: products of integers become floats with a bias") {
  Call fixed("MatMulIntegerToFloat");
  fixed.x("N,3", kU8).whole(kI8, {3, 2}, {10, -20, 30, 40, -50, 60}).scale(0.02f).scale(0.5f);
  fixed.whole(kU8, {}, {100}).whole(kI8, {}, {0}).real({2}, {1, 2});
  fixed.node();
  CHECK(near(answer(fixed.model, {100, 110, 90}, 1), {9, 0}));

  Call dynamic("DynamicQuantizeMatMul");
  dynamic.x("N,3").whole(kI8, {3, 2}, {10, -20, 30, 40, -50, 60}).scale(0.5f).whole(kI8, {}, {0});
  dynamic.real({2}, {1, 2});
  dynamic.node();
  for (const bool by_row : {false, true}) {
    dynamic.model.quantize_by_row = by_row;
    CHECK(near(answer(dynamic.model, {1, -2, 3}, 1), {-99, 42}));
  }
}

TEST_CASE("onnx: weights of four bits are unpacked block by block") {
  const auto product = [](bool zero_point) {
    Call call("MatMulNBits");
    call.x("N,16").whole(kU8, {1, 1, 8}, {0, 29, 58, 87, 116, 145, 174, 203}).real({1}, {0.5f});
    if (zero_point) call.whole(kU8, {1}, {3});
    call.node().integer("K", 16).integer("N", 1).integer("bits", 4).integer("block_size", 16);
    return answer(call.model, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 1);
  };
  CHECK(near(product(false), {18.5}));
  CHECK(near(product(true), {318.5}));
  Call cut_off("MatMulNBits");
  cut_off.x("N,16").whole(kU8, {1, 1, 7}, {0, 0, 0, 0, 0, 0, 0}).real({1}, {0.5f});
  cut_off.node().integer("K", 16).integer("N", 1).integer("bits", 4).integer("block_size", 16);
  CHECK(contains(refusal(cut_off.model), "C208"));
}

TEST_CASE("onnx: fused products and activations of optimised models") {
  Call gemm("FusedGemm");
  gemm.x("N,2").real({1, 2}, {3, 4}).real({1}, {1});
  gemm.node()
      .integer("transB", 1)
      .real("alpha", 2)
      .real("beta", 3)
      .text("activation", "LeakyRelu")
      .real("activation_alpha", 0.5f);
  CHECK(near(answer(gemm.model, {1, -2}, 1), {-3.5}));
  Call plain("FusedGemm");
  plain.x("N,2").real({2, 1}, {3, 4}).real({1}, {1});
  plain.node().text("activation", "Relu").real("activation_alpha", 0.5f);
  CHECK(near(answer(plain.model, {1, -2}, 1), {0}));
  Call matmul("FusedMatMul");
  matmul.x("N,2").real({1, 2}, {3, 4});
  matmul.node().integer("transB", 1).real("alpha", 2);
  CHECK(near(answer(matmul.model, {1, -2}, 1), {-10}));
  const auto activation = [](const char* type, bool bias) {
    Call call(type);
    call.x("N,2");
    if (bias) call.real({2}, {1, 1});
    call.node();
    return answer(call.model, {1, -2}, 1);
  };
  CHECK(near(activation("QuickGelu", false), {0.845795750617981, -0.06434136629104614}));
  CHECK(near(activation("BiasGelu", true), {1.9544997215270996, -0.15865525603294373}));
  CHECK(near(activation("FastGelu", false), {0.8411920070648193, -0.045402348041534424}));
  Call skip("SkipLayerNormalization");
  skip.x("N,1,4").real({1, 1, 4}, {1, 0, 0, -1}).real({4}, {1, 2, 1, 1}).real({4}, {0, 0, 1, 0});
  skip.real({4}, {0, 1, 0, 0});
  skip.node().real("epsilon", 1e-5f);
  CHECK(near(answer(skip.model, {1, 2, 4, 8}, 1),
             {-1.0690433979034424, -1.0690433979034424, 1, 1.6035652160644531}));
}

TEST_CASE("onnx: what is out of scope is refused by the operator's name") {
  const std::vector<std::pair<std::string, std::string>> operators = {
      {"LSTM", ""},
      {"GRU", ""},
      {"RNN", ""},
      {"Loop", ""},
      {"Scan", ""},
      {"Conv", ""},
      {"ConvTranspose", ""},
      {"ConvInteger", ""},
      {"QLinearConv", ""},
      {"StringConcat", ""},
      {"TreeEnsemble", "ai.onnx.ml"},
      {"TreeEnsembleClassifier", "ai.onnx.ml"},
      {"TreeEnsembleRegressor", "ai.onnx.ml"},
      {"StringNormalizer", ""},
      {"TfIdfVectorizer", ""},
      {"DictVectorizer", "ai.onnx.ml"},
      {"Attention", "com.microsoft"},
  };
  for (const auto& each : operators) {
    const auto& type = each.first;
    const auto& domain = each.second;
    CAPTURE(type);
    Model model;
    model.input("x", "N,4").output("y");
    model.node("Relu", {"x"}, {"h"});
    model.node(type, {"h"}).proto.set_domain(domain);
    const std::string text = refusal(model);
    CHECK(contains(text, "C205 node 1 ('" + type + "'): operator '" + type + "'"));
  }
}
