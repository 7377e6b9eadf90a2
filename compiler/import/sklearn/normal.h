// The normal distribution, from the functions there are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/builder.h"

namespace mle::compiler::sklearn {

ValueId normal_cdf(Builder& b, ValueId x);
// Its inverse, cut off at the quantiles of 1e-7 and of 1 - 1e-7.
ValueId normal_quantile(Builder& b, ValueId p);

}  // namespace mle::compiler::sklearn
