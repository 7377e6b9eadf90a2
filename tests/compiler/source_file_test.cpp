// Source files, and the door of compile().
// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"
#include "tests/compiler/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>

namespace mle::testing {
namespace {

using namespace mle::compiler;

TEST_CASE("compiler: a source file is its bytes, its path and its folder") {
  const TemporaryFolder folder;
  folder.write("model.onnx", "some bytes");
  const auto source = SourceFile::open(folder / "model.onnx");
  REQUIRE(source.has_value());
  CHECK(source->bytes.size() == 10);
  CHECK(source->folder == folder.path());
  CHECK(source->path == folder / "model.onnx");
}

TEST_CASE("compiler: missing, empty and unusual source files are refused by name") {
  const TemporaryFolder folder;
  folder.write("empty", "");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const auto missing = SourceFile::open(folder / "none");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code() == Code::NotFound);
  for (const std::string& path : {folder / "empty", folder / "pipe", folder.path()}) {
    CAPTURE(path);
    const auto source = SourceFile::open(path);
    REQUIRE_FALSE(source.has_value());
    CHECK(std::string(source.error().message()).find(path) == 0);
  }
}

TEST_CASE("compiler: a file in no known format is refused with its first bytes and what is read") {
  const char png[] = "\x89PNG\r\n\x1a\n";
  const auto source = SourceFile::from_bytes("x.png", std::as_bytes(std::span(png, 8)));
  Problems problems;
  CHECK_FALSE(compile(source, {}, problems).has_value());
  REQUIRE(problems.count() == 1);
  CHECK(problems.kept()[0].rule == format::rule::C201_UnknownFormat);
  CHECK(problems.kept()[0].what.find("89 50 4e 47 0d 0a 1a 0a") != std::string::npos);
  CHECK(problems.kept()[0].hint.find("ONNX") != std::string::npos);
}

TEST_CASE("compiler: an importer nobody has is refused with the list of those there are") {
  const auto source = SourceFile::from_bytes("x", std::as_bytes(std::span("abc", 3)));
  CompileOptions options;
  options.from = "fortran";
  Problems problems;
  CHECK_FALSE(compile(source, options, problems).has_value());
  REQUIRE(problems.count() == 1);
  CHECK(problems.kept()[0].rule == format::rule::C220_Option);
}

}  // namespace
}  // namespace mle::testing
