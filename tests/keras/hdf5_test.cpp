// The reader of HDF5: what it finds in a file of Keras's, and every way such a file may lie.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/hdf5/hdf5.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace mle;
using namespace mle::compiler;

namespace {

std::vector<std::byte> file() {
  std::ifstream in(std::string(MLE_TEST_CASES) + "/keras_residual_gate/model.h5", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

// Looks at every byte that the tree promises.
uint64_t touch(const hdf5::Node& node) {  // NOLINT(misc-no-recursion)
  uint64_t sum = 0;
  for (const auto& [name, child] : node.children) sum += touch(child);
  for (const auto& [name, texts] : node.attributes)
    for (const std::string& text : texts) sum += text.size();
  if (node.dataset)
    for (const std::byte byte : node.dataset->bytes) sum += std::to_integer<uint64_t>(byte);
  return sum;
}

}  // namespace

TEST_CASE("hdf5: groups, datasets and attributes are found by their paths") {
  const auto bytes = file();
  const auto tree = hdf5::read_tree(bytes, nullptr);
  REQUIRE(tree);
  REQUIRE(tree->text("keras_version"));
  CHECK(tree->text("keras_version")->rfind("3.", 0) == 0);
  CHECK(tree->text("model_config")->front() == '{');
  const hdf5::Node* weights = tree->find("model_weights");
  REQUIRE(weights != nullptr);
  size_t matrices = 0;
  for (const std::string& layer : weights->attributes.at("layer_names")) {
    const auto names = weights->find(layer)->attributes.find("weight_names");
    if (names == weights->find(layer)->attributes.end()) continue;  // a layer without variables
    for (const std::string& name : names->second) {
      const hdf5::Node* variable = weights->find(layer)->find(name);
      REQUIRE(variable != nullptr);
      REQUIRE(variable->dataset.has_value());
      CHECK(variable->dataset->dtype == DType::F32);
      CHECK(variable->dataset->bytes.size() == 4 * variable->dataset->size());
      matrices += variable->dataset->shape.size() == 2;
    }
  }
  CHECK(matrices >= 3);
  CHECK(tree->find("model_weights/nothing/here") == nullptr);
}

TEST_CASE("hdf5: every cut of a file is refused") {
  const auto bytes = file();
  for (size_t length = 0; length < bytes.size(); length += length < 4096 ? 1 : 37)
    CHECK_FALSE(hdf5::read_tree(std::span(bytes).first(length), nullptr));
}

TEST_CASE("hdf5: no damaged byte leads outside the file or into a circle") {
  auto bytes = file();
  uint64_t sum = 0;
  // One of three values for each byte: all of them take a sanitizer minutes, and are what the fuzz
  // target is for.
  constexpr uint8_t kOthers[] = {0x00, 0xff, 0x10};
  for (size_t at = 0; at < bytes.size(); ++at) {
    const std::byte before = std::exchange(bytes[at], std::byte{kOthers[at % 3]});
    if (const auto tree = hdf5::read_tree(bytes, nullptr)) sum += touch(*tree);
    bytes[at] = before;
  }
  CHECK(sum > 0);
}
