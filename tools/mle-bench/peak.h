// What this machine could do at best: multiply-adds in registers, and reading what lies as the
// weights lie. One thread, measured here and now.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mle::tools {

struct Peak {
  double gflops = 0;        // two per multiply-add; SSE2 has none, so a multiply and an add there
  double gbytes_per_s = 0;  // reading `bytes` over and over, from whatever level holds them
};

// About 50 ms. Nothing for an instruction set that this build knows no loop for.
std::optional<Peak> measure_peak(std::string_view isa, uint64_t bytes);

}  // namespace mle::tools
