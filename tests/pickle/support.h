// What the tests of pickles share: files as bytes, pickles as they are read with plain data
// allowed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/compressed/decompress.h"
#include "compiler/import/pickle/array.h"
#include "compiler/import/pickle/data_names.h"
#include "compiler/import/pickle/machine.h"

#include <cstddef>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::testing {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline Result<compiler::pickle::Pickle> unpickle_data(std::span<const std::byte> bytes,
                                                      compiler::Problems& problems) {
  compiler::pickle::Rules rules;
  rules.knows = compiler::pickle::is_data_name;
  rules.joblib_arrays = true;
  return compiler::pickle::unpickle(bytes, rules, problems);
}

}  // namespace mle::testing
