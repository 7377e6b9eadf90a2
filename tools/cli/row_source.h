// RowSource: rows for a model from .npy, .npz, CSV or JSON lines, in batches of any size.
// Promise: memory for one batch, however long the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>
#include <mle/tensor.h>

#include "tools/cli/console.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

// What the rows are for. `features` are the column names of the first input; may be empty.
struct RowTarget {
  std::span<const TensorSpec> inputs;
  std::span<const std::string_view> features;
};

class RowSource {
 public:
  virtual ~RowSource() = default;

  // How many rows there are in all, where that is known before reading.
  virtual std::optional<uint64_t> total() const = 0;

  // The axes of the inputs' arrays that count rows, where they are more than one: outputs have
  // them, too.
  virtual std::span<const uint64_t> row_axes() const { return {}; }

  // Up to `most` rows (at least 1), one In per input, valid until the next call. Returns how many,
  // fewer where they are large; 0 at the end. Where the model is not row-wise, one call gives 1:
  // the whole tensors.
  virtual Result<uint64_t> next(uint64_t most, std::vector<In>& inputs) = 0;
};

// Detects the format by content; what could be CSV and JSON lines goes by its suffix (.csv,
// .jsonl), without one by its first character. Columns and arrays that no input asks for are
// ignored with one warning.
Result<std::unique_ptr<RowSource>> open_rows(const std::string& path, const RowTarget& target,
                                             const Console& console);

}  // namespace mle::tools
