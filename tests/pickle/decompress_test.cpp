// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/compressed/decompress.h"

#include "tests/pickle/support.h"

#include <doctest/doctest.h>
#include <zlib.h>

using namespace mle;
using namespace mle::compiler;
using namespace mle::testing;

TEST_CASE("compressed: what is cut off or changed is refused with the name of its format") {
  for (const char* name : {"zlib", "gzip", "bz2", "xz", "lzma"}) {
    CAPTURE(name);
    const std::string whole = read_file(std::string(MLE_PICKLE_FILES) + "/" + name + ".joblib");
    const Compression compression = detect_compression(bytes_of(whole));
    REQUIRE(compression != Compression::None);
    for (size_t length = 6; length < whole.size(); length += 97) {
      const auto part =
          decompress(bytes_of(std::string_view(whole).substr(0, length)), compression);
      REQUIRE_FALSE(part);
      CHECK(std::string(part.error().message()).find(name_of(compression)) != std::string::npos);
    }
  }
}

TEST_CASE("compressed: lz4 is refused with the way out") {
  const std::string file("\x04\x22\x4d\x18 and so on");
  CHECK(detect_compression(bytes_of(file)) == Compression::Lz4);
  const auto refused = decompress(bytes_of(file), Compression::Lz4);
  REQUIRE_FALSE(refused);
  CHECK(std::string(refused.error().message()).find("lz4") != std::string::npos);
  CHECK(std::string(refused.error().hint()).find("joblib.dump") != std::string::npos);
}

TEST_CASE("compressed: a file that grows beyond what a model would is refused in little memory") {
  const std::string zeros(size_t{80} << 20, '\0');
  std::string packed(compressBound(zeros.size()), '\0');
  uLongf size = packed.size();
  REQUIRE(compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                    reinterpret_cast<const Bytef*>(zeros.data()), zeros.size(), 9) == Z_OK);
  packed.resize(size);
  REQUIRE(packed.size() < 100'000);
  const auto refused = decompress(bytes_of(packed), Compression::Zlib);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::Unsupported);
}
