// A row's dims seen from one axis: `outer` blocks of `n` elements that lie `inner` apart.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::steps {

struct AxisShape {
  size_t outer = 1;
  size_t n = 1;
  size_t inner = 1;
};

inline AxisShape axis_shape(std::span<const uint32_t> dims, size_t axis) noexcept {
  AxisShape shape;
  for (size_t d = 0; d < dims.size(); ++d) {
    (d < axis ? shape.outer : d == axis ? shape.n : shape.inner) *= dims[d];
  }
  return shape;
}

}  // namespace mle::steps
