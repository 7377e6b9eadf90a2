// 16-bit floats: read as such, computed in f32, rounded where the model gives them out.
// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace mle;
using namespace mle::onnx_test;

namespace {

Model declared(Model model, Type type) {
  auto& info = *model.proto.mutable_graph()->mutable_output(0);
  info.mutable_type()->mutable_tensor_type()->set_elem_type(type);
  return model;
}

DType output_dtype(const Model& model) {
  Problems problems;
  const auto graph = import(model, problems);
  REQUIRE(graph.has_value());
  return graph->value(graph->entries[0].outputs[0].value).fact.dtype;
}

}  // namespace

TEST_CASE("onnx: 16-bit inputs and outputs keep their type, and what lies between is f32") {
  for (const auto& [type, dtype] : {std::pair{kF16, DType::F16}, std::pair{kBF16, DType::BF16}}) {
    Model model;
    model.input("x", "N,1", type).output("y");
    model.initializer("third", {}, type).set_raw_data(type == kF16 ? "\x55\x35" : "\xab\x3e");
    model.node("Mul", {"x", "third"}, {"a"});
    model.node("Mul", {"a", "a"});
    model = declared(model, type);
    Problems problems;
    const auto graph = import(model, problems);
    REQUIRE(graph.has_value());
    CHECK(graph->value(graph->entries[0].inputs[0].value).fact.dtype == dtype);
    CHECK(output_dtype(model) == dtype);
    // Rounded once: the square of the rounded product of f16 would be another number.
    const double third = type == kF16 ? 0.333251953125 : 0.333984375;
    const double exact =
        static_cast<float>(static_cast<float>(3 * third) * static_cast<float>(3 * third));
    const double step = type == kF16 ? 0x1p-11 : 0x1p-7;
    CHECK(answer(model, Elements{3}, 1)[0] == std::nearbyint(exact / step) * step);
  }
}

TEST_CASE("onnx: Cast to float16 takes part in f32, and is rounded as an output") {
  Model model;
  model.input("x", "N,1").output("y");
  model.node("Cast", {"x"}).integer("to", kF16);
  CHECK(output_dtype(declared(model, kF16)) == DType::F16);
  CHECK(answer(declared(model, kF16), Elements{1 + 0x1p-11}, 1)[0] == 1);
  CHECK(std::isinf(answer(declared(model, kF16), Elements{70000}, 1)[0]));
  Model between;
  between.input("x", "N,1").output("y");
  between.node("Cast", {"x"}, {"h"}).integer("to", kF16);
  between.node("Cast", {"h"}).integer("to", kF32);
  CHECK(answer(between, Elements{1 + 0x1p-11}, 1)[0] == 1 + 0x1p-11);
}

TEST_CASE("onnx: 8-bit floats are refused by name") {
  Model model;
  model.input("x", "N,1", static_cast<Type>(17)).output("y");
  model.node("Identity", {"x"});
  CHECK(contains(refusal(model), "C207 input 'x': holds float8e4m3fn"));
  Model cast;
  cast.input("x", "N,1").output("y");
  cast.node("Cast", {"x"}).integer("to", 17);
  CHECK(contains(refusal(cast), "C207 node 0 ('Cast'): Cast to float8e4m3fn"));
}
