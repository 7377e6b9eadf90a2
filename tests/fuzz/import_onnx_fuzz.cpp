// Fuzz target: any bytes taken for ONNX are refused with a reason, or become a file that opens.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"
#include "tests/fuzz/mutate_onnx.h"

#include <cstdio>
#include <cstdlib>
#include <span>

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  return mle::testing::mutate_onnx(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mle::compiler;
  CompileOptions options;
  options.from = "onnx";
  options.golden_rows =
      0;  // the judge takes its time over wide models, which tells us nothing here
  Problems problems;
  const auto source = SourceFile::from_bytes("fuzz.onnx", std::as_bytes(std::span(data, size)));
  // compile() opens what it made, and says so if it can't: that would be our mistake.
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
