// Execution: requests of one plan become one run, and each gets its own rows back.
// Promise: the answer to a request does not depend on the others it ran with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/tensor.h>

#include "serve/engine/buffer.h"
#include "serve/engine/request.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mle::serve {

// What one thread needs to execute, used again and again.
struct Workspace {
  std::vector<Request*> ready, group;
  std::vector<In> inputs;
  std::vector<Out> outputs;
  Buffer gathered, scattered;
};

// Answers all of `group`, which is not empty: admitted requests of one plan. Those that are late or
// given up are told so and not computed; the order of `group` may change.
void execute(std::span<Request*> group, Workspace& workspace) noexcept;

// What the answers to so many rows take, all outputs of the plan; of strings where they lie.
size_t answer_bytes(const Plan& plan, uint64_t rows) noexcept;

// Answers without computing, and counts it.
void answer(Request& request, Status status) noexcept;

}  // namespace mle::serve
