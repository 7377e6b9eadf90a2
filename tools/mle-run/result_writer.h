// ResultWriter: a model's answers, batch by batch, as CSV, JSON lines or .npz.
// Promise: nothing of a file is to be seen before finish() has succeeded.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>
#include <mle/tensor.h>

#include "tools/cli/output_stream.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mle::tools {

class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  // `rows` rows of every output, densely packed, in the order of the outputs. Where the model is
  // not row-wise: the whole tensors, and rows is 1.
  virtual Status write(uint64_t rows, std::span<const Out> outputs) = 0;
  virtual Status finish() = 0;
  // The axes of the input that its rows were counted by; for those who write shapes.
  virtual void set_row_axes(std::span<const uint64_t>) {}
};

// CSV: a header, then one line per row. `labels` name the columns of an output that has as many.
// The outputs must live as long as the writer.
std::unique_ptr<ResultWriter> make_text_writer(OutputStream out,
                                               std::span<const TensorSpec> outputs,
                                               std::span<const std::string_view> labels);

// One object per row, by the names of the outputs: one element as itself, more as nested arrays;
// NaN and missing as null, infinities as 1e999.
std::unique_ptr<ResultWriter> make_jsonl_writer(OutputStream out,
                                                std::span<const TensorSpec> outputs);

// One array per output, called as the output is, shaped [rows, dims…].
Result<std::unique_ptr<ResultWriter>> make_npz_writer(OutputStream out,
                                                      std::span<const TensorSpec> outputs);

}  // namespace mle::tools
