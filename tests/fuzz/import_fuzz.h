// What the fuzz targets of importers share: any bytes are refused with a reason, or become a file
// that opens.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/compile.h"

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace mle::testing {

// Compiles the bytes as that format; a mistake of ours ends the program.
inline void fuzz_import(const char* format, std::string_view file,
                        const std::string& architecture = "") {
  compiler::CompileOptions options;
  options.from = format;
  options.golden_rows = 0;  // the judge takes its time over wide models
  if (!architecture.empty())
    options.architecture =
        compiler::SourceFile::from_bytes("arch.json", std::as_bytes(std::span(architecture)));
  compiler::Problems problems;
  const auto source =
      compiler::SourceFile::from_bytes("fuzz", std::as_bytes(std::span(file.data(), file.size())));
  const auto compiled = compiler::compile(source, options, problems);
  bool is_mistake = compiled.has_value() != problems.empty();
  for (const compiler::Problem& problem : problems.kept()) {
    if (problem.code != Code::Internal && !problem.what.empty()) continue;
    std::fprintf(stderr, "%s: %s\n", problem.where.c_str(), problem.what.c_str());
    is_mistake = true;
  }
  if (is_mistake) std::abort();
}

inline std::string_view view_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace mle::testing
