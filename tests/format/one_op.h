// A correct model of one op, for each kind. Tensor 0 is the input, tensor 1 the output, constants
// follow.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/header.h"
#include "tests/support/tiny_models.h"

#include <cstring>

namespace mle::testing {

inline TinyModel one_op(std::vector<uint32_t> in, std::vector<uint32_t> out) {
  TinyModel m;
  const uint16_t x = m.add_input("x", std::move(in));
  const uint16_t y = m.add_output("y", std::move(out));
  m.add_entry("predict", {x}, {y});
  return m;
}

inline std::vector<float> ones(size_t count) { return std::vector<float>(count, 1.0f); }

inline TinyModel one_dense() {
  TinyModel m = one_op({4, 3}, {4, 2});
  const uint16_t w = m.add_dense_weight("w", 3, 2, ones(6));
  const uint16_t b = m.add_constant("b", {2}, ones(2));
  m.add_op(fb::OpKind::Dense, {0, w, b}, 1);
  return m;
}

// Ones in fewer bits: [5, 20] weights, which are packed in panels.
inline TinyModel one_stored_dense(DType dtype) {
  TinyModel m = one_op({4, 5}, {4, 20});
  const uint16_t one = dtype == DType::F16 ? 0x3C00 : dtype == DType::BF16 ? 0x3F80 : 1;
  const uint16_t w = m.add_stored_weight("w", 5, 20, dtype, [one](size_t) { return one; });
  const uint16_t b = m.add_constant("b", {20}, ones(20));
  m.add_op(fb::OpKind::Dense, {0, w, b}, 1);
  return m;
}
inline TinyModel one_dense_f16() { return one_stored_dense(DType::F16); }
inline TinyModel one_dense_bf16() { return one_stored_dense(DType::BF16); }
inline TinyModel one_dense_i8() { return one_stored_dense(DType::I8); }

// Rows in 8 bits: the third operand are the sums of the columns.
inline TinyModel one_dense_rows_i8() {
  TinyModel m = one_dense_i8();
  m.tensor(3).dtype = fb::DType::I32;
  const int32_t sum = 5;
  for (size_t at = 0; at < 20; ++at)
    std::memcpy(m.weights.data() + m.tensor(3).offset + at * sizeof sum, &sum, sizeof sum);
  m.op(0).iattr = {1};
  return m;
}

// Rows in bf16.
inline TinyModel one_dense_rows_bf16() {
  TinyModel m = one_dense_bf16();
  m.tensor(0).dtype = fb::DType::BF16;
  m.required_features |= format::kFeatureBf16Rows;
  return m;
}

inline TinyModel one_unary() {
  TinyModel m = one_op({2, 4}, {2, 4});
  m.add_op(fb::OpKind::Unary, {0}, 1).act = fb::Act::Elu;
  m.op(0).fattr = {fb::Bits64(0, 0x3FF00000), fb::Bits64(0, 0)};
  return m;
}

inline TinyModel one_binary() {
  TinyModel m = one_op({2, 1}, {2, 4});
  const uint16_t a = m.add_constant("a", {4}, ones(4));
  m.add_op(fb::OpKind::Binary, {0, a}, 1).iattr = {7};
  return m;
}

inline TinyModel one_compare() {
  TinyModel m = one_op({2, 4}, {2, 4});
  const uint16_t a = m.add_constant("a", {}, ones(1));
  m.tensor(1).dtype = fb::DType::Bool;
  m.add_op(fb::OpKind::Compare, {0, a}, 1).iattr = {5};
  return m;
}

inline TinyModel one_select() {
  TinyModel m = one_op({2, 1}, {2, 4});
  m.tensor(0).dtype = fb::DType::Bool;
  const uint16_t a = m.add_constant("a", {4}, ones(4));
  m.add_op(fb::OpKind::Select, {0, a, a}, 1);
  return m;
}

inline TinyModel one_scale() {
  TinyModel m = one_op({2, 4}, {2, 4});
  const uint16_t s = m.add_constant("s", {4}, ones(4));
  const uint16_t t = m.add_constant("t", {4}, ones(4));
  m.add_op(fb::OpKind::Scale, {0, s, t}, 1);
  return m;
}

inline TinyModel one_clip() {
  TinyModel m = one_op({2, 4}, {2, 4});
  m.add_op(fb::OpKind::Clip, {0}, 1).fattr = {fb::Bits64(0, 0xFFF00000),  // -infinity
                                              fb::Bits64(0, 0x40180000)};
  return m;
}

inline TinyModel one_softmax() {
  TinyModel m = one_op({2, 4}, {2, 4});
  m.add_op(fb::OpKind::Softmax, {0}, 1).iattr = {1};
  return m;
}

inline TinyModel one_log_softmax() {
  TinyModel m = one_softmax();
  m.op(0).kind = fb::OpKind::LogSoftmax;
  return m;
}

inline TinyModel one_concat() {
  TinyModel m = one_op({2, 3}, {2, 7});
  const uint16_t a = m.add_constant("a", {2, 4}, ones(8));
  m.add_op(fb::OpKind::Concat, {0, a}, 1).iattr = {1};
  return m;
}

inline TinyModel one_slice() {
  TinyModel m = one_op({3, 4}, {3, 2});
  m.add_op(fb::OpKind::Slice, {0}, 1).iattr = {1, 1, 2};
  return m;
}

inline TinyModel one_reshape() {
  TinyModel m = one_op({3, 4}, {2, 6});
  m.add_op(fb::OpKind::Reshape, {0}, 1);
  return m;
}

inline TinyModel one_argmax() {
  TinyModel m = one_op({2, 4}, {2});
  m.tensor(1).dtype = fb::DType::I64;
  m.add_op(fb::OpKind::ArgMax, {0}, 1).iattr = {1, 0, 0};
  return m;
}

inline TinyModel one_couple() {
  TinyModel m = one_op({2, 6}, {2, 4});
  m.add_op(fb::OpKind::Couple, {0}, 1);
  return m;
}

inline TinyModel one_cast() {
  TinyModel m = one_op({2, 4}, {2, 4});
  m.tensor(0).dtype = fb::DType::I64;
  m.add_op(fb::OpKind::Cast, {0}, 1);
  return m;
}

inline TinyModel one_products() {
  TinyModel m = one_op({2, 3}, {2, 4});
  fb::OpT& op = m.add_op(fb::OpKind::Products, {0}, 1);
  op.iattr = {2};
  op.indices = {0, 0, 2, 1, 1, ~uint32_t{0}, ~uint32_t{0}, ~uint32_t{0}};
  return m;
}

inline TinyModel one_piecewise() {
  TinyModel m = one_op({3, 2}, {3, 6});
  const uint16_t breaks = m.add_constant("breaks", {2, 4}, ones(8));
  const uint16_t coefficients = m.add_constant("coefficients", {2, 5, 3, 2}, ones(60));
  m.add_op(fb::OpKind::Piecewise, {0, breaks, coefficients}, 1).iattr = {1, 3};
  return m;
}

inline TinyModel one_matmul() {
  TinyModel m = one_op({2, 3, 4}, {2, 3, 2});
  const uint16_t a = m.add_constant("a", {4, 2}, ones(8));
  m.add_op(fb::OpKind::MatMul, {0, a}, 1);
  return m;
}

inline TinyModel one_reduce() {
  TinyModel m = one_op({2, 3, 4}, {3});
  m.add_op(fb::OpKind::Reduce, {0}, 1).iattr = {1, 0};
  m.op(0).indices = {0, 2};
  return m;
}

// x less the largest of all rows.
inline TinyModel one_reduce_rows() {
  TinyModel m = one_op({2, 3}, {2, 3});
  const uint16_t most = m.add_arena("most", {2, 3});
  m.tensor(most).rows = fb::Rows::Whole;
  m.add_op(fb::OpKind::ReduceRows, {0}, most).iattr = {2};
  m.add_op(fb::OpKind::Binary, {0, most}, 1).iattr = {1};
  m.required_features = format::kFeatureRowsMix;
  return m;
}

inline TinyModel one_cumsum() {
  TinyModel m = one_op({2, 4}, {2, 4});
  m.add_op(fb::OpKind::CumSum, {0}, 1).iattr = {1, 0, 1};
  return m;
}

inline TinyModel one_topk() {
  TinyModel m = one_op({2, 4}, {2, 3});
  m.tensor(1).dtype = fb::DType::I64;
  m.add_op(fb::OpKind::TopK, {0}, 1).iattr = {1, 1};
  return m;
}

inline TinyModel one_layer_norm() {
  TinyModel m = one_op({2, 4}, {2, 4});
  const uint16_t a = m.add_constant("a", {4}, ones(4));
  m.add_op(fb::OpKind::LayerNorm, {0, a, a}, 1).iattr = {1, 0};
  m.op(0).fattr = {fb::Bits64(0, 0x3EE00000)};
  return m;
}

inline TinyModel one_transpose() {
  TinyModel m = one_op({2, 3, 4}, {4, 2, 3});
  m.add_op(fb::OpKind::Transpose, {0}, 1).indices = {2, 0, 1};
  return m;
}

inline TinyModel one_expand() {
  TinyModel m = one_op({3, 1}, {2, 3, 4});
  m.add_op(fb::OpKind::Expand, {0}, 1);
  return m;
}

// Rows of a table of five, by two numbers.
inline TinyModel one_gather() {
  TinyModel m = one_op({2}, {2, 4});
  m.tensor(0).dtype = fb::DType::I64;
  const uint16_t table = m.add_constant("table", {5, 4}, ones(20));
  m.add_op(fb::OpKind::Gather, {table, 0}, 1).iattr = {0};
  return m;
}

inline TinyModel one_gather_elements() {
  TinyModel m = one_op({2, 3}, {2, 3});
  m.tensor(0).dtype = fb::DType::I32;
  const uint16_t table = m.add_constant("table", {5, 3}, ones(15));
  m.add_op(fb::OpKind::GatherElements, {table, 0}, 1).iattr = {0};
  return m;
}

inline TinyModel one_map_keys() {
  TinyModel m = one_op({2}, {2});
  m.tensor(0).dtype = fb::DType::Str;
  m.tensor(1).dtype = fb::DType::I64;
  fb::OpT& op = m.add_op(fb::OpKind::MapKeys, {0}, 1);
  op.indices = {m.strings.add("red"), m.strings.add("")};
  op.iattr = {2, 0xFFFFFFFF};
  return m;
}

inline TinyModel one_map_numbers() {
  TinyModel m = one_op({2}, {2});
  const uint16_t keys = m.add_constant("keys", {4}, std::vector<float>{-1, 0, 0.5f, 8});
  m.tensor(1).dtype = fb::DType::I64;
  m.add_op(fb::OpKind::MapKeys, {0, keys}, 1).iattr = {4, 5};
  return m;
}

inline TinyModel one_labels() {
  TinyModel m = one_op({2}, {2});
  m.tensor(0).dtype = fb::DType::I64;
  m.tensor(1).dtype = fb::DType::Str;
  m.add_op(fb::OpKind::Labels, {0}, 1).indices = {m.strings.add("no"), m.strings.add("yes")};
  return m;
}

inline TinyModel one_is_missing() {
  TinyModel m = one_op({2}, {2});
  m.tensor(0).dtype = fb::DType::Str;
  m.tensor(1).dtype = fb::DType::Bool;
  m.add_op(fb::OpKind::IsMissing, {0}, 1);
  return m;
}

struct OneOpModel {
  const char* name;
  TinyModel (*make)();
};
inline constexpr OneOpModel kOneOpModels[] = {
    {"dense", one_dense},
    {"dense-f16", one_dense_f16},
    {"dense-bf16", one_dense_bf16},
    {"dense-i8", one_dense_i8},
    {"dense-rows-i8", one_dense_rows_i8},
    {"dense-rows-bf16", one_dense_rows_bf16},
    {"unary", one_unary},
    {"binary", one_binary},
    {"compare", one_compare},
    {"select", one_select},
    {"scale", one_scale},
    {"clip", one_clip},
    {"softmax", one_softmax},
    {"log-softmax", one_log_softmax},
    {"concat", one_concat},
    {"slice", one_slice},
    {"reshape", one_reshape},
    {"argmax", one_argmax},
    {"couple", one_couple},
    {"cast", one_cast},
    {"matmul", one_matmul},
    {"reduce", one_reduce},
    {"reduce-rows", one_reduce_rows},
    {"cumsum", one_cumsum},
    {"topk", one_topk},
    {"layer-norm", one_layer_norm},
    {"products", one_products},
    {"piecewise", one_piecewise},
    {"transpose", one_transpose},
    {"expand", one_expand},
    {"gather", one_gather},
    {"gather-elements", one_gather_elements},
    {"map-keys", one_map_keys},
    {"map-numbers", one_map_numbers},
    {"labels", one_labels},
    {"is-missing", one_is_missing},
};

}  // namespace mle::testing
