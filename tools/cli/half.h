// The two 16-bit floating formats, converted by value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mle::tools {

float half_to_float(uint16_t bits);
uint16_t float_to_half(double value);  // rounds once, to nearest, ties to even
float bfloat_to_float(uint16_t bits);
uint16_t float_to_bfloat(double value);  // as float_to_half()

}  // namespace mle::tools
