// Comparing and choosing f32 and f64, one element after the other: the same for every instruction
// set.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/kernels.h"

namespace mle::kernels {

// False where one is NaN, but for NotEqual.
template <format::CompareFn kFn, class T>
void compare(const CompareArgs<T>& args);

template <class T>
void select(const SelectArgs<T>& args);

template <class T>
void argmax(const ArgMaxArgs<T>& args);

}  // namespace mle::kernels
