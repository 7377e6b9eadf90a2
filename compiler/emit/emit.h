// Graph → FileWriter: packs weights, plans memory, writes the program. The last room left of the
// wall.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/evaluate/evaluate.h"
#include "compiler/graph/graph.h"
#include "format/file_writer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler {

// Rows with answers, to be stored in the file; per port of one entry.
struct GoldenRows {
  size_t rows = 0;
  std::vector<Elements> inputs, outputs;
  double atol = 0, rtol = 0;
  std::string reference;  // "judge", or the framework that answered
};

struct EmitOptions {
  std::string name, license, author, card;  // card: text of a model card
  std::string source_file;
  std::vector<std::byte> source_sha256;
  std::optional<uint64_t> timestamp;  // seconds since 1970
  std::vector<GoldenRows> golden;     // by entry, or empty; rows == 0: that one has none
  std::vector<std::pair<std::string, std::string>> meta;
  // Weights of dense layers that are stored in fewer bits stay so; else they are widened.
  bool narrow_weights = false;
};

// The graph must have passed run_passes(); constants are packed while the writer writes, so the
// graph must outlive the writer.
Result<format::FileWriter> emit(const Graph& graph, const EmitOptions& options);

}  // namespace mle::compiler
