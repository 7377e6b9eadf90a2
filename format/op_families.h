// One rule per op kind, each in the file of its family; check_op_rule() calls them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/op_rules.h"

namespace mle::format {

// op_rules_dense.cpp
Status check_dense(const OpUnderTest& op) noexcept;

// op_rules_elementwise.cpp
Status check_unary(const OpUnderTest& op) noexcept;
Status check_binary(const OpUnderTest& op) noexcept;
Status check_compare(const OpUnderTest& op) noexcept;
Status check_select(const OpUnderTest& op) noexcept;
Status check_scale(const OpUnderTest& op) noexcept;
Status check_clip(const OpUnderTest& op) noexcept;
Status check_cast(const OpUnderTest& op) noexcept;

// op_rules_movement.cpp
Status check_concat(const OpUnderTest& op) noexcept;
Status check_slice(const OpUnderTest& op) noexcept;
Status check_reshape(const OpUnderTest& op) noexcept;
Status check_transpose(const OpUnderTest& op) noexcept;
Status check_expand(const OpUnderTest& op) noexcept;
Status check_gather(const OpUnderTest& op) noexcept;
Status check_gather_elements(const OpUnderTest& op) noexcept;

// op_rules_reduction.cpp
Status check_softmax(const OpUnderTest& op) noexcept;
Status check_argmax(const OpUnderTest& op) noexcept;
Status check_couple(const OpUnderTest& op) noexcept;

// op_rules_keys.cpp
Status check_map_keys(const OpUnderTest& op) noexcept;
Status check_labels(const OpUnderTest& op) noexcept;
Status check_is_missing(const OpUnderTest& op) noexcept;

// op_rules_tables.cpp
Status check_products(const OpUnderTest& op) noexcept;
Status check_piecewise(const OpUnderTest& op) noexcept;

// op_rules_sums.cpp
Status check_matmul(const OpUnderTest& op) noexcept;
Status check_reduce(const OpUnderTest& op) noexcept;
Status check_reduce_rows(const OpUnderTest& op) noexcept;
Status check_cumsum(const OpUnderTest& op) noexcept;
Status check_topk(const OpUnderTest& op) noexcept;
Status check_layer_norm(const OpUnderTest& op) noexcept;

}  // namespace mle::format
