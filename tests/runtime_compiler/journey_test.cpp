// compile(): from the bytes of a trained model to those of a .mle file.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "compiler/compile.h"
#include "compiler/passes/passes.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

using namespace mle::compiler;

SourceFile example(const char* name) {
  return SourceFile::open(std::string(MLE_TEST_CASES "/../../examples/models/") + name).or_exit();
}

AlignedBytes bytes_of(const Compiled& compiled) {
  AlignedBytes bytes(compiled.writer.size());
  REQUIRE(compiled.writer.write(bytes.span()).ok());
  return bytes;
}

Compiled compiled(const SourceFile& source, const CompileOptions& options = {}) {
  Problems problems;
  auto result = compile(source, options, problems);
  for (const Problem& problem : problems.kept()) MESSAGE(problem.where << ": " << problem.what);
  REQUIRE(result.has_value());
  CHECK(problems.empty());
  return *std::move(result);
}

// The one problem that stops the compilation.
Problem problem_of(const SourceFile& source, const CompileOptions& options) {
  Problems problems;
  CHECK_FALSE(compile(source, options, problems).has_value());
  REQUIRE(problems.count() == 1);
  return problems.kept()[0];
}

TEST_CASE("compiler: a trained model becomes a file that loads and says where it comes from") {
  for (const char* name : {"iris.onnx", "digits.onnx"}) {
    CAPTURE(name);
    const Compiled result = compiled(example(name));
    CHECK(result.summary.importer == "onnx");
    CHECK(result.summary.ops > 0);
    CHECK(result.summary.parameters > 100);
    CHECK(result.summary.inputs.size() == 1);
    const AlignedBytes bytes = bytes_of(result);
    CHECK(Model::from_memory(bytes.span()).has_value());
  }
}

TEST_CASE("compiler: the same source gives the same bytes wherever it lies") {
  const SourceFile source = example("digits.onnx");
  const AlignedBytes first = bytes_of(compiled(source));
  const AlignedBytes second =
      bytes_of(compiled(SourceFile::from_bytes("elsewhere/digits.onnx", source.bytes)));
  REQUIRE(first.size() == second.size());
  CHECK(std::memcmp(first.data(), second.data(), first.size()) == 0);
}

TEST_CASE("compiler: the observer sees the import and every pass") {
  std::vector<std::string> stages;
  CompileOptions options;
  options.observe = [&](std::string_view stage, std::string_view, const Graph&) {
    stages.emplace_back(stage);
  };
  compiled(example("iris.onnx"), options);
  REQUIRE(stages.size() == 1 + passes().size());
  CHECK(stages[0] == "import");
  CHECK(stages[1] == passes()[0].name);
}

TEST_CASE("compiler: columns are named by the options, if there are as many") {
  CompileOptions options;
  options.features = {"sepal length", "sepal width", "petal length", "petal width"};
  options.name = "flowers";
  const AlignedBytes bytes = bytes_of(compiled(example("iris.onnx"), options));
  CHECK(Model::from_memory(bytes.span()).has_value());

  options.features.pop_back();
  const Problem problem = problem_of(example("iris.onnx"), options);
  CHECK(problem.rule == format::rule::C220_Option);
  CHECK(problem.what.find("--features gives 3 names") != std::string::npos);
  CHECK(problem.what.find("has 4") != std::string::npos);
}

TEST_CASE("compiler: golden rows can be more, or none") {
  CompileOptions many, none;
  many.golden_rows = 100;
  none.golden_rows = 0;
  const SourceFile source = example("iris.onnx");
  CHECK(compiled(source, many).writer.size() > compiled(source, none).writer.size() + 100 * 4 * 4);
}

TEST_CASE("compiler: a model cut short is refused, not half compiled") {
  const SourceFile source = example("iris.onnx");
  const auto cut = SourceFile::from_bytes("iris.onnx", source.bytes.first(source.bytes.size() / 2));
  CompileOptions options;
  options.from = "onnx";
  CHECK(problem_of(cut, options).rule == format::rule::C204_Damaged);
}

}  // namespace
}  // namespace mle::testing
