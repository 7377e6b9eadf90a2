// What the steps of a session cost, summed over its threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/profile.h>

#include "runtime/session_state.h"

#include <span>

namespace mle::detail {

void set_profiling(SessionState& session, bool on) noexcept;
// Empty where profiling is off.
std::span<const StepProfile> collect_profile(SessionState& session) noexcept;

// Tells the observer what step `s` has put into `output`.
void observe(const SessionState& session, size_t s, const steps::Slot& output, size_t first,
             size_t rows) noexcept;

}  // namespace mle::detail
