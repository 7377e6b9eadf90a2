// --trace: what every step of a model gives for one row.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/mle.h>

#include "tools/cli/row_source.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

// One tensor of the row, in words and figures.
struct TraceLine {
  std::string kind, name;  // of the step; "input" and the input's name
  std::string tensor;      // its name, may be empty
  std::string dtype;
  std::vector<uint32_t> dims;            // of one row
  std::vector<std::string> values;       // all of them: numbers as they read back, texts
  bool text = false;                     // values are texts
  double least = 0, most = 0, mean = 0;  // of those that are numbers
  uint64_t numbers = 0, nans = 0;
};

// Runs row `row` (from 0) of `rows` alone, or among all of them where rows mix. Fails where there
// are not as many rows, or the model has no answer for it.
Result<std::vector<TraceLine>> trace_row(Session& session, RowSource& rows, uint64_t row);

// A table with the first values of each line.
std::string trace_text(const std::vector<TraceLine>& lines);
// {"schema":"mle-trace/1", …} with all values.
std::string trace_json(std::string_view model, uint64_t row, const std::vector<TraceLine>& lines);

}  // namespace mle::tools
