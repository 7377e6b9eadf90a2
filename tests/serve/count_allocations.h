// Counts allocations of all threads of this test program.
// Promise: sees every operator new, in our objects as in the libraries they call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace mle::testing {

// Since the program began.
size_t allocations() noexcept;

}  // namespace mle::testing
