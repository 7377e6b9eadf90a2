// Names from a source model, made fit for a .mle file: they come from strangers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mle::compiler {

// Valid UTF-8 without control characters, at most 65535 bytes: what does not fit becomes '?' or is
// cut off. A good name stays as it is.
std::string clean_name(std::string_view name);

}  // namespace mle::compiler
