// What a model is made of, as far as it is not read: so that all of it is told at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "compiler/import/sklearn/estimator.h"

#include <string>
#include <vector>

namespace mle::compiler::sklearn {

struct UnreadPart {
  std::vector<std::string> path;  // "step 'scale' (StandardScaler)"
  Status status;
};

// The estimators in `root`, itself included, that are of no kind that is read; each once.
std::vector<UnreadPart> unread_parts(const Estimator& root);

// What is said of one of them.
Status unread_status(const Estimator& e);

}  // namespace mle::compiler::sklearn
