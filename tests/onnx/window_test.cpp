// Pooling and resizing over axes of fixed length.
// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

using namespace mle;
using namespace mle::onnx_test;

namespace {

Model pool(const std::string& type, const std::string& shape, int opset = 19) {
  Model model(opset);
  model.input("x", shape).output("y");
  model.node(type, {"x"});
  return model;
}

NodeRef node_of(Model& model) { return {*model.proto.mutable_graph()->mutable_node(0)}; }

}  // namespace

TEST_CASE("onnx: MaxPool takes the largest of every window, padding never") {
  Model model = pool("MaxPool", "N,1,5");
  node_of(model).integers("kernel_shape", {3}).integers("strides", {2}).integers("pads", {1, 1});
  CHECK(near(answer(model, {-1, -2, -3, -4, -5}, 1), {-1, -2, -4}));
}

TEST_CASE("onnx: AveragePool counts padding only where it is told to") {
  Model without = pool("AveragePool", "N,1,4"), with = pool("AveragePool", "N,1,4");
  for (Model* model : {&without, &with})
    node_of(*model).integers("kernel_shape", {2}).integers("pads", {1, 0}).integers("strides", {2});
  node_of(with).integer("count_include_pad", 1);
  CHECK(near(answer(without, {2, 4, 6, 8}, 1), {2, 5}));
  CHECK(near(answer(with, {2, 4, 6, 8}, 1), {1, 5}));
}

TEST_CASE("onnx: with ceil_mode a window may reach beyond the end") {
  Model model = pool("AveragePool", "N,1,4");
  node_of(model).integers("kernel_shape", {3}).integers("strides", {2}).integer("ceil_mode", 1);
  CHECK(near(answer(model, {1, 2, 3, 6}, 1), {2, 4.5}));
}

TEST_CASE("onnx: pooling in two dimensions and over all of them") {
  Model model = pool("MaxPool", "N,1,2,3");
  node_of(model).integers("kernel_shape", {2, 2});
  CHECK(near(answer(model, {1, 2, 3, 4, 0, 0}, 1), {4, 3}));
  CHECK(near(answer(pool("GlobalAveragePool", "N,2,2,1"), {1, 3, 5, 9}, 1), {2, 7}));
  CHECK(near(answer(pool("GlobalMaxPool", "N,2,3"), {1, 3, 2, 9, 5, 9}, 1), {3, 9}));
  CHECK(near(answer(pool("GlobalLpPool", "N,1,2"), {3, -4}, 1), {5}));
}

TEST_CASE("onnx: windows that do not fit are refused") {
  Model wide = pool("MaxPool", "N,1,2");
  node_of(wide).integers("kernel_shape", {3});
  CHECK(contains(refusal(wide), "C208"));
  Model none = pool("MaxPool", "N,1,2");
  CHECK(contains(refusal(none), "C209"));
  Model flat = pool("MaxPool", "N,2");
  node_of(flat).integers("kernel_shape", {2});
  CHECK(contains(refusal(flat), "C208"));
  Model padding = pool("MaxPool", "N,1,2");
  node_of(padding).integers("kernel_shape", {1}).integers("pads", {1, 0});
  CHECK(contains(refusal(padding), "all padding"));
}

TEST_CASE("onnx: Resize picks the nearest or mixes two neighbours") {
  const auto resize = [](const char* mode, std::vector<int64_t> sizes, const char* how) {
    Model model;
    model.input("x", "2,1,2").integers("s", sizes).output("y");
    model.node("Resize", {"x", "", "", "s"})
        .text("mode", mode)
        .text("coordinate_transformation_mode", how);
    return model;
  };
  CHECK(near(answer(resize("nearest", {2, 1, 4}, "half_pixel"), {1, 2, 3, 4}, 1),
             {1, 1, 2, 2, 3, 3, 4, 4}));
  CHECK(near(answer(resize("linear", {2, 1, 4}, "half_pixel"), {0, 4, 8, 12}, 1),
             {0, 1, 3, 4, 8, 9, 11, 12}));
  CHECK(near(answer(resize("linear", {2, 1, 3}, "align_corners"), {0, 4, 8, 12}, 1),
             {0, 2, 4, 8, 10, 12}));
  CHECK(near(answer(resize("cubic", {2, 1, 4}, "align_corners"), {0, 3, 9, 9}, 1),
             {0, 17.0 / 18, 37.0 / 18, 3, 9, 9, 9, 9}));
  CHECK(contains(refusal(resize("cubic", {2, 1, 3}, "by_hand")), "C205"));
  CHECK(contains(refusal(resize("linear", {2, 1}, "half_pixel")), "C208"));
}

TEST_CASE("onnx: Upsample stretches rows by its scales") {
  Model model(9);
  model.input("x", "N,1,2").weights("s", {3}, {1, 1, 2}).output("y");
  model.node("Upsample", {"x", "s"});
  CHECK(near(answer(model, {1, 2, 3, 4}, 2), {1, 1, 2, 2, 3, 3, 4, 4}));
}
