// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/npy.h"

#include "format/rules.h"
#include "tests/tools/support.h"

#include <doctest/doctest.h>

using namespace mle;
using namespace mle::tools;
using namespace mle::tools::testing;

namespace {

// A file with a header of our own wording.
std::string file_with(const std::string& header, int version, size_t element_bytes) {
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  file += static_cast<char>(header.size() & 0xFF);
  file += static_cast<char>(header.size() >> 8);
  if (version > 1) file += std::string(2, '\0');
  return file + header + std::string(element_bytes, '\0');
}

}  // namespace

TEST_CASE("tools: an npy header of every version gives type, order and shape") {
  for (const int version : {1, 2, 3}) {
    const std::string file =
        file_with("{\"shape\": (2, 3,), 'descr':'>i2','fortran_order': True}  \n", version, 12);
    const auto array = archive::parse_npy(bytes_of(file));
    REQUIRE(array.has_value());
    CHECK(array->kind == archive::NpyKind::Int);
    CHECK(array->item_bytes == 2);
    CHECK(array->big_endian);
    CHECK(array->fortran_order);
    CHECK(array->shape == std::vector<uint64_t>{2, 3});
    CHECK(array->count == 6);
    CHECK(array->bytes.size() == 12);
    CHECK(archive::type_text(*array) == ">i2");
  }
}

TEST_CASE("tools: what npy_header writes is read back, whatever the rank") {
  const std::vector<std::vector<uint64_t>> shapes{{}, {0}, {5}, {3, 4}, {1, 2, 3, 4, 5}};
  for (const auto& shape : shapes) {
    uint64_t count = 1;
    for (const uint64_t dim : shape) count *= dim;
    const std::string header = archive::npy_header("<f4", shape);
    CHECK(header.size() % 64 == 0);
    const auto array = archive::parse_npy(bytes_of(header + std::string(4 * count, 'x')));
    REQUIRE(array.has_value());
    CHECK(array->shape == shape);
    CHECK(array->count == count);
  }
}

TEST_CASE("tools: an npy file that is not a plain array is refused with rule T302") {
  const char* const kHeaders[] = {
      "",
      "{}",
      "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'shape': (3,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 1}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} exit()",
      "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<c8', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<f3', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",  // 12 bytes follow
  };
  for (const char* header : kHeaders) {
    CAPTURE(header);
    const auto array = archive::parse_npy(bytes_of(file_with(header, 1, 12)));
    REQUIRE(!array.has_value());
    CHECK(array.error().rule() == format::rule::T302_ReadRows);
    CHECK(std::string(array.error().hint()) != "");
  }
  CHECK(std::string(archive::parse_npy(bytes_of(file_with(kHeaders[9], 1, 24))).error().message())
            .find("Python objects") != std::string::npos);
}

TEST_CASE("tools: every cut of an npy file is refused and every changed byte read within bounds") {
  const std::string file = npy_file<float>("<f4", {3, 2}, {1, 2, 3, 4, 5, 6});
  for (size_t length = 0; length < file.size(); ++length)
    CHECK(!archive::parse_npy(bytes_of(std::string_view(file).substr(0, length))).has_value());
  for (size_t at = 0; at < file.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = file;
      changed[at] = static_cast<char>(byte);
      const auto array = archive::parse_npy(bytes_of(changed));
      if (array.has_value() && array->bytes.size() != array->count * array->item_bytes)
        FAIL("byte " << byte << " at " << at);
    }
  }
}
