// safetensors: what is read, and every way in which a file may lie.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/safetensors/safetensors.h"

#include "compiler/evaluate/elements.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
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

TEST_CASE("safetensors: eight-bit numbers widen to what their names say") {
  const auto widened = [](const std::string& type, const std::vector<unsigned char>& bits) {
    auto bytes =
        file_of(R"({"w":{"dtype":")" + type + R"(","shape":[8],"data_offsets":[0,8]}})", 8);
    for (size_t i = 0; i < bits.size(); ++i) bytes[bytes.size() - 8 + i] = std::byte{bits[i]};
    const auto weights = weights_of(bytes);
    REQUIRE(weights);
    return *network::read_floats(weights->at("w"));
  };
  // One, the least, the least normal, the largest, minus 1.5, zero; then what is special.
  const std::vector<float> e4m3 =
      widened("F8_E4M3", {0x38, 0x01, 0x08, 0x7E, 0xBC, 0x00, 0x7F, 0xFF});
  CHECK(std::vector(e4m3.begin(), e4m3.begin() + 6) ==
        std::vector<float>{1, 0x1p-9f, 0x1p-6f, 448, -1.5f, 0});
  CHECK(std::isnan(e4m3[6]));
  CHECK(std::isnan(e4m3[7]));
  const std::vector<float> e5m2 =
      widened("F8_E5M2", {0x3C, 0x01, 0x04, 0x7B, 0xBE, 0x00, 0xFC, 0x7D});
  CHECK(std::vector(e5m2.begin(), e5m2.begin() + 7) ==
        std::vector<float>{1, 0x1p-16f, 0x1p-14f, 57344, -1.5f, 0,
                           -std::numeric_limits<float>::infinity()});
  CHECK(std::isnan(e5m2[7]));
  const std::vector<float> fnuz =
      widened("F8_E4M3FNUZ", {0x40, 0x01, 0x08, 0x7F, 0xC4, 0x00, 0xFF, 0x80});
  CHECK(std::vector(fnuz.begin(), fnuz.begin() + 7) ==
        std::vector<float>{1, 0x1p-10f, 0x1p-7f, 240, -1.5f, 0, -240});
  CHECK(std::isnan(fnuz[7]));
  CHECK(widened("F8_E5M2FNUZ", {0x40, 0x7F})[0] == 1);
  CHECK(widened("F8_E5M2FNUZ", {0x40, 0x7F})[1] == 57344);
}

TEST_CASE("safetensors: types that mle has not are refused by the layer that takes them") {
  struct Given {
    const char* type;
    int bytes;  // of 8 elements
  };
  for (const auto& each : {Given{"F8_E8M0", 8}, Given{"F6_E2M3", 6}, Given{"F6_E3M2", 6},
                           Given{"F4", 4}, Given{"C64", 64}}) {
    const auto& type = each.type;
    const auto& bytes = each.bytes;
    CAPTURE(type);
    const std::string size = std::to_string(bytes);
    const std::string header = std::string(R"({"w":{"dtype":")") + type +
                               R"(","shape":[2,4],"data_offsets":[0,)" + size + "]}}";
    const auto weights = weights_of(file_of(header, static_cast<size_t>(bytes)));
    REQUIRE(weights);
    const auto numbers = network::read_doubles(weights->at("w"));
    REQUIRE_FALSE(numbers);
    CHECK(std::string(numbers.error().message()) == std::string("weights of type ") + type);
  }
  check_refused(R"({"w":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2,
                "does not lie where");
  check_refused(R"({"w":{"dtype":"F6_E2M3","shape":[2],"data_offsets":[0,2]}})", 2,
                "does not lie where");
}

TEST_CASE("safetensors: every f16 widens to the number it is") {
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  network::WeightTensor tensor;
  tensor.dtype = DType::F16;
  tensor.bytes = std::as_bytes(std::span<const uint16_t>(all));
  const auto widened = network::read_doubles(tensor);
  const auto judged = read_elements(DType::F16, tensor.bytes);
  REQUIRE((widened && judged));
  for (size_t i = 0; i < all.size(); ++i) {
    if (std::isnan((*judged)[i]) ? !std::isnan((*widened)[i]) : (*judged)[i] != (*widened)[i])
      FAIL(i << ": " << (*widened)[i]);
  }
}

TEST_CASE("safetensors: a header longer than the file is none") {
  auto bytes = file_of(kMatrix, 24);
  bytes[7] = std::byte{0x7F};
  CHECK_FALSE(safetensors::can_read(SourceFile::from_bytes("m", bytes)));
  CHECK_FALSE(weights_of(bytes));
  CHECK_FALSE(safetensors::can_read(SourceFile::from_bytes("m", std::span(bytes).first(8))));
}
