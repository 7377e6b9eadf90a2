// SPDX-License-Identifier: Apache-2.0
#include "format/sort_indices.h"

#include <algorithm>

namespace mle::format {

void sort_indices(std::span<uint32_t> indices, Before before, const void* of) noexcept {
  std::sort(indices.begin(), indices.end(),
            [before, of](uint32_t a, uint32_t b) { return before(of, a, b); });
}

}  // namespace mle::format
