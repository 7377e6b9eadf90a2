// Replays a file's golden rows: the recorded inputs through this machine's runtime, the answers
// against the recorded ones, at the file's own tolerance.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/model.h>
#include <mle/result.h>

#include "format/file_view.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::golden {

// What the golden rows of one entry said.
struct GoldenReport {
  std::string entry;
  std::string reference;  // who recorded the answers
  uint64_t rows = 0;
  double atol = 0, rtol = 0;
  double worst_abs = 0;     // over finite floating answers
  double worst_ulp = 0;     // of the output's dtype, or of f32 where the model computes in that
  uint64_t wrong = 0;       // elements beyond atol + rtol * |recorded|, or other labels
  DType ulp = DType::F32;   // whose unit in the last place that is
  std::string first_wrong;  // "output 'y', row 3, element 1: 0.25, recorded 0.5"
};

// One report per entry that has golden rows. `model` was loaded from the file that `view` shows.
// Fails where the runtime does; wrong answers are no failure but counted.
Result<std::vector<GoldenReport>> replay_golden(const format::FileView& view, const Model& model);

}  // namespace mle::golden
