// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

using namespace mle;
using namespace mle::onnx_test;

namespace {

// y = x + Cast(c), with a constant of three elements in any type.
Model sum_with(int32_t type) {
  Model model;
  model.input("x", "N,3").output("y");
  model.initializer("c", {3}, type);
  model.node("Cast", {"c"}, {"f"}).integer("to", kF32);
  model.node("Add", {"x", "f"});
  return model;
}

onnx_pb::TensorProto& constant_of(Model& model) {
  return *model.proto.mutable_graph()->mutable_initializer(0);
}

template <class T>
std::string raw(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

Elements added_to_zero(const Model& model) { return answer(model, Elements{0, 0, 0}, 1); }

}  // namespace

TEST_CASE("onnx: raw data is read in every number type") {
  const auto check = [](int32_t type, const std::string& bytes, const Elements& wanted) {
    CAPTURE(type);
    Model model = sum_with(type);
    constant_of(model).set_raw_data(bytes);
    CHECK(near(added_to_zero(model), wanted));
  };
  check(kF32, raw<float>({1.5f, -2, 3e30f}), {1.5, -2, 3e30});
  check(kF64, raw<double>({1.5, -2, 1e-300}), {1.5, -2, 0});
  check(kI8, raw<int8_t>({-128, 0, 127}), {-128, 0, 127});
  check(kU8, raw<uint8_t>({255, 0, 127}), {255, 0, 127});
  check(kI16, raw<int16_t>({-32768, 1, 2}), {-32768, 1, 2});
  check(kU16, raw<uint16_t>({65535, 1, 2}), {65535, 1, 2});
  check(kI32, raw<int32_t>({-2147483647, 1, 2}), {-2147483648.0, 1, 2});
  check(kU32, raw<uint32_t>({4294967295u, 1, 2}), {4294967296.0, 1, 2});
  check(kI64, raw<int64_t>({-5, 1, 1LL << 40}), {-5, 1, 1099511627776.0});
  check(kU64, raw<uint64_t>({~0ull, 1, 2}), {18446744073709551616.0, 1, 2});
  check(kBool, raw<uint8_t>({1, 0, 1}), {1, 0, 1});
  check(kF16, raw<uint16_t>({0x3e00, 0xc000, 0x0001}), {1.5, -2, std::ldexp(1.0, -24)});
  check(kBF16, raw<uint16_t>({0x3fc0, 0xc000, 0x7f00}), {1.5, -2, 1.7014118346046923e38});
}

TEST_CASE("onnx: typed data is read from the field of its type") {
  const auto check = [](int32_t type, auto fill, const Elements& wanted) {
    CAPTURE(type);
    Model model = sum_with(type);
    fill(constant_of(model));
    CHECK(near(added_to_zero(model), wanted));
  };
  const auto int32s = [](std::vector<int32_t> values) {
    return [values](onnx_pb::TensorProto& t) {
      for (int32_t v : values) t.add_int32_data(v);
    };
  };
  check(kI32, int32s({-7, 8, 9}), {-7, 8, 9});
  check(kI16, int32s({-7, 8, 9}), {-7, 8, 9});
  check(kU16, int32s({65535, 8, 9}), {65535, 8, 9});
  check(kI8, int32s({-7, 8, 9}), {-7, 8, 9});
  check(kU8, int32s({200, 8, 9}), {200, 8, 9});
  check(kBool, int32s({1, 0, 1}), {1, 0, 1});
  check(kF16, int32s({0x3c00, 0x7bff, 0x8000}), {1, 65504, 0});
  check(kBF16, int32s({0x3f80, 0x4000, 0xbf80}), {1, 2, -1});
  check(kF64,
        [](onnx_pb::TensorProto& t) {
          for (double v : {1.0, 2.0, 0.1}) t.add_double_data(v);
        },
        {1, 2, 0.1});
  check(kI64,
        [](onnx_pb::TensorProto& t) {
          for (int v : {1, 2, 3}) t.add_int64_data(v);
        },
        {1, 2, 3});
  check(kU64,
        [](onnx_pb::TensorProto& t) {
          for (unsigned v : {1u, 2u, 3u}) t.add_uint64_data(v);
        },
        {1, 2, 3});
  check(kU32,
        [](onnx_pb::TensorProto& t) {
          for (unsigned v : {1u, 2u, 3u}) t.add_uint64_data(v);
        },
        {1, 2, 3});
}

TEST_CASE("onnx: data longer or shorter than its shape is refused by the initializer's name") {
  for (const size_t bytes : {0u, 11u, 13u, 16u}) {
    Model model = sum_with(kF32);
    constant_of(model).set_raw_data(std::string(bytes, '\0'));
    const std::string text = refusal(model);
    CHECK(contains(text, "C204 initializer 'c'"));
  }
  Model model = sum_with(kF32);
  constant_of(model).add_float_data(1);
  CHECK(contains(refusal(model), "C204 initializer 'c'"));
}

TEST_CASE("onnx: dims that are negative, empty or overflow are refused") {
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{-1, 3},
                                           {0, 3},
                                           {1LL << 40, 1LL << 40},
                                           {1LL << 32, 1LL << 32},
                                           {1 << 20, 1 << 20}}) {
    Model model;
    model.input("x", "N,3").output("y");
    model.initializer("c", dims, kF32).set_raw_data("");
    model.node("Add", {"x", "c"});
    CHECK(contains(refusal(model), "initializer 'c'"));
  }
}

TEST_CASE("onnx: element types without a number are refused by name") {
  for (const int32_t type : {0, 14, 17, 23, 28, 250, -5})
    CHECK(contains(refusal(sum_with(type)), "C207 initializer 'c': holds"));
}

TEST_CASE("onnx: weights that are NaN or infinite are refused by the initializer's name") {
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    Model model;
    model.input("x", "N,2").weights("w", {2, 1}, {1, bad}).output("y");
    model.node("MatMul", {"x", "w"});
    CHECK(contains(refusal(model), "constant 'w' holds NaN or infinity"));
  }
}

TEST_CASE("onnx: a single infinite number is a bound, not a weight") {
  Model model;
  model.input("x", "N,2").number("low", -HUGE_VALF).output("y");
  model.node("Max", {"x", "low"});
  CHECK(near(answer(model, Elements{-3, 4}, 1), {-3, 4}));
}

TEST_CASE("onnx: Cast refuses a constant that does not fit") {
  Model model;
  model.input("x", "N,1").weights("c", {1}, {300}).output("y");
  model.node("Cast", {"c"}, {"i"}).integer("to", kI8);
  model.node("Cast", {"i"}, {"f"}).integer("to", kF32);
  model.node("Add", {"x", "f"});
  CHECK(contains(refusal(model), "does not fit i8"));
}

TEST_CASE("onnx: weights nobody uses are not even read") {
  Model model;
  model.input("x", "N,1").output("y");
  model.initializer("unused", {7}, 250);
  model.node("Relu", {"x"});
  CHECK(near(answer(model, Elements{-1, 2}, 2), {0, 2}));
}
