// The parameters of a request that every front takes: when it is too late, and who goes first.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "format/rules.h"
#include "serve/engine/request.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace mle::serve {

// Microseconds from arrival; 0 is none, and nobody waits longer than a day.
inline void take_timeout(uint64_t microseconds, Request& request) {
  constexpr uint64_t kDay = uint64_t{86'400} * 1'000'000;
  if (microseconds == 0) return;
  request.deadline = std::min(
      request.deadline, request.arrived + std::chrono::microseconds(std::min(microseconds, kDay)));
}

inline Status bad_timeout() {
  return error(Code::InvalidArgument, format::rule::S414_Protocol, Status::kNoOffset,
               "give a whole number", "parameter 'timeout' is no number of microseconds");
}

// As in Triton, 1 goes before all others.
constexpr bool is_urgent_priority(uint64_t priority) noexcept { return priority == 1; }

}  // namespace mle::serve
