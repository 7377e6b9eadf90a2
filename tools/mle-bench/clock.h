// The clock that everything is measured with, and what reading it costs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mle::tools {

uint64_t now_ns();       // monotonic
double clock_cost_ns();  // of one reading; measured at the first call

}  // namespace mle::tools
