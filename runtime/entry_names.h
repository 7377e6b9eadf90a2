// Entries and outputs by the names users give them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "runtime/model_state.h"

#include <cstddef>
#include <string_view>

namespace mle::detail {

struct OutputPlace {
  size_t entry = 0;
  size_t output = 0;  // in that entry
};

// An empty name is the first entry. Fails with NotFound.
Result<size_t> find_entry(const ModelState& model, std::string_view name) noexcept;

// The output of that name in `entry`; else in the first entry that has one; else the only output of
// the entry of that name; else "entry.output". Fails with NotFound.
Result<OutputPlace> find_output(const ModelState& model, size_t entry,
                                std::string_view name) noexcept;

// How much of a name goes into a message.
int shown(std::string_view name) noexcept;

}  // namespace mle::detail
