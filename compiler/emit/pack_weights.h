// Packing: the weights of a dense layer from how the source has them into the layout its kernel
// reads. Promise: a bijection onto the layout of format/layout.h; the padding is zero.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"
#include "format/layout.h"

#include <cstddef>
#include <span>

namespace mle::compiler {

// Panels or blocks of a packed [K, N] that belong together; each takes unit_bytes().
size_t packed_units(format::Layout layout, const Fact& fact);
size_t unit_bytes(format::Layout layout, const Fact& fact, DType in_file);

// Writes the units from `first` on that `packed` has place for. Plain copies, widened to `in_file`,
// which is the fact's dtype or what the weights are stored in. Not for Layout::Plain.
void pack_weights(format::Layout layout, const Value& weights, DType in_file, size_t first,
                  std::span<std::byte> packed);

}  // namespace mle::compiler
