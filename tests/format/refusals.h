// One broken file and the rule that must refuse it. The lists below together have a case for every
// rule that a file can break.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/tiny_models.h"

#include <functional>
#include <vector>

namespace mle::testing {

struct Refusal {
  int rule;
  const char* what;  // is wrong with the file
  std::function<AlignedBytes()> make;
};

std::vector<Refusal> header_refusals();   // V01 … V18
std::vector<Refusal> program_refusals();  // V22 … V25, V70
std::vector<Refusal> tensor_refusals();   // V30 … V37, V54
std::vector<Refusal> op_refusals();       // V40 … V44, V48, V50 … V54
// V45, V46 of each kind: most; Products, Piecewise and Couple; those that sum over axes;
// those that move elements
std::vector<Refusal> op_rule_refusals();
std::vector<Refusal> table_rule_refusals();
std::vector<Refusal> sum_refusals();
std::vector<Refusal> movement_rule_refusals();
std::vector<Refusal> entry_refusals();  // V60 … V67

// A file of `base` after `change`.
template <class Change>
Refusal changed(int rule, const char* what, TinyModel (*base)(), Change change) {
  return {rule, what, [base, change] {
            TinyModel model = base();
            change(model);
            return make_file(model);
          }};
}

}  // namespace mle::testing
