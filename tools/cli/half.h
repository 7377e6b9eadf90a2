// The two 16-bit floating formats, converted by value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/half.h"

#include <cstdint>

namespace mle::tools {

using format::bfloat_to_float;
using format::half_to_float;

uint16_t float_to_half(double value);    // rounds once, to nearest, ties to even
uint16_t float_to_bfloat(double value);  // as float_to_half()

}  // namespace mle::tools
