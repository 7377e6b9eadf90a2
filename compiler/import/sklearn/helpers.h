// Names below sklearn that are no estimators: parts of them and leftovers of training. Classes move
// from module to module there, so the last component is what counts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mle::compiler::sklearn {

bool is_helper(std::string_view name);

}  // namespace mle::compiler::sklearn
