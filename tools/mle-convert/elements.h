// Between the runtime's tensors and the judge's doubles.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/session.h>

#include "compiler/evaluate/elements.h"
#include "tools/cli/text.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mle::tools {

// Dense elements as doubles. Not for strings and 16-bit floats, which the judge does not take.
compiler::Elements to_elements(DType dtype, const void* data, size_t count);

// Runs a batch; the answers by output.
Result<std::vector<compiler::Elements>> run_elements(Session& session, std::span<const In> inputs,
                                                     uint64_t rows);

}  // namespace mle::tools
