// The element types of sums, as C++ types.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <cstdint>

namespace mle::steps {

// Calls call(T{}) with the type of `dtype`, which the op's rule says is one of four.
template <class Call>
auto with_summed_type(DType dtype, Call&& call) noexcept {
  switch (dtype) {
    case DType::F64: return call(double{});
    case DType::I32: return call(int32_t{});
    case DType::I64: return call(int64_t{});
    default: return call(float{});
  }
}

}  // namespace mle::steps
