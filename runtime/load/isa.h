// Which kernel table a model uses.
// Promise: a name that was asked for is honoured or refused, never silently replaced.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "runtime/kernels/kernels.h"

#include <string_view>

namespace mle::load {

// The table `name` says; where it is empty the one MLE_ISA says (read once per process); where that
// is unset or empty too, the best this machine has. Fails with Unsupported.
Result<const kernels::Table*> choose_table(std::string_view name) noexcept;

}  // namespace mle::load
