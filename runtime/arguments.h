// The arguments of run(): checked against what the session expects before anything is written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>
#include <mle/tensor.h>

#include "runtime/session_state.h"

#include <span>

namespace mle::detail {

// Sets rows and the bound ports of the session, or says what is wrong and has touched nothing of
// the caller's.
Status bind_arguments(SessionState& session, std::span<const In> inputs,
                      std::span<const Out> outputs) noexcept;

}  // namespace mle::detail
