// Runs a file that the compiler made, on rows: what the compiler cannot do itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/session.h>

#include "compiler/precision.h"

#include <cstddef>
#include <span>
#include <vector>

namespace mle::tools {

// Answers all questions of the model at once.
Result<Session> make_session(const Model& model);

// A compiler::Trial: the outputs of all entries in order.
Result<std::vector<compiler::Elements>> run_trial(std::span<const std::byte> bytes,
                                                  const compiler::TrialRows& rows);

}  // namespace mle::tools
