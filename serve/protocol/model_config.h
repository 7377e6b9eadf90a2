// What Triton's clients call the configuration of a model: its metadata once more, as they ask for
// it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/version.h"
#include "serve/protocol/datatypes.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace mle::serve {

// Whether every tensor goes by rows, which may be asked with any others: then dimensions are told
// without them.
inline bool goes_by_rows(const Version& version) {
  const auto per_row = [](const TensorSpec& spec) { return spec.per_row; };
  const Plan& plan = version.whole();
  return !plan.rows_mix && std::all_of(plan.inputs.begin(), plan.inputs.end(), per_row) &&
         std::all_of(plan.outputs.begin(), plan.outputs.end(), per_row);
}

inline std::string config_type(DType dtype) {
  return dtype == DType::Str ? "TYPE_STRING" : "TYPE_" + std::string(protocol_name(dtype));
}

inline std::vector<int64_t> config_dims(const TensorSpec& spec, bool by_rows) {
  std::vector<int64_t> dims;
  if (spec.per_row && !by_rows) dims.push_back(-1);
  dims.insert(dims.end(), spec.dims.begin(), spec.dims.end());
  return dims;
}

// The parameter of the configuration that says which other arrays an input takes, as the model it
// was made from does; "" where only [rows, dims].
inline const char* axes_word(Axes axes) noexcept {
  return axes == Axes::Flattened ? "flattened" : axes == Axes::Leading ? "leading" : "";
}

}  // namespace mle::serve
