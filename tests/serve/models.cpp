// SPDX-License-Identifier: Apache-2.0
#include "tests/serve/models.h"

#include <bit>
#include <cstdint>
#include <vector>

namespace mle::testing {

using Floats = std::vector<float>;

namespace {

void add_linear(TinyModel& m, float bias, float recorded) {
  m.model().name = m.strings.add("linear");
  const uint16_t x = m.add_input("x", {3});
  const uint16_t y = m.add_output("y", {2});
  const uint16_t w = m.add_dense_weight("w", 3, 2, Floats{1, 0, 0, 1, 0, 0});
  const uint16_t b = m.add_constant("b", {2}, Floats{bias, bias});
  m.add_op(fb::OpKind::Dense, {x, w, b}, y, "fc");
  m.add_entry("predict", {x}, {y});
  m.add_golden(1, Floats{1, 2, 4}, Floats{1 + recorded, 2 + recorded});
}

}  // namespace

AlignedBytes linear_file(float bias, float recorded) {
  TinyModel m;
  add_linear(m, bias, recorded);
  return make_file(m);
}

AlignedBytes ranged_file() {
  TinyModel m;
  add_linear(m, 0.5f, 0.5f);
  const uint64_t ten = std::bit_cast<uint64_t>(10.0);
  for (const auto& entry : m.model().entries)
    for (int feature = 0; feature < 3; ++feature) {
      entry->inputs[0]->fmin.emplace_back(0, 0);
      entry->inputs[0]->fmax.emplace_back(static_cast<uint32_t>(ten),
                                          static_cast<uint32_t>(ten >> 32));
    }
  return make_file(m);
}

AlignedBytes linear_file_of_axes(fb::Axes axes) {
  TinyModel m;
  add_linear(m, 0.5f, 0.5f);
  for (const auto& entry : m.model().entries) entry->inputs[0]->axes = axes;
  return make_file(m);
}

AlignedBytes two_entries_file() {
  TinyModel m;
  m.model().name = m.strings.add("two");
  const uint16_t x = m.add_input("x", {3});
  const uint16_t y = m.add_output("y", {2});
  const uint16_t z = m.add_output("z", {1});
  const uint16_t w = m.add_dense_weight("w", 3, 2, Floats{1, 0, 0, 1, 0, 0});
  const uint16_t b = m.add_constant("b", {2}, Floats{0, 0});
  const uint16_t v = m.add_dense_weight("v", 3, 1, Floats{0, 0, 1});
  const uint16_t c = m.add_constant("c", {1}, Floats{10});
  m.add_op(fb::OpKind::Dense, {x, w, b}, y, "fc");
  m.add_op(fb::OpKind::Dense, {x, v, c}, z, "fd");
  m.add_entry("first", {x}, {y});
  m.add_entry("second", {x}, {z});
  return make_file(m);
}

AlignedBytes echo_file(fb::DType dtype) {
  TinyModel m;
  m.model().name = m.strings.add("echo");
  const uint16_t x = m.add_input("x", {2, 1});
  const uint16_t y = m.add_output("y", {1, 2});
  m.tensor(x).dtype = m.tensor(y).dtype = dtype;
  m.add_op(fb::OpKind::Transpose, {x}, y, "echo").indices = {1, 0};
  m.add_entry("predict", {x}, {y});
  return make_file(m);
}

}  // namespace mle::testing
