// What estimators remember of the rows they were fitted on: for whoever makes rows to try a model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/reading.h"

namespace mle::compiler::sklearn {

// Of those columns of `x` that are the model's own. What was said first stands; what can't be is
// left out, because nothing hangs on it.
void suppose(Reading& r, const Frame& x, const Reals& means, const Reals& deviations);
// The same from what their powers usually are, from the ends of what was seen, from rows, and from
// the means of classes with how often they are and the variances within them (or an empty matrix).
void suppose_powers(Reading& r, const Frame& x, const Reals& powers, bool box_cox,
                    const Reals& means, const Reals& deviations);
void suppose_between(Reading& r, const Frame& x, const Reals& least, const Reals& most);
void suppose_rows(Reading& r, const Frame& x, const Matrix& rows);
void suppose_classes(Reading& r, const Frame& x, const Matrix& means, const Reals& priors,
                     const Matrix& within);

}  // namespace mle::compiler::sklearn
