// Tensors as the protocol's raw bytes: little-endian elements one after another; strings as a
// 32-bit length and the bytes, one after another.
// Promise: no byte beyond the given ones is read, whatever lengths they state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>
#include <mle/status.h>

#include "serve/engine/request.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::serve {

// Points `tensor` (its name and dtype are set) at `bytes`, or at `strings`, which then point there.
Status read_raw(std::span<const std::byte> bytes, InputTensor& tensor,
                std::vector<std::string_view>& strings);

// What append_raw() will append.
size_t raw_bytes(const AnswerTensor& answer) noexcept;
// Appends an answer. A missing string is an empty one: the protocol has no other.
void append_raw(const AnswerTensor& answer, std::string& to);

}  // namespace mle::serve
