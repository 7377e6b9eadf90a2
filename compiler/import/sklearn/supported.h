// The page that says which estimators are read: docs/supported.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mle::compiler::sklearn {

std::string supported_page();

}  // namespace mle::compiler::sklearn
