// How many rows are computed together, and when rows are worth sharing among threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/model_state.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::detail {

// `wanted` 0: as many as keep activations, and weights where possible, in the second-level cache.
// Where rows mix, as many as fit some megabytes: a second tile costs more than cache misses do.
// At least 1; memory limits are kept whatever is wanted.
size_t choose_tile_rows(const ModelState& model, bool rows_mix, size_t wanted) noexcept;

// Rows that one thread takes at a time when `rows` rows go to `threads` threads; `rows` itself
// where one thread had better do it all.
size_t choose_part(size_t rows, size_t tile_rows, size_t threads, uint64_t work_per_row) noexcept;

// Whether a step is worth the threads' while column by column: its weights come from beyond the
// second-level cache, each thread fetches its own.
bool worth_sharing(const steps::Step& step) noexcept;
// Of how many rows at most; above it threads take rows.
inline constexpr size_t kRowsOfShares = 63;

}  // namespace mle::detail
