// --verify: every byte summed, padding zero, and the golden rows on every instruction set there is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "format/file_view.h"
#include "golden/replay.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

using golden::GoldenReport;

struct IsaReport {
  std::string isa;
  std::vector<GoldenReport> golden;
};

struct VerifyReport {
  uint64_t bytes_summed = 0;
  std::vector<IsaReport> isas;  // of this machine and build, plainest first
  uint64_t wrong() const;       // golden answers that differ, over all of them
};

// `view` was opened with Verify::Everything. Fails where padding is not zero (V17's place) or the
// runtime refuses the file; wrong answers are no failure but counted.
Result<VerifyReport> verify(const format::FileView& view);

}  // namespace mle::tools
