// What decision trees say about their columns, for selections made by them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/reading.h"

#include <optional>

namespace mle::compiler::sklearn {

// feature_importances_ of a decision tree, a forest, or gradient boosting; nothing for others.
std::optional<Reals> tree_importances(Reading& r, const Estimator& e);

}  // namespace mle::compiler::sklearn
