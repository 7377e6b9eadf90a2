// An importer turns one kind of source file into a Graph. Source files are hostile input: bounded,
// never executed, and no path from inside one is opened outside its folder.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"
#include "compiler/problem.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace mle::compiler {

// A source model as bytes. Read-only mapping of a regular file (or bytes of a test).
struct SourceFile {
  std::string path;    // as the user wrote it
  std::string folder;  // where external data may lie; empty: nowhere
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
  bool mapped = false;

  // Lets go of the pages of a mapping that were read; they come back when they are read again. So a
  // large source counts for no more memory than is being looked at.
  void release() const;

  static Result<SourceFile> open(const std::string& path);
  static SourceFile from_bytes(std::string path, std::span<const std::byte> bytes);
};

struct ImportOptions {
  std::map<std::string, uint32_t> shapes;       // --shape NAME=N
  std::optional<SourceFile> architecture = {};  // --arch: what stands beside weights alone
  bool quantize_by_row = false;                 // --dynamic-quantize row
  bool free_batch = false;  // --free-batch: a fixed first axis is the batch axis
  // --dequantized exact: products with dequantised weights as the graph says, not as ONNX Runtime
  // has them.
  bool dequantized_exactly = false;
};

struct Importer {
  const char* name;         // "onnx": what --from takes
  const char* description;  // "ONNX (opsets 7 to 23)"
  bool (*can_read)(const SourceFile&);
  // The graph, or nothing and at least one problem.
  std::optional<Graph> (*read)(const SourceFile&, const ImportOptions&, Problems&);
  bool takes_architecture = false;  // holds weights alone
};

// In order of trial.
std::span<const Importer> importers();

}  // namespace mle::compiler
