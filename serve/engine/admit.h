// Admission: whether a request can be computed, and by which plan. The only place that judges what
// a caller asks of a model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "serve/engine/request.h"
#include "serve/engine/version.h"

namespace mle::serve {

// Sets served, plan, rows, bound and chosen. Messages name model and tensor.
Status admit(Request& request, const Catalog& catalog);

// Neither too late nor given up.
Status still_wanted(const Request& request, Clock::time_point now) noexcept;

}  // namespace mle::serve
