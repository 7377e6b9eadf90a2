// What can be wrong with an op that sums over axes or picks along one.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tests/format/one_op.h"
#include "tests/format/refusals.h"

#include <utility>

namespace mle::testing {
namespace {

using namespace format::rule;
using fb::DType;

constexpr size_t kX = 0, kY = 1, kA = 2;

void as_dtype(TinyModel& m, DType dtype) {
  m.tensor(kX).dtype = dtype;
  m.tensor(kY).dtype = dtype;
}

}  // namespace

std::vector<Refusal> sum_refusals() {
  using M = TinyModel;
  const fb::Bits64 minus_one(0, 0xBFF00000), nan(0, 0x7FF80000);
  return {
      // MatMul
      changed(V45_Shapes, "MatMul: a vector", one_matmul, [](M& m) { m.tensor(kX).dims = {4}; }),
      changed(V45_Shapes, "MatMul: K differs", one_matmul,
              [](M& m) { m.tensor(kX).dims.back() = 5; }),
      changed(V45_Shapes, "MatMul: another M", one_matmul, [](M& m) { m.tensor(kY).dims[1] = 4; }),
      changed(V45_Shapes, "MatMul: another N", one_matmul, [](M& m) { m.tensor(kY).dims[2] = 3; }),
      changed(V45_Shapes, "MatMul: no broadcast", one_matmul,
              [](M& m) { m.tensor(kY).dims[0] = 3; }),
      changed(V45_Shapes, "MatMul: output of another rank", one_matmul,
              [](M& m) {
                m.tensor(kY).dims = {3, 2};
              }),
      changed(V45_Shapes, "MatMul: of bytes", one_matmul,
              [](M& m) {
                as_dtype(m, DType::U8);
                m.tensor(kA).dtype = DType::U8;
                m.tensor(kA).bytes = 8;
              }),
      changed(V45_Shapes, "MatMul: two dtypes", one_matmul,
              [](M& m) { m.tensor(kX).dtype = DType::I32; }),
      changed(V46_Attributes, "MatMul: an attribute", one_matmul,
              [](M& m) { m.op(0).iattr = {1}; }),
      // Reduce
      changed(V46_Attributes, "Reduce: no axes", one_reduce, [](M& m) { m.op(0).indices.clear(); }),
      changed(V46_Attributes, "Reduce: an axis twice", one_reduce,
              [](M& m) {
                m.op(0).indices = {1, 1};
              }),
      changed(V46_Attributes, "Reduce: axes that fall", one_reduce,
              [](M& m) {
                m.op(0).indices = {2, 0};
              }),
      changed(V46_Attributes, "Reduce: an axis beyond the rank", one_reduce,
              [](M& m) {
                m.op(0).indices = {0, 3};
              }),
      changed(V46_Attributes, "Reduce: an unknown function", one_reduce,
              [](M& m) { m.op(0).iattr[0] = 6; }),
      changed(V46_Attributes, "Reduce: keep is 2", one_reduce, [](M& m) { m.op(0).iattr[1] = 2; }),
      changed(V46_Attributes, "Reduce: one attribute", one_reduce,
              [](M& m) { m.op(0).iattr = {0}; }),
      changed(V45_Shapes, "Reduce: drops what it should keep", one_reduce,
              [](M& m) { m.op(0).iattr[1] = 1; }),
      changed(V45_Shapes, "Reduce: keeps what it should drop", one_reduce,
              [](M& m) {
                m.tensor(kY).dims = {1, 3, 1};
              }),
      changed(V45_Shapes, "Reduce: another axis left", one_reduce,
              [](M& m) { m.tensor(kY).dims = {2}; }),
      changed(V45_Shapes, "Reduce: another dtype", one_reduce,
              [](M& m) { m.tensor(kY).dtype = DType::F64; }),
      changed(V45_Shapes, "Reduce: the mean of integers", one_reduce,
              [](M& m) { as_dtype(m, DType::I64); }),
      changed(V45_Shapes, "Reduce: of bytes", one_reduce,
              [](M& m) {
                m.op(0).iattr[0] = 0;
                as_dtype(m, DType::U8);
              }),
      // ReduceRows: tensor 2 is what it makes
      changed(V46_Attributes, "ReduceRows: a sum", one_reduce_rows,
              [](M& m) { m.op(0).iattr = {0}; }),
      changed(V46_Attributes, "ReduceRows: no such function", one_reduce_rows,
              [](M& m) { m.op(0).iattr = {7}; }),
      changed(V46_Attributes, "ReduceRows: no function", one_reduce_rows,
              [](M& m) { m.op(0).iattr.clear(); }),
      changed(V45_Shapes, "ReduceRows: other dims", one_reduce_rows,
              [](M& m) { m.tensor(2).dims = {6}; }),
      changed(V45_Shapes, "ReduceRows: of whole numbers", one_reduce_rows,
              [](M& m) {
                as_dtype(m, DType::I32);
                m.tensor(2).dtype = DType::I32;
              }),
      changed(V54_Rows, "ReduceRows: makes rows", one_reduce_rows,
              [](M& m) { m.tensor(2).rows = fb::Rows::PerRow; }),
      changed(V54_Rows, "ReduceRows: of what has no rows", one_reduce_rows,
              [](M& m) {
                m.op(0).inputs = {m.add_constant("a", {2, 3}, ones(6))};
              }),
      changed(V54_Rows, "ReduceRows: an output that has no rows", one_reduce_rows,
              [](M& m) { m.tensor(kY).rows = fb::Rows::Whole; }),
      changed(V54_Rows, "ReduceRows: the header does not say that rows mix", one_reduce_rows,
              [](M& m) { m.required_features = 0; }),
      changed(V55_RowsMix, "rows that mix, but no op mixes them", one_cumsum,
              [](M& m) { m.required_features = format::kFeatureRowsMix; }),
      changed(V55_RowsMix, "ReduceRows: more than there may be", one_reduce_rows,
              [](M& m) {
                for (int i = 0; i < 1024; ++i) {
                  const uint16_t more = m.add_arena("more", {2, 3});
                  m.tensor(more).rows = fb::Rows::Whole;
                  m.add_op(fb::OpKind::ReduceRows, {0}, more).iattr = {3};
                }
              }),
      changed(V52_ArenaOverlap, "ReduceRows: another value where its own lies, before",
              one_reduce_rows,
              [](M& m) {
                const uint16_t before = m.add_arena("before", {2, 3});
                m.tensor(before).offset = m.tensor(2).offset;
                m.add_op(fb::OpKind::CumSum, {0}, before).iattr = {0, 0, 0};
                std::swap(m.model().ops[0], m.model().ops[2]);
                std::swap(m.model().ops[1], m.model().ops[2]);
              }),
      changed(V52_ArenaOverlap, "ReduceRows: another value where its own lies, later",
              one_reduce_rows,
              [](M& m) {
                const uint16_t later = m.add_arena("later", {2, 3});
                m.tensor(later).offset = m.tensor(2).offset;
                m.add_op(fb::OpKind::CumSum, {0}, later).iattr = {0, 0, 0};
              }),
      changed(V52_ArenaOverlap, "ReduceRows: what is made of it in its place", one_reduce_rows,
              [](M& m) {
                const uint16_t half = m.add_arena("half", {2, 3});
                m.tensor(half).rows = fb::Rows::Whole;
                m.tensor(half).offset = m.tensor(2).offset;
                m.add_op(fb::OpKind::Unary, {2}, half).act = fb::Act::Neg;
                m.op(1).inputs[1] = half;
                std::swap(m.model().ops[1], m.model().ops[2]);
              }),
      // CumSum
      changed(V46_Attributes, "CumSum: an axis beyond the rank", one_cumsum,
              [](M& m) { m.op(0).iattr[0] = 2; }),
      changed(V46_Attributes, "CumSum: exclusive is 2", one_cumsum,
              [](M& m) { m.op(0).iattr[1] = 2; }),
      changed(V46_Attributes, "CumSum: reverse is 2", one_cumsum,
              [](M& m) { m.op(0).iattr[2] = 2; }),
      changed(V45_Shapes, "CumSum: other dims", one_cumsum,
              [](M& m) { m.tensor(kY).dims.back() = 5; }),
      changed(V45_Shapes, "CumSum: of bools", one_cumsum, [](M& m) { as_dtype(m, DType::Bool); }),
      // TopK
      changed(V45_Shapes, "TopK: more than there are", one_topk,
              [](M& m) { m.tensor(kY).dims[1] = 5; }),
      changed(V45_Shapes, "TopK: other dims", one_topk, [](M& m) { m.tensor(kY).dims[0] = 1; }),
      changed(V45_Shapes, "TopK: another rank", one_topk, [](M& m) { m.tensor(kY).dims = {2}; }),
      changed(V45_Shapes, "TopK: an f32 output", one_topk,
              [](M& m) { m.tensor(kY).dtype = DType::F32; }),
      changed(V45_Shapes, "TopK: of bools", one_topk,
              [](M& m) { m.tensor(kX).dtype = DType::Bool; }),
      changed(V46_Attributes, "TopK: largest is 2", one_topk, [](M& m) { m.op(0).iattr[1] = 2; }),
      changed(V46_Attributes, "TopK: an axis beyond the rank", one_topk,
              [](M& m) { m.op(0).iattr[0] = 2; }),
      // LayerNorm
      changed(V46_Attributes, "LayerNorm: a negative eps", one_layer_norm,
              [=](M& m) { m.op(0).fattr = {minus_one}; }),
      changed(V46_Attributes, "LayerNorm: an eps of NaN", one_layer_norm,
              [=](M& m) { m.op(0).fattr = {nan}; }),
      changed(V46_Attributes, "LayerNorm: no eps", one_layer_norm,
              [](M& m) { m.op(0).fattr.clear(); }),
      changed(V46_Attributes, "LayerNorm: mode is 2", one_layer_norm,
              [](M& m) { m.op(0).iattr[1] = 2; }),
      changed(V46_Attributes, "LayerNorm: an axis beyond the rank", one_layer_norm,
              [](M& m) { m.op(0).iattr[0] = 2; }),
      changed(V45_Shapes, "LayerNorm: factors of other dims", one_layer_norm,
              [](M& m) { m.op(0).iattr[0] = 0; }),
      changed(V45_Shapes, "LayerNorm: other dims", one_layer_norm,
              [](M& m) {
                m.tensor(kY).dims = {4, 2};
              }),
      changed(V45_Shapes, "LayerNorm: of integers", one_layer_norm,
              [](M& m) {
                as_dtype(m, DType::I32);
                m.tensor(kA).dtype = DType::I32;
              }),
      changed(V45_Shapes, "LayerNorm: computed factors", one_layer_norm,
              [](M& m) {
                m.tensor(kX).dims = {4};
                m.tensor(kY).dims = {4};
                m.op(0).iattr[0] = 0;
                m.op(0).inputs[1] = 0;
              }),
  };
}

}  // namespace mle::testing
