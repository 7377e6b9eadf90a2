// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace mle;
using namespace mle::onnx_test;

namespace {

Elements softmax_of(int opset, int64_t axis, bool give_axis = true) {
  Model model(opset);
  model.input("x", "N,2,2").output("y");
  NodeRef node = model.node("Softmax", {"x"});
  if (give_axis) node.integer("axis", axis);
  return answer(model, Elements{0, std::log(2.0), std::log(3.0), std::log(4.0)}, 1);
}

}  // namespace

TEST_CASE("onnx: opsets older than 7, newer than 28 or missing are refused by number") {
  for (const int opset : {-1, 1, 6, 29, 9999}) {
    Model model(opset);
    model.input("x", "N,1").output("y");
    model.node("Relu", {"x"});
    CHECK(
        contains(refusal(model), "C206 : the model is written in opset " + std::to_string(opset)));
  }
  Model missing;
  missing.input("x", "N,1").output("y");
  missing.node("Relu", {"x"});
  missing.proto.clear_opset_import();
  CHECK(contains(refusal(missing), "C206 : the model does not say"));
  missing.proto.add_opset_import()->set_domain("ai.onnx.ml");
  CHECK(contains(refusal(missing), "C206 : the model does not say"));
}

TEST_CASE("onnx: the default domain may be spelled out") {
  Model model;
  model.input("x", "N,1").output("y");
  model.node("Relu", {"x"}).proto.set_domain("ai.onnx");
  model.proto.mutable_opset_import(0)->set_domain("ai.onnx");
  CHECK(near(answer(model, Elements{-1, 1}, 2), {0, 1}));
}

TEST_CASE("onnx: Softmax before opset 13 counts the axes from its axis on as one") {
  CHECK(near(softmax_of(12, 1), {0.1, 0.2, 0.3, 0.4}));
  CHECK(near(softmax_of(12, 0, false), {0.1, 0.2, 0.3, 0.4}));
  CHECK(near(softmax_of(12, 2), {1.0 / 3, 2.0 / 3, 3.0 / 7, 4.0 / 7}));
  CHECK(near(softmax_of(7, -1), {1.0 / 3, 2.0 / 3, 3.0 / 7, 4.0 / 7}));
}

TEST_CASE("onnx: Softmax from opset 13 runs along one axis, the last by default") {
  CHECK(near(softmax_of(13, 1), {0.25, 1.0 / 3, 0.75, 2.0 / 3}));
  CHECK(near(softmax_of(13, 0, false), {1.0 / 3, 2.0 / 3, 3.0 / 7, 4.0 / 7}));
  CHECK(near(softmax_of(28, -1), {1.0 / 3, 2.0 / 3, 3.0 / 7, 4.0 / 7}));
}

TEST_CASE("onnx: LogSoftmax is the logarithm of Softmax in every opset") {
  for (const int opset : {7, 12, 13, 28}) {
    Model model(opset);
    model.input("x", "N,2").output("y");
    model.node("LogSoftmax", {"x"});
    CHECK(near(answer(model, Elements{0, std::log(3.0)}, 1), {std::log(0.25), std::log(0.75)}));
  }
}

TEST_CASE("onnx: Clip has attributes before opset 11, optional inputs from then on") {
  Model old(10);
  old.input("x", "N,1").output("y");
  old.node("Clip", {"x"}).real("min", -1).real("max", 6);
  CHECK(near(answer(old, Elements{-3, 2, 9}, 3), {-1, 2, 6}));

  Model half(10);
  half.input("x", "N,1").output("y");
  half.node("Clip", {"x"}).real("min", 0);
  CHECK(near(answer(half, Elements{-3, 1e30}, 2), {0, 1e30}));

  Model now(13);
  now.input("x", "N,1").number("hi", 6).output("y");
  now.node("Clip", {"x", "", "hi"});
  CHECK(near(answer(now, Elements{-3, 2, 9}, 3), {-3, 2, 6}));

  Model mixed(13);
  mixed.input("x", "N,1").output("y");
  mixed.node("Clip", {"x"}).real("min", 0);
  CHECK(contains(refusal(mixed), "attribute 'min' is none of this operator in opset 13"));

  Model computed(13);
  computed.input("x", "N,1").output("y");
  computed.node("Clip", {"x", "x"});
  CHECK(contains(refusal(computed), "Clip with a bound that is no number"));
}

TEST_CASE("onnx: Slice has attributes before opset 10") {
  Model model(9);
  model.input("x", "N,4").output("y");
  model.node("Slice", {"x"}).integers("axes", {1}).integers("starts", {1}).integers("ends", {-1});
  CHECK(near(answer(model, Elements{0, 1, 2, 3}, 1), {1, 2}));
}

TEST_CASE("onnx: Squeeze, Unsqueeze and Split have attributes before opset 13") {
  Model model(12);
  model.input("x", "N,4").output("y");
  model.node("Unsqueeze", {"x"}, {"u"}).integers("axes", {1, 3});
  model.node("Squeeze", {"u"}, {"s"}).integers("axes", {-1, 1});
  model.node("Split", {"s"}, {"a", "b"}).integer("axis", 1).integers("split", {1, 3});
  model.node("Concat", {"b", "a"}).integer("axis", 1);
  CHECK(near(answer(model, Elements{0, 1, 2, 3}, 1), {1, 2, 3, 0}));
}

TEST_CASE("onnx: Dropout does nothing, unless it trains") {
  Model old(7);
  old.input("x", "N,1").output("y");
  old.node("Dropout", {"x"}, {"y", "mask"}).real("ratio", 0.5f);
  CHECK(near(answer(old, Elements{3}, 1), {3}));

  for (const bool training : {false, true}) {
    Model model(13);
    model.input("x", "N,1").number("ratio", 0.5f).output("y");
    model.initializer("training", {}, kBool).add_int32_data(training);
    model.node("Dropout", {"x", "ratio", "training"}, {"y"}).integer("seed", 1);
    if (training)
      CHECK(contains(refusal(model), "Dropout in training mode"));
    else
      CHECK(near(answer(model, Elements{3}, 1), {3}));
  }

  Model mask(7);
  mask.input("x", "N,1").output("mask");
  mask.node("Dropout", {"x"}, {"y", "mask"});
  CHECK(answer(mask, Elements{3, NAN}, 2) == Elements{1, 1});
  Model kept(13);
  kept.input("x", "2").number("ratio", 0).output("y").output("mask");
  kept.initializer("training", {}, kBool).add_int32_data(1);
  kept.node("Dropout", {"x", "ratio", "training"}, {"y", "mask"});
  const auto both = answers(kept, {{3, 4}}, 1);
  CHECK(both.at(0) == Elements{3, 4});
  CHECK(both.at(1) == Elements{1, 1});
}

TEST_CASE("onnx: Gemm may leave out C from opset 11 on") {
  for (const int opset : {10, 11}) {
    Model model(opset);
    model.input("x", "N,1").weights("w", {1, 1}, {2}).output("y");
    model.node("Gemm", {"x", "w"});
    if (opset == 10)
      CHECK(contains(refusal(model), "Gemm with 2 inputs"));
    else
      CHECK(near(answer(model, Elements{3}, 1), {6}));
  }
}

TEST_CASE("onnx: an operator that came later does not exist in an older opset") {
  for (const auto& [type, opset] : std::initializer_list<std::pair<const char*, int>>{
           {"Gelu", 19}, {"Mish", 17}, {"HardSwish", 13}, {"Celu", 11}, {"Erf", 8}, {"Where", 8}}) {
    Model model(opset);
    model.input("x", "N,1").output("y");
    model.node(type, {"x"});
    CHECK(contains(refusal(model), "does not exist in opset " + std::to_string(opset)));
  }
}

TEST_CASE("onnx: initializers may be listed as inputs, as files before IR 4 do") {
  Model model(7);
  model.proto.set_ir_version(3);
  model.input("x", "N,2").input("w", "2,1").weights("w", {2, 1}, {1, 2}).output("y");
  model.node("MatMul", {"x", "w"});
  CHECK(near(answer(model, Elements{3, 4}, 1), {11}));
}
