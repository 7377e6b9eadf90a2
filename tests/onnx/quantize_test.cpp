// Quantised operators, against what ONNX Runtime answers bit for bit.
// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace mle;
using namespace mle::onnx_test;

namespace {

template <class T>
void constant(Model& model, const char* name, const std::vector<int64_t>& dims, Type type,
              const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  model.initializer(name, dims, type).set_raw_data(bytes);
}

const std::vector<int8_t> kWeights = {1, -2, 100, 127, -128, 3};
const Elements kRows = {0, 128, 255, 7, 1, 200};

Model dynamic(const std::string& shape, bool by_row) {
  Model model;
  model.input("x", shape).output("y").output("s").output("z");
  model.node("DynamicQuantizeLinear", {"x"}, {"y", "s", "z"});
  model.quantize_by_row = by_row;
  return model;
}

const Elements kReals = {0.5, -1.25, 3, 10, 20, -7.699999809265137, 0, 0, 0, -1, -2, -3};

Model integer_product() {
  Model model;
  model.input("x", "N,3", kU8).output("y");
  constant<int8_t>(model, "w", {3, 2}, kI8, kWeights);
  constant<uint8_t>(model, "az", {}, kU8, {12});
  constant<int8_t>(model, "bz", {}, kI8, {-1});
  return model;
}

}  // namespace

TEST_CASE("onnx: QuantizeLinear rounds half to even, adds the zero point and saturates") {
  Model model;
  model.input("x", "N,3").number("s", 0.5f).output("y");
  constant<int8_t>(model, "z", {}, kI8, {-3});
  model.node("QuantizeLinear", {"x", "s", "z"});
  CHECK(answer(model, {0.25, 0.75, -0.25, 1.25, 200, -200, 31.75, -32.25, 0.1f}, 3) ==
        Elements{-3, -1, -3, -1, 127, -128, 61, -67, -3});
}

TEST_CASE("onnx: blocks longer than anything there is are one block") {
  Model model(21);
  model.input("x", "N,3").output("y");
  constant<int8_t>(model, "q", {3, 1}, kI8, {1, 2, 3});
  model.weights("s", {1, 1}, {0.5f});
  model.node("DequantizeLinear", {"q", "s"}, {"w"})
      .integer("axis", 0)
      .integer("block_size", INT64_MAX);
  model.node("MatMul", {"x", "w"});
  CHECK(near(answer(model, {1, 1, 1}, 1), {3}));
}

TEST_CASE("onnx: QuantizeLinear without a zero point gives u8, or what it is told") {
  Model model(21);
  model.input("x", "N,2").number("s", 2).output("y").output("z");
  model.node("QuantizeLinear", {"x", "s"}, {"y"});
  model.node("QuantizeLinear", {"x", "s"}, {"z"}).integer("output_dtype", kI16);
  const auto both = answers(model, {{3, -70000}}, 1);
  CHECK(both[0] == Elements{2, 0});
  CHECK(both[1] == Elements{2, -32768});
}

TEST_CASE("onnx: QuantizeLinear and DequantizeLinear take a scale for each step of an axis") {
  Model model;
  model.input("x", "N,3").weights("s", {3}, {0.5f, 0.1f, 2}).output("y").output("back");
  constant<uint8_t>(model, "z", {3}, kU8, {0, 128, 255});
  model.node("QuantizeLinear", {"x", "s", "z"}).integer("axis", 1);
  model.node("DequantizeLinear", {"y", "s", "z"}, {"back"}).integer("axis", -1);
  const auto both = answers(model, {{0.25, 0.75, -0.25, 1.25, 200, -200}}, 2);
  CHECK(both[0] == Elements{0, 136, 255, 2, 255, 155});
  CHECK(near(both[1], {0, 0.1f * 8, 0, 1, 0.1f * 127, -200}));
  model.proto.mutable_graph()->mutable_node(0)->mutable_attribute(0)->set_i(0);
  CHECK(contains(refusal(model), "C214"));
}

TEST_CASE("onnx: DequantizeLinear of weights is a constant, in blocks too") {
  Model model(21);
  model.input("x", "N,4").output("y");
  constant<int8_t>(model, "q", {4, 1}, kI8, {1, 2, 3, 4});
  model.weights("s", {2, 1}, {0.5f, 2});
  constant<int8_t>(model, "z", {2, 1}, kI8, {1, 0});
  model.node("DequantizeLinear", {"q", "s", "z"}, {"w"})
      .integer("axis", 0)
      .integer("block_size", 2);
  model.node("MatMul", {"x", "w"});
  CHECK(answer(model, {1, 10, 100, 1000}, 1) == Elements{0 + 5 + 600 + 8000});
  Problems problems;
  CHECK(import(model, problems)->nodes().size() == 1);
}

TEST_CASE("onnx: DynamicQuantizeLinear takes the range of the whole tensor") {
  const auto all = answers(dynamic("4,3", false), {kReals}, 1);
  CHECK(all[0] == Elements{76, 59, 99, 163, 255, 0, 71, 71, 71, 62, 53, 43});
  CHECK(near(all[1], {0.10862745344638824}));
  CHECK(all[2] == Elements{71});
}

TEST_CASE("onnx: DynamicQuantizeLinear of any number of rows takes the range of all, and says so") {
  Model model;
  model.input("x", "N,3").output("y");
  model.node("DynamicQuantizeLinear", {"x"}, {"q", "s", "z"});
  model.node("DequantizeLinear", {"q", "s", "z"});
  const auto all = answers(model, {kReals}, 4);
  CHECK(near(all[0], {0.5431373, -1.3035294, 3.0415687, 9.993726, 19.987452, -7.712549, 0, 0, 0,
                      -0.977647, -1.955294, -3.0415687}));
  Problems problems;
  const auto graph = import(model, problems);
  REQUIRE(graph.has_value());
  CHECK(graph->rows_mix());
  REQUIRE(graph->notes.size() == 1);
  CHECK(contains(graph->notes[0], "--dynamic-quantize row"));
}

TEST_CASE("onnx: DynamicQuantizeLinear of rows takes the range of each, where it is told so") {
  CHECK(contains(refusal(dynamic("N,3", false)), "C214"));
  CHECK(contains(refusal(dynamic("N,3", false)), "--dynamic-quantize row"));
  const auto rows = answers(dynamic("N,3", true), {kReals}, 4);
  CHECK(rows[0] == Elements{105, 0, 255, 163, 255, 0, 0, 0, 0, 170, 85, 0});
  CHECK(near(rows[1], {0.01666666753590107, 0.10862745344638824, 1, 0.0117647061124444}));
  CHECK(rows[2] == Elements{75, 71, 0, 255});
}

TEST_CASE("onnx: MatMulInteger subtracts the zero points and sums whole numbers") {
  Model model = integer_product();
  model.node("MatMulInteger", {"x", "w", "az", "bz"});
  CHECK(answer(model, kRows, 2) == Elements{-19169, 15832, -24997, -651});
}

TEST_CASE("onnx: QLinearMatMul scales by column and quantises again") {
  Model model = integer_product();
  model.number("as", 0.03f).number("ys", 0.11f).weights("bs", {2}, {0.02f, 0.01f});
  constant<int8_t>(model, "bzs", {2}, kI8, {-1, 2});
  constant<uint8_t>(model, "yz", {}, kU8, {117});
  model.node("QLinearMatMul", {"x", "as", "az", "w", "bs", "bzs", "ys", "yz"});
  CHECK(answer(model, kRows, 2) == Elements{12, 157, 0, 114});
}

TEST_CASE("onnx: quantised numbers of other types are refused by name") {
  Model model(19);
  model.input("x", "N,2").number("s", 1).output("y");
  constant<int32_t>(model, "z", {}, kI32, {0});
  model.node("QuantizeLinear", {"x", "s", "z"});
  CHECK(contains(refusal(model), "C207"));
}
