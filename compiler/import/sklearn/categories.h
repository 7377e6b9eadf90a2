// Encoders compare columns with lists of categories: what becomes of each of them is a number from
// a table.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/reading.h"

#include <optional>
#include <vector>

namespace mle::compiler::sklearn {

struct Coding {
  std::vector<Category> categories;
  Matrix codes;  // one row for each category
  // Of what is no category; none: the row has no answer.
  std::optional<Reals> unknown;
};

// Of column `i`: as many columns as there are codes for each category.
ValueId coded(Reading& r, const Frame& x, uint32_t i, const Coding& coding);

}  // namespace mle::compiler::sklearn
