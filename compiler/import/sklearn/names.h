// The names that a saved model may speak of. Nothing is imported or called for any of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mle::compiler::sklearn {

// Estimators, what they are made of, numpy's arrays and the functions that can be written down.
bool is_known_name(std::string_view module, std::string_view name);

}  // namespace mle::compiler::sklearn
