// The names of all outputs of all entries, to ask a session for in one pass.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/model.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace mle::golden {

inline std::vector<std::string_view> every_output(const Model& model) {
  std::vector<std::string_view> names;
  for (const EntrySpec& entry : model.entries())
    for (const TensorSpec& output : entry.outputs)
      if (std::find(names.begin(), names.end(), output.name) == names.end())
        names.push_back(output.name);
  return names;
}

}  // namespace mle::golden
