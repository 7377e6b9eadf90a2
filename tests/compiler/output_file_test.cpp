// A file appears complete or not at all.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/output_file.h"

#include "format/rules.h"
#include "tests/compiler/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace mle::testing {
namespace {

using compiler::OutputFile;

size_t files_in(const TemporaryFolder& folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path()))
    ++count;
  return count;
}

void fill(OutputFile& file, std::string_view text) {
  std::memcpy(file.bytes().data(), text.data(), text.size());
}

TEST_CASE("compiler: a committed file has its bytes and its name") {
  const TemporaryFolder folder;
  auto file = OutputFile::create(folder / "out.mle", 5);
  REQUIRE(file.has_value());
  fill(*file, "hello");
  CHECK_FALSE(std::filesystem::exists(folder / "out.mle"));
  REQUIRE(file->commit().ok());
  CHECK(folder.read("out.mle") == "hello");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("compiler: a file that is not committed leaves nothing behind") {
  const TemporaryFolder folder;
  folder.write("out.mle", "before");
  {
    auto file = OutputFile::create(folder / "out.mle", 5);
    REQUIRE(file.has_value());
    OutputFile moved = *std::move(file);
    fill(moved, "hello");
  }
  CHECK(folder.read("out.mle") == "before");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("compiler: an existing file is replaced, readers keep the old one") {
  const TemporaryFolder folder;
  folder.write("out.mle", "before");
  std::ifstream reader(folder / "out.mle");
  auto file = OutputFile::create(folder / "out.mle", 5);
  REQUIRE(file.has_value());
  fill(*file, "after");
  REQUIRE(file->commit().ok());
  std::string old;
  reader >> old;
  CHECK(old == "before");
  CHECK(folder.read("out.mle") == "after");
}

TEST_CASE("compiler: a folder, a missing folder and a device are refused by name") {
  const TemporaryFolder folder;
  for (const std::string& path :
       {std::string(folder.path()), folder / "none/out.mle", std::string("/dev/null")}) {
    CAPTURE(path);
    const auto file = OutputFile::create(path, 5);
    REQUIRE_FALSE(file.has_value());
    CHECK(file.error().rule() == format::rule::C217_WriteOutput);
    CHECK(std::string(file.error().message()).find(path) == 0);
  }
  CHECK(files_in(folder) == 0);
}

TEST_CASE("compiler: a written file has the permissions of any new file") {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  auto file = OutputFile::create(folder / "out.mle", 1);
  REQUIRE(file.has_value());
  REQUIRE(file->commit().ok());
  ::umask(before);
  struct stat facts;
  REQUIRE(::stat((folder / "out.mle").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0640);
}

}  // namespace
}  // namespace mle::testing
