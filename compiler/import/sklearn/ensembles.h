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
// Refuses one of several labels at once.
const Classified& want_single(const Estimator& e, const Classified& c);
// Values for some of the classes, put where those stand among all; the others get 0.
ValueId spread(Builder& b, ValueId values, const std::vector<uint32_t>& places, size_t classes);
// Where the labels of a member stand in those of the whole. Some ensembles number the classes
// before they fit, then the labels are places.
std::vector<uint32_t> places_in(const Labels& all, const Labels& some, bool numbered);
// The labels themselves as f64, where they are numbers.
ValueId label_numbers(Builder& b, const Classified& c);

}  // namespace mle::compiler::sklearn
