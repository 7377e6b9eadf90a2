// What estimators made of several others share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/reading.h"

#include <vector>

namespace mle::compiler::sklearn {

// Those of estimators_ that are there; 'drop' is not.
std::vector<Estimator> members_of(const Estimator& e);
// Weighed where there are weights.
ValueId mean_of(Builder& b, const std::vector<ValueId>& values, const Reals& weights);
// As the user gave them, of the members that are there; empty where all count the same.
Reals weights_of(const Estimator& e, size_t members);
// The columns that a member of a bagging was fitted on.
Frame part_for(Reading& r, const Estimator& e, size_t member, const Frame& x);
// What the members of a stacking give, side by side.
Frame stacked(Reading& r, const Estimator& e, const Frame& x);
// The labels themselves as f64, where they are numbers.
ValueId label_numbers(Builder& b, const Classified& c);

}  // namespace mle::compiler::sklearn
