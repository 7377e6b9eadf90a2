// TextSpool: strings that wait until the longest of them is known, for arrays of NumPy's kind U.
// Promise: as Spool, memory stays bounded.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/cli/npz_writer.h"
#include "tools/cli/spool.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

class TextSpool {
 public:
  explicit TextSpool(const std::string& folder)
      : folder_(folder), texts_(folder), missing_(folder) {}

  // One without data is missing: it becomes "", with a true beside it.
  Status append(std::span<const std::string_view> texts);

  // The array `name`, and `missing.<name>` of bools where any string was missing. Call once.
  Status write(NpzWriter& writer, const std::string& name, std::span<const uint64_t> shape);

 private:
  std::string folder_;
  Spool texts_;    // each as its number of characters, then the characters, 32 bits each
  Spool missing_;  // one byte each
  std::vector<uint32_t> characters_;
  uint32_t longest_ = 1;
  bool any_missing_ = false;
};

}  // namespace mle::tools
