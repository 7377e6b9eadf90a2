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
// The same where a pair may have no winner: 1 where the first, 1 where the second class won.
ValueId votes_of_both(Builder& b, ValueId first_wins, ValueId second_wins, uint32_t classes);
// For each class the confidences of its pairs, squeezed into (-1/3, 1/3): they decide between equal
// votes. A confidence is one in the second class of its pair.
ValueId squeezed_confidences(Builder& b, ValueId confidences, uint32_t classes);

}  // namespace mle::compiler::sklearn
