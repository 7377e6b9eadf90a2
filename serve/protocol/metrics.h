// What Prometheus reads: base units, one histogram of durations per model, and the names that
// Triton's dashboards ask for beside ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/protocol/service.h"

#include <string>

namespace mle::serve {

// In the text format 0.0.4.
void append_metrics(const Service& service, std::string& to);

}  // namespace mle::serve
