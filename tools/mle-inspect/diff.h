// --diff: what two files say differently, by op and tensor.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "format/file_view.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

// A constant of both files whose numbers differ.
struct TensorDiff {
  std::string op, tensor, shape;
  uint64_t elements = 0, different = 0;
  double max_abs = 0;  // infinite where one is NaN and the other is not
  double max_ulp = 0;  // of floating dtypes: how many representable numbers lie between, at most
  uint64_t at = 0;     // of the largest difference, row-major
};

struct DiffReport {
  std::vector<std::string> structure;   // ops, entries, shapes, attributes
  std::vector<std::string> labels;      // of classes and columns
  std::vector<std::string> provenance;  // who made it, from what
  std::vector<TensorDiff> tensors;
  uint64_t equal_tensors = 0, equal_elements = 0;
  bool equal() const {
    return structure.empty() && labels.empty() && provenance.empty() && tensors.empty();
  }
};

Result<DiffReport> diff(const format::FileView& a, const format::FileView& b);

std::string diff_text(const std::string& a, const std::string& b, const DiffReport& report);
std::string diff_json(const std::string& a, const std::string& b, const DiffReport& report);

}  // namespace mle::tools
