// Whether a source that computes in f64 may compute in f32: asked of both files, on rows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/evaluate/elements.h"
#include "compiler/graph/graph.h"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mle::compiler {

// |f32 - f64| may be that much of |y| or of the spread of that output, whichever is more.
inline constexpr double kPrecisionTolerance = 1e-5;

// Rows to try a model on: by input, each rows * width long. Of a whole model one call, rows = 1.
struct TrialRows {
  std::vector<Elements> inputs;
  size_t rows = 0;
};

// How the compiler runs a file it made, which it cannot do itself: bytes (at a 64-byte line) and
// rows → the outputs of all entries in order.
using Trial = std::function<Result<std::vector<Elements>>(std::span<const std::byte> file,
                                                          const TrialRows& rows)>;
// The user's own rows, read for the model in the file.
using ReadRows = std::function<Result<std::vector<TrialRows>>(std::span<const std::byte> file)>;

// What was compared, for the user's eyes.
struct PrecisionReport {
  bool f32 = false;    // the file computes in f32 from its first dense layer on
  bool tried = false;  // and that was measured
  size_t rows = 0;
  std::string rows_from;  // "rows.npz", "the model's scaler", "N(0, 1)"
  double error = 0;       // the largest |f32 - f64| / max(|y|, spread of the output)
};

// Rows of the first entry: about what its columns usually are, as far as that is told; from the
// scaling they go through; else N(0, 1). Says which. Fewer of wide ones, and none of those that
// are wider than any row is.
std::vector<TrialRows> make_trial_rows(const Graph& graph, std::string& rows_from);

// Answers to the same calls in f32 and f64: the error of PrecisionReport, infinite where one is
// finite and the other is not.
double precision_error(const std::vector<std::vector<Elements>>& f32,
                       const std::vector<std::vector<Elements>>& f64);

}  // namespace mle::compiler
