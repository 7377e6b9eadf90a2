// The whole C++ API of the runtime in one include.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mle/model.h"         // IWYU pragma: export
#include "mle/options.h"       // IWYU pragma: export
#include "mle/profile.h"       // IWYU pragma: export
#include "mle/result.h"        // IWYU pragma: export
#include "mle/session.h"       // IWYU pragma: export
#include "mle/session_pool.h"  // IWYU pragma: export
#include "mle/status.h"        // IWYU pragma: export
#include "mle/tensor.h"        // IWYU pragma: export
#include "mle/version.h"       // IWYU pragma: export
