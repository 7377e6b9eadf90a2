// The kernels of functions.h: one element after the other, the same for every instruction set.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"

namespace mle::kernels {

constexpr bool is_plain(format::Act act) noexcept { return act >= format::kFirstPlainAct; }

// For every Act that is_plain().
template <format::Act kAct, class T>
void plain_unary(const UnaryArgs<T>& args);

}  // namespace mle::kernels
