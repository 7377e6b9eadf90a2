// refuse(): an error whose hint is the way out written in the table of rules.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include <cstdarg>
#include <cstdint>

namespace mle::format {

// Cold: what leads to a refusal is laid apart from what a good file walks through, and kept short.
[[gnu::cold, gnu::format(printf, 4, 5)]] Status refuse(Code code, int rule, uint64_t offset,
                                                       const char* format, ...) noexcept;
[[gnu::cold]] Status refuse_list(Code code, int rule, uint64_t offset, const char* format,
                                 va_list arguments) noexcept;

// What printf's %llu wants.
constexpr unsigned long long print(uint64_t number) noexcept { return number; }

}  // namespace mle::format
