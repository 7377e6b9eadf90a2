// What a figure was measured on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace mle::tools {

std::string cpu_model();     // "AMD EPYC …"; "unknown" where the system does not say
uint64_t resident_bytes();   // of this process, now
std::string build_commit();  // of the source tree this was built from; may be empty

}  // namespace mle::tools
