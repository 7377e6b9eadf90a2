// Between the runtime's tensors and the judge's doubles.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/session.h>

#include "compiler/evaluate/elements.h"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

// Dense elements as doubles. Not for strings and 16-bit floats, which the judge does not take.
compiler::Elements to_elements(DType dtype, const void* data, size_t count);

// Elements as a session takes them; kept as long as this.
class InputBuffers {
 public:
  void add(DType dtype, const compiler::Elements& elements);
  std::span<const In> inputs() const { return inputs_; }

 private:
  std::deque<compiler::Constant> numbers_;
  std::deque<std::string> words_;
  std::deque<std::vector<std::string_view>> texts_;
  std::vector<In> inputs_;
};

// Runs a batch; the answers by output.
Result<std::vector<compiler::Elements>> run_elements(Session& session, std::span<const In> inputs,
                                                     uint64_t rows);

}  // namespace mle::tools
