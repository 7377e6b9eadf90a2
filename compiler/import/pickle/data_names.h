// The names of plain data: what numpy, joblib and Python themselves put into every pickle.
// Importers add the classes that they read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mle::compiler::pickle {

bool is_data_name(std::string_view module, std::string_view name);

}  // namespace mle::compiler::pickle
