// sort_indices(): numbers put in the order of what they stand for. One sort for all checks: its
// code would be there again for each of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace mle::format {

// Whether a comes before b; `of` is whatever the two are indices into.
using Before = bool (*)(const void* of, uint32_t a, uint32_t b);
void sort_indices(std::span<uint32_t> indices, Before before, const void* of) noexcept;

template <class Less>
void sort_indices(std::span<uint32_t> indices, const Less& less) noexcept {
  sort_indices(
      indices,
      [](const void* of, uint32_t a, uint32_t b) { return (*static_cast<const Less*>(of))(a, b); },
      &less);
}

}  // namespace mle::format
