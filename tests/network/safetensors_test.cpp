// safetensors: what is read, and every way in which a file may lie.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/safetensors/safetensors.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::compiler;

namespace {

std::vector<std::byte> file_of(const std::string& header, size_t data_bytes) {
  std::vector<std::byte> bytes(8 + header.size() + data_bytes);
  const uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  for (size_t i = 0; i + 4 <= data_bytes; i += 4) {
    const auto value = static_cast<float>(i / 4) + 1;
    std::memcpy(bytes.data() + 8 + header.size() + i, &value, 4);
  }
  return bytes;
}

constexpr const char* kMatrix = R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})";

Result<network::Weights> weights_of(const std::vector<std::byte>& bytes) {
  return safetensors::read_weights(SourceFile::from_bytes("m.safetensors", bytes));
}

void check_refused(const std::string& header, size_t data_bytes, const std::string& words) {
  CAPTURE(header);
  const auto bytes = file_of(header, data_bytes);
  const auto weights = weights_of(bytes);
  REQUIRE_FALSE(weights);
  CAPTURE(weights.error().message());
  CHECK(std::string(weights.error().message()).find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("safetensors: tensors are found by name, type and place") {
  const auto bytes = file_of(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I16","shape":[2],"data_offsets":[24,28]},)"
      R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"none":{"dtype":"F32","shape":[0],"data_offsets":[28,28]}}   )",
      28);
  const auto weights = weights_of(bytes);
  REQUIRE(weights);
  CHECK(weights->size() == 3);
  CHECK(weights->at("b").dtype == DType::I16);
  CHECK(weights->at("w").shape == std::vector<uint64_t>{2, 3});
  const auto floats = network::read_floats(weights->at("w"));
  REQUIRE(floats);
  CHECK(*floats == std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("safetensors: a file that lies about itself is refused with the reason") {
  check_refused(kMatrix, 23, "does not lie where its shape fits");
  check_refused(kMatrix, 28, "bytes at its end belong to no tensor");
  check_refused(R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]}})", 28,
                "leaves a hole or overlaps");
  check_refused(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
      12, "leaves a hole or overlaps");
  check_refused(R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[24,0]}})", 24,
                "does not lie where");
  check_refused(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}})",
                0, "does not lie where");
  check_refused(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4,
                "an axis that is no size");
  check_refused(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0.0,4]}})", 4, "no two offsets");
  check_refused(R"({"w":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", 4, "is of type 'F99'");
  check_refused(R"({"w":{"dtype":"F32","shape":[1]}})", 4,
                "not just dtype, shape and data_offsets");
  check_refused(
      R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      4, "a key is there twice: w");
  check_refused(R"({"w":)", 4, "no readable JSON");
  check_refused("{\"w\":" + std::string(100, '[') + std::string(100, ']') + "}", 0,
                "nested too deeply");
}

TEST_CASE("safetensors: a header longer than the file is none") {
  auto bytes = file_of(kMatrix, 24);
  bytes[7] = std::byte{0x7F};
  CHECK_FALSE(safetensors::can_read(SourceFile::from_bytes("m", bytes)));
  CHECK_FALSE(weights_of(bytes));
  CHECK_FALSE(safetensors::can_read(SourceFile::from_bytes("m", std::span(bytes).first(8))));
}
