// The two 16-bit floating formats, converted by value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/half.h"

namespace mle::tools {

using format::bfloat_to_float;
using format::float_to_bfloat;
using format::float_to_half;
using format::half_to_float;

}  // namespace mle::tools
