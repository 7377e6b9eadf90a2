// Files with a Products, Piecewise or Couple that breaks its rule. Tensor 0 is the input, 1 the
// output, 2 and 3 are the breaks and the coefficients.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tests/format/one_op.h"
#include "tests/format/refusals.h"

namespace mle::testing {

using namespace format::rule;
using fb::DType;

std::vector<Refusal> table_rule_refusals() {
  using M = TinyModel;
  constexpr uint32_t kHuge = ~uint32_t{0} - 1;
  return {
      changed(V45_Shapes, "Products: more outputs than products", one_products,
              [](M& m) { m.tensor(1).dims.back() += 1; }),
      changed(V45_Shapes, "Products: fewer outputs than products", one_products,
              [](M& m) { m.tensor(1).dims.back() -= 1; }),
      changed(V45_Shapes, "Products: differs elsewhere", one_products,
              [](M& m) { m.tensor(1).dims[0] = 1; }),
      changed(V45_Shapes, "Products: an output of another rank", one_products,
              [](M& m) { m.tensor(1).dims = {4}; }),
      changed(V45_Shapes, "Products: of a number", one_products,
              [](M& m) { m.tensor(0).dims.clear(); }),
      changed(V45_Shapes, "Products: of whole numbers", one_products,
              [](M& m) { m.tensor(0).dtype = m.tensor(1).dtype = DType::I32; }),
      changed(V45_Shapes, "Products: f32 into f64", one_products,
              [](M& m) { m.tensor(1).dtype = DType::F64; }),
      changed(V46_Attributes, "Products: of no factors", one_products,
              [](M& m) { m.op(0).iattr = {0}; }),
      changed(V46_Attributes, "Products: a product that is cut short", one_products,
              [](M& m) { m.op(0).indices.push_back(0); }),
      changed(V46_Attributes, "Products: a column beyond the last", one_products,
              [](M& m) { m.op(0).indices[2] = 3; }),
      changed(V46_Attributes, "Products: a huge column", one_products,
              [](M& m) { m.op(0).indices[7] = kHuge; }),
      changed(V46_Attributes, "Products: no degree", one_products,
              [](M& m) { m.op(0).iattr.clear(); }),
      changed(V45_Shapes, "Piecewise: an output for fewer functions", one_piecewise,
              [](M& m) {
                m.tensor(1).dims = {3, 4};
              }),
      changed(V45_Shapes, "Piecewise: differs elsewhere", one_piecewise,
              [](M& m) { m.tensor(1).dims[0] = 2; }),
      changed(V45_Shapes, "Piecewise: of a number", one_piecewise,
              [](M& m) { m.tensor(0).dims.clear(); }),
      changed(V45_Shapes, "Piecewise: breaks of other columns", one_piecewise,
              [](M& m) {
                m.tensor(2).dims = {4, 2};
              }),
      changed(V45_Shapes, "Piecewise: breaks in one line", one_piecewise,
              [](M& m) { m.tensor(2).dims = {8}; }),
      changed(V45_Shapes, "Piecewise: as many intervals as breaks", one_piecewise,
              [](M& m) {
                m.tensor(3).dims = {2, 4, 3, 2};
                m.tensor(3).bytes = 4 * 48;
              }),
      changed(V45_Shapes, "Piecewise: coefficients of other columns", one_piecewise,
              [](M& m) {
                m.tensor(3).dims = {1, 5, 6, 2};
              }),
      changed(V45_Shapes, "Piecewise: coefficients of another rank", one_piecewise,
              [](M& m) {
                m.tensor(3).dims = {2, 5, 6};
              }),
      changed(V45_Shapes, "Piecewise: breaks that are no constant", one_piecewise,
              [](M& m) {
                m.op(0).inputs[1] = m.add_input("b", {2, 4});
              }),
      changed(V45_Shapes, "Piecewise: coefficients that are no constant", one_piecewise,
              [](M& m) {
                m.op(0).inputs[2] = m.add_input("c", {2, 5, 3, 2});
              }),
      changed(V45_Shapes, "Piecewise: an f64 input", one_piecewise,
              [](M& m) { m.tensor(0).dtype = DType::F64; }),
      changed(V45_Shapes, "Couple: pairs of no number of classes", one_couple,
              [](M& m) {
                m.tensor(0).dims = {2, 5};
              }),
      changed(V45_Shapes, "Couple: fewer classes than its pairs are of", one_couple,
              [](M& m) {
                m.tensor(1).dims = {2, 3};
              }),
      changed(V45_Shapes, "Couple: differs elsewhere", one_couple,
              [](M& m) { m.tensor(1).dims[0] = 1; }),
      changed(V45_Shapes, "Couple: of a number", one_couple,
              [](M& m) {
                m.tensor(0).dims.clear();
                m.tensor(1).dims.clear();
              }),
      changed(V45_Shapes, "Couple: of one class", one_couple,
              [](M& m) {
                m.tensor(0).dims = {2, 1};
                m.tensor(1).dims = {2, 1};
              }),
      changed(V45_Shapes, "Couple: of too many classes", one_couple,
              [](M& m) {
                m.tensor(0).dims = {1, 8256};
                m.tensor(1).dims = {1, 129};
              }),
      changed(V45_Shapes, "Couple: of whole numbers", one_couple,
              [](M& m) { m.tensor(0).dtype = m.tensor(1).dtype = DType::I32; }),
      changed(V45_Shapes, "Couple: f32 into f64", one_couple,
              [](M& m) { m.tensor(1).dtype = DType::F64; }),
      changed(V46_Attributes, "Couple: an attribute", one_couple,
              [](M& m) { m.op(0).iattr = {4}; }),
      changed(V46_Attributes, "Piecewise: side 2", one_piecewise,
              [](M& m) { m.op(0).iattr[0] = 2; }),
      changed(V46_Attributes, "Piecewise: outside 4", one_piecewise,
              [](M& m) { m.op(0).iattr[1] = 4; }),
      changed(V46_Attributes, "Piecewise: no side", one_piecewise,
              [](M& m) { m.op(0).iattr.pop_back(); }),
      changed(V46_Attributes, "Piecewise: an index list", one_piecewise,
              [](M& m) { m.op(0).indices = {0}; }),
  };
}

}  // namespace mle::testing
