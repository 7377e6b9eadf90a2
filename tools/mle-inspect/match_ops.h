// Which ops of two programs are the same op.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/file_view.h"

#include <cstddef>
#include <vector>

namespace mle::tools {

inline constexpr size_t kNoMatch = ~size_t{0};

// For each op of `a` its partner in `b`, or kNoMatch: a longest common subsequence of ops of the
// same kind that give the same shape. Partners are in ascending order.
std::vector<size_t> match_ops(const format::FileView& a, const format::FileView& b);

}  // namespace mle::tools
