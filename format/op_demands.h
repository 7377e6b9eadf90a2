// Demands that several op rules make of operands and attributes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/op_dtypes.h"
#include "format/op_rules.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::format {

using Dims = std::span<const uint32_t>;

bool same(Dims a, Dims b) noexcept;
// The dim of `dims` that aligns with dim `i` of a tensor of `rank` dims, from the right.
uint32_t aligned_dim(Dims dims, size_t i, size_t rank) noexcept;
// Finite, and within what that floating dtype can hold.
bool fits(double number, DType dtype) noexcept;
// numpy: every input dim is 1 or the output's, and the output has no dim of its own.
bool broadcasts(const OpUnderTest& op) noexcept;

// Each refuses with V45 or V46 what it is not given.
Status want_dtype(const OpUnderTest& op, const char* what, const TensorFacts& t,
                  DType dtype) noexcept;
Status want_plain(const OpUnderTest& op, const char* what, const TensorFacts& t,
                  DType dtype) noexcept;
Status want_same_dims(const OpUnderTest& op) noexcept;
// A floating dtype that kernels compute in: f32 or f64.
Status want_float(const OpUnderTest& op, const char* what, const TensorFacts& t) noexcept;
// Every operand Plain and of one such dtype, as most ops have it.
Status want_one_float(const OpUnderTest& op) noexcept;
// Elements are copied: any one dtype.
Status want_one_dtype(const OpUnderTest& op) noexcept;
// One dtype of `set` for the inputs from `first` on, all of them Plain.
Status want_dtype_of(const OpUnderTest& op, size_t first, DTypeSet set) noexcept;
Status want_counts(const OpUnderTest& op, size_t iattr, size_t fattr) noexcept;
Status want_no_act(const OpUnderTest& op) noexcept;
Status want_function(const OpUnderTest& op, int count) noexcept;
// iattr[0] is an axis of input 0.
Status want_axis(const OpUnderTest& op) noexcept;
// alpha and beta of an activation, each a finite number of the output's dtype; or neither.
Status want_act_parameters(const OpUnderTest& op) noexcept;

}  // namespace mle::format
