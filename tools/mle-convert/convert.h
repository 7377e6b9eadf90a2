// One source model to one .mle file, proved before it gets its name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/compile.h"
#include "compiler/problem.h"
#include "golden/replay.h"
#include "tools/cli/console.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mle::tools {

using golden::GoldenReport;

struct ConvertOptions {
  compiler::CompileOptions compile;
  std::string check_rows;  // path; empty: none
  double tolerance = 1e-5;
};

// What --check found.
struct CheckReport {
  uint64_t rows = 0;
  double worst_abs = 0;  // over all outputs
};

// What became of one source.
struct Conversion {
  std::string source, output;
  compiler::Problems problems;  // empty: the output is there
  compiler::Summary summary;
  std::string origin;  // "pytorch 2.1"; may be empty
  uint64_t bytes = 0;
  double seconds = 0;
  std::vector<GoldenReport> golden;
  std::optional<CheckReport> check;
  bool ok() const { return problems.empty(); }
};

// Never throws, and never leaves a partial output: an existing one is replaced only by a file whose
// golden rows (and check rows) this machine has answered right. Safe to call from several threads.
Conversion convert(const std::string& source, const std::string& output,
                   const ConvertOptions& options, const Console& console);

}  // namespace mle::tools
