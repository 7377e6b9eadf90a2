// FileFacts: what there is to say about a .mle file, gathered once for text and JSON alike.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/file_view.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mle::tools {

struct PortFacts {
  std::string name, dtype, doc, unit;
  bool per_row = true;
  uint64_t source_rows = 1;  // in one row
  std::string axes;          // "flattened", "leading" or empty
  std::vector<uint64_t> dims;
  std::vector<std::string> features, labels, classes;
  std::string shape() const;  // "[*, 4] f32"
};

struct EntryFacts {
  std::string name, task;
  std::vector<PortFacts> inputs, outputs;
  uint64_t golden_rows = 0;
  std::string golden_reference;
  double golden_atol = 0, golden_rtol = 0;
};

struct StepFacts {
  std::string name, kind, act;  // act: "" where there is none
  std::vector<std::string> inputs, outputs;
  uint64_t parameters = 0, weight_bytes = 0;
};

struct SegmentFacts {
  std::string kind;
  uint64_t offset = 0, bytes = 0, sum = 0;
};

struct FileFacts {
  uint64_t file_bytes = 0, program_bytes = 0, tensors = 0, parameters = 0, arena_bytes = 0;
  unsigned format_major = 0, format_minor = 0;
  std::vector<std::string> required_features;
  bool rows_mix = false;  // an answer may depend on all rows of its call
  std::string name, license, author, doc;
  uint64_t version = 0;
  std::vector<EntryFacts> entries;
  std::vector<StepFacts> steps;
  std::vector<SegmentFacts> segments;
  std::string source_kind, source_file, source_sha256, framework, converter;
  std::optional<uint64_t> created;  // seconds since 1970
  std::vector<std::pair<std::string, std::string>> meta;
};

FileFacts gather(const format::FileView& view);

}  // namespace mle::tools
