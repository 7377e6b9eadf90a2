// What the tests of the tools share: bytes, files that go away, and programs that are run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/tensor.h>

#include "compiler/import/archive/npy.h"
#include "tests/support/zip_file.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::tools::testing {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The bytes of an .npy file: header, then `elements` as they are.
template <class T>
std::string npy_file(const std::string& descr, std::vector<uint64_t> shape,
                     const std::vector<T>& elements) {
  std::string file = archive::npy_header(descr, shape);
  return file.append(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T));
}

// The same in Fortran order: the flag in the header is turned.
std::string fortran(std::string file);

class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  // Writes a file and returns its path.
  std::string file(const std::string& name, std::string_view contents) const;
  bool has(const std::string& name) const;
  size_t count() const;  // of everything in it

 private:
  std::string folder_;
};

std::string read_file(const std::string& path);

// A program that has ended.
struct Finished {
  int status = -1;  // exit status; 128 + signal where one ended it
  std::string out, err;
  uint64_t peak_bytes = 0;  // resident at most, this test's own before it started included
};
// Runs one of the built tools by name; `arguments` are words, not a shell line. With `output`
// its standard output goes there and is not read.
Finished run(const std::string& tool, const std::vector<std::string>& arguments,
             const std::vector<std::string>& environment = {}, const std::string& output = "");

// A .npz of stored members.
inline std::string npz_file(const std::vector<std::pair<std::string, std::string>>& members) {
  return mle::testing::zip_file(members);
}

}  // namespace mle::tools::testing
