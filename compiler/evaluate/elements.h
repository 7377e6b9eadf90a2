// Elements: tensors as doubles, and the way from and to the bytes of a constant.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"

#include <vector>

namespace mle::compiler {

// Whatever the dtype (bool: 0 or 1; integers beyond 2^53 are refused).
using Elements = std::vector<double>;

// The elements of a constant, or C207 for a dtype that doubles cannot hold.
Result<Elements> read_constant(const Value& constant);

// The element nearest to `x` that `dtype` can hold. Integers: cut towards zero, kept within the
// dtype's range, 0 for NaN. Bool: x != 0.
double convert(double x, DType dtype);

// What a Cast makes of x: as convert(), but an integer wraps into a smaller integer type.
double cast(double x, DType from, DType to);

// Bytes of elements that are converted to `dtype` one by one. Not for f16, bf16 and str.
Constant make_constant(const Elements& elements, DType dtype);

}  // namespace mle::compiler
