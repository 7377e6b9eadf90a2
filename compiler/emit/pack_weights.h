// Packing: the weights of a dense layer from row-major [K, N] into the layout its kernel reads.
// Promise: a bijection onto the layout of format/layout.h; the padding is zero.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/layout.h"

#include <cstddef>
#include <span>

namespace mle::compiler {

// `packed` has packed_elements(layout, k, n) elements; all of them are written. Plain copies.
void pack_weights(format::Layout layout, size_t k, size_t n, std::span<const float> weights,
                  std::span<float> packed);
void pack_weights(format::Layout layout, size_t k, size_t n, std::span<const double> weights,
                  std::span<double> packed);

}  // namespace mle::compiler
