// The recorded rows and answers of a case.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mle::testing {

// One array of an .npz file: numbers, or texts.
struct Recorded {
  std::vector<double> numbers;
  std::vector<std::string> texts;  // UTF-8
  std::vector<int64_t> integers;   // of 64-bit ones, beside the numbers: a double holds 53 bits
};

// Every array of an .npz file by name. Empty where the file can't be read.
std::map<std::string, Recorded> read_recorded(const std::string& path);

}  // namespace mle::testing
