// Products with dequantised weights: where ONNX Runtime 1.31.1 rounds their rows, so does the
// importer. What is taken and what is not was read from the graphs that it optimises.
// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::onnx_test;

namespace {

constexpr int32_t kU4 = 21, kI4 = 22, kI2 = 26;
constexpr int kK = 9, kN = 3;

// Weights [9, 3] behind a DequantizeLinear, from which `w` comes.
struct Weights {
  int32_t type = kI8;
  std::vector<int64_t> dims = {kK, kN};
  std::vector<int64_t> scales = {};
  bool zero_point = false;
  int64_t axis = -100, block = 0;
  std::string prefix = {}, output = "w";
  float first_scale = 0.5f;
};

int64_t product_of(const std::vector<int64_t>& dims) {
  int64_t product = 1;
  for (const int64_t dim : dims) product *= dim;
  return product;
}

NodeRef dequantize(Model& model, const Weights& of = {}) {
  const std::string q = of.prefix + "q", s = of.prefix + "s", z = of.prefix + "z";
  const int64_t count = product_of(of.dims), scales = product_of(of.scales);
  const int bits = of.type == kI2 ? 2 : of.type == kU4 || of.type == kI4 ? 4 : 8;
  auto& weights = model.initializer(q, of.dims, of.type);
  for (int64_t i = 0; i < (count * bits + 7) / 8; ++i)
    weights.add_int32_data(static_cast<int32_t>(i * 37 % 100));
  auto& steps = model.initializer(s, of.scales, kF32);
  for (int64_t i = 0; i < scales; ++i)
    steps.add_float_data(of.first_scale + static_cast<float>(i) / 64);
  std::vector<std::string> inputs = {q, s};
  if (of.zero_point) {
    auto& zero = model.initializer(z, of.scales, of.type);
    for (int64_t i = 0; i < (scales * bits + 7) / 8; ++i) zero.add_int32_data(3);
    inputs.push_back(z);
  }
  NodeRef node = model.node("DequantizeLinear", inputs, {of.output});
  if (of.axis != -100) node.integer("axis", of.axis);
  if (of.block != 0) node.integer("block_size", of.block);
  return node;
}

// How many products of the model are rounded.
int rounded(const Model& model) {
  Problems problems;
  const auto graph = import(model, problems);
  REQUIRE_MESSAGE(graph.has_value(), refusal(model));
  for (const std::string& note : graph->notes)
    if (contains(note, "rounded to 8 bits")) {
      CHECK(contains(note, "--dequantized exact"));
      return std::stoi(note.substr(note.find("of ") + 3));
    }
  return 0;
}

Model start(int opset = 21, const std::string& shape = "N,9") {
  Model model(opset);
  model.input("x", shape).output("y");
  return model;
}

int of_weights(const Weights& weights, int opset = 21) {
  Model model = start(opset);
  dequantize(model, weights);
  model.node("MatMul", {"x", "w"});
  return rounded(model);
}

// What a product `a` of x and w is followed by.
int followed(const std::function<void(Model&)>& by, const std::string& shape = "N,9") {
  Model model = start(21, shape);
  dequantize(model);
  model.node("MatMul", {"x", "w"}, {"a"});
  by(model);
  return rounded(model);
}

int added(const std::vector<int64_t>& dims, const std::string& shape = "N,9") {
  return followed(
      [&](Model& model) {
        model.weights("c", dims, std::vector<float>(static_cast<size_t>(product_of(dims)), 0.3f));
        model.node("Add", {"a", "c"});
      },
      shape);
}

// The rule in plain loops, one rounding each.
std::vector<float> by_rule(const std::vector<float>& row, size_t block) {
  std::vector<float> result(row.size());
  for (size_t from = 0; from < row.size(); from += block) {
    const size_t to = std::min(from + block, row.size());
    float largest = 0;
    for (size_t k = from; k < to; ++k) largest = std::max(largest, std::abs(row[k]));
    const float step = largest / 127, per_unit = largest == 0 ? 0 : 127 / largest;
    for (size_t k = from; k < to; ++k) result[k] = std::nearbyint(row[k] * per_unit) * step;
  }
  return result;
}

// One column of ones: the sum of what is left of the rows.
Model sum_of(int64_t k, int64_t block, bool exactly) {
  Model model(21);
  model.input("x", "N," + std::to_string(k)).output("y");
  auto& q = model.initializer("q", {k, 1}, kI8);
  for (int64_t i = 0; i < k; ++i) q.add_int32_data(1);
  const std::vector<int64_t> scales =
      block == 0 ? std::vector<int64_t>{} : std::vector<int64_t>{(k + block - 1) / block, 1};
  auto& s = model.initializer("s", scales, kF32);
  for (int64_t i = 0; i < product_of(scales); ++i) s.add_float_data(1);
  NodeRef node = model.node("DequantizeLinear", {"q", "s"}, {"w"});
  if (block != 0) node.integer("axis", 0).integer("block_size", block);
  model.node("MatMul", {"x", "w"});
  model.dequantized_exactly = exactly;
  return model;
}

}  // namespace

TEST_CASE("onnx: rows meet dequantised weights in 8 bits, block by block, or as they are") {
  for (const int64_t block : {0, 16, 64})
    for (const int64_t k : {1, 9, 32, 33, 64, 100}) {
      std::vector<float> row;
      for (int64_t i = 0; i < k; ++i)
        row.push_back(static_cast<float>(i * i % 17 - 8) * 0.37f + static_cast<float>(i) / 50);
      double exact = 0, in_steps = 0;
      for (const float x : row) exact += x;
      for (const float x : by_rule(row, block == 0 ? 32 : static_cast<size_t>(block)))
        in_steps += x;
      const Elements rows(row.begin(), row.end());
      CHECK(near(answer(sum_of(k, block, false), rows, 1), {in_steps}));
      CHECK(near(answer(sum_of(k, block, true), rows, 1), {exact}));
      if (k > 32) CHECK(std::abs(exact - in_steps) > 1e-4);
    }
}

TEST_CASE("onnx: a block of zeros stays zero, one with a NaN or an infinity is NaN") {
  const Model model = sum_of(3, 0, false);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(near(answer(model, {0, 0, 0, 1, 2, nan, infinity, 0, 1}, 3), {0, nan, nan}));
}

TEST_CASE("onnx: which weights have their rows rounded") {
  CHECK(of_weights({}) == 1);
  CHECK(of_weights({}, 13) == 1);
  CHECK(of_weights({.type = kU8, .zero_point = true}) == 1);
  CHECK(of_weights({.type = kI4}) == 1);
  CHECK(of_weights({.type = kU4, .scales = {kN}, .zero_point = true}) == 1);
  CHECK(of_weights({.type = kI2}, 25) == 0);
  CHECK(of_weights({.type = kI16}) == 0);
  CHECK(of_weights({.scales = {kN}, .zero_point = true}) == 1);
  CHECK(of_weights({.scales = {kN}, .axis = 1}) == 1);
  CHECK(of_weights({.scales = {kN}, .axis = -1}) == 0);
  CHECK(of_weights({.scales = {kK}, .axis = 0}) == 0);
  CHECK(of_weights({.scales = {1}}) == 0);
  CHECK(of_weights({.dims = {kK, 1}, .scales = {1}}) == 1);
  CHECK(of_weights({.scales = {1, kN}, .axis = 0, .block = 16}) == 1);
  CHECK(of_weights({.scales = {1, kN}, .axis = 0, .block = 48}) == 0);
  CHECK(of_weights({.scales = {2, kN}, .axis = 0, .block = 8}) == 0);
  CHECK(of_weights({.scales = {1, kN}, .axis = -2, .block = 16}) == 0);
}

TEST_CASE("onnx: what stands behind a product decides whether its rows are rounded") {
  CHECK(followed([](Model& model) { model.node("Sigmoid", {"a"}); }) == 1);
  CHECK(followed([](Model& model) { model.node("Relu", {"a"}); }) == 1);
  CHECK(followed([](Model& model) {
          model.node("Relu", {"a"}, {"r"});
          model.node("Neg", {"r"});
        }) == 0);
  CHECK(followed([](Model& model) {
          model.node("Relu", {"a"}, {"r"});
          model.node("Mul", {"r", "r"});
        }) == 1);
  CHECK(followed([](Model& model) {
          model.number("step", 0.25f);
          model.node("QuantizeLinear", {"a", "step"}, {"b"});
          model.node("DequantizeLinear", {"b", "step"});
        }) == 0);
  CHECK(added({kN}) == 1);
  CHECK(added({1}) == 1);
  CHECK(added({1, kN}) == 0);
  CHECK(added({1, 1, kN}, "N,4,9") == 1);
  CHECK(added({4, kN}, "4,9") == 0);
  CHECK(added({kN}, "2,4,9") == 1);
  CHECK(followed([](Model& model) {
          model.weights("c", {kN}, {1, 2, 3});
          model.node("Add", {"a", "c"}, {"b"});
          model.node("Relu", {"b"}, {"r"});
          model.node("Neg", {"r"});
        }) == 0);
  // A second branch: the sum becomes a Gemm with a matrix.
  CHECK(followed([](Model& model) {
          model.weights("w2", {kK, kN}, std::vector<float>(kK * kN, 1));
          model.node("MatMul", {"x", "w2"}, {"b"});
          model.node("Add", {"a", "b"});
        }) == 0);
}

TEST_CASE("onnx: a Gemm rounds its rows if it is a product and one number per column") {
  const auto gemm = [](const std::vector<int64_t>& bias, const std::string& attribute,
                       float value) {
    Model model = start();
    dequantize(model);
    model.weights("c", bias, std::vector<float>(static_cast<size_t>(product_of(bias)), 0.3f));
    NodeRef node = model.node("Gemm", {"x", "w", "c"});
    if (!attribute.empty()) node.real(attribute, value);
    return rounded(model);
  };
  CHECK(gemm({kN}, "", 0) == 1);
  CHECK(gemm({kN}, "alpha", 1) == 1);
  CHECK(gemm({kN}, "alpha", 2) == 0);
  CHECK(gemm({kN}, "beta", 2) == 0);
  CHECK(gemm({1, kN}, "", 0) == 0);
  CHECK(gemm({}, "", 0) == 0);
  Model turned = start();
  dequantize(turned, {.dims = {kN, kK}});
  turned.node("Gemm", {"x", "w"}).integer("transB", 1);
  CHECK(rounded(turned) == 0);
}

TEST_CASE("onnx: weights that are turned, shared, fed or of floats of 16 bits") {
  const auto turned = [](const Weights& weights, bool says_how, int opset) {
    Model model = start(opset);
    dequantize(model, weights);
    NodeRef node = model.node("Transpose", {"t"}, {"w"});
    if (says_how) node.integers("perm", {1, 0});
    model.node("MatMul", {"x", "w"});
    return rounded(model);
  };
  const Weights lying{.dims = {kN, kK}, .output = "t"};
  const Weights by_row{.dims = {kN, kK}, .scales = {kN}, .axis = 0, .output = "t"};
  CHECK(turned(lying, true, 21) == 1);
  CHECK(turned(lying, false, 21) == 1);
  CHECK(turned(lying, true, 19) == 0);
  CHECK(turned(by_row, true, 21) == 1);
  CHECK(turned(by_row, false, 21) == 0);

  const auto two = [](float second_scale, bool same_weights) {
    Model model = start();
    dequantize(model);
    model.node("MatMul", {"x", "w"}, {"a"});
    dequantize(model,
               {.dims = {kN, kN}, .prefix = "2", .output = "w2", .first_scale = second_scale});
    model.node("MatMul", {"a", "w2"}, {same_weights ? "b" : "y"});
    if (same_weights) model.node("MatMul", {"b", "w2"});
    return rounded(model);
  };
  CHECK(two(0.25f, false) == 2);
  CHECK(two(0.5f, false) == 0);
  CHECK(two(0.25f, true) == 1);

  Model fed = start();
  dequantize(fed);
  fed.input("q", "9,3", kI8).node("MatMul", {"x", "w"});
  fed.proto.set_ir_version(10);
  CHECK(rounded(fed) == 0);
  fed.proto.set_ir_version(3);
  CHECK(rounded(fed) == 1);

  Model trained_so = start();
  trained_so.weights("f", {kK, kN}, std::vector<float>(kK * kN, 1.25f)).number("s", 0.5f);
  trained_so.node("QuantizeLinear", {"f", "s"}, {"q"});
  trained_so.node("DequantizeLinear", {"q", "s"}, {"w"});
  trained_so.node("MatMul", {"x", "w"});
  CHECK(rounded(trained_so) == 1);
}

TEST_CASE("onnx: rows that were quantised already are not rounded again") {
  const auto between = [](const std::string& type) {
    Model model = start();
    model.number("step", 0.25f);
    model.node("QuantizeLinear", {"x", "step"}, {"b"});
    model.node("DequantizeLinear", {"b", "step"}, {"c"});
    model.integers("shape", {-1, kK});
    model.node(
        type,
        type == "Reshape" ? std::vector<std::string>{"c", "shape"} : std::vector<std::string>{"c"},
        {"d"});
    dequantize(model);
    model.node("MatMul", {"d", "w"});
    return rounded(model);
  };
  CHECK(between("Identity") == 0);
  CHECK(between("Reshape") == 0);
  CHECK(between("Relu") == 1);
}

TEST_CASE("onnx: MatMulNBits rounds its rows where it is told that 8 bits will do") {
  const auto product = [](int64_t level, int64_t block) {
    Model model(21);
    model.input("x", "N,32").output("y");
    auto& q = model.initializer("q", {1, 32 / block, block / 2}, kU8);
    for (int i = 0; i < 16; ++i) q.add_int32_data(0x99);
    model.weights("s", {32 / block}, std::vector<float>(static_cast<size_t>(32 / block), 1));
    NodeRef node = model.node("MatMulNBits", {"x", "q", "s"});
    node.integer("K", 32).integer("N", 1).integer("bits", 4).integer("block_size", block);
    node.integer("accuracy_level", level);
    node.proto.set_domain("com.microsoft");
    return rounded(model);
  };
  CHECK(product(4, 32) == 1);
  CHECK(product(4, 16) == 1);
  CHECK(product(4, 8) == 0);
  CHECK(product(0, 32) == 0);
}

TEST_CASE("onnx: integers of four bits lie two in a byte, the first in its lower half") {
  const auto weights = [](int32_t type) {
    Model model(21);
    model.input("x", "N,3").number("s", 0.5f).output("y");
    auto& q = model.initializer("q", {3, 1}, type);
    q.set_raw_data(std::string("\xf2\x07", 2));
    model.node("DequantizeLinear", {"q", "s"}, {"w"});
    model.node("MatMul", {"x", "w"});
    model.dequantized_exactly = true;
    return answer(model, {1, 0, 0, 0, 1, 0, 0, 0, 1}, 3);
  };
  CHECK(near(weights(kI4), {1, -0.5, 3.5}));
  CHECK(near(weights(kU4), {1, 7.5, 3.5}));
  Model cut_off(21);
  cut_off.input("x", "N,3").number("s", 0.5f).output("y");
  cut_off.initializer("q", {3, 1}, kI4).set_raw_data(std::string("\xf2", 1));
  cut_off.node("DequantizeLinear", {"q", "s"}, {"w"});
  cut_off.node("MatMul", {"x", "w"});
  CHECK(contains(refusal(cut_off), "has 1 bytes of data, its shape wants 2"));
}
