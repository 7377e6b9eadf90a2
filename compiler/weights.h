// Weights in fewer bits, asked for by the user: what that saves and what it costs, measured on this
// model beside the same in f32, both judged in double.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"
#include "compiler/precision.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler {

// What the compiler cannot do itself: nanoseconds per row of each file in calls of so many rows of
// the first entry, measured in turns.
using TimeFiles = std::function<Result<std::vector<double>>(
    std::span<const std::span<const std::byte>> files, const TrialRows& rows)>;

// Of numbers, as far as they are finite in both: absolute, and as PrecisionReport has it.
struct WeightsError {
  double most_abs = 0, mean_abs = 0, most = 0;
  uint64_t changed = 0;  // whole-number and text answers that are others
};

struct WeightsSpeed {
  size_t rows = 0;            // of a call
  double ns_f32 = 0, ns = 0;  // per row
};

struct WeightsReport {
  DType weights = DType::F32;
  size_t layers = 0, kept = 0;  // with such weights, and too narrow for them
  size_t narrow_rows = 0;       // layers that round their rows, too
  uint64_t bytes_f32 = 0, bytes = 0;
  size_t rows = 0;  // compared
  std::string rows_from;
  WeightsError error_f32, error;
  std::vector<WeightsSpeed> speed;
  double tolerance = 0;  // of error.most
};

struct WeightsOptions {
  DType to = DType::F16;
  bool narrow_rows = false;         // with i8: layers sum whole numbers; with bf16: rows, too
  std::optional<double> tolerance;  // of error.most; without: what such weights may cost
  Trial trial;                      // without: nothing is measured
  TimeFiles time;                   // without: no speed
  ReadRows read_rows;               // without: rows are made
  std::string rows_name;
};

// What a file says of it: the kind of weights, and how far answers moved of how much was allowed.
std::vector<std::pair<std::string, std::string>> told(const WeightsReport& report);

// What answers may move by, as PrecisionReport has it, where nobody says.
double usual_tolerance(DType weights);

// For a graph that has been through all passes. Fails where a weight does not fit, or answers move
// by more than the tolerance.
Result<WeightsReport> store_weights(Graph& graph, const WeightsOptions& options);

}  // namespace mle::compiler
