// One against one: a decision for each pair of classes, and what they say together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/builder.h"

#include <vector>

namespace mle::compiler::sklearn {

// Weights for each pair of classes from libsvm's arrays: vectors of class 0 first, then of 1 …
Matrix pairwise_weights(const Matrix& dual, const Matrix& vectors,
                        const std::vector<uint32_t>& counts);

// Of pairs (0, 1), (0, 2) … (1, 2) …: how many votes each class has, where `second_wins` is 1 if
// the second class of the pair won, else 0.
ValueId votes(Builder& b, ValueId second_wins, uint32_t classes);
// Votes, and confidences in the second class of each pair squeezed into (-1/3, 1/3) beside them.
ValueId votes_and_confidences(Builder& b, ValueId second_wins, ValueId confidences,
                              uint32_t classes);

}  // namespace mle::compiler::sklearn
