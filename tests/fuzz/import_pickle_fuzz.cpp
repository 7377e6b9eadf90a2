// Fuzz target: any bytes taken for a pickle or a joblib file are refused with a reason, or become a
// file that opens.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <cstdio>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mle::compiler;
  CompileOptions options;
  options.from = "sklearn";
  options.golden_rows = 0;
  Problems problems;
  const auto source = SourceFile::from_bytes("fuzz.pkl", std::as_bytes(std::span(data, size)));
  const auto compiled = compile(source, options, problems);
  bool is_mistake = compiled.has_value() != problems.empty();
  for (const Problem& problem : problems.kept()) {
    if (problem.code != mle::Code::Internal && !problem.what.empty()) continue;
    std::fprintf(stderr, "%s: %s\n", problem.where.c_str(), problem.what.c_str());
    is_mistake = true;
  }
  if (is_mistake) std::abort();
  return 0;
}
