// Reads everything an accepted file can show, the way a runtime or an inspector would, and asks
// again for what the reader promises. For campaigns under sanitizers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/file_view.h"

#include <cstdint>

namespace mle::testing {

// A number that depends on every byte looked at, so that no read is optimised away. Traps where a
// promise is broken: an index out of range, a constant or golden rows outside their segment, a
// tensor outside the arena, a shape whose bytes do not fit.
uint64_t walk_view(const format::FileView& view);

}  // namespace mle::testing
