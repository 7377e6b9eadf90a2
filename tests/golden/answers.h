// What a .mle file answers to rows that every machine makes alike, as one number.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace mle::testing {

// The sum (FNV-1a) of all outputs of all entries, through the named table; of the rule that a call
// ends with, where it ends with one.
Result<uint64_t> sum_of_answers(const std::filesystem::path& file, std::string_view isa);

}  // namespace mle::testing
