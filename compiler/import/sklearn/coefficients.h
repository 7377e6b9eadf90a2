// What linear models share: coefficients as the weights of one dense layer, and probabilities from
// scores.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/reading.h"

#include <string_view>

namespace mle::compiler::sklearn {

// x W' + b with `coefficients` [targets, features]; one intercept may stand for all.
ValueId affine(Builder& b, ValueId x, const Matrix& coefficients, const Reals& intercepts);
// The same with the estimator's coef_ and intercept_.
ValueId linear_scores(Reading& r, const Estimator& e, const Frame& x);

// Labels by a score of one column: the second where it is above the threshold.
ValueId index_above(Builder& b, ValueId score, double threshold = 0);
// By scores: of one column against 0, of several the largest.
ValueId index_by_scores(Builder& b, ValueId scores);
// [1 - p, p] of one column.
ValueId both(Builder& b, ValueId p);
// Divided by their sum; equal shares where that is 0.
ValueId normalised(Builder& b, ValueId p);
// Divided by their sum; as they are where that is 0.
ValueId normalised_or_zero(Builder& b, ValueId p);
// One against the rest: a sigmoid for each, normalised.
ValueId one_against_rest(Builder& b, ValueId scores);

}  // namespace mle::compiler::sklearn
