// The recorded rows and answers of a case.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace mle::testing {

// Every array of an .npz file by name, as doubles. Empty where the file can't be read.
std::map<std::string, std::vector<double>> read_recorded(const std::string& path);

}  // namespace mle::testing
