// When a caller over gRPC gives up, on the engine's clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/request.h"

#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>

namespace mle::serve {

inline Clock::time_point deadline_of(const grpc::ServerContext& context, Clock::time_point now) {
  const gpr_timespec deadline = context.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
    return Clock::time_point::max();
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  // Far deadlines would overflow, and nobody waits a year.
  constexpr int64_t kYear = 365 * 86'400;
  return now + std::chrono::seconds(std::clamp<int64_t>(left.tv_sec, -1, kYear)) +
         std::chrono::nanoseconds(left.tv_nsec);
}

}  // namespace mle::serve
