// Files with a Transpose, Expand, Gather or GatherElements that breaks the rule of its kind. In
// these models tensor 0 is the input, tensor 1 the output, tensor 2 the table.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tests/format/one_op.h"
#include "tests/format/refusals.h"

namespace mle::testing {
namespace {

using namespace format::rule;
using fb::DType;
using M = TinyModel;

constexpr size_t kX = 0, kY = 1, kTable = 2;

void widen(M& m, size_t index) { m.tensor(index).dims.back() += 1; }

void add_transpose(std::vector<Refusal>& all) {
  all.push_back(changed(V45_Shapes, "Transpose: dims in another order", one_transpose, [](M& m) {
    m.op(0).indices = {0, 1, 2};
  }));
  all.push_back(changed(V45_Shapes, "Transpose: another rank", one_transpose, [](M& m) {
    m.tensor(kY).dims = {4, 6};
  }));
  all.push_back(changed(V45_Shapes, "Transpose: another dtype", one_transpose,
                        [](M& m) { m.tensor(kY).dtype = DType::I32; }));
  all.push_back(changed(V46_Attributes, "Transpose: an axis twice", one_transpose, [](M& m) {
    m.op(0).indices = {2, 2, 1};
  }));
  all.push_back(
      changed(V46_Attributes, "Transpose: an axis beyond the rank", one_transpose, [](M& m) {
        m.op(0).indices = {2, 0, 3};
      }));
  all.push_back(changed(V46_Attributes, "Transpose: an axis of 2^32 - 1", one_transpose,
                        [](M& m) { m.op(0).indices[0] = ~uint32_t{0}; }));
  all.push_back(changed(V46_Attributes, "Transpose: an axis left out", one_transpose,
                        [](M& m) { m.op(0).indices.pop_back(); }));
  all.push_back(changed(V46_Attributes, "Transpose: an axis too many", one_transpose,
                        [](M& m) { m.op(0).indices.assign(9, 0); }));
  all.push_back(changed(V46_Attributes, "Transpose: an attribute", one_transpose,
                        [](M& m) { m.op(0).iattr = {0}; }));
  all.push_back(changed(V46_Attributes, "Transpose: an activation", one_transpose,
                        [](M& m) { m.op(0).act = fb::Act::Abs; }));
}

void add_expand(std::vector<Refusal>& all) {
  all.push_back(changed(V45_Shapes, "Expand: an axis of three to four", one_expand,
                        [](M& m) { m.tensor(kY).dims[1] = 4; }));
  all.push_back(changed(V45_Shapes, "Expand: to fewer axes", one_expand,
                        [](M& m) { m.tensor(kY).dims = {3}; }));
  all.push_back(changed(V45_Shapes, "Expand: another dtype", one_expand,
                        [](M& m) { m.tensor(kY).dtype = DType::F64; }));
  all.push_back(changed(V46_Attributes, "Expand: an attribute", one_expand,
                        [](M& m) { m.op(0).iattr = {0}; }));
  all.push_back(changed(V46_Attributes, "Expand: an index list", one_expand, [](M& m) {
    m.op(0).indices = {0, 1};
  }));
}

void add_gather(std::vector<Refusal>& all) {
  all.push_back(changed(V41_Arity, "Gather: no indices", one_gather,
                        [](M& m) { m.op(0).inputs.pop_back(); }));
  all.push_back(changed(V45_Shapes, "Gather: output wider than the table", one_gather,
                        [](M& m) { widen(m, kY); }));
  all.push_back(changed(V45_Shapes, "Gather: fewer outputs than indices", one_gather,
                        [](M& m) { m.tensor(kY).dims[0] = 1; }));
  all.push_back(changed(V45_Shapes, "Gather: another rank", one_gather,
                        [](M& m) { m.tensor(kY).dims = {8}; }));
  all.push_back(changed(V45_Shapes, "Gather: f32 indices", one_gather,
                        [](M& m) { m.tensor(kX).dtype = DType::F32; }));
  all.push_back(changed(V45_Shapes, "Gather: u32 indices", one_gather,
                        [](M& m) { m.tensor(kX).dtype = DType::U32; }));
  all.push_back(changed(V45_Shapes, "Gather: another dtype than the table", one_gather,
                        [](M& m) { m.tensor(kY).dtype = DType::I32; }));
  all.push_back(changed(V46_Attributes, "Gather: an axis beyond the rank", one_gather,
                        [](M& m) { m.op(0).iattr = {2}; }));
  all.push_back(
      changed(V46_Attributes, "Gather: no axis", one_gather, [](M& m) { m.op(0).iattr.clear(); }));
  all.push_back(changed(V54_Rows, "Gather: whole from indices per row", one_gather,
                        [](M& m) { m.tensor(kY).rows = fb::Rows::Whole; }));
}

void add_gather_elements(std::vector<Refusal>& all) {
  all.push_back(changed(V45_Shapes, "GatherElements: indices wider than the table",
                        one_gather_elements, [](M& m) {
                          widen(m, kX);
                          widen(m, kY);
                        }));
  all.push_back(
      changed(V45_Shapes, "GatherElements: indices of another rank", one_gather_elements, [](M& m) {
        m.tensor(kX).dims = {3};
        m.tensor(kY).dims = {3};
      }));
  all.push_back(
      changed(V45_Shapes, "GatherElements: output of other dims", one_gather_elements, [](M& m) {
        m.tensor(kY).dims = {3, 2};
      }));
  all.push_back(changed(V45_Shapes, "GatherElements: bool indices", one_gather_elements,
                        [](M& m) { m.tensor(kX).dtype = DType::Bool; }));
  all.push_back(changed(V45_Shapes, "GatherElements: a table of another dtype", one_gather_elements,
                        [](M& m) { m.tensor(kTable).dtype = DType::I32; }));
  all.push_back(changed(V46_Attributes, "GatherElements: an axis beyond the rank",
                        one_gather_elements, [](M& m) { m.op(0).iattr = {2}; }));
}

}  // namespace

std::vector<Refusal> movement_rule_refusals() {
  std::vector<Refusal> all;
  add_transpose(all);
  add_expand(all);
  add_gather(all);
  add_gather_elements(all);
  return all;
}

}  // namespace mle::testing
