// What imputers share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/reading.h"

namespace mle::compiler::sklearn {

// What counts as missing. pandas.NA is what NaN is.
Category missing_value(const Estimator& e);
double number_in(const Category& value, const Estimator& e);  // NaN for NaN and None

// Bools, one for each column of numbers.
ValueId gaps_of_numbers(Builder& b, const Estimator& e, ValueId columns, const Category& missing);

// What was filled and, with add_indicator, where the gaps were.
Frame with_indicator(Reading& r, const Estimator& e, const Frame& x, Frame filled);

}  // namespace mle::compiler::sklearn
