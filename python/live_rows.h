// LiveRows: the user's rows and the live model's answers, asked of Python while the compiler runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/compile.h"

#include <nanobind/nanobind.h>

#include <cstddef>
#include <exception>
#include <span>
#include <vector>

namespace mle::python {

// Called without the interpreter's lock; takes it. What Python raises is kept, and ends the
// conversion: rethrow() once it is over.
class LiveRows {
 public:
  // `rows` has check(specs, features) -> (count, inputs) and record(specs, features, entries) ->
  // (count, inputs, outputs by entry): arrays of just the right kind, flat lists for strings.
  explicit LiveRows(nanobind::handle rows) : rows_(rows) {}

  // Rows to choose a precision by, as the file in memory takes them.
  Result<std::vector<compiler::TrialRows>> check(std::span<const std::byte> file);
  // Rows with the live model's answers, for the golden rows.
  Result<compiler::RecordedRows> record(const compiler::Graph& graph);
  void rethrow() const;

 private:
  nanobind::handle rows_;
  std::exception_ptr raised_;
};

}  // namespace mle::python
